/* Programs that continue in other programs. The array of targets is filled by its initialiser; slot 3 stays empty. */
#include "bpf/bpf_uapi.h"

#include "bpf/bpf_helpers.h"

int on_small(struct __sk_buff* skb);
int on_middle(struct __sk_buff* skb);
int on_large(struct __sk_buff* skb);

struct {
  __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
  __uint(max_entries, 4);
  __type(key, __u32);
  __array(values, int(struct __sk_buff*));
} by_size SEC(".maps") = {
    .values = {[0] = &on_small, [1] = &on_middle, [2] = &on_large},
};

int path[4]; /* who ran, in order */
int steps;

static __always_inline void step(int who) {
  if (steps >= 0 && steps < 4) {
    path[steps] = who;
  }
  steps += 1;
}

SEC("tc")
int entry(struct __sk_buff* skb) {
  steps = 0;
  step(1);
  bpf_tail_call(skb, &by_size, skb->len < 100 ? 0 : skb->len < 1000 ? 1 : skb->len < 2000 ? 2 : 3);
  step(9); /* only when the slot is empty */
  return 99;
}

SEC("tc")
int on_small(struct __sk_buff* skb) {
  step(2);
  return 10;
}

SEC("tc")
int on_middle(struct __sk_buff* skb) {
  step(3);
  bpf_tail_call_static(skb, &by_size, 0); /* a second jump */
  return 20;
}

SEC("tc")
int on_large(struct __sk_buff* skb) {
  step(4);
  return 30;
}

char LICENSE[] SEC("license") = "GPL";
