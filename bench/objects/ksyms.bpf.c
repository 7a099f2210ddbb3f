/* Fifty symbols of the kernel by address: one pass over /proc/kallsyms. Weak, because kernels come and go without asking a benchmark. */
#include "bpf/bpf_helpers.h"
#include "bpf/bpf_uapi.h"

// clang-format off
#define SYMBOLS \
  X(vfs_read) X(vfs_write) X(vfs_fsync) X(vfs_open) X(vfs_statfs) X(vfs_unlink) X(vfs_rename) X(vfs_mkdir) \
  X(vfs_rmdir) X(vfs_symlink) X(kfree) X(vfree) X(schedule) X(wake_up_process) X(complete) X(wait_for_completion) \
  X(mutex_lock) X(mutex_unlock) X(down_read) X(up_read) X(down_write) X(up_write) X(dput) X(dget_parent) X(iput) \
  X(igrab) X(ihold) X(fput) X(fget) X(get_task_mm) X(mmput) X(find_vma) X(do_exit) X(tcp_sendmsg) X(tcp_recvmsg) \
  X(tcp_v4_connect) X(udp_sendmsg) X(ip_route_output_flow) X(netif_rx) X(skb_clone) X(skb_copy) X(sock_sendmsg) \
  X(sock_recvmsg) X(sk_free) X(init_task) X(init_net) X(jiffies) X(panic) X(param_ops_int) X(synchronize_rcu)
// clang-format on

#define X(name) extern const void name __ksym __weak;
SYMBOLS
#undef X

__u64 sum;

SEC("raw_tp/sys_enter")
int adds(void* ctx) {
  __u64 all = 0;
#define X(name) all += (__u64) & name;
  SYMBOLS
#undef X
  sum = all;
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
