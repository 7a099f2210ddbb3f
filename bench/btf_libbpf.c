// libbpf's half of the benchmark of kernel types. Prints: KiB that one open with a search adds; ms of open and finding task_struct; the same for a struct that does not exist; ms of
// 1 000 searches by name.
#include <bpf/btf.h>

#include "btf.h"

static double open_and_find(const char* name) {
  double samples[btf_rounds];
  for (int i = 0; i < btf_rounds; ++i) {
    const double start = cpu_ms();
    struct btf* types = btf__load_vmlinux_btf();
    if (types == NULL) {
      exit(1);
    }
    btf__find_by_name_kind(types, name, BTF_KIND_STRUCT);
    btf__free(types);
    samples[i] = cpu_ms() - start;
  }
  return median(samples, btf_rounds);
}

static double many_searches(void) {
  struct btf* types = btf__load_vmlinux_btf();
  const char* names[btf_names];
  int found = 0;
  int seen = 0;
  for (__u32 id = 1; id < btf__type_cnt(types) && found < btf_names; ++id) {
    const struct btf_type* type = btf__type_by_id(types, id);
    if (btf_is_struct(type) && type->name_off != 0 && seen++ % btf_stride == 0) {
      names[found++] = btf__name_by_offset(types, type->name_off);
    }
  }
  const double start = cpu_ms();
  for (int i = 0; i < found; ++i) {
    btf__find_by_name_kind(types, names[i], BTF_KIND_STRUCT);
  }
  const double took = cpu_ms() - start;
  btf__free(types);
  return found > 0 ? took / found * btf_names : 0;
}

int main(void) {
  const long before = status_kib("VmRSS:");
  struct btf* types = btf__load_vmlinux_btf();
  if (types == NULL || btf__find_by_name_kind(types, "task_struct", BTF_KIND_STRUCT) < 0) {
    return 1;
  }
  const long added = status_kib("VmRSS:") - before;
  btf__free(types);
  printf("%ld %f %f %f\n", added, open_and_find("task_struct"), open_and_find("no_such_struct_at_all"),
         many_searches());
  return 0;
}
