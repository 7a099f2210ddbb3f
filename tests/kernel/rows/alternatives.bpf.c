/* One thing done in three ways, of which each needs an older kernel than the one before. */
#include "bpf/bpf_uapi.h"

#include "bpf/bpf_helpers.h"

char _license[] SEC("license") = "GPL";
__u64 hits = 0;
__u64 way = 0;

/* Linux 6.1: older kernels cannot create it, and do without, since only by_session uses it. */
struct {
  __uint(type, BPF_MAP_TYPE_USER_RINGBUF);
  __uint(max_entries, 4096);
} commands SEC(".maps");

static long ignore(struct bpf_dynptr* sample, void* context) {
  return 0;
}

SEC("?kprobe.session/__x64_sys_getpgid")
int by_session(void* ctx) {
  bpf_user_ringbuf_drain(&commands, ignore, 0, 0);
  way = 1;
  hits++;
  return 0;
}

SEC("?kprobe.multi/__x64_sys_getpgid")
int by_multi(void* ctx) {
  way = 2;
  hits++;
  return 0;
}

SEC("?kprobe/__x64_sys_getpgid")
int by_kprobe(void* ctx) {
  way = 3;
  hits++;
  return 0;
}
