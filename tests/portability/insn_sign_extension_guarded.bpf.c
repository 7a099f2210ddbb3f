/* A sign-extending load that is not reached; old kernels refuse its opcode wherever it stands.
 * build: -mcpu=v4 */
#include "kernel.h"

const volatile int may_extend = 0;
short numbers[4] = {-1, 2, -3, 4};

SEC("socket")
int extends(struct __sk_buff* skb) {
  return may_extend ? ((volatile short*)numbers)[skb->len & 3] : 1;
}

char LICENSE[] SEC("license") = "GPL";
