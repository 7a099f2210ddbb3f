// What kernels learnt over time and loading depends on, as a table: since when, how to ask, and what is done without it. A question is put to a kernel only when the
// release does not answer it and the object at hand needs to know (Facts::has).
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "host/release.h"
#include "kernel/kernel.h"

namespace skep::host {

/// A yes, a no, or neither: a probe that failed for another reason (no rights, no memory) tells nothing.
enum class Tri : u8 { no, yes, unknown };

enum class Feature : u8 {
  prog_name,
  expected_attach_type,
  btf,
  btf_func,
  global_data,
  btf_datasec,
  array_mmap,
  probe_read_kernel,
  btf_global_func,
  prog_bind_map,
  memcg_accounting,
  module_btf,
  btf_float,
  function_address,
  perf_link,
  attach_cookie,
  btf_decl_tag,
  btf_type_tag,
  xdp_frags,
  kprobe_multi,
  btf_enum64,
  uprobe_multi,
  arg_ctx_tag,
  btf_datasec_any_name,
  btf_layout,
};

/// One ability of kernels.
struct FeatureRow {
  Feature feature{};
  std::string_view name;  ///< "btf_float": what `skep features` calls it
  Release
      since;  ///< the first release of Linux that has it; distributions add it to older ones, and never take it away
  std::string_view
      config;  ///< the configuration option that can leave it out; empty: it depends on nothing but the release
  std::string_view noun;     ///< "the BTF kind FLOAT", for sentences
  std::string_view without;  ///< what loading does on a kernel that lacks it
};

// clang-format off: one row per feature
inline constexpr auto feature_rows = std::to_array<FeatureRow>({
  {Feature::prog_name,            "prog_name",            {4, 15}, "", "names of programs and maps", "programs and maps have no names"},
  {Feature::expected_attach_type, "expected_attach_type", {4, 17}, "", "the attach type of a program at its loading", "left out where the section's programs run without"},
  {Feature::btf,                  "btf",                  {4, 18}, "", "BTF", "maps and programs are loaded without types and source lines"},
  {Feature::btf_func,             "btf_func",             {5, 0},  "", "the BTF kinds FUNC and FUNC_PROTO", "written as TYPEDEF and ENUM; programs are loaded without function types and source lines"},
  {Feature::global_data,          "global_data",          {5, 2},  "", "global variables (BPF_PSEUDO_MAP_VALUE)", "data sections are not created; a program that reaches one of their variables is refused"},
  {Feature::btf_datasec,          "btf_datasec",          {5, 2},  "", "the BTF kinds VAR and DATASEC", "written as INT and STRUCT"},
  {Feature::array_mmap,           "array_mmap",           {5, 5},  "", "BPF_F_MMAPABLE", "array maps are created without; variables are read and written by system calls"},
  {Feature::probe_read_kernel,    "probe_read_kernel",    {5, 5},  "", "bpf_probe_read_kernel and bpf_probe_read_user", "bpf_probe_read and bpf_probe_read_str are called instead"},
  {Feature::btf_global_func,      "btf_global_func",      {5, 6},  "", "the linkage of BTF functions", "every function is written as static, and verified where it is called"},
  {Feature::prog_bind_map,        "prog_bind_map",        {5, 10}, "", "BPF_PROG_BIND_MAP", "read-only data that no instruction refers to goes away with the loader"},
  {Feature::memcg_accounting,     "memcg_accounting",     {5, 11}, "", "memory of BPF charged to the control group", "RLIMIT_MEMLOCK of the process is raised"},
  {Feature::module_btf,           "module_btf",           {5, 11}, "", "BTF of kernel modules", "functions and types of modules are not found"},
  {Feature::btf_float,            "btf_float",            {5, 13}, "", "the BTF kind FLOAT", "written as STRUCT of the same size"},
  {Feature::function_address,     "function_address",     {5, 13}, "", "the address of a function of the program (BPF_PSEUDO_FUNC)", "none: programs that hand a callback to a helper are refused"},
  {Feature::perf_link,            "perf_link",            {5, 15}, "CONFIG_PERF_EVENTS", "links to perf events", "attached by ioctl(2)"},
  {Feature::attach_cookie,        "attach_cookie",        {5, 15}, "CONFIG_BPF_EVENTS", "bpf_get_attach_cookie", "none: programs that call it are refused"},
  {Feature::btf_decl_tag,         "btf_decl_tag",         {5, 16}, "", "the BTF kind DECL_TAG", "written as INT"},
  {Feature::btf_type_tag,         "btf_type_tag",         {5, 17}, "", "the BTF kind TYPE_TAG", "written as CONST"},
  {Feature::xdp_frags,            "xdp_frags",            {5, 18}, "", "BPF_F_XDP_HAS_FRAGS", "loaded without; the program cannot be attached where packets come in several buffers"},
  {Feature::kprobe_multi,         "kprobe_multi",         {5, 18}, "CONFIG_FPROBE", "links to many kernel functions", "none: programs of section kprobe.multi cannot be attached"},
  {Feature::btf_enum64,           "btf_enum64",           {6, 0},  "", "the BTF kind ENUM64 and signed ENUMs", "ENUM64 written as UNION, ENUM without its sign"},
  {Feature::uprobe_multi,         "uprobe_multi",         {6, 6},  "CONFIG_UPROBE_EVENTS", "links to many places of a file", "USDT probes are attached one by one; programs of section uprobe.multi cannot be attached"},
  {Feature::arg_ctx_tag,          "arg_ctx_tag",          {6, 8},  "", "the argument tag arg:ctx", "the tagged argument gets the type of the program's context"},
  {Feature::btf_datasec_any_name, "btf_datasec_any_name", {6, 9},  "", "'?' in names of BTF sections", "written as '_'"},
  {Feature::btf_layout,           "btf_layout",           {7, 1},  "", "the layout part of BTF", "left out"},
});
// clang-format on
inline constexpr std::size_t feature_count = feature_rows.size();

/// The feature's row.
constexpr const FeatureRow& row_of(Feature feature) {
  return feature_rows[static_cast<std::size_t>(feature)];
}

consteval bool rows_are_in_the_order_of_the_features() {
  for (std::size_t i = 0; i < feature_rows.size(); ++i) {
    if (static_cast<std::size_t>(feature_rows[i].feature) != i || feature_rows[i].name.empty() ||
        feature_rows[i].noun.empty() || feature_rows[i].without.empty()) {
      return false;
    }
  }
  return true;
}
static_assert(rows_are_in_the_order_of_the_features());
static_assert(feature_count <= kernel::Answers().size());

/// Asks `kernel` by trying: a few calls of bpf(2) that leave nothing behind. Nothing is remembered. `unknown` when the refusal has another cause than the feature's absence
/// (EPERM, ENOMEM, too many descriptors, ...).
Tri probe(Feature feature, kernel::Kernel& kernel);

/// probe(), asked once per kernel: a yes or no is kept in kernel.answers(), an unknown is asked again.
Tri ask_once(Feature feature, kernel::Kernel& kernel);

/// What this thread is probing for just now; null outside of probe(). For those who listen to calls.
const FeatureRow* being_probed();

/// "Linux 5.10 does not know it (since 5.13)"; without the release "this kernel does not know it (since 5.13)".
std::string lacks_text(Feature feature, std::optional<Release> release);

}  // namespace skep::host
