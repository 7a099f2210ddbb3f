#include <bpf/libbpf.h>

#include "parse.h"

bool parse_with_libbpf(const void* bytes, unsigned long size) {
  bpf_object* object = bpf_object__open_mem(bytes, size, nullptr);
  bpf_object__close(object);
  return object != nullptr;
}
