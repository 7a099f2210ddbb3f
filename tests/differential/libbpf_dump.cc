// libbpf_dump FILE: what Debian's libbpf would tell the kernel of an object. Ends with status 3 and libbpf's own words when libbpf refuses it.
#include <bpf/libbpf.h>

#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "recorder.h"

namespace {

std::string log;

int keep_log(libbpf_print_level level, const char* format, va_list arguments) {
  char line[2048];
  const int size = std::vsnprintf(line, sizeof(line), format, arguments);
  if (level == LIBBPF_WARN) {
    log += line;
  }
  return size;
}

int refused(const char* step) {
  std::printf("libbpf: %s: %s\n%s", step, std::strerror(errno), log.c_str());
  return 3;
}

}  // namespace

int main(int count, char** words) {
  if (count != 2) {
    std::fputs("usage: libbpf_dump FILE\n", stderr);
    return 2;
  }
  libbpf_set_print(keep_log);
  bpf_object* object = bpf_object__open(words[1]);
  if (object == nullptr) {
    return refused("open");
  }
  if (bpf_object__load(object) != 0) {
    return refused("load");
  }
  std::vector<recorder::Named> maps;
  std::vector<recorder::Named> programs;
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object) {
    maps.push_back({bpf_map__name(map), bpf_map__fd(map)});
  }
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object) {
    programs.push_back(
        {bpf_program__name(program), bpf_program__autoload(program) ? bpf_program__fd(program) : -1});
  }
  std::fputs(recorder::describe(maps, programs).c_str(), stdout);
  bpf_object__close(object);
  return 0;
}
