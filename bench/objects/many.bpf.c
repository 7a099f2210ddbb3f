/* A large object: PROGRAMS programs (1000), each with map accesses, global data, a call and its own types. */
#define SEC(name) __attribute__((section(name), used))
#define __uint(name, val) int(*name)[val]
#define __type(name, val) typeof(val)* name
typedef unsigned int u32;
typedef unsigned long long u64;
static void* (*bpf_map_lookup_elem)(void* map, const void* key) = (void*)1;

struct sample {
  u64 count, bytes;
  u32 last, flags;
};
struct {
  __uint(type, 1 /* BPF_MAP_TYPE_HASH */);
  __uint(max_entries, 1024);
  __type(key, u32);
  __type(value, struct sample);
} samples SEC(".maps");
struct {
  __uint(type, 2 /* BPF_MAP_TYPE_ARRAY */);
  __uint(max_entries, 16);
  __type(key, u32);
  __type(value, u64);
} totals SEC(".maps");

u64 runs;
volatile const u32 limit = 100;

__attribute__((noinline)) int mix(u32 a, u32 b) {
  return (a ^ b) * 31 + limit;
}

#define ONE(n)                                              \
  struct local_##n {                                        \
    u32 a, b;                                               \
    u64 c[4];                                               \
  };                                                        \
  u64 seen_##n;                                             \
  SEC("raw_tp/sys_enter") int program_##n(u64* ctx) {       \
    struct local_##n local = {.a = n, .b = (u32)ctx[0]};    \
    u32 key = local.b + n;                                  \
    struct sample* s = bpf_map_lookup_elem(&samples, &key); \
    if (s) {                                                \
      s->count++;                                           \
      s->bytes += ctx[1];                                   \
      if (s->count > limit)                                 \
        s->flags |= 1;                                      \
    }                                                       \
    key &= 15;                                              \
    u64* t = bpf_map_lookup_elem(&totals, &key);            \
    if (t)                                                  \
      *t += n;                                              \
    seen_##n++;                                             \
    runs++;                                                 \
    return mix(local.a, local.b);                           \
  }
char LICENSE[] SEC("license") = "GPL";

/* The formatter never comes to rest on these lines. */
/* clang-format off */
#define TEN(n) ONE(n##0) ONE(n##1) ONE(n##2) ONE(n##3) ONE(n##4) ONE(n##5) ONE(n##6) ONE(n##7) ONE(n##8) ONE(n##9)
#define HUNDRED(n) TEN(n##0) TEN(n##1) TEN(n##2) TEN(n##3) TEN(n##4) TEN(n##5) TEN(n##6) TEN(n##7) TEN(n##8) TEN(n##9)
HUNDRED(1) HUNDRED(2) HUNDRED(3) HUNDRED(4) HUNDRED(5) HUNDRED(6) HUNDRED(7) HUNDRED(8) HUNDRED(9) HUNDRED(10)
