#include "needs/config.h"

#include <algorithm>
#include <array>
#include <span>

#include "skep/uapi/flags.h"
#include "skep/uapi/helper_table.h"

namespace skep::needs {
namespace {

struct ProgramRow {
  bpf_prog_type type;
  std::string_view config;
};

// clang-format off
constexpr auto by_program_type = std::to_array<ProgramRow>({
    {BPF_PROG_TYPE_SOCKET_FILTER,           "CONFIG_NET"},
    {BPF_PROG_TYPE_KPROBE,                  "CONFIG_BPF_EVENTS"},
    {BPF_PROG_TYPE_SCHED_CLS,               "CONFIG_NET"},
    {BPF_PROG_TYPE_SCHED_ACT,               "CONFIG_NET_ACT_BPF"},
    {BPF_PROG_TYPE_TRACEPOINT,              "CONFIG_BPF_EVENTS"},
    {BPF_PROG_TYPE_XDP,                     "CONFIG_NET"},
    {BPF_PROG_TYPE_PERF_EVENT,              "CONFIG_BPF_EVENTS"},
    {BPF_PROG_TYPE_CGROUP_SKB,              "CONFIG_CGROUP_BPF"},
    {BPF_PROG_TYPE_CGROUP_SOCK,             "CONFIG_CGROUP_BPF"},
    {BPF_PROG_TYPE_LWT_IN,                  "CONFIG_LWTUNNEL_BPF"},
    {BPF_PROG_TYPE_LWT_OUT,                 "CONFIG_LWTUNNEL_BPF"},
    {BPF_PROG_TYPE_LWT_XMIT,                "CONFIG_LWTUNNEL_BPF"},
    {BPF_PROG_TYPE_SOCK_OPS,                "CONFIG_CGROUP_BPF"},
    {BPF_PROG_TYPE_SK_SKB,                  "CONFIG_BPF_STREAM_PARSER"},
    {BPF_PROG_TYPE_CGROUP_DEVICE,           "CONFIG_CGROUP_BPF"},
    {BPF_PROG_TYPE_SK_MSG,                  "CONFIG_NET_SOCK_MSG"},
    {BPF_PROG_TYPE_RAW_TRACEPOINT,          "CONFIG_BPF_EVENTS"},
    {BPF_PROG_TYPE_CGROUP_SOCK_ADDR,        "CONFIG_CGROUP_BPF"},
    {BPF_PROG_TYPE_LWT_SEG6LOCAL,           "CONFIG_IPV6_SEG6_BPF"},
    {BPF_PROG_TYPE_LIRC_MODE2,              "CONFIG_BPF_LIRC_MODE2"},
    {BPF_PROG_TYPE_SK_REUSEPORT,            "CONFIG_INET"},
    {BPF_PROG_TYPE_FLOW_DISSECTOR,          "CONFIG_NET"},
    {BPF_PROG_TYPE_CGROUP_SYSCTL,           "CONFIG_CGROUP_BPF"},
    {BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE, "CONFIG_BPF_EVENTS"},
    {BPF_PROG_TYPE_CGROUP_SOCKOPT,          "CONFIG_CGROUP_BPF"},
    {BPF_PROG_TYPE_TRACING,                 "CONFIG_BPF_EVENTS"},
    {BPF_PROG_TYPE_TRACING,                 "CONFIG_DEBUG_INFO_BTF"},
    {BPF_PROG_TYPE_STRUCT_OPS,              "CONFIG_BPF_JIT"},
    {BPF_PROG_TYPE_STRUCT_OPS,              "CONFIG_DEBUG_INFO_BTF"},
    {BPF_PROG_TYPE_LSM,                     "CONFIG_BPF_LSM"},
    {BPF_PROG_TYPE_LSM,                     "CONFIG_DEBUG_INFO_BTF"},
    {BPF_PROG_TYPE_SK_LOOKUP,               "CONFIG_INET"},
    {BPF_PROG_TYPE_NETFILTER,               "CONFIG_NETFILTER_BPF_LINK"},
});

struct AttachRow {
  bpf_attach_type type;
  std::string_view config;
};
constexpr auto by_attach_type = std::to_array<AttachRow>({
    {BPF_TRACE_FENTRY,         "CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS"},
    {BPF_TRACE_FEXIT,          "CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS"},
    {BPF_MODIFY_RETURN,        "CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS"},
    {BPF_TRACE_FSESSION,       "CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS"},
    {BPF_TRACE_KPROBE_MULTI,   "CONFIG_FPROBE"},
    {BPF_TRACE_KPROBE_SESSION, "CONFIG_FPROBE"},
    {BPF_TRACE_UPROBE_MULTI,   "CONFIG_UPROBES"},
    {BPF_TRACE_UPROBE_SESSION, "CONFIG_UPROBES"},
    {BPF_LSM_CGROUP,           "CONFIG_CGROUP_BPF"},
    {BPF_TCX_INGRESS,          "CONFIG_NET_XGRESS"},
    {BPF_TCX_EGRESS,           "CONFIG_NET_XGRESS"},
    {BPF_NETKIT_PRIMARY,       "CONFIG_NETKIT"},
    {BPF_NETKIT_PEER,          "CONFIG_NETKIT"},
});

struct SectionRow {
  std::string_view prefix;
  std::string_view config;
};
constexpr auto by_section = std::to_array<SectionRow>({
    {"kprobe",    "CONFIG_KPROBE_EVENTS"},
    {"kretprobe", "CONFIG_KPROBE_EVENTS"},
    {"ksyscall",  "CONFIG_KPROBE_EVENTS"},
    {"uprobe",    "CONFIG_UPROBE_EVENTS"},
    {"uretprobe", "CONFIG_UPROBE_EVENTS"},
    {"usdt",      "CONFIG_UPROBE_EVENTS"},
    {"tc",        "CONFIG_NET_CLS_BPF"},
    {"classifier", "CONFIG_NET_CLS_BPF"},
});

struct MapRow {
  bpf_map_type type;
  std::string_view config;
};
constexpr auto by_map_type = std::to_array<MapRow>({
    {BPF_MAP_TYPE_PERF_EVENT_ARRAY,                  "CONFIG_PERF_EVENTS"},
    {BPF_MAP_TYPE_STACK_TRACE,                       "CONFIG_PERF_EVENTS"},
    {BPF_MAP_TYPE_CGROUP_ARRAY,                      "CONFIG_CGROUPS"},
    {BPF_MAP_TYPE_CGROUP_STORAGE_DEPRECATED,         "CONFIG_CGROUP_BPF"},
    {BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE_DEPRECATED,  "CONFIG_CGROUP_BPF"},
    {BPF_MAP_TYPE_CGRP_STORAGE,                      "CONFIG_CGROUPS"},
    {BPF_MAP_TYPE_DEVMAP,                            "CONFIG_NET"},
    {BPF_MAP_TYPE_DEVMAP_HASH,                       "CONFIG_NET"},
    {BPF_MAP_TYPE_SK_STORAGE,                        "CONFIG_NET"},
    {BPF_MAP_TYPE_SOCKMAP,                           "CONFIG_NET"},
    {BPF_MAP_TYPE_SOCKHASH,                          "CONFIG_NET"},
    {BPF_MAP_TYPE_XSKMAP,                            "CONFIG_XDP_SOCKETS"},
    {BPF_MAP_TYPE_REUSEPORT_SOCKARRAY,               "CONFIG_INET"},
    {BPF_MAP_TYPE_INODE_STORAGE,                     "CONFIG_BPF_LSM"},
    {BPF_MAP_TYPE_STRUCT_OPS,                        "CONFIG_BPF_JIT"},
});

struct HelperConfigRow {
  bpf_func_id id;
  std::string_view config;
};
constexpr auto by_helper = std::to_array<HelperConfigRow>({
    {BPF_FUNC_override_return,            "CONFIG_BPF_KPROBE_OVERRIDE"},
    {BPF_FUNC_get_cgroup_classid,         "CONFIG_CGROUP_NET_CLASSID"},
    {BPF_FUNC_skb_cgroup_id,              "CONFIG_SOCK_CGROUP_DATA"},
    {BPF_FUNC_skb_ancestor_cgroup_id,     "CONFIG_SOCK_CGROUP_DATA"},
    {BPF_FUNC_get_current_cgroup_id,      "CONFIG_CGROUPS"},
    {BPF_FUNC_get_stackid,                "CONFIG_PERF_EVENTS"},
    {BPF_FUNC_get_stack,                  "CONFIG_PERF_EVENTS"},
    {BPF_FUNC_skb_get_xfrm_state,         "CONFIG_XFRM"},
    {BPF_FUNC_ima_inode_hash,             "CONFIG_IMA"},
    {BPF_FUNC_ima_file_hash,              "CONFIG_IMA"},
    {BPF_FUNC_get_route_realm,            "CONFIG_IP_ROUTE_CLASSID"},
    {BPF_FUNC_lwt_seg6_store_bytes,       "CONFIG_IPV6_SEG6_BPF"},
    {BPF_FUNC_lwt_seg6_adjust_srh,        "CONFIG_IPV6_SEG6_BPF"},
    {BPF_FUNC_lwt_seg6_action,            "CONFIG_IPV6_SEG6_BPF"},
});
// clang-format on

/// "kprobe" of "kprobe/f" and of "kprobe.multi/f".
std::string_view first_word(std::string_view section) {
  return section.substr(0, section.find_first_of("/."));
}

}  // namespace

std::vector<std::string_view> config_of(const ProgramSpec& program) {
  std::vector<std::string_view> found;
  for (const ProgramRow& row : by_program_type) {
    if (row.type == program.type) {
      found.push_back(row.config);
    }
  }
  for (const AttachRow& row : by_attach_type) {
    if (row.type == program.expected_attach_type && program.expected_attach_type != 0) {
      found.push_back(row.config);
    }
  }
  const bool is_multi = program.type == BPF_PROG_TYPE_KPROBE && program.expected_attach_type != 0;
  for (const SectionRow& row : by_section) {
    if (row.prefix == first_word(program.section) && !is_multi) {
      found.push_back(row.config);
    }
  }
  return found;
}

std::vector<std::string_view> config_of(bpf_map_type type) {
  std::vector<std::string_view> found;
  for (const MapRow& row : by_map_type) {
    if (row.type == type) {
      found.push_back(row.config);
    }
  }
  return found;
}

std::vector<std::string_view> config_of_helper(u32 id) {
  std::vector<std::string_view> found;
  for (const HelperConfigRow& row : by_helper) {
    if (row.id == id) {
      found.push_back(row.config);
    }
  }
  return found;
}

void add_once(std::vector<std::string>& names, std::string_view name) {
  if (std::ranges::find(names, name) == names.end()) {
    names.emplace_back(name);
  }
}

}  // namespace skep::needs
