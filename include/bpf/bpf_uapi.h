/* The part of the kernel's interface that small programs need: map types, flags, return values, contexts. It stands in for <linux/bpf.h> or vmlinux.h
 * where neither is at hand; include it instead of them. When one of them came first this header adds nothing. */
#ifndef SKEP_BPF_UAPI_H
#define SKEP_BPF_UAPI_H

#include "bpf_types.h"

#if !defined(__VMLINUX_H__) && !defined(__LINUX_BPF_H__) && !defined(_UAPI__LINUX_BPF_H__)

enum bpf_map_type {
  BPF_MAP_TYPE_UNSPEC = 0,
  BPF_MAP_TYPE_HASH = 1,
  BPF_MAP_TYPE_ARRAY = 2,
  BPF_MAP_TYPE_PROG_ARRAY = 3,
  BPF_MAP_TYPE_PERF_EVENT_ARRAY = 4,
  BPF_MAP_TYPE_PERCPU_HASH = 5,
  BPF_MAP_TYPE_PERCPU_ARRAY = 6,
  BPF_MAP_TYPE_STACK_TRACE = 7,
  BPF_MAP_TYPE_CGROUP_ARRAY = 8,
  BPF_MAP_TYPE_LRU_HASH = 9,
  BPF_MAP_TYPE_LRU_PERCPU_HASH = 10,
  BPF_MAP_TYPE_LPM_TRIE = 11,
  BPF_MAP_TYPE_ARRAY_OF_MAPS = 12,
  BPF_MAP_TYPE_HASH_OF_MAPS = 13,
  BPF_MAP_TYPE_DEVMAP = 14,
  BPF_MAP_TYPE_SOCKMAP = 15,
  BPF_MAP_TYPE_CPUMAP = 16,
  BPF_MAP_TYPE_XSKMAP = 17,
  BPF_MAP_TYPE_SOCKHASH = 18,
  BPF_MAP_TYPE_CGROUP_STORAGE_DEPRECATED = 19,
  BPF_MAP_TYPE_REUSEPORT_SOCKARRAY = 20,
  BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE_DEPRECATED = 21,
  BPF_MAP_TYPE_QUEUE = 22,
  BPF_MAP_TYPE_STACK = 23,
  BPF_MAP_TYPE_SK_STORAGE = 24,
  BPF_MAP_TYPE_DEVMAP_HASH = 25,
  BPF_MAP_TYPE_STRUCT_OPS = 26,
  BPF_MAP_TYPE_RINGBUF = 27,
  BPF_MAP_TYPE_INODE_STORAGE = 28,
  BPF_MAP_TYPE_TASK_STORAGE = 29,
  BPF_MAP_TYPE_BLOOM_FILTER = 30,
  BPF_MAP_TYPE_USER_RINGBUF = 31,
  BPF_MAP_TYPE_CGRP_STORAGE = 32,
  BPF_MAP_TYPE_ARENA = 33,
  BPF_MAP_TYPE_INSN_ARRAY = 34,
  BPF_MAP_TYPE_RHASH = 35,
  BPF_MAP_TYPE_CGROUP_STORAGE = BPF_MAP_TYPE_CGROUP_STORAGE_DEPRECATED,
  BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE = BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE_DEPRECATED,
};

/* Flags of a map. */
enum {
  BPF_F_NO_PREALLOC = 1 << 0,
  BPF_F_NO_COMMON_LRU = 1 << 1,
  BPF_F_NUMA_NODE = 1 << 2,
  BPF_F_RDONLY = 1 << 3,
  BPF_F_WRONLY = 1 << 4,
  BPF_F_STACK_BUILD_ID = 1 << 5,
  BPF_F_ZERO_SEED = 1 << 6,
  BPF_F_RDONLY_PROG = 1 << 7,
  BPF_F_WRONLY_PROG = 1 << 8,
  BPF_F_CLONE = 1 << 9,
  BPF_F_MMAPABLE = 1 << 10,
  BPF_F_PRESERVE_ELEMS = 1 << 11,
  BPF_F_INNER_MAP = 1 << 12,
  BPF_F_LINK = 1 << 13
};

/* Flags of bpf_map_update_elem. */
enum { BPF_ANY = 0, BPF_NOEXIST = 1, BPF_EXIST = 2, BPF_F_LOCK = 4 };

/* Flags of the local storage helpers. */
enum { BPF_LOCAL_STORAGE_GET_F_CREATE = 1, BPF_SK_STORAGE_GET_F_CREATE = 1 };

/* Flags of the event helpers. */
#define BPF_F_INDEX_MASK 0xffffffffULL
#define BPF_F_CURRENT_CPU BPF_F_INDEX_MASK
enum { BPF_RB_NO_WAKEUP = 1, BPF_RB_FORCE_WAKEUP = 2 };
/* What bpf_ringbuf_query() is asked for, in bytes. */
enum { BPF_RB_AVAIL_DATA = 0, BPF_RB_RING_SIZE = 1, BPF_RB_CONS_POS = 2, BPF_RB_PROD_POS = 3 };

/* What an XDP program answers. */
enum xdp_action {
  XDP_ABORTED = 0,
  XDP_DROP = 1,
  XDP_PASS = 2,
  XDP_TX = 3,
  XDP_REDIRECT = 4,
};

/* What a tc program answers. */
#define TC_ACT_UNSPEC (-1)
#define TC_ACT_OK 0
#define TC_ACT_SHOT 2
#define TC_ACT_REDIRECT 7

/* What sk_skb, sk_msg, sk_lookup and sk_reuseport programs answer. */
enum sk_action {
  SK_DROP = 0,
  SK_PASS = 1,
};

/* The context of socket filters, tc, cgroup_skb, lwt, sk_skb and flow dissector programs. Each kernel shows a prefix of it. */
struct __sk_buff {
  __u32 len;
  __u32 pkt_type;
  __u32 mark;
  __u32 queue_mapping;
  __u32 protocol; /* EtherType, in network order */
  __u32 vlan_present;
  __u32 vlan_tci;
  __u32 vlan_proto;
  __u32 priority;
  __u32 ingress_ifindex;
  __u32 ifindex;
  __u32 tc_index;
  __u32 cb[5];
  __u32 hash;
  __u32 tc_classid;
  __u32 data;     /* cast to a pointer: the first byte of the packet */
  __u32 data_end; /* and the byte after its last in linear memory */
  __u32 napi_id;
  __u32 family;
  __u32 remote_ip4;
  __u32 local_ip4;
  __u32 remote_ip6[4];
  __u32 local_ip6[4];
  __u32 remote_port;
  __u32 local_port;
  __u32 data_meta;
  union {
    struct bpf_flow_keys* flow_keys;
    __u64 : 64;
  } __attribute__((aligned(8)));
  __u64 tstamp;
  __u32 wire_len;
  __u32 gso_segs;
  union {
    struct bpf_sock* sk;
    __u64 : 64;
  } __attribute__((aligned(8)));
  __u32 gso_size;
  __u8 tstamp_type;
  __u32 : 24;
  __u64 hwtstamp;
};

/* The context of XDP programs. */
struct xdp_md {
  __u32 data;
  __u32 data_end;
  __u32 data_meta;
  __u32 ingress_ifindex;
  __u32 rx_queue_index;
  __u32 egress_ifindex;
};

/* The context of raw tracepoints: the tracepoint's own arguments. */
struct bpf_raw_tracepoint_args {
  __u64 args[0];
};

/* The key of an LPM trie: so many leading bits of data. */
struct bpf_lpm_trie_key {
  __u32 prefixlen;
  __u8 data[0];
};

/* Members of map values that the kernel manages. */
struct bpf_spin_lock {
  __u32 val;
};
struct bpf_timer {
  __u64 opaque[2];
} __attribute__((aligned(8)));

#endif
#endif
