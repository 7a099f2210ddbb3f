#include "needs/flatten.h"

#include <algorithm>

#include "btf/btf.h"
#include "insn/traits.h"
#include "object/source_place.h"
#include "skep/uapi/flags.h"

namespace skep::needs {
namespace {

/// What LINUX_KERNEL_VERSION is taken to be: older than anything that code asks for.
constexpr u32 old_kernel_version = 4 << 16 | 4 << 8;

class Flattener {
 public:
  explicit Flattener(const ObjectSpec& spec)
      : spec_(spec), first_insn_(spec.functions.size()), has_(spec.functions.size()) {}

  FlatProgram run(u32 entry) {
    append(entry);
    for (std::size_t i = 0; i < made_.functions.size(); ++i) {
      const u32 function = made_.functions[i];
      for (const Relocation& relocation : spec_.functions[function].relocations) {
        relocate(function, relocation);
      }
      for (const CoreRelocation& relocation : spec_.functions[function].core_relocations) {
        absent(function, relocation);
      }
    }
    std::ranges::sort(made_.addresses, {}, &Address::insn);
    return std::move(made_);
  }

 private:
  void append(u32 function) {
    const FunctionSpec& spec = spec_.functions[function];
    if (has_[function] || made_.insns.size() + spec.insns.size() > BPF_COMPLEXITY_LIMIT_INSNS) {
      return;
    }
    has_[function] = true;
    first_insn_[function] = static_cast<u32>(made_.insns.size());
    made_.functions.push_back(function);
    made_.routines.push_back(
        {.first_insn = first_insn_[function], .is_global = spec.is_global && made_.functions.size() > 1});
    for (u32 i = 0; i < spec.insns.size(); ++i) {
      made_.insns.push_back(spec.insns[i]);
      made_.sources.push_back({.function = function, .insn = i});
    }
  }

  void relocate(u32 function, const Relocation& relocation) {
    const u32 at = first_insn_[function] + relocation.insn_index;
    if (relocation.insn_index >= spec_.functions[function].insns.size()) {
      return;
    }
    switch (relocation.kind) {
      case RelocationKind::map_fd: address(at); break;
      case RelocationKind::map_value: map_value(at, relocation); break;
      case RelocationKind::jump_table: address(at); break;
      case RelocationKind::subprogram_call:
      case RelocationKind::subprogram_address: refer(at, relocation); break;
      case RelocationKind::extern_variable:
      case RelocationKind::extern_function_address: extern_variable(at, relocation); break;
      case RelocationKind::extern_function: made_.insns[at].src_reg = BPF_PSEUDO_KFUNC_CALL; break;
    }
  }

  void refer(u32 at, const Relocation& relocation) {
    if (relocation.target >= spec_.functions.size()) {
      return;
    }
    append(relocation.target);
    if (has_[relocation.target]) {
      const bool is_call = relocation.kind == RelocationKind::subprogram_call;
      made_.insns[at].src_reg = (is_call ? BPF_PSEUDO_CALL : BPF_PSEUDO_FUNC) & 0xf;
      made_.insns[at].imm = static_cast<s32>(first_insn_[relocation.target]) - static_cast<s32>(at) - 1;
    }
  }

  void map_value(u32 at, const Relocation& relocation) {
    if (relocation.target >= spec_.maps.size()) {
      return;
    }
    const MapSpec& map = spec_.maps[relocation.target];
    if (!is_constant(map)) {
      address(at);
      return;
    }
    const auto bytes = map.contents.bytes();
    made_.addresses.push_back({.insn = at, .bytes = bytes, .offset = relocation.offset});
  }

  void extern_variable(u32 at, const Relocation& relocation) {
    if (relocation.target >= spec_.externs.size()) {
      return;
    }
    const ExternSpec& wanted = spec_.externs[relocation.target];
    if (wanted.kind != ExternSpec::Kind::kconfig) {
      if (wanted.is_weak && at + 1 < made_.insns.size()) {
        made_.insns[at].imm = 0;
        made_.insns[at + 1].imm = 0;
      } else {
        address(at);
      }
      return;
    }
    std::vector<std::byte> value(8);
    if (wanted.name == "LINUX_KERNEL_VERSION") {
      for (u32 i = 0; i < 4; ++i) {
        const u32 shift = 8 * (spec_.byte_order == std::endian::little ? i : 3 - i);
        value[i] = static_cast<std::byte>(old_kernel_version >> shift);
      }
    } else if (!wanted.is_weak) {
      address(at);
      return;
    }
    made_.memory.push_back(std::move(value));
    made_.addresses.push_back({.insn = at, .bytes = made_.memory.back(), .offset = 0});
  }

  void address(u32 at) { made_.addresses.push_back({.insn = at, .bytes = {}, .offset = 0}); }

  void absent(u32 function, const CoreRelocation& relocation) {
    const u32 at = first_insn_[function] + relocation.insn_index;
    const bool asks = relocation.kind == BPF_CORE_FIELD_EXISTS || relocation.kind == BPF_CORE_TYPE_EXISTS ||
                      relocation.kind == BPF_CORE_ENUMVAL_EXISTS || relocation.kind == BPF_CORE_TYPE_MATCHES;
    if (!asks || relocation.insn_index >= spec_.functions[function].insns.size()) {
      return;
    }
    made_.insns[at].imm = 0;
    if (insn::is_ld_imm64(made_.insns[at]) && at + 1 < made_.insns.size()) {
      made_.insns[at + 1].imm = 0;
    }
  }

  const ObjectSpec& spec_;
  FlatProgram made_;
  std::vector<u32> first_insn_;
  std::vector<bool> has_;
};

}  // namespace

bool is_constant(const MapSpec& map) {
  return map.data_section == DataSection::rodata && (map.flags & BPF_F_RDONLY_PROG) != 0;
}

FlatProgram flatten(const ObjectSpec& spec, u32 function) {
  return Flattener(spec).run(function);
}

Place place_of(const ObjectSpec& spec, Source source) {
  const FunctionSpec& function = spec.functions[source.function];
  Place place{.function = function.name, .insn = source.insn};
  const object::SourcePlace from = object::source_place(spec, function, source.insn);
  place.file = from.file;
  place.line = from.line;
  place.column = from.column;
  place.source = from.source;
  return place;
}

}  // namespace skep::needs
