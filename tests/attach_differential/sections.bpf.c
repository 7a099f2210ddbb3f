// One program per way of attaching that libbpf 1.1.2 knows, for both loaders: what each asks of the kernel is compared.
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

#define PROGRAM(name, section, result) \
  SEC(section) int name(void* ctx) {   \
    (void)ctx;                         \
    return result;                     \
  }

PROGRAM(on_kprobe, "kprobe/do_nanosleep", 0)
PROGRAM(on_kprobe_offset, "kprobe/do_nanosleep+0x0", 0)
PROGRAM(on_kretprobe, "kretprobe/do_nanosleep", 0)
PROGRAM(on_ksyscall, "ksyscall/nanosleep", 0)
PROGRAM(on_kretsyscall, "kretsyscall/nanosleep", 0)
PROGRAM(on_kprobe_multi, "kprobe.multi/do_nanosleep", 0)
PROGRAM(on_kretprobe_multi, "kretprobe.multi/do_nanosleep", 0)
PROGRAM(on_tracepoint, "tracepoint/syscalls/sys_enter_nanosleep", 0)
PROGRAM(on_tp, "tp/sched/sched_switch", 0)
PROGRAM(on_raw_tracepoint, "raw_tracepoint/sys_enter", 0)
PROGRAM(on_raw_tp, "raw_tp/sched_switch", 0)
PROGRAM(on_tp_btf, "tp_btf/sched_switch", 0)
PROGRAM(on_fentry, "fentry/do_nanosleep", 0)
PROGRAM(on_fexit, "fexit/do_nanosleep", 0)
PROGRAM(on_fmod_ret, "fmod_ret/security_file_open", 0)
PROGRAM(on_lsm, "lsm/file_open", 0)
PROGRAM(on_iterator, "iter/task", 0)
PROGRAM(on_uprobe, "uprobe//lib/x86_64-linux-gnu/libc.so.6:malloc", 0)
PROGRAM(on_uretprobe, "uretprobe//lib/x86_64-linux-gnu/libc.so.6:malloc", 0)
PROGRAM(on_xdp, "xdp", 2)
PROGRAM(on_tc, "tc", 0)
PROGRAM(on_cgroup_skb, "cgroup_skb/ingress", 1)
PROGRAM(on_cgroup_egress, "cgroup_skb/egress", 1)
PROGRAM(on_cgroup_sock, "cgroup/sock_create", 1)
PROGRAM(on_cgroup_bind4, "cgroup/bind4", 1)
PROGRAM(on_cgroup_connect6, "cgroup/connect6", 1)
PROGRAM(on_cgroup_device, "cgroup/dev", 1)
PROGRAM(on_cgroup_sysctl, "cgroup/sysctl", 1)
PROGRAM(on_cgroup_getsockopt, "cgroup/getsockopt", 1)
PROGRAM(on_sockops, "sockops", 1)
PROGRAM(on_sk_lookup, "sk_lookup", 1)
PROGRAM(on_flow_dissector, "flow_dissector", 0)
PROGRAM(on_perf_event, "perf_event", 0)
