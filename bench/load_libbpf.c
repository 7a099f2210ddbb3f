/* The reference: loads one object with Debian's libbpf and ends. Usage: load_libbpf FILE */
#include <bpf/libbpf.h>
#include <stdio.h>

int main(int argc, char** argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: load_libbpf FILE\n");
    return 2;
  }
  struct bpf_object* object = bpf_object__open_file(argv[1], NULL);
  if (!object || bpf_object__load(object)) {
    return 1;
  }
  bpf_object__close(object);
  return 0;
}
