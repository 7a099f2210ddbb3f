// skep_dump FILE: what skep would tell the kernel of an object. Ends with status 3 and skep's error when skep refuses it.
// skep_dump --without-maps FILE: the same, and no map but those of data is created.
// skep_dump --btf BTF FILE: the same of each program alone, for a kernel with the types in BTF. One that is refused does not hide the others.
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "recorder.h"
#include "skep/object.h"

namespace {

int refused(const char* step, const skep::Error& error) {
  std::printf("skep: %s: %s\n", step, error.message().c_str());
  return 3;
}

recorder::Named named(skep::Object& object, const std::string& program) {
  const skep::Program* live = object.program(program);
  return {program, live == nullptr ? -1 : live->fd().raw()};
}

std::vector<recorder::Named> maps_of(skep::Object& object, const std::vector<std::string>& names) {
  std::vector<recorder::Named> maps;
  for (const std::string& name : names) {
    const skep::Map* live = object.map(name);
    maps.push_back({name, live == nullptr ? -1 : live->fd().raw()});
  }
  return maps;
}

template <typename Specs>
std::vector<std::string> names_of(const Specs& specs) {
  std::vector<std::string> names;
  for (const auto& spec : specs) {
    names.push_back(spec.name);
  }
  return names;
}

enum class Maps { created, left_out };

int dump_object(const char* path, Maps wanted) {
  auto spec = skep::ObjectSpec::read_file(path);
  if (!spec) {
    return refused("open", spec.error());
  }
  for (skep::MapSpec& map : spec->maps) {
    map.autocreate = wanted == Maps::created || map.style == skep::MapStyle::data;
  }
  const auto maps = names_of(spec->maps);
  const auto programs = names_of(spec->programs);
  auto object = skep::Object::load(std::move(*spec), {.jobs = 1});
  if (!object) {
    return refused("load", object.error());
  }
  std::vector<recorder::Named> live;
  for (const std::string& program : programs) {
    live.push_back(named(*object, program));
  }
  std::fputs(recorder::describe(maps_of(*object, maps), live).c_str(), stdout);
  return 0;
}

// Loads program number `wanted` of the object and no other; false: there is none of that number.
bool dump_program(const char* path, const char* btf, std::size_t wanted) {
  auto read = skep::ObjectSpec::read_file(path);
  if (!read) {
    std::exit(refused("open", read.error()));
  }
  skep::ObjectSpec spec = std::move(*read);
  if (wanted >= spec.programs.size()) {
    return false;
  }
  for (std::size_t i = 0; i < spec.programs.size(); ++i) {
    spec.programs[i].autoload = i == wanted;
  }
  const std::string name = spec.programs[wanted].name;
  const auto maps = names_of(spec.maps);
  auto object = skep::Object::load(std::move(spec), {.jobs = 1, .btf_path = btf});
  if (object) {
    std::fputs(recorder::describe_program(maps_of(*object, maps), named(*object, name)).c_str(), stdout);
    return true;
  }
  std::fprintf(stderr, "%s\n", object.error().message().c_str());
  std::printf("program %s\n  refused\n", name.c_str());
  return true;
}

}  // namespace

int main(int count, char** words) {
  if (count == 2) {
    return dump_object(words[1], Maps::created);
  }
  if (count == 3 && std::strcmp(words[1], "--without-maps") == 0) {
    return dump_object(words[2], Maps::left_out);
  }
  if (count != 4 || std::strcmp(words[1], "--btf") != 0) {
    std::fputs("usage: skep_dump [--btf BTF | --without-maps] FILE\n", stderr);
    return 2;
  }
  std::size_t number = 0;
  while (dump_program(words[3], words[2], number)) {
    ++number;
  }
  return 0;
}
