/* What makes loading slow: 64 programs whose loops of 900 rounds the verifier walks round by round. */
#define SEC(name) __attribute__((section(name), used))
typedef unsigned int u32;
typedef unsigned long long u64;

#define ONE(n)                                     \
  SEC("raw_tp/sys_enter") int loop_##n(u64* ctx) { \
    volatile u64 sum = n;                          \
    for (u32 i = 0; i < 900; i++) {                \
      if (ctx[0] & (1ull << (i & 31)))             \
        sum += i;                                  \
      sum ^= ctx[1];                               \
    }                                              \
    return (int)sum;                               \
  }
#define EIGHT(n) ONE(n##0) ONE(n##1) ONE(n##2) ONE(n##3) ONE(n##4) ONE(n##5) ONE(n##6) ONE(n##7)
EIGHT(1) EIGHT(2) EIGHT(3) EIGHT(4) EIGHT(5) EIGHT(6) EIGHT(7) EIGHT(8) char LICENSE[] SEC("license") = "GPL";
