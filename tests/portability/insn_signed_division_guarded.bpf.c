/* Signed division that is not reached: the verifier does not come there.
 * build: -mcpu=v4 */
#include "kernel.h"

const volatile int may_divide = 0;

SEC("socket")
int divides(struct __sk_buff* skb) {
  return may_divide ? (int)skb->mark / (int)(skb->len | 1) : 1;
}

char LICENSE[] SEC("license") = "GPL";
