/* A program type that these kernels are built without. */
#include "kernel.h"

SEC("lirc_mode2")
int decodes(unsigned int* sample) {
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
