// libbpf's half of the benchmark of uprobes: from a function's name to the call that would open the probe, which is for a process that there is not, so that nothing is attached.
// Usage: user_libbpf OBJECT FILE < NAMES. Prints: ms of CPU for the first name, and for all of them.
#include <bpf/libbpf.h>

#include "user.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    return 2;
  }
  libbpf_set_print(NULL);
  struct bpf_object* object = bpf_object__open_file(argv[1], NULL);
  struct bpf_program* program = object == NULL ? NULL : bpf_object__next_program(object, NULL);
  if (program == NULL) {
    return 1;
  }
  struct names names = read_names();
  double first = 0;
  const double start = cpu_ms();
  for (int i = 0; i < names.count; ++i) {
    LIBBPF_OPTS(bpf_uprobe_opts, options, .func_name = names.text[i]);
    const struct bpf_link* link = bpf_program__attach_uprobe_opts(program, nobody, argv[2], 0, &options);
    if (link != NULL || errno != ESRCH) {
      fprintf(stderr, "%s: want no such process, have errno %d\n", names.text[i], errno);
      return 1;
    }
    first = i == 0 ? cpu_ms() - start : first;
  }
  printf("%.4f %.4f\n", first, cpu_ms() - start);
  bpf_object__close(object);
  return 0;
}
