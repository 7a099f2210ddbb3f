// Loads one object with skep and ends: what a user's start-up costs. Usage: load_skep FILE [JOBS]
#include <cstdio>
#include <cstdlib>

#include "skep/object.h"

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: load_skep FILE [JOBS]\n");
    return 2;
  }
  const skep::LoadOptions options{.jobs = argc > 2 ? static_cast<skep::u32>(std::atoi(argv[2])) : 0};
  const auto object = skep::Object::load_file(argv[1], options);
  if (!object) {
    std::fprintf(stderr, "%s\n", object.error().message().c_str());
    return 1;
  }
  return 0;
}
