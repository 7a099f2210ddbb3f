// Our enumerators by the kernel's names. Where a table of short names exists the kernel's name is the prefix and the short name in capitals, so the
// comparison also proves the short names.
#include <cctype>

#include "base/text.h"
#include "skep/uapi/attach_type.h"
#include "skep/uapi/attr.h"
#include "skep/uapi/btf.h"
#include "skep/uapi/cmd.h"
#include "skep/uapi/flags.h"
#include "skep/uapi/helpers.h"
#include "skep/uapi/info_link.h"
#include "skep/uapi/insn.h"
#include "skep/uapi/link_type.h"
#include "skep/uapi/map_type.h"
#include "skep/uapi/prog_type.h"
#include "uapi/layouts.h"

namespace skep {

namespace {

#define SKEP_ENUMERATOR(kernel_enum, name) {kernel_enum, #name, static_cast<s64>(name)}

std::string capitals(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) {
    c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return upper;
}

template <class E, std::size_t N>
void add_names(std::vector<EnumeratorRow>& rows, std::string_view kernel_enum, std::string_view prefix,
               const std::array<NameRow<E>, N>& table) {
  for (const NameRow<E>& row : table) {
    rows.push_back({kernel_enum, cat(prefix, capitals(row.name)), static_cast<s64>(row.value)});
  }
}

const std::vector<EnumeratorRow> singles{
    SKEP_ENUMERATOR("bpf_cmd", BPF_PROG_RUN),
    SKEP_ENUMERATOR("bpf_cmd", BPF_COMMON_ATTRS),
    SKEP_ENUMERATOR("bpf_map_type", BPF_MAP_TYPE_CGROUP_STORAGE_DEPRECATED),
    SKEP_ENUMERATOR("bpf_map_type", BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE_DEPRECATED),
    SKEP_ENUMERATOR("bpf_func_id", BPF_FUNC_unspec),
    SKEP_ENUMERATOR("bpf_cond_pseudo_jmp", BPF_MAY_GOTO),
    SKEP_ENUMERATOR("bpf_addr_space_cast", BPF_ADDR_SPACE_CAST),
    SKEP_ENUMERATOR("", BPF_REG_0),
    SKEP_ENUMERATOR("", BPF_REG_5),
    SKEP_ENUMERATOR("", BPF_REG_10),
    SKEP_ENUMERATOR("", BPF_ANY),
    SKEP_ENUMERATOR("bpf_stats_type", BPF_STATS_RUN_TIME),
    SKEP_ENUMERATOR("", BPF_STREAM_STDOUT),
    SKEP_ENUMERATOR("", BPF_STREAM_STDERR),
    SKEP_ENUMERATOR("", BPF_F_INDEX_MASK),
    SKEP_ENUMERATOR("", BPF_F_CURRENT_CPU),
    SKEP_ENUMERATOR("", BPF_F_CTXLEN_MASK),
    SKEP_ENUMERATOR("", BPF_F_SKIP_FIELD_MASK),
    SKEP_ENUMERATOR("", BPF_F_SYSCTL_BASE_NAME),
    SKEP_ENUMERATOR("", BPF_F_GET_BRANCH_RECORDS_SIZE),
    SKEP_ENUMERATOR("", BPF_F_BPRM_SECUREEXEC),
    SKEP_ENUMERATOR("", BPF_RINGBUF_BUSY_BIT),
    SKEP_ENUMERATOR("", BPF_RINGBUF_DISCARD_BIT),
    SKEP_ENUMERATOR("", BPF_RINGBUF_HDR_SZ),
    SKEP_ENUMERATOR("bpf_cgroup_iter_order", BPF_CGROUP_ITER_ORDER_UNSPEC),
    SKEP_ENUMERATOR("bpf_cgroup_iter_order", BPF_CGROUP_ITER_SELF_ONLY),
    SKEP_ENUMERATOR("bpf_cgroup_iter_order", BPF_CGROUP_ITER_DESCENDANTS_PRE),
    SKEP_ENUMERATOR("bpf_cgroup_iter_order", BPF_CGROUP_ITER_DESCENDANTS_POST),
    SKEP_ENUMERATOR("bpf_cgroup_iter_order", BPF_CGROUP_ITER_ANCESTORS_UP),
    SKEP_ENUMERATOR("bpf_cgroup_iter_order", BPF_CGROUP_ITER_CHILDREN),
    SKEP_ENUMERATOR("bpf_perf_event_type", BPF_PERF_EVENT_UNSPEC),
    SKEP_ENUMERATOR("bpf_perf_event_type", BPF_PERF_EVENT_UPROBE),
    SKEP_ENUMERATOR("bpf_perf_event_type", BPF_PERF_EVENT_URETPROBE),
    SKEP_ENUMERATOR("bpf_perf_event_type", BPF_PERF_EVENT_KPROBE),
    SKEP_ENUMERATOR("bpf_perf_event_type", BPF_PERF_EVENT_KRETPROBE),
    SKEP_ENUMERATOR("bpf_perf_event_type", BPF_PERF_EVENT_TRACEPOINT),
    SKEP_ENUMERATOR("bpf_perf_event_type", BPF_PERF_EVENT_EVENT),
    SKEP_ENUMERATOR("bpf_core_relo_kind", BPF_CORE_FIELD_BYTE_OFFSET),
    SKEP_ENUMERATOR("bpf_core_relo_kind", BPF_CORE_FIELD_BYTE_SIZE),
    SKEP_ENUMERATOR("bpf_core_relo_kind", BPF_CORE_FIELD_EXISTS),
    SKEP_ENUMERATOR("bpf_core_relo_kind", BPF_CORE_FIELD_SIGNED),
    SKEP_ENUMERATOR("bpf_core_relo_kind", BPF_CORE_FIELD_LSHIFT_U64),
    SKEP_ENUMERATOR("bpf_core_relo_kind", BPF_CORE_FIELD_RSHIFT_U64),
    SKEP_ENUMERATOR("bpf_core_relo_kind", BPF_CORE_TYPE_ID_LOCAL),
    SKEP_ENUMERATOR("bpf_core_relo_kind", BPF_CORE_TYPE_ID_TARGET),
    SKEP_ENUMERATOR("bpf_core_relo_kind", BPF_CORE_TYPE_EXISTS),
    SKEP_ENUMERATOR("bpf_core_relo_kind", BPF_CORE_TYPE_SIZE),
    SKEP_ENUMERATOR("bpf_core_relo_kind", BPF_CORE_ENUMVAL_EXISTS),
    SKEP_ENUMERATOR("bpf_core_relo_kind", BPF_CORE_ENUMVAL_VALUE),
    SKEP_ENUMERATOR("bpf_core_relo_kind", BPF_CORE_TYPE_MATCHES),
    SKEP_ENUMERATOR("", BTF_VAR_STATIC),
    SKEP_ENUMERATOR("", BTF_VAR_GLOBAL_ALLOCATED),
    SKEP_ENUMERATOR("", BTF_VAR_GLOBAL_EXTERN),
    SKEP_ENUMERATOR("btf_func_linkage", BTF_FUNC_STATIC),
    SKEP_ENUMERATOR("btf_func_linkage", BTF_FUNC_GLOBAL),
    SKEP_ENUMERATOR("btf_func_linkage", BTF_FUNC_EXTERN),
};

}  // namespace

std::vector<EnumeratorRow> enumerator_rows() {
  std::vector<EnumeratorRow> rows = singles;
  add_names(rows, "bpf_map_type", "BPF_MAP_TYPE_", map_type_names);
  add_names(rows, "bpf_prog_type", "BPF_PROG_TYPE_", prog_type_names);
  add_names(rows, "bpf_attach_type", "BPF_", attach_type_names);
  add_names(rows, "bpf_link_type", "BPF_LINK_TYPE_", link_type_names);
  for (const NameRow<btf_kind>& row : btf_kind_names) {
    const std::string_view name = row.value == BTF_KIND_UNKN ? "UNKN" : row.name;
    rows.push_back({"", cat("BTF_KIND_", name), static_cast<s64>(row.value)});
  }
  for (const CommandRow& row : command_rows) {
    rows.push_back({"bpf_cmd", std::string(row.name), static_cast<s64>(row.cmd)});
  }
  for (const HelperRow& row : helper_table) {
    rows.push_back({"bpf_func_id", cat("BPF_FUNC_", row.name), static_cast<s64>(row.id)});
  }
  for (const FlagGroup& group : flag_groups) {
    for (const FlagRow& row : group.rows) {
      rows.push_back({"", std::string(row.name), static_cast<s64>(row.bit)});
    }
  }
  return rows;
}

}  // namespace skep
