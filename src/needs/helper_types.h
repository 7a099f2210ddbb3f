// Helpers that only some kinds of program may call, though the kernel has them: the common ones. What is not in the table is taken to be allowed; the list of what
// that gets wrong is in docs/portability.md. Private to this layer.
#pragma once

#include <array>

#include "skep/uapi/helper_table.h"
#include "skep/uapi/prog_type.h"

namespace skep::needs {

/// A set of program types, one bit each.
constexpr u64 types(std::initializer_list<bpf_prog_type> list) {
  u64 set = 0;
  for (const bpf_prog_type type : list) {
    set |= u64{1} << type;
  }
  return set;
}

struct HelperTypesRow {
  bpf_func_id id;
  u64 allowed;
};

namespace families {
inline constexpr u64 tracing = types(
    {BPF_PROG_TYPE_KPROBE, BPF_PROG_TYPE_TRACEPOINT, BPF_PROG_TYPE_PERF_EVENT, BPF_PROG_TYPE_RAW_TRACEPOINT,
     BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE, BPF_PROG_TYPE_TRACING, BPF_PROG_TYPE_LSM, BPF_PROG_TYPE_EXT});
inline constexpr u64 tc = types({BPF_PROG_TYPE_SCHED_CLS, BPF_PROG_TYPE_SCHED_ACT, BPF_PROG_TYPE_EXT});
inline constexpr u64 xdp = types({BPF_PROG_TYPE_XDP, BPF_PROG_TYPE_EXT});
inline constexpr u64 lwt =
    types({BPF_PROG_TYPE_LWT_IN, BPF_PROG_TYPE_LWT_OUT, BPF_PROG_TYPE_LWT_XMIT, BPF_PROG_TYPE_LWT_SEG6LOCAL});
inline constexpr u64 writers = tc | types({BPF_PROG_TYPE_LWT_XMIT, BPF_PROG_TYPE_SK_SKB});
inline constexpr u64 by_btf = types({BPF_PROG_TYPE_TRACING, BPF_PROG_TYPE_LSM, BPF_PROG_TYPE_EXT});
inline constexpr u64 msg = types({BPF_PROG_TYPE_SK_MSG, BPF_PROG_TYPE_EXT});
inline constexpr u64 sysctl = types({BPF_PROG_TYPE_CGROUP_SYSCTL});
inline constexpr u64 lirc = types({BPF_PROG_TYPE_LIRC_MODE2});
inline constexpr u64 loaders = types({BPF_PROG_TYPE_SYSCALL});
inline constexpr u64 sock_ops = types({BPF_PROG_TYPE_SOCK_OPS});
}  // namespace families

// clang-format off
inline constexpr auto helper_types = [] {
  using namespace families;
  return std::to_array<HelperTypesRow>({
    {BPF_FUNC_get_stackid, tracing},
    {BPF_FUNC_get_stack, tracing},
    {BPF_FUNC_perf_event_read, tracing},
    {BPF_FUNC_perf_event_read_value, tracing},
    {BPF_FUNC_probe_write_user, tracing},
    {BPF_FUNC_send_signal, tracing},
    {BPF_FUNC_send_signal_thread, tracing},
    {BPF_FUNC_override_return, types({BPF_PROG_TYPE_KPROBE})},
    {BPF_FUNC_perf_prog_read_value, types({BPF_PROG_TYPE_PERF_EVENT})},
    {BPF_FUNC_read_branch_records, types({BPF_PROG_TYPE_PERF_EVENT})},
    {BPF_FUNC_d_path, by_btf},
    {BPF_FUNC_get_func_arg, by_btf},
    {BPF_FUNC_get_func_ret, by_btf},
    {BPF_FUNC_get_func_arg_cnt, by_btf},
    {BPF_FUNC_seq_printf, by_btf},
    {BPF_FUNC_seq_write, by_btf},
    {BPF_FUNC_bprm_opts_set, types({BPF_PROG_TYPE_LSM})},
    {BPF_FUNC_inode_storage_get, by_btf},
    {BPF_FUNC_ima_inode_hash, types({BPF_PROG_TYPE_LSM})},
    {BPF_FUNC_ima_file_hash, types({BPF_PROG_TYPE_LSM})},
    {BPF_FUNC_skb_store_bytes, writers},
    {BPF_FUNC_l3_csum_replace, writers},
    {BPF_FUNC_l4_csum_replace, writers},
    {BPF_FUNC_clone_redirect, tc | types({BPF_PROG_TYPE_LWT_XMIT})},
    {BPF_FUNC_skb_vlan_push, tc},
    {BPF_FUNC_skb_vlan_pop, tc},
    {BPF_FUNC_skb_get_tunnel_key, tc | types({BPF_PROG_TYPE_LWT_XMIT})},
    {BPF_FUNC_skb_set_tunnel_key, tc | types({BPF_PROG_TYPE_LWT_XMIT})},
    {BPF_FUNC_skb_change_proto, tc},
    {BPF_FUNC_skb_change_type, tc},
    {BPF_FUNC_skb_set_tstamp, tc},
    {BPF_FUNC_redirect_peer, tc},
    {BPF_FUNC_redirect_neigh, tc},
    {BPF_FUNC_redirect, tc | xdp | types({BPF_PROG_TYPE_LWT_XMIT})},
    {BPF_FUNC_redirect_map, xdp},
    {BPF_FUNC_xdp_adjust_head, xdp},
    {BPF_FUNC_xdp_adjust_meta, xdp},
    {BPF_FUNC_xdp_adjust_tail, xdp},
    {BPF_FUNC_xdp_load_bytes, xdp},
    {BPF_FUNC_xdp_store_bytes, xdp},
    {BPF_FUNC_xdp_get_buff_len, xdp},
    {BPF_FUNC_lwt_push_encap, lwt},
    {BPF_FUNC_sk_redirect_map, types({BPF_PROG_TYPE_SK_SKB})},
    {BPF_FUNC_sk_redirect_hash, types({BPF_PROG_TYPE_SK_SKB})},
    {BPF_FUNC_msg_redirect_map, msg},
    {BPF_FUNC_msg_redirect_hash, msg},
    {BPF_FUNC_msg_apply_bytes, msg},
    {BPF_FUNC_msg_cork_bytes, msg},
    {BPF_FUNC_msg_pull_data, msg},
    {BPF_FUNC_msg_push_data, msg},
    {BPF_FUNC_msg_pop_data, msg},
    {BPF_FUNC_sock_map_update, sock_ops},
    {BPF_FUNC_sock_hash_update, sock_ops},
    {BPF_FUNC_sock_ops_cb_flags_set, sock_ops},
    {BPF_FUNC_bind, types({BPF_PROG_TYPE_CGROUP_SOCK_ADDR})},
    {BPF_FUNC_sk_select_reuseport, types({BPF_PROG_TYPE_SK_REUSEPORT})},
    {BPF_FUNC_sk_assign, tc | types({BPF_PROG_TYPE_SK_LOOKUP})},
    {BPF_FUNC_sysctl_get_name, sysctl},
    {BPF_FUNC_sysctl_get_current_value, sysctl},
    {BPF_FUNC_sysctl_get_new_value, sysctl},
    {BPF_FUNC_sysctl_set_new_value, sysctl},
    {BPF_FUNC_rc_repeat, lirc},
    {BPF_FUNC_rc_keydown, lirc},
    {BPF_FUNC_rc_pointer_rel, lirc},
    {BPF_FUNC_sys_bpf, loaders},
    {BPF_FUNC_sys_close, loaders},
    {BPF_FUNC_btf_find_by_name_kind, loaders},
    {BPF_FUNC_kallsyms_lookup_name, loaders},
  });
}();
// clang-format on

/// Whether any kernel lets programs of this type call the helper, as far as is known here.
constexpr bool may_call(bpf_prog_type type, u32 helper) {
  for (const HelperTypesRow& row : helper_types) {
    if (row.id == helper) {
      return (row.allowed >> type & 1) != 0;
    }
  }
  return true;
}

/// Helpers that may sleep, for programs with BPF_F_SLEEPABLE alone.
constexpr bool may_sleep(u32 helper) {
  return helper == BPF_FUNC_copy_from_user || helper == BPF_FUNC_copy_from_user_task ||
         helper == BPF_FUNC_ima_inode_hash || helper == BPF_FUNC_ima_file_hash;
}

}  // namespace skep::needs
