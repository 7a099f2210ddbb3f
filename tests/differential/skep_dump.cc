// skep_dump FILE: what skep would tell the kernel of an object. Ends with status 3 and skep's error when skep refuses it.
#include <cstdio>
#include <string>
#include <vector>

#include "recorder.h"
#include "skep/object.h"

namespace {

int refused(const char* step, const skep::Error& error) {
  std::printf("skep: %s: %s\n", step, error.message().c_str());
  return 3;
}

}  // namespace

int main(int count, char** words) {
  if (count != 2) {
    std::fputs("usage: skep_dump FILE\n", stderr);
    return 2;
  }
  auto spec = skep::ObjectSpec::read_file(words[1]);
  if (!spec) {
    return refused("open", spec.error());
  }
  std::vector<recorder::Named> maps;
  std::vector<recorder::Named> programs;
  for (const skep::MapSpec& map : spec->maps) {
    maps.push_back({map.name, -1});
  }
  for (const skep::ProgramSpec& program : spec->programs) {
    programs.push_back({program.name, -1});
  }
  auto object = skep::Object::load(std::move(*spec), {.jobs = 1});
  if (!object) {
    return refused("load", object.error());
  }
  for (recorder::Named& map : maps) {
    const skep::Map* live = object->map(map.name);
    map.fd = live == nullptr ? -1 : live->fd().raw();
  }
  for (recorder::Named& program : programs) {
    const skep::Program* live = object->program(program.name);
    program.fd = live == nullptr ? -1 : live->fd().raw();
  }
  std::fputs(recorder::describe(maps, programs).c_str(), stdout);
  return 0;
}
