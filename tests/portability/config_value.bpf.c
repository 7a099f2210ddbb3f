/* An option of the configuration, known at load. */
#include "kernel.h"

extern int CONFIG_HZ __kconfig __weak;

SEC("raw_tp/sched_switch")
int asks(void* ctx) {
  return CONFIG_HZ > 0;
}

char LICENSE[] SEC("license") = "GPL";
