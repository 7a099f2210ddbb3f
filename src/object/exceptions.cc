// Exception callbacks: `__exception_cb(handle)` before a program is a declaration tag "exception_callback:handle" of its function. The kernel finds the callback by
// the tag, so loading has only to bring the function along, which nothing calls.
#include "object/draft.h"

namespace skep::object {
namespace {

constexpr std::string_view tag_prefix = "exception_callback:";

/// The global function of this name.
Result<u32> find_callback(const Draft& draft, std::string_view name) {
  for (u32 i = 0; i < draft.spec.functions.size(); ++i) {
    const FunctionSpec& function = draft.spec.functions[i];
    if (function.name == name && function.section == ".text" && function.is_global) {
      return i;
    }
  }
  return fail(Errc::malformed, cat("exception callback '", name,
                                   "' is no global function of section .text (it may be neither static nor a "
                                   "program of its own)"));
}

}  // namespace

Result<void> read_exception_callbacks(Draft& draft) {
  if (draft.spec.btf == nullptr) {
    return {};
  }
  const btf::Btf& types = *draft.spec.btf;
  std::unordered_map<u32, std::string_view>
      callback_of;  // by id of the tagged FUNC; empty: there are several
  for (u32 id = types.first_id(); id < types.type_count(); ++id) {
    const btf::Type tag = types.type(id);
    if (tag.kind() == btf::Kind::decl_tag && tag.component_index() == -1 &&
        tag.name().starts_with(tag_prefix)) {
      const auto [at, is_new] = callback_of.try_emplace(tag.type_id(), tag.name().substr(tag_prefix.size()));
      if (!is_new) {
        at->second = {};  // the kernel refuses this, and says so
      }
    }
  }
  if (callback_of.empty()) {
    return {};
  }
  for (ProgramSpec& program : draft.spec.programs) {
    const auto found = callback_of.find(draft.spec.functions[program.function].type_id);
    if (found != callback_of.end() && !found->second.empty()) {
      SKEP_TRY_IN(cat("program '", program.name, "'"), program.exception_callback,
                  find_callback(draft, found->second));
    }
  }
  return {};
}

}  // namespace skep::object
