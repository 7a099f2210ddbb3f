// Reads a ring buffer that a program filled, by libbpf: nanoseconds of CPU per record for each size given, one line each.
// Usage: ring_libbpf OBJECT ROUNDS SIZE...
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static unsigned long long sum;
static unsigned long long count;

static int visit(void* unused, void* data, size_t bytes) {
  (void)unused;
  (void)bytes;
  sum += *(const unsigned long long*)data;
  ++count;
  return 0;
}

static double now(void) {
  struct timespec at;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
  return (double)at.tv_sec * 1e9 + (double)at.tv_nsec;
}

static int compare(const void* a, const void* b) {
  const double x = *(const double*)a, y = *(const double*)b;
  return x < y ? -1 : x > y;
}

static void fail(const char* what) {
  perror(what);
  exit(1);
}

static double measure(const char* path, unsigned size, int rounds) {
  struct bpf_object* object = bpf_object__open_file(path, NULL);
  struct bpf_map* rodata = object ? bpf_object__find_map_by_name(object, ".rodata") : NULL;
  size_t bytes = 0;
  unsigned* value = rodata ? (unsigned*)bpf_map__initial_value(rodata, &bytes) : NULL;
  if (!value || bytes != sizeof size) {
    fail("open");
  }
  *value = size;
  if (bpf_object__load(object)) {
    fail("load");
  }
  const int program = bpf_program__fd(bpf_object__find_program_by_name(object, "fill"));
  struct ring_buffer* ring =
      ring_buffer__new(bpf_object__find_map_fd_by_name(object, "ring"), visit, NULL, NULL);
  double* times = calloc((size_t)rounds, sizeof *times);
  if (!ring || !times) {
    fail("ring");
  }
  for (int round = -1; round < rounds; ++round) {  // the first is a warm-up
    LIBBPF_OPTS(bpf_test_run_opts, run);
    if (bpf_prog_test_run_opts(program, &run)) {
      fail("run");
    }
    count = 0;
    const double start = now();
    if (ring_buffer__consume(ring) < 0 || count == 0) {
      fail("consume");
    }
    const double took = now() - start;
    if (round >= 0) {
      times[round] = took / (double)count;
    }
  }
  qsort(times, (size_t)rounds, sizeof *times, compare);
  const double median = times[rounds / 2];
  free(times);
  ring_buffer__free(ring);
  bpf_object__close(object);
  return median;
}

int main(int argc, char** argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: ring_libbpf OBJECT ROUNDS SIZE...\n");
    return 2;
  }
  for (int i = 3; i < argc; ++i) {
    printf("%s %.3f\n", argv[i], measure(argv[1], (unsigned)atoi(argv[i]), atoi(argv[2])));
  }
  fprintf(stderr, "sum %llu\n", sum);
  return 0;
}
