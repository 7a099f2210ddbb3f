/* Functions that helpers call: for every element of a map (Linux 5.13), and so many times (Linux 5.17). */
#include "bpf/bpf_uapi.h"

#include "bpf/bpf_helpers.h"

struct item {
  __u32 price;
  __u32 amount;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 32);
  __type(key, __u32);
  __type(value, struct item);
} basket SEC(".maps");

struct bill {
  __u64 sum;
  __u32 items;
  __u32 dearest;
};

struct bill bill;
__u64 fibonacci[20];

static __noinline __u64 cost(const struct item* item) {
  return item ? (__u64)item->price * item->amount : 0;
}

static long add(void* map, const void* key, void* value, void* context) {
  struct bill* so_far = context;
  struct item item = *(struct item*)value;
  so_far->sum += cost(&item);
  so_far->items += 1;
  if (item.price > so_far->dearest) {
    so_far->dearest = item.price;
  }
  return 0; /* 1 would end the walk */
}

SEC("tc")
int adds_up(struct __sk_buff* skb) {
  struct bill so_far = {};
  bpf_for_each_map_elem(&basket, add, &so_far, 0);
  bill = so_far;
  return (int)so_far.items;
}

struct pair {
  __u64 a;
  __u64 b;
};

static long next(__u32 index, void* context) {
  struct pair* pair = context;
  if (index >= 20) {
    return 1;
  }
  fibonacci[index] = pair->a;
  __u64 sum = pair->a + pair->b;
  pair->a = pair->b;
  pair->b = sum;
  return 0;
}

SEC("tc")
int counts_rabbits(struct __sk_buff* skb) {
  struct pair pair = {.a = 0, .b = 1};
  return (int)bpf_loop(1000, next, &pair, 0);
}

char LICENSE[] SEC("license") = "GPL";
