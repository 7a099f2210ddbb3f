/* The tour in one object: maps of both styles, global variables, four kinds of program and a function that they share. */
#include "bpf/bpf_uapi.h"

#include "bpf/bpf_endian.h"
#include "bpf/bpf_helpers.h"
#include "bpf/bpf_legacy_maps.h"

enum mood { ASLEEP, AWAKE, BUSY };

struct traffic {
  __u64 packets;
  __u64 bytes;
};

/* A map in the style of today: its attributes are types, which the loader reads from BTF. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 64);
  __type(key, __u16); /* EtherType */
  __type(value, struct traffic);
} by_protocol SEC(".maps");

/* One in the older style: plain numbers, no types. libbpf refuses it since 1.0. */
struct bpf_map_def SEC("maps") calls = {
    .type = BPF_MAP_TYPE_ARRAY,
    .key_size = sizeof(__u32),
    .value_size = sizeof(__u64),
    .max_entries = 4,
};

/* A value for each CPU: no two programs ever write the same one at once. */
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct traffic);
} by_cpu SEC(".maps");

static volatile int magic = 42;   /* .data, without a symbol of its own in the instructions */
const volatile int busy_from = 3; /* .rodata: set before loading, frozen afterwards */
enum mood mood = ASLEEP;          /* .bss */
struct traffic total;
int magic_seen;

enum caller { FROM_SOCKET, FROM_XDP, FROM_TC, FROM_TRACEPOINT };

static __noinline void note_call(__u32 who) {
  __u64* count = bpf_map_lookup_elem(&calls, &who);
  if (count) {
    __sync_fetch_and_add(count, 1);
  }
}

__noinline int note_packet(__u32 length) {
  __u32 zero = 0;
  struct traffic* here = bpf_map_lookup_elem(&by_cpu, &zero);
  if (here) {
    here->packets += 1;
    here->bytes += length;
  }
  __sync_fetch_and_add(&total.packets, 1);
  __sync_fetch_and_add(&total.bytes, length);
  mood = total.packets >= busy_from ? BUSY : AWAKE;
  return 0;
}

SEC("socket")
int on_socket(struct __sk_buff* skb) {
  note_call(FROM_SOCKET);
  note_packet(skb->len);
  magic_seen = magic;
  return (int)skb->len;
}

SEC("xdp")
int on_xdp(struct xdp_md* ctx) {
  __u8 *data = (void*)(long)ctx->data, *end = (void*)(long)ctx->data_end;
  if (data + 14 > end) {
    return XDP_ABORTED;
  }
  note_call(FROM_XDP);
  note_packet((__u32)(end - data));
  __u16 protocol = (__u16)(data[12] << 8 | data[13]);
  struct traffic first = {.packets = 1, .bytes = (__u64)(end - data)};
  struct traffic* seen = bpf_map_lookup_elem(&by_protocol, &protocol);
  if (seen) {
    __sync_fetch_and_add(&seen->packets, 1);
    __sync_fetch_and_add(&seen->bytes, first.bytes);
  } else {
    bpf_map_update_elem(&by_protocol, &protocol, &first, BPF_NOEXIST);
  }
  return protocol == 0x86dd ? XDP_DROP : XDP_PASS;
}

SEC("tc")
int on_tc(struct __sk_buff* skb) {
  note_call(FROM_TC);
  note_packet(skb->len);
  return TC_ACT_OK;
}

SEC("raw_tp")
int on_tracepoint(struct bpf_raw_tracepoint_args* ctx) {
  note_call(FROM_TRACEPOINT);
  return (int)(ctx->args[0] + ctx->args[1]);
}

char LICENSE[] SEC("license") = "GPL";
