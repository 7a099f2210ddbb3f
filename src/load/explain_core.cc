// The public face of co_re/story.h: every relocation of an object, in its place.
#include <algorithm>

#include "base/result.h"
#include "btf/btf.h"
#include "co_re/patch.h"
#include "co_re/story.h"
#include "insn/print.h"
#include "load/kernel_targets.h"
#include "load/this_machine.h"
#include "skep/core.h"

namespace skep {
namespace {

std::string text_at(const btf::Btf& types, u32 offset) {
  return types.has_string(offset) ? std::string(types.string(offset)) : std::string();
}

CoreExplanation place(const ObjectSpec& spec, u32 function, const CoreRelocation& relocation) {
  CoreExplanation made{.function = function, .insn = relocation.insn_index};
  const FunctionSpec& code = spec.functions[function];
  if (made.insn < code.insns.size()) {
    made.insn_before = insn::print(code.insns, made.insn);
  }
  const auto after = std::ranges::upper_bound(code.line_info, made.insn, {}, &bpf_line_info::insn_off);
  if (after != code.line_info.begin()) {
    const bpf_line_info& line = *std::prev(after);
    made.file = text_at(*spec.btf, line.file_name_off);
    made.line = BPF_LINE_INFO_LINE_NUM(line.line_col);
    made.source = trim(text_at(*spec.btf, line.line_off));
  }
  return made;
}

/// The instruction with the kernel's number; empty when it cannot have it.
std::string patched_text(const FunctionSpec& function, u32 insn, const co_re::Resolution& resolution) {
  constexpr u32 widest = 2;
  const u64 end = std::min<u64>(function.insns.size(), u64{insn} + widest);
  if (insn >= end) {
    return {};
  }
  std::vector<bpf_insn> code(function.insns.begin() + insn,
                             function.insns.begin() + static_cast<std::ptrdiff_t>(end));
  return co_re::patch(code, 0, resolution) ? insn::print(code, 0) : std::string();
}

template <class Tell>
std::vector<CoreExplanation> explain_each(const ObjectSpec& spec, const Tell& tell) {
  std::vector<CoreExplanation> all;
  for (u32 i = 0; spec.btf != nullptr && i < spec.functions.size(); ++i) {
    for (const CoreRelocation& relocation : spec.functions[i].core_relocations) {
      CoreExplanation one = place(spec, i, relocation);
      tell(relocation, one);
      one.headline = co_re::headline(one.story);
      all.push_back(std::move(one));
    }
  }
  return all;
}

}  // namespace

Result<std::vector<CoreExplanation>> explain_core(const ObjectSpec& spec, const LoadOptions& options) {
  if (std::ranges::all_of(spec.functions, [](const auto& f) { return f.core_relocations.empty(); }) ||
      spec.btf == nullptr) {
    return std::vector<CoreExplanation>();
  }
  load::KernelTargets targets(load::facts_for(options));
  SKEP_CHECK(targets.kernel());
  co_re::Relocator relocator(*spec.btf, targets, spec.byte_order);
  for (const FunctionSpec& function : spec.functions) {
    relocator.announce(function.core_relocations);
  }
  return explain_each(spec, [&](const CoreRelocation& relocation, CoreExplanation& one) {
    one.story = co_re::tell(relocator, relocation);
    if (const auto resolution = relocator.resolve(relocation)) {
      one.insn_after = patched_text(spec.functions[one.function], one.insn, **resolution);
    }
  });
}

std::vector<CoreExplanation> describe_core(const ObjectSpec& spec) {
  std::optional<co_re::Types> types;
  return explain_each(spec, [&](const CoreRelocation& relocation, CoreExplanation& one) {
    if (!types) {
      types.emplace(*spec.btf);
    }
    one.story = co_re::tell_local(*types, relocation, spec.byte_order);
  });
}

}  // namespace skep
