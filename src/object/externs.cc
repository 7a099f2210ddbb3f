// What the object uses and does not define. BTF lists externs in the sections .kconfig (variables whose value the kernel's configuration gives) and
// .ksyms (kernel variables and functions); the ELF symbol says whether one is weak.
#include "object/draft.h"

namespace skep::object {
namespace {

Result<void> read_extern(Draft& draft, const btf::Type& type, const elf::Symbol& symbol,
                         ExternSpec::Kind variable_kind) {
  ExternSpec found{
      .name = std::string(type.name()), .is_weak = symbol.bind == STB_WEAK, .type_id = type.type_id()};
  if (type.kind() == btf::Kind::func) {
    found.kind = ExternSpec::Kind::ksym_function;
  } else if (type.kind() == btf::Kind::var) {
    found.kind = variable_kind;
    const btf::Btf& types = *draft.spec.btf;
    if (types.resolve(type.type_id()) == 0) {
      found.type_id = 0;  // `extern const void x __ksym`: an address without a type
    }
  } else {
    return fail(Errc::malformed, cat("extern '", type.name(), "' is neither a variable nor a function"));
  }
  draft.extern_called.emplace(symbol.name, static_cast<u32>(draft.spec.externs.size()));
  draft.spec.externs.push_back(std::move(found));
  return {};
}

}  // namespace

Result<void> read_externs(Draft& draft) {
  const u32 kconfig = draft.datasec(".kconfig");
  const u32 ksyms = draft.datasec(".ksyms");
  if (kconfig == 0 && ksyms == 0) {
    return {};
  }
  std::unordered_map<std::string_view, const elf::Symbol*> undefined;
  for (const elf::Symbol& symbol : draft.file.symbols()) {
    if (symbol.section == SHN_UNDEF && !symbol.name.empty()) {
      undefined.emplace(symbol.name, &symbol);
    }
  }
  for (const auto& [datasec, kind] :
       {std::pair{kconfig, ExternSpec::Kind::kconfig}, std::pair{ksyms, ExternSpec::Kind::ksym_variable}}) {
    if (datasec == 0) {
      continue;
    }
    const btf::Type section = draft.spec.btf->type(datasec);
    for (u32 i = 0; i < section.vlen(); ++i) {
      const btf::Type type = draft.spec.btf->type(section.section_variable(i).type_id);
      const auto symbol = undefined.find(type.name());
      if (symbol != undefined.end()) {
        SKEP_CHECK_IN(cat("section ", section.name()), read_extern(draft, type, *symbol->second, kind));
      }
    }
  }
  return {};
}

}  // namespace skep::object
