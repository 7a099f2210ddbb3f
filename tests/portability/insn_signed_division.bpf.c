/* Signed division, since 6.6.
 * build: -mcpu=v4 */
#include "kernel.h"

SEC("socket")
int divides(struct __sk_buff* skb) {
  return (int)skb->mark / (int)(skb->len | 1);
}

char LICENSE[] SEC("license") = "GPL";
