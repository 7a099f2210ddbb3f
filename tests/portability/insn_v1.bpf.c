/* The first instruction set, and addition that is atomic without giving back anything.
 * build: -mcpu=v1 */
#include "kernel.h"

long count;

SEC("socket")
int counts(struct __sk_buff* skb) {
  __sync_fetch_and_add(&count, 1);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
