// What both halves of the benchmark of uprobes read.
#pragma once

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { most_names = 1000, nobody = 0x3ffffff };  // the largest process id is below 2^22

struct names {
  char* text[most_names];
  int count;
};

/// CPU time of this thread, in milliseconds.
static double cpu_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

/// Names of functions, one a line, from standard input.
static struct names read_names(void) {
  struct names names;
  names.count = 0;
  char line[4096];
  while (names.count < most_names && fgets(line, sizeof line, stdin) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    names.text[names.count++] = strdup(line);
  }
  return names;
}
