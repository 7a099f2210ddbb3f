// A program outside of the tree: it sees only what is installed.
#include <skep/object.h>

#include <cstdio>

struct Traffic {
  std::uint64_t packets, bytes;
};
SKEP_FIELDS(Traffic, packets, bytes);

int main(int argc, char** argv) {
  auto spec = skep::ObjectSpec::read_file(argc > 1 ? argv[1] : "none");
  if (!spec) {
    std::fprintf(stderr, "%s\n", spec.error().message().c_str());
    return 1;
  }
  if (auto set = spec->set("busy_from", 7); !set) {
    return 2;
  }
  std::printf("%zu programs, %zu maps\n", spec->programs.size(), spec->maps.size());
  // Linked, and not called: loading needs rights.
  return argc > 2 && !skep::Object::load(std::move(*spec)) ? 3 : 0;
}
