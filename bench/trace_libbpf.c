// libbpf's half: attaches to the functions of a pattern, and detaches many links. Prints "CPU ms of attaching, wall ms of detaching". For guests alone.
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

static double cpu_ms(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
         (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

static double wall_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

int main(int argc, char** argv) {
  if (argc != 5) {
    return 2;
  }
  const int count = atoi(argv[4]);
  struct bpf_object* object = bpf_object__open_file(argv[1], NULL);
  if (!object || bpf_object__load(object)) {
    return 1;
  }
  struct bpf_program* many = bpf_object__find_program_by_name(object, "many");
  struct bpf_program* one = bpf_object__find_program_by_name(object, "one");
  LIBBPF_OPTS(bpf_kprobe_multi_opts, nothing);
  const double start = cpu_ms();
  struct bpf_link* link = bpf_program__attach_kprobe_multi_opts(many, argv[2], &nothing);
  const double attached = cpu_ms();
  if (!link) {
    // libbpf 1.1 takes every symbol that fits, data too, and the kernel refuses the list: what is measured is a lower bound.
    fprintf(stderr, "refused\n");
  }
  bpf_link__destroy(link);
  struct bpf_link** links = calloc(count, sizeof *links);
  for (int i = 0; i < count; ++i) {
    links[i] = bpf_program__attach_kprobe(one, false, argv[3]);
    if (!links[i]) {
      perror("attach one");
      return 1;
    }
  }
  const double before = wall_ms();
  for (int i = 0; i < count; ++i) {
    bpf_link__destroy(links[i]);
  }
  printf("%.2f %.2f\n", attached - start, wall_ms() - before);
  return 0;
}
