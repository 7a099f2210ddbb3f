// Kinds of link: what holds a program in its place. Complete to Linux 7.3.
#pragma once

#include "skep/uapi/names.h"

namespace skep {

// clang-format off: one enumerator, its comment and its name per line

/// The kind of a link; decides which arm of bpf_link_info holds its details.
enum bpf_link_type : u32 {
  BPF_LINK_TYPE_UNSPEC = 0,          ///< no link
  BPF_LINK_TYPE_RAW_TRACEPOINT = 1,  ///< a raw tracepoint (since 5.5)
  BPF_LINK_TYPE_TRACING = 2,         ///< fentry, fexit, fmod_ret, freplace, LSM, typed tracepoint (since 5.5)
  BPF_LINK_TYPE_CGROUP = 3,          ///< a hook of a cgroup (since 5.7)
  BPF_LINK_TYPE_ITER = 4,            ///< an iterator; BPF_ITER_CREATE makes a readable descriptor from it (since 5.8)
  BPF_LINK_TYPE_NETNS = 5,           ///< a hook of a network namespace (since 5.8)
  BPF_LINK_TYPE_XDP = 6,             ///< XDP of a network device (since 5.9)
  BPF_LINK_TYPE_PERF_EVENT = 7,      ///< a perf event: kprobe, uprobe, tracepoint, hardware counter (since 5.15)
  BPF_LINK_TYPE_KPROBE_MULTI = 8,    ///< many kernel functions (since 5.18)
  BPF_LINK_TYPE_STRUCT_OPS = 9,      ///< a struct_ops map (since 6.0)
  BPF_LINK_TYPE_NETFILTER = 10,      ///< a netfilter hook (since 6.4)
  BPF_LINK_TYPE_TCX = 11,            ///< traffic control of a network device (since 6.6)
  BPF_LINK_TYPE_UPROBE_MULTI = 12,   ///< many places of an executable (since 6.6)
  BPF_LINK_TYPE_NETKIT = 13,         ///< one end of a netkit pair (since 6.7)
  BPF_LINK_TYPE_SOCKMAP = 14,        ///< the programs of a sock map (since 6.10)
  BPF_LINK_TYPE_TRACING_MULTI = 15,  ///< many kernel functions by BTF (since 7.2)
};

/// bpf_link_type and the short names that libbpf and bpftool use.
inline constexpr auto link_type_names = std::to_array<NameRow<bpf_link_type>>({
    {BPF_LINK_TYPE_UNSPEC,         "unspec"},
    {BPF_LINK_TYPE_RAW_TRACEPOINT, "raw_tracepoint"},
    {BPF_LINK_TYPE_TRACING,        "tracing"},
    {BPF_LINK_TYPE_CGROUP,         "cgroup"},
    {BPF_LINK_TYPE_ITER,           "iter"},
    {BPF_LINK_TYPE_NETNS,          "netns"},
    {BPF_LINK_TYPE_XDP,            "xdp"},
    {BPF_LINK_TYPE_PERF_EVENT,     "perf_event"},
    {BPF_LINK_TYPE_KPROBE_MULTI,   "kprobe_multi"},
    {BPF_LINK_TYPE_STRUCT_OPS,     "struct_ops"},
    {BPF_LINK_TYPE_NETFILTER,      "netfilter"},
    {BPF_LINK_TYPE_TCX,            "tcx"},
    {BPF_LINK_TYPE_UPROBE_MULTI,   "uprobe_multi"},
    {BPF_LINK_TYPE_NETKIT,         "netkit"},
    {BPF_LINK_TYPE_SOCKMAP,        "sockmap"},
    {BPF_LINK_TYPE_TRACING_MULTI,  "tracing_multi"},
});
static_assert(names_are_unique(link_type_names));

// clang-format on

/// The short name of `value`, or an empty text for what is newer than this table.
constexpr std::string_view name_of(bpf_link_type value) {
  return name_of(link_type_names, value);
}

/// The bpf_link_type called `name`, or nothing.
constexpr std::optional<bpf_link_type> link_type_from_name(std::string_view name) {
  return from_name(link_type_names, name);
}

}  // namespace skep
