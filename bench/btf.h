// What both halves of the benchmark of kernel types measure, and how they print it. Plain C, for the half that is libbpf's.
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// Names are those of every tenth struct, so that they lie all over the types.
enum { btf_rounds = 41, btf_names = 1000, btf_stride = 10 };

/// CPU time of this thread, in milliseconds.
static double cpu_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

/// A line of /proc/self/status that begins with `key`, as a number: memory in KiB.
static long status_kib(const char* key) {
  char line[256];
  long kib = 0;
  FILE* file = fopen("/proc/self/status", "r");
  while (file != NULL && fgets(line, sizeof line, file) != NULL) {
    if (strncmp(line, key, strlen(key)) == 0) {
      kib = strtol(line + strlen(key), NULL, 10);
    }
  }
  if (file != NULL) {
    fclose(file);
  }
  return kib;
}

static int less_first(const void* a, const void* b) {
  const double x = *(const double*)a;
  const double y = *(const double*)b;
  return (x > y) - (x < y);
}

static double median(double* samples, size_t count) {
  qsort(samples, count, sizeof *samples, less_first);
  return samples[count / 2];
}
