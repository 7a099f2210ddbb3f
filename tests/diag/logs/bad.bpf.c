#include <bpf/bpf_helpers.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#define NOINLINE __attribute__((noinline))
struct val {
  __u64 hits;
  __u64 bytes;
};
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16);
  __type(key, __u32);
  __type(value, struct val);
} stats SEC(".maps");
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 4);
  __type(key, __u32);
  __type(value, char[64]);
} bufs SEC(".maps");
struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} events SEC(".maps");
char _license[] SEC("license") = "GPL";

SEC("socket") int null_deref(struct __sk_buff* skb) {
  __u32 key = skb->protocol;
  struct val* v = bpf_map_lookup_elem(&stats, &key);
  v->hits += 1;
  return 0;
}
SEC("socket") int past_value(struct __sk_buff* skb) {
  __u32 key = 0;
  struct val* v = bpf_map_lookup_elem(&stats, &key);
  if (!v) {
    return 0;
  }
  return ((volatile __u64*)v)[2];
}
SEC("socket") int unbounded(struct __sk_buff* skb) {
  __u32 key = 0;
  char* v = bpf_map_lookup_elem(&bufs, &key);
  if (!v) {
    return 0;
  }
  __u64 i = skb->len;
  return v[i];
}
SEC("socket") int negative_index(struct __sk_buff* skb) {
  __u32 key = 0;
  char* v = bpf_map_lookup_elem(&bufs, &key);
  if (!v) {
    return 0;
  }
  long i = (int)skb->len;
  if (i > 20) {
    return 0;
  }
  return v[i];
}
SEC("socket") int max_outside(struct __sk_buff* skb) {
  __u32 key = 0;
  char* v = bpf_map_lookup_elem(&bufs, &key);
  if (!v) {
    return 0;
  }
  __u64 i = skb->len;
  if (i > 64) {
    return 0;
  }
  return v[i];
}
SEC("xdp") int packet_unchecked(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  struct ethhdr* eth = data;
  return eth->h_proto == 8 ? XDP_PASS : XDP_DROP;
}
SEC("xdp") int scalar_deref(struct xdp_md* ctx) {
  long* p = (long*)bpf_ktime_get_ns();
  return *p ? XDP_PASS : XDP_DROP;
}
SEC("tc") int stale_packet(struct __sk_buff* skb) {
  void *data = (void*)(long)skb->data, *end = (void*)(long)skb->data_end;
  if (data + 34 > end) {
    return 0;
  }
  bpf_skb_pull_data(skb, 34);
  return ((volatile char*)data)[13];
}
SEC("xdp") int uninit_return(struct xdp_md* ctx) {
  asm volatile("exit");
  __builtin_unreachable();
}
SEC("xdp") int clobbered(struct xdp_md* ctx) {
  asm volatile("call %[t]; r0 = r3" ::[t] "i"(BPF_FUNC_ktime_get_ns) : "r0", "r1", "r2", "r3", "r4", "r5");
  return 1;
}
SEC("xdp") int big_stack(struct xdp_md* ctx) {
  asm volatile("r2 = 0; *(u64 *)(r10 - 520) = r2" ::: "r2");
  return 1;
}
SEC("xdp") int stack_index(struct xdp_md* ctx) {
  volatile char b[16] = {};
  __u32 i = ctx->rx_queue_index;
  return b[i];
}
SEC("socket") int helper_not_allowed(struct __sk_buff* skb) {
  return bpf_redirect(1, 0);
}
SEC("xdp") int unknown_helper(struct xdp_md* ctx) {
  int (*f)(void) = (void*)99999;
  return f();
}
SEC("xdp") int failed_core(struct xdp_md* ctx) {
  asm volatile("call 195896080" ::: "r0", "r1", "r2", "r3", "r4", "r5");
  return 1;
}
SEC("socket") int ctx_offset(struct __sk_buff* skb) {
  return *(volatile __u32*)((char*)skb + sizeof(struct __sk_buff));
}
SEC("xdp") int ctx_modified(struct xdp_md* ctx) {
  asm volatile("r1 = %0; r1 += 4; r0 = *(u32 *)(r1 + 0)" ::"r"(ctx) : "r0", "r1");
  return 1;
}
SEC("socket") int wrong_arg(struct __sk_buff* skb) {
  return bpf_map_delete_elem(&stats, (void*)7);
}
SEC("socket") int leak_ref(struct __sk_buff* skb) {
  __u64* e = bpf_ringbuf_reserve(&events, 8, 0);
  if (!e) {
    return 0;
  }
  *e = 1;
  if (skb->len > 100) {
    return 1;
  }
  bpf_ringbuf_submit(e, 0);
  return 0;
}
SEC("socket") int use_after_submit(struct __sk_buff* skb) {
  __u64* e = bpf_ringbuf_reserve(&events, 8, 0);
  if (!e) {
    return 0;
  }
  bpf_ringbuf_submit(e, 0);
  *(volatile __u64*)e = 1;
  return 0;
}
SEC("socket") int helper_size(struct __sk_buff* skb) {
  char b[16];
  int n = skb->len;
  if (n > 16) {
    return 0;
  }
  return bpf_skb_load_bytes(skb, 0, b, n);
}
SEC("socket") int helper_size_zero(struct __sk_buff* skb) {
  char b[16];
  __u32 n = skb->len;
  if (n > 16) {
    return 0;
  }
  asm volatile("" : "+r"(n));
  if (n > 16) {
    return 0;
  }
  return bpf_skb_load_bytes(skb, 0, b, n);
}
SEC("socket") int helper_size_unbounded(struct __sk_buff* skb) {
  char b[16];
  return bpf_skb_load_bytes(skb, 0, b, skb->len);
}
SEC("cgroup_skb/ingress") int bad_return(struct __sk_buff* skb) {
  return 7;
}
const volatile int limit = 3;
SEC("xdp") int write_rodata(struct xdp_md* ctx) {
  *(volatile int*)&limit = 4;
  return 1;
}
SEC("xdp") int infinite(struct xdp_md* ctx) {
  asm volatile("1: goto 1b");
  return 1;
}
SEC("xdp") int infinite_cond(struct xdp_md* ctx) {
  asm volatile("r6 = 1; 1: if r6 == 1 goto 1b" ::: "r6");
  return 1;
}
SEC("xdp") int unreachable(struct xdp_md* ctx) {
  asm volatile("goto +1; r0 = 1");
  return 1;
}
SEC("xdp") int arith_null(struct xdp_md* ctx) {
  __u32 key = ctx->rx_queue_index;
  char* v = bpf_map_lookup_elem(&bufs, &key);
  v += 8;
  asm volatile("" : "+r"(v));
  return *v;
}
SEC("xdp") int fp_write(struct xdp_md* ctx) {
  asm volatile("r10 = 1");
  return 1;
}
static NOINLINE int deep2(struct xdp_md* ctx) {
  volatile char b[300];
  b[0] = ctx->rx_queue_index;
  return b[0];
}
SEC("xdp") int stack_combined(struct xdp_md* ctx) {
  volatile char b[300];
  b[0] = 1;
  return deep2(ctx) + b[0];
}
NOINLINE int global_fn(struct val* v) {
  return v->hits;
}
SEC("xdp") int global_null(struct xdp_md* ctx) {
  struct val v = {1, 2};
  return global_fn(&v);
}
static NOINLINE int sub_bad(struct val* v) {
  return ((volatile __u64*)v)[2];
}
SEC("xdp") int in_subprog(struct xdp_md* ctx) {
  __u32 k = ctx->rx_queue_index;
  struct val* v = bpf_map_lookup_elem(&stats, &k);
  if (!v) {
    return 0;
  }
  return sub_bad(v);
}
SEC("xdp") int too_big(struct xdp_md* ctx) {
  volatile __u64 s = 0;
  for (__u32 i = 0; i < 4000000; i++) {
    s += i;
  }
  return s;
}
SEC("fentry/bpf_fentry_test1") int sleepy(void* ctx) {
  char b[8];
  return bpf_copy_from_user(b, 8, (void*)8);
}
SEC("xdp") int misaligned(struct xdp_md* ctx) {
  asm volatile("r2 = 0; *(u64 *)(r10 - 12) = r2" ::: "r2");
  return 1;
}
SEC("xdp") int map_ptr_cmp(struct xdp_md* ctx) {
  asm volatile("r2 = %0; r2 |= 1; " ::"r"(ctx) : "r2");
  return 1;
}
