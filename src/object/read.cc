// Bytes of a .o -> ObjectSpec: the spine. Each step stands in a file of its own.
#include <algorithm>
#include <cstring>

#include "base/file.h"
#include "object/draft.h"

namespace skep {
namespace object {

namespace {

constexpr std::size_t most_license_bytes = 64;

Result<void> read_license_and_version(Draft& draft) {
  if (const elf::Section* license = draft.file.find_section("license")) {
    draft.spec.license = until_nul(license->bytes.chars());
    if (draft.spec.license.size() >= most_license_bytes) {
      return fail(Errc::malformed, cat("section license: want less than ", most_license_bytes,
                                       " bytes, have ", draft.spec.license.size()));
    }
  }
  if (draft.spec.license.empty() && !draft.spec.programs.empty()) {
    draft.spec.oddities.push_back(
        "there is no license: the kernel treats the programs as not GPL-compatible and refuses many helpers "
        "(add: char LICENSE[] SEC(\"license\") = \"GPL\";)");
  }
  if (const elf::Section* version = draft.file.find_section("version");
      version != nullptr && version->size != 0) {
    SKEP_TRY_IN("section version", draft.spec.kernel_version, version->bytes.read<u32>(0));
  }
  return {};
}

/// "prog" for "dir/prog.bpf.o": the part that names the object's data maps.
std::string object_name(std::string_view path) {
  constexpr std::size_t most = 15;
  const std::size_t slash = path.rfind('/');
  std::string_view base = slash == std::string_view::npos ? path : path.substr(slash + 1);
  base = base.substr(0, std::min(base.find('.'), base.size()));
  return std::string(base.substr(0, most));
}

Result<void> refuse_duplicates(const ObjectSpec& spec) {
  std::unordered_map<std::string_view, int> seen;
  for (const ProgramSpec& program : spec.programs) {
    if (++seen[program.name] > 1) {
      return fail(Errc::malformed, cat("two programs are called '", program.name, "'"));
    }
  }
  seen.clear();
  for (const MapSpec& map : spec.maps) {
    if (map.style != MapStyle::data && ++seen[map.name] > 1) {
      return fail(Errc::malformed, cat("two maps are called '", map.name, "'"));
    }
  }
  return {};
}

Result<void> read_all(Draft& draft) {
  SKEP_CHECK(read_types(draft));
  SKEP_CHECK(read_functions(draft));
  SKEP_CHECK(read_programs(draft));
  SKEP_CHECK(read_license_and_version(draft));
  SKEP_CHECK(read_btf_maps(draft));
  SKEP_CHECK(read_legacy_maps(draft));
  SKEP_CHECK(read_data(draft));
  SKEP_CHECK(read_arena_data(draft));
  SKEP_CHECK(read_kconfig(draft));
  SKEP_CHECK(read_struct_ops(draft));
  SKEP_CHECK(read_jump_tables(draft));
  SKEP_CHECK(read_exception_callbacks(draft));
  SKEP_CHECK(refuse_duplicates(draft.spec));
  SKEP_CHECK(read_relocations(draft));
  SKEP_CHECK(read_map_slots(draft));
  SKEP_CHECK(read_struct_ops_members(draft));
  return {};
}

}  // namespace

u32 Draft::function_at(u32 section_index, u64 offset) const {
  if (section_index >= functions_of.size()) {
    return no_index;
  }
  const FunctionRange range = functions_of[section_index];
  const auto begin = spec.functions.begin() + range.first;
  const auto end = begin + range.count;
  const auto at =
      std::lower_bound(begin, end, offset, [](const FunctionSpec& f, u64 o) { return f.section_offset < o; });
  return at != end && at->section_offset == offset ? static_cast<u32>(at - spec.functions.begin()) : no_index;
}

u32 Draft::datasec(std::string_view name) const {
  return spec.btf ? spec.btf->find(name, btf::Kind::datasec).value_or(0) : 0;
}

bool is_code(const elf::Section& section) {
  return section.type == SHT_PROGBITS && (section.flags & SHF_EXECINSTR) != 0 && section.size != 0;
}

DataSection data_section_kind(std::string_view name) {
  const auto is = [name](std::string_view base) {
    return name.starts_with(base) && (name.size() == base.size() || name[base.size()] == '.');
  };
  return is(".data")     ? DataSection::data
         : is(".rodata") ? DataSection::rodata
         : is(".bss")    ? DataSection::bss
                         : DataSection::none;
}

}  // namespace object

Result<ObjectSpec> ObjectSpec::read(std::span<const std::byte> bytes, std::string_view object_name) {
  SKEP_TRY_IN(object_name, const elf::File file, elf::File::parse(bytes));
  SKEP_CHECK_IN(object_name, elf::check_bpf_object(file));
  ObjectSpec spec;
  spec.name = object::object_name(object_name);
  spec.byte_order = file.order();
  object::Draft draft{.file = file, .spec = spec};
  SKEP_CHECK_IN(object_name, object::read_all(draft));
  return spec;
}

Result<ObjectSpec> ObjectSpec::read_file(const std::string& path) {
  SKEP_TRY(const FileBytes bytes, FileBytes::open(path));
  SKEP_TRY(ObjectSpec spec, read(bytes.span(), path));
  spec.path = path;
  return spec;
}

}  // namespace skep
