// Kernel functions that programs call by name, and the first kernel that lets them: those whose first kernel is known here. A kernel's BTF names all of its own
// (from 6.9 on with a tag), so this table is only for saying "since", and for telling kernel functions from other functions before there were tags.
#pragma once

#include <array>
#include <string_view>

#include "skep/needs.h"

namespace skep::needs {

struct KernelFunctionRow {
  std::string_view name;
  Release since;
};

// clang-format off
inline constexpr auto kernel_functions = std::to_array<KernelFunctionRow>({
    {"bpf_arena_alloc_pages", {6, 9}},
    {"bpf_arena_free_pages", {6, 9}},
    {"bpf_cast_to_kern_ctx", {6, 2}},
    {"bpf_cgroup_acquire", {6, 2}},
    {"bpf_cgroup_ancestor", {6, 2}},
    {"bpf_cgroup_from_id", {6, 4}},
    {"bpf_cgroup_release", {6, 2}},
    {"bpf_cpumask_acquire", {6, 3}},
    {"bpf_cpumask_create", {6, 3}},
    {"bpf_cpumask_release", {6, 3}},
    {"bpf_cpumask_set_cpu", {6, 3}},
    {"bpf_cpumask_test_cpu", {6, 3}},
    {"bpf_ct_insert_entry", {6, 0}},
    {"bpf_ct_release", {5, 18}},
    {"bpf_dynptr_adjust", {6, 5}},
    {"bpf_dynptr_clone", {6, 5}},
    {"bpf_dynptr_from_skb", {6, 4}},
    {"bpf_dynptr_from_xdp", {6, 4}},
    {"bpf_dynptr_is_null", {6, 5}},
    {"bpf_dynptr_size", {6, 5}},
    {"bpf_dynptr_slice", {6, 4}},
    {"bpf_dynptr_slice_rdwr", {6, 4}},
    {"bpf_get_file_xattr", {6, 8}},
    {"bpf_get_fsverity_digest", {6, 8}},
    {"bpf_iter_css_new", {6, 7}},
    {"bpf_iter_css_next", {6, 7}},
    {"bpf_iter_num_destroy", {6, 4}},
    {"bpf_iter_num_new", {6, 4}},
    {"bpf_iter_num_next", {6, 4}},
    {"bpf_iter_task_destroy", {6, 7}},
    {"bpf_iter_task_new", {6, 7}},
    {"bpf_iter_task_next", {6, 7}},
    {"bpf_key_put", {6, 1}},
    {"bpf_list_pop_back", {6, 2}},
    {"bpf_list_pop_front", {6, 2}},
    {"bpf_list_push_back_impl", {6, 4}},
    {"bpf_list_push_front_impl", {6, 4}},
    {"bpf_lookup_system_key", {6, 1}},
    {"bpf_lookup_user_key", {6, 1}},
    {"bpf_obj_drop_impl", {6, 2}},
    {"bpf_obj_new_impl", {6, 2}},
    {"bpf_preempt_disable", {6, 10}},
    {"bpf_preempt_enable", {6, 10}},
    {"bpf_rbtree_add_impl", {6, 4}},
    {"bpf_rbtree_first", {6, 3}},
    {"bpf_rbtree_remove", {6, 3}},
    {"bpf_rcu_read_lock", {6, 2}},
    {"bpf_rcu_read_unlock", {6, 2}},
    {"bpf_rdonly_cast", {6, 2}},
    {"bpf_refcount_acquire_impl", {6, 4}},
    {"bpf_sk_assign_tcp_reqsk", {6, 9}},
    {"bpf_skb_ct_lookup", {5, 18}},
    {"bpf_sock_destroy", {6, 5}},
    {"bpf_strcmp", {6, 17}},
    {"bpf_task_acquire", {6, 2}},
    {"bpf_task_from_pid", {6, 2}},
    {"bpf_task_from_vpid", {6, 14}},
    {"bpf_task_get_cgroup1", {6, 8}},
    {"bpf_task_release", {6, 2}},
    {"bpf_task_under_cgroup", {6, 5}},
    {"bpf_throw", {6, 7}},
    {"bpf_verify_pkcs7_signature", {6, 1}},
    {"bpf_wq_init", {6, 10}},
    {"bpf_wq_start", {6, 10}},
    {"bpf_xdp_ct_lookup", {5, 18}},
    {"bpf_xdp_metadata_rx_hash", {6, 3}},
    {"bpf_xdp_metadata_rx_timestamp", {6, 3}},
    {"crash_kexec", {6, 1}},
    {"scx_bpf_dsq_insert", {6, 13}},
    {"scx_bpf_kick_cpu", {6, 12}},
});
// clang-format on

/// The first kernel that lets programs call `name`; unknown for what the table lacks.
constexpr Release kernel_function_since(std::string_view name) {
  for (const KernelFunctionRow& row : kernel_functions) {
    if (row.name == name) {
      return row.since;
    }
  }
  return {};
}

}  // namespace skep::needs
