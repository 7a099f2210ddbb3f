// BTF and .BTF.ext as the object has them, with what clang leaves to the loader filled in: the size of each data section and the offset of each
// global variable, which only the ELF symbols know; and static linkage for what is hidden.
#include <algorithm>

#include "object/draft.h"

namespace skep::object {
namespace {

/// Global and weak symbols of data by name, made only when a section needs it: objects without global variables are many.
class GlobalSymbols {
 public:
  explicit GlobalSymbols(const elf::File& file) : file_(file) {}

  const elf::Symbol* find(std::string_view name) {
    if (by_name_.empty()) {
      for (const elf::Symbol& symbol : file_.symbols()) {
        if (symbol.bind != STB_LOCAL && symbol.section != SHN_UNDEF) {
          by_name_.emplace(symbol.name, &symbol);
        }
      }
    }
    const auto at = by_name_.find(name);
    return at == by_name_.end() ? nullptr : at->second;
  }

 private:
  const elf::File& file_;
  std::unordered_map<std::string_view, const elf::Symbol*> by_name_;
};

bool is_hidden(const elf::Symbol& symbol) {
  return symbol.visibility == STV_HIDDEN || symbol.visibility == STV_INTERNAL;
}

Result<void> fill_datasec(btf::BtfEditor& editor, const btf::Btf& types, const btf::Type& datasec,
                          const elf::Section& section, GlobalSymbols& globals) {
  std::vector<btf::SectionVariable> variables;
  variables.reserve(datasec.vlen());
  for (u32 i = 0; i < datasec.vlen(); ++i) {
    btf::SectionVariable variable = datasec.section_variable(i);
    const btf::Type declared = types.type(variable.type_id);
    if (declared.kind() == btf::Kind::var && declared.linkage() != BTF_VAR_STATIC) {
      const elf::Symbol* symbol = globals.find(declared.name());
      if (symbol == nullptr) {
        return fail(Errc::malformed, cat("variable '", declared.name(), "' has no global symbol"));
      }
      variable.offset = static_cast<u32>(symbol->value);
      if (is_hidden(*symbol)) {
        editor.set_linkage(variable.type_id, BTF_VAR_STATIC);
      }
    }
    if (variable.offset > section.size || variable.bytes > section.size - variable.offset) {
      return fail(Errc::malformed,
                  cat("variable '", declared.name(), "' takes ", variable.bytes, " bytes at offset ",
                      variable.offset, ", the section has ", section.size));
    }
    variables.push_back(variable);
  }
  std::stable_sort(variables.begin(), variables.end(),
                   [](const auto& a, const auto& b) { return a.offset < b.offset; });
  editor.set_datasec(datasec.id(), static_cast<u32>(section.size), variables);
  return {};
}

/// Hidden global functions are verified as static ones: the verifier then knows their callers.
void hide_functions(btf::BtfEditor& editor, const btf::Btf& types, const elf::File& file) {
  for (const elf::Symbol& symbol : file.symbols()) {
    if (symbol.type == STT_FUNC && symbol.bind != STB_LOCAL && is_hidden(symbol)) {
      if (const auto function = types.find(symbol.name, btf::Kind::func)) {
        editor.set_linkage(*function, BTF_FUNC_STATIC);
      }
    }
  }
}

}  // namespace

Result<void> read_types(Draft& draft) {
  const elf::Section* section = draft.file.find_section(".BTF");
  if (section == nullptr || section->bytes.empty()) {
    return {};
  }
  SKEP_TRY_IN("section .BTF", btf::Btf raw, btf::Btf::parse(section->bytes));
  btf::BtfEditor editor(raw);
  GlobalSymbols globals(draft.file);
  ExternSections externs;
  for (u32 id = 1; id < raw.type_count(); ++id) {
    const btf::Type type = raw.type(id);
    if (type.kind() != btf::Kind::datasec) {
      continue;
    }
    if (type.name() == ".kconfig" || type.name() == ".ksyms") {  // these exist in BTF only
      (type.name() == ".kconfig" ? externs.kconfig : externs.ksyms) = id;
      continue;
    }
    const elf::Section* data = draft.file.find_section(type.name());
    if (data != nullptr && data->size <= ~u32{0}) {
      SKEP_CHECK_IN(cat("section .BTF: data section ", type.name()),
                    fill_datasec(editor, raw, type, *data, globals));
    }
  }
  hide_functions(editor, raw, draft.file);
  SKEP_CHECK_IN("section .BTF", read_externs(draft, raw, externs, editor));
  SKEP_TRY_IN("section .BTF", btf::Btf filled, editor.finish());
  draft.spec.btf = std::make_shared<const btf::Btf>(std::move(filled));
  if (const elf::Section* ext = draft.file.find_section(".BTF.ext"); ext != nullptr && !ext->bytes.empty()) {
    SKEP_TRY_IN("section .BTF.ext", draft.ext, btf::ExtInfo::parse(ext->bytes, *draft.spec.btf));
  }
  return {};
}

}  // namespace skep::object
