// libbpf_dump FILE: what Debian's libbpf would tell the kernel of an object. Ends with status 3 and libbpf's own words when libbpf refuses it.
// libbpf_dump --without-maps FILE: the same, and no map but those of data is created.
// libbpf_dump --btf BTF FILE: the same of each program alone, for a kernel with the types in BTF. One that is refused does not hide the others.
#include <bpf/libbpf.h>

#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "recorder.h"

namespace {

using Object = std::unique_ptr<bpf_object, void (*)(bpf_object*)>;

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

std::vector<recorder::Named> maps_of(const bpf_object* object) {
  std::vector<recorder::Named> maps;
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object) {
    maps.push_back({bpf_map__name(map), bpf_map__fd(map)});
  }
  return maps;
}

recorder::Named named(const bpf_program* program) {
  return {bpf_program__name(program), bpf_program__autoload(program) ? bpf_program__fd(program) : -1};
}

enum class Maps { created, left_out };

int dump_object(const char* path, Maps maps) {
  const Object object(bpf_object__open(path), bpf_object__close);
  if (object == nullptr) {
    return refused("open");
  }
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object.get()) {
    bpf_map__set_autocreate(map, maps == Maps::created || bpf_map__is_internal(map));
  }
  if (bpf_object__load(object.get()) != 0) {
    return refused("load");
  }
  std::vector<recorder::Named> programs;
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object.get()) {
    programs.push_back(named(program));
  }
  std::fputs(recorder::describe(maps_of(object.get()), programs).c_str(), stdout);
  return 0;
}

// Loads program number `wanted` of the object and no other; false: there is none of that number.
bool dump_program(const char* path, const bpf_object_open_opts& options, int wanted) {
  const Object object(bpf_object__open_file(path, &options), bpf_object__close);
  if (object == nullptr) {
    std::exit(refused("open"));
  }
  const bpf_program* chosen = nullptr;
  int number = 0;
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object.get()) {
    bpf_program__set_autoload(program, number == wanted);
    chosen = number++ == wanted ? program : chosen;
  }
  if (chosen == nullptr) {
    return false;
  }
  log.clear();
  if (bpf_object__load(object.get()) == 0) {
    std::fputs(recorder::describe_program(maps_of(object.get()), named(chosen)).c_str(), stdout);
  } else {
    std::printf("program %s\n  refused\n", bpf_program__name(chosen));
    std::fputs(log.c_str(), stderr);
  }
  return true;
}

}  // namespace

int main(int count, char** words) {
  libbpf_set_print(keep_log);
  if (count == 2) {
    return dump_object(words[1], Maps::created);
  }
  if (count == 3 && std::strcmp(words[1], "--without-maps") == 0) {
    return dump_object(words[2], Maps::left_out);
  }
  if (count != 4 || std::strcmp(words[1], "--btf") != 0) {
    std::fputs("usage: libbpf_dump [--btf BTF | --without-maps] FILE\n", stderr);
    return 2;
  }
  LIBBPF_OPTS(bpf_object_open_opts, options, .btf_custom_path = words[2]);
  int number = 0;
  while (dump_program(words[3], options, number)) {
    ++number;
  }
  return 0;
}
