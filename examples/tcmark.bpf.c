/* Marks IPv4 packets to one port as they leave: the mark that routing and firewall rules look at, and the class of service in the header, which other
 * machines see ("expedited forwarding"). */
#include "bpf/bpf_uapi.h"

#include "bpf/bpf_endian.h"
#include "bpf/bpf_helpers.h"

#define ETHERTYPE_IPV4 0x0800
#define BYTES_OF_ETHERNET 14
#define AT_SERVICE (BYTES_OF_ETHERNET + 1)
#define AT_CHECKSUM (BYTES_OF_ETHERNET + 10)

const volatile __u16 port = 0; /* of TCP or UDP */
const volatile __u32 mark = 1;
const volatile __u8 service = 46 << 2;

__u64 marked;
__u64 marked_bytes;

SEC("tc/egress")
int on_packet(struct __sk_buff* skb) {
  __u8 header[20];
  __u16 destination;
  if (skb->protocol != bpf_htons(ETHERTYPE_IPV4) ||
      bpf_skb_load_bytes(skb, BYTES_OF_ETHERNET, header, sizeof(header))) {
    return TC_ACT_UNSPEC; /* the next one decides */
  }
  const __u32 at_ports = BYTES_OF_ETHERNET + (header[0] & 15) * 4;
  if ((header[9] != 6 && header[9] != 17) ||
      bpf_skb_load_bytes(skb, at_ports + 2, &destination, sizeof(destination)) ||
      destination != bpf_htons(port)) {
    return TC_ACT_UNSPEC;
  }
  skb->mark = mark;
  /* The checksum is of 16-bit words: the class of service is the low half of the header's first. */
  const __u8 wanted = service;
  const __u16 before = bpf_htons((__u16)(header[0] << 8 | header[1]));
  const __u16 after = bpf_htons((__u16)(header[0] << 8 | wanted));
  bpf_l3_csum_replace(skb, AT_CHECKSUM, before, after, sizeof(after));
  bpf_skb_store_bytes(skb, AT_SERVICE, &wanted, sizeof(wanted), 0);
  __sync_fetch_and_add(&marked, 1);
  __sync_fetch_and_add(&marked_bytes, skb->len);
  return TC_ACT_UNSPEC;
}

char LICENSE[] SEC("license") = "GPL";
