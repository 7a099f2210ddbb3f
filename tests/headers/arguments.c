/* BPF_PROG and BPF_PROG2: nothing here is relocated; the instructions themselves are compared. */
/* build: -D__TARGET_ARCH_x86 -D__VMLINUX_H__ */
/* compare: instructions */
#include "common.h"

struct small {
  int a;
};
struct word {
  int a, b;
};
struct pair {
  long a, b;
};
struct tiny {
  char c;
};

SEC("fentry/none") int BPF_PROG(none) {
  return ctx[0] == 7;
}
SEC("fentry/one") int BPF_PROG(one, int a) {
  return a;
}
SEC("fentry/twelve")
int BPF_PROG(twelve, int a, long b, char c, void* d, short e, unsigned char f, int g, int h, int i, int j,
             int k, int l) {
  return a + b + c + (d != 0) + e + f + g + h + i + j + k + l;
}
SEC("lsm/file_open") int BPF_PROG(of_lsm, void* file, int ret) {
  return ret != 0 ? ret : file == 0;
}

SEC("fentry/pairs_none") int BPF_PROG2(pairs_none) {
  return ctx[0] == 7;
}
SEC("fentry/pairs")
int BPF_PROG2(pairs, struct pair, a, int, b, struct small, c, char, d, struct word, e, struct tiny, f, long,
              g) {
  return a.a + a.b + b + c.a + d + e.a + e.b + f.c + g;
}
SEC("fentry/pairs_twelve")
int BPF_PROG2(pairs_twelve, int, a, long, b, char, c, void*, d, short, e, __u8, f, int, g, int, h, int, i,
              int, j, int, k, struct pair, l) {
  return a + b + c + (d != 0) + e + f + g + h + i + j + k + l.b;
}
