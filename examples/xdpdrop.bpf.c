/* Counts the IPv4 packets that come in by protocol, and drops UDP ones to one port, before the network stack sees them. */
#include "bpf/bpf_uapi.h"

#include "bpf/bpf_endian.h"
#include "bpf/bpf_helpers.h"

#define ETHERTYPE_IPV4 0x0800
#define PROTOCOL_UDP 17
#define BYTES_OF_ETHERNET 14

/* The headers of packets, as far as they are looked at. */
struct ipv4_header {
  __u8 words; /* low half: of this header, 4 bytes each */
  __u8 service;
  __u16 bytes;
  __u16 id;
  __u16 fragment;
  __u8 hops;
  __u8 protocol;
  __u16 checksum;
  __u32 source;
  __u32 destination;
};

struct udp_header {
  __u16 source;
  __u16 destination;
  __u16 bytes;
  __u16 checksum;
};

struct traffic {
  __u64 packets;
  __u64 bytes;
};

/* By protocol; each CPU has its own counters. */
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 256);
  __type(key, __u32);
  __type(value, struct traffic);
} seen SEC(".maps");

const volatile __u16 unwanted_port = 0; /* 0: none is */
__u64 dropped;

SEC("xdp")
int on_packet(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  const struct ipv4_header* ip = data + BYTES_OF_ETHERNET;
  /* Nothing is read before the verifier has seen that it lies within the packet. */
  if ((void*)(ip + 1) > end || *(__u16*)(data + 12) != bpf_htons(ETHERTYPE_IPV4)) {
    return XDP_PASS;
  }
  const __u32 protocol = ip->protocol;
  struct traffic* traffic = bpf_map_lookup_elem(&seen, &protocol);
  if (traffic) {
    traffic->packets += 1;
    traffic->bytes += end - data;
  }
  const struct udp_header* udp = (void*)ip + (ip->words & 15) * 4;
  if (protocol != PROTOCOL_UDP || (void*)(udp + 1) > end) {
    return XDP_PASS;
  }
  if (unwanted_port && udp->destination == bpf_htons(unwanted_port)) {
    __sync_fetch_and_add(&dropped, 1);
    return XDP_DROP;
  }
  return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
