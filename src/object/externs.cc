// What the object uses and does not define. BTF lists externs in the sections .kconfig (variables whose value the kernel's configuration gives) and
// .ksyms (kernel variables and functions); the ELF symbol says whether one is weak.
//
// The kernel accepts neither section as clang writes it: it knows no extern variables, no functions in a section, and wants variables to have places. So
// .kconfig is laid out as the map that holds the values, and .ksyms becomes a row of ints. Layout and names are libbpf's, so that both hand the kernel the
// same bytes.
#include <algorithm>

#include "object/draft.h"
#include "skep/uapi/flags.h"

namespace skep::object {
namespace {

constexpr u32 most_kconfig_bytes = u32{1} << 20;
constexpr std::string_view stand_in_name = "dummy_ksym";

/// An extern while the section .kconfig is laid out.
struct Found {
  ExternSpec spec;
  std::string_view symbol;  // the file's own copy of the name
  u32 declaration = 0;      // VAR or FUNC
  u32 alignment = 1;
};

bool goes_before(const Found& a, const Found& b) {
  const bool a_is_value = a.spec.kind == ExternSpec::Kind::kconfig;
  const bool b_is_value = b.spec.kind == ExternSpec::Kind::kconfig;
  if (a_is_value != b_is_value) {
    return a_is_value;
  }
  if (a_is_value && a.alignment != b.alignment) {
    return a.alignment > b.alignment;
  }
  if (a_is_value && a.spec.size_bytes != b.spec.size_bytes) {
    return a.spec.size_bytes < b.spec.size_bytes;
  }
  return a.spec.name < b.spec.name;
}

/// Reads both sections' declarations.
class Finder {
 public:
  Finder(const elf::File& file, const btf::Btf& types) : types_(types) {
    for (const elf::Symbol& symbol : file.symbols()) {
      if (symbol.section == SHN_UNDEF && !symbol.name.empty()) {
        undefined_.emplace(symbol.name, &symbol);
      }
    }
  }

  Result<void> add_section(u32 datasec, ExternSpec::Kind variable_kind) {
    const btf::Type section = types_.type(datasec);
    for (u32 i = 0; i < section.vlen(); ++i) {
      const btf::Type type = types_.type(section.section_variable(i).type_id);
      SKEP_CHECK_IN(cat("section ", section.name(), ": extern '", type.name(), "'"),
                    add(type, variable_kind));
    }
    return {};
  }

  std::vector<Found> sorted() && {
    std::stable_sort(found_.begin(), found_.end(), goes_before);
    return std::move(found_);
  }

 private:
  Result<void> add(const btf::Type& type, ExternSpec::Kind variable_kind) {
    const bool is_function = type.kind() == btf::Kind::func;
    if (!is_function && type.kind() != btf::Kind::var) {
      return fail(Errc::malformed, "want a variable or a function, have neither");
    }
    if (is_function && variable_kind == ExternSpec::Kind::kconfig) {
      return fail(Errc::malformed, "is a function; only variables have a value in the configuration");
    }
    const auto symbol = undefined_.find(type.name());
    if (symbol == undefined_.end()) {
      return fail(Errc::malformed, "there is no undefined symbol of this name");
    }
    Found one{.spec = {.name = std::string(type.name()),
                       .kind = is_function ? ExternSpec::Kind::ksym_function : variable_kind,
                       .is_weak = symbol->second->bind == STB_WEAK,
                       .type_id = type.type_id()},
              .symbol = symbol->second->name,
              .declaration = type.id()};
    if (one.spec.kind == ExternSpec::Kind::kconfig) {
      SKEP_TRY(const u64 bytes, types_.size_bytes(one.spec.type_id));
      if (bytes > most_kconfig_bytes) {
        return fail(Errc::malformed,
                    cat("takes ", bytes, " bytes; skep allows at most ", most_kconfig_bytes));
      }
      one.spec.size_bytes = static_cast<u32>(bytes);
      SKEP_TRY(one.alignment, types_.alignment(one.spec.type_id));
    } else if (!is_function && types_.resolve(one.spec.type_id) == 0) {
      one.spec.type_id = 0;  // `extern const void x __ksym`: an address without a type
    }
    found_.push_back(std::move(one));
    return {};
  }

  const btf::Btf& types_;
  std::unordered_map<std::string_view, const elf::Symbol*> undefined_;
  std::vector<Found> found_;
};

/// Gives each value its place; answers the section's size.
Result<u32> lay_out(std::span<Found> found) {
  u32 end = 0;
  for (Found& one : found) {
    if (one.spec.kind != ExternSpec::Kind::kconfig) {
      break;
    }
    one.spec.offset = (end + one.alignment - 1) / one.alignment * one.alignment;
    end = one.spec.offset + one.spec.size_bytes;
    if (end > most_kconfig_bytes) {
      return fail(Errc::malformed,
                  cat("section .kconfig: takes more than ", most_kconfig_bytes, " bytes, which skep allows"));
    }
  }
  return end;
}

void declare_values(btf::BtfEditor& editor, u32 datasec, std::span<const Found> found, u32 bytes) {
  std::vector<btf::SectionVariable> places;
  for (const Found& one : found) {
    if (one.spec.kind != ExternSpec::Kind::kconfig) {
      break;
    }
    editor.set_linkage(one.declaration, BTF_VAR_GLOBAL_ALLOCATED);
    places.push_back({.type_id = one.declaration, .offset = one.spec.offset, .bytes = one.spec.size_bytes});
  }
  editor.set_datasec(datasec, bytes, places);
}

u32 int_type(const btf::Btf& types, btf::BtfEditor& editor) {
  for (u32 id = 1; id < types.type_count(); ++id) {
    const btf::Type type = types.type(id);
    if (type.kind() == btf::Kind::int_ && type.int_bits() == 32) {
      return id;
    }
  }
  return editor.add_int("int", sizeof(u32), BTF_INT_SIGNED);
}

/// Parameters of a global function must have names.
void name_parameters(btf::BtfEditor& editor, const btf::Btf& types, u32 proto) {
  const btf::Type type = types.type(proto);
  if (type.kind() != btf::Kind::func_proto) {
    return;
  }
  for (u32 i = 0; i < type.vlen(); ++i) {
    const btf::Parameter parameter = type.parameter(i);
    if (parameter.type_id != 0 && parameter.name.empty()) {
      editor.set_parameter_name(proto, i, stand_in_name);
    }
  }
}

void declare_symbols(btf::BtfEditor& editor, const btf::Btf& types, u32 datasec) {
  const btf::Type section = types.type(datasec);
  const u32 int_id = int_type(types, editor);
  u32 stand_in = 0;  // in the place of functions, which a section cannot hold
  std::vector<btf::SectionVariable> places;
  for (u32 i = 0; i < section.vlen(); ++i) {
    const btf::Type type = types.type(section.section_variable(i).type_id);
    u32 variable = type.id();
    if (type.kind() == btf::Kind::func) {
      if (stand_in == 0) {
        stand_in = editor.add_var(stand_in_name, int_id, BTF_VAR_GLOBAL_ALLOCATED);
      }
      variable = stand_in;
      editor.set_linkage(type.id(), BTF_FUNC_GLOBAL);
      name_parameters(editor, types, type.type_id());
    } else {
      editor.set_linkage(type.id(), BTF_VAR_GLOBAL_ALLOCATED);
      editor.set_type_id(type.id(), int_id);
    }
    places.push_back(
        {.type_id = variable, .offset = static_cast<u32>(places.size() * sizeof(u32)), .bytes = sizeof(u32)});
  }
  editor.set_datasec(datasec, static_cast<u32>(places.size() * sizeof(u32)), places);
}

}  // namespace

Result<void> read_externs(Draft& draft, const btf::Btf& raw, const ExternSections& sections,
                          btf::BtfEditor& editor) {
  const auto [kconfig, ksyms] = sections;
  if (kconfig == 0 && ksyms == 0) {
    return {};
  }
  Finder finder(draft.file, raw);
  if (kconfig != 0) {
    SKEP_CHECK(finder.add_section(kconfig, ExternSpec::Kind::kconfig));
  }
  if (ksyms != 0) {
    SKEP_CHECK(finder.add_section(ksyms, ExternSpec::Kind::ksym_variable));
  }
  std::vector<Found> found = std::move(finder).sorted();
  SKEP_TRY(const u32 kconfig_bytes, lay_out(found));
  if (kconfig != 0) {
    declare_values(editor, kconfig, found, kconfig_bytes);
  }
  if (ksyms != 0) {
    declare_symbols(editor, raw, ksyms);
  }
  for (Found& one : found) {
    draft.extern_called.emplace(one.symbol, static_cast<u32>(draft.spec.externs.size()));
    draft.spec.externs.push_back(std::move(one.spec));
  }
  return {};
}

Result<void> read_kconfig(Draft& draft) {
  const auto map_index = static_cast<u32>(draft.spec.maps.size());
  u32 bytes = 0;
  for (ExternSpec& one : draft.spec.externs) {
    if (one.kind != ExternSpec::Kind::kconfig) {
      break;
    }
    one.map = map_index;
    bytes = one.offset + one.size_bytes;
    draft.spec.variables.push_back({.name = one.name,
                                    .section = ".kconfig",
                                    .map = map_index,
                                    .offset = one.offset,
                                    .size_bytes = one.size_bytes,
                                    .type_id = one.type_id});
  }
  if (bytes == 0) {
    return {};
  }
  MapSpec map{.name = data_map_name(draft.spec.name, ".kconfig"),
              .section = ".kconfig",
              .style = MapStyle::data,
              .data_section = DataSection::kconfig,
              .type = BPF_MAP_TYPE_ARRAY,
              .key_bytes = sizeof(u32),
              .value_bytes = bytes,
              .max_entries = 1,
              .flags = BPF_F_RDONLY_PROG | BPF_F_MMAPABLE,
              .value_type_id = draft.datasec(".kconfig")};
  SKEP_TRY(map.contents, DataRegion::allocate(bytes));
  draft.spec.maps.push_back(std::move(map));
  return {};
}

}  // namespace skep::object
