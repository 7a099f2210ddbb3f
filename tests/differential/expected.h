// Where skep and libbpf 1.1.2 may differ, each with its reason. docs/differences.md tells the same for readers. Whatever is not here must be equal.
#pragma once

#include <array>
#include <string_view>

namespace differential {

/// An object that libbpf refuses.
struct Refusal {
  std::string_view object;  ///< see matches()
  std::string_view words;   ///< what libbpf says
  bool skep_loads = true;   ///< false: skep refuses it as well
};

inline constexpr auto refusals = std::to_array<Refusal>({
    {.object = "legacy_nonzero_tail",
     .words = "legacy map definitions in 'maps' section are not supported",
     .skep_loads = false},
    {.object = "legacy_*", .words = "legacy map definitions in 'maps' section are not supported"},
    {.object = "demo", .words = "legacy map definitions in 'maps' section are not supported"},
    {.object = "clang-14/data_zeroes", .words = "open: No such file or directory"},
    {.object = "map_extra_wide", .words = "attr 'map_extra': expected PTR, got enum"},
    {.object = "sections_new", .words = "missing BPF prog type, check ELF section name"},
    {.object = "tcmark", .words = "missing BPF prog type, check ELF section name 'tc/egress'"},
});

/// The same when no map is created.
inline constexpr auto refused_without_maps = std::to_array<Refusal>({
    {.object = "map_prog_array", .words = "failed to initialize slot [1] to prog 'tail_b'"},
    {.object = "tail_calls", .words = "failed to initialize slot [0] to prog 'on_small'"},
});

/// A fact (the beginning of a line of recorder::describe) that may differ.
struct Difference {
  std::string_view object;  ///< see matches()
  std::string_view fact;
};

inline constexpr auto differences = std::to_array<Difference>({
    // A call of a kernel function that is not there: libbpf 1.1 leaves BTF id 0, newer ones and skep the number of the missing function.
    {.object = "extern_kfuncs", .fact = "  insn 6: "},
    // The value of a ring buffer is what its records are made of: libbpf tells the kernel of it, which then refuses the map; skep keeps it to itself.
    {.object = "connects", .fact = "  value_size"},
    {.object = "connects", .fact = "  with_btf"},
    {.object = "connects", .fact = "  btf_value_type_id"},
    {.object = "execsnoop", .fact = "  value_size"},
    {.object = "execsnoop", .fact = "  with_btf"},
    {.object = "execsnoop", .fact = "  btf_value_type_id"},
    {.object = "fileguard", .fact = "  value_size"},
    {.object = "fileguard", .fact = "  with_btf"},
    {.object = "fileguard", .fact = "  btf_value_type_id"},
    {.object = "lookups", .fact = "  value_size"},
    {.object = "lookups", .fact = "  with_btf"},
    {.object = "lookups", .fact = "  btf_value_type_id"},
    {.object = "throws", .fact = "  value_size"},
    {.object = "throws", .fact = "  with_btf"},
    {.object = "throws", .fact = "  btf_value_type_id"},
});

/// Objects that mean something else to libbpf 1.1.2, so that there is nothing to compare.
struct Unknown {
  std::string_view object;
  std::string_view why;
};

inline constexpr auto unknown_to_libbpf = std::to_array<Unknown>({
    {.object = "tcpreno", .why = "libbpf 1.1.2 has no .struct_ops.link (since 1.2)"},
    {.object = "fifosched", .why = "libbpf 1.1.2 has no .struct_ops.link (since 1.2)"},
});

/// True for the object's name, its directory and name ("clang-14/data_zeroes"), or the beginning of either before a '*'.
constexpr bool matches(std::string_view pattern, std::string_view name) {
  const std::string_view file = pattern.contains('/') ? name : name.substr(name.rfind('/') + 1);
  return pattern.ends_with('*') ? file.starts_with(pattern.substr(0, pattern.size() - 1)) : file == pattern;
}

}  // namespace differential
