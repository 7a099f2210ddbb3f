/* An exchange, since 5.12.
 * build: -mcpu=v3 */
#include "kernel.h"

long last;

SEC("socket")
int swaps(struct __sk_buff* skb) {
  return __sync_lock_test_and_set(&last, (long)skb->len) != 0;
}

char LICENSE[] SEC("license") = "GPL";
