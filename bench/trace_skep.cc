// Our half of trace_libbpf.c: the same, and detaching in parallel.
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "skep/attach.h"
#include "skep/kprobe.h"

namespace {

double cpu_ms() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

int tell(const skep::Error& error) {
  std::fprintf(stderr, "%s\n", error.message().c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    return 2;
  }
  auto object = skep::Object::load_file(argv[1]);
  if (!object) {
    return tell(object.error());
  }
  const double start = cpu_ms();
  auto link = skep::attach_kprobe_multi(*object->program("many"), {.pattern = argv[2]});
  const double attached = cpu_ms();
  if (!link) {
    return tell(link.error());
  }
  std::fprintf(stderr, "%s\n", std::string(link->place()).c_str());
  static_cast<void>(link->detach());
  std::vector<skep::Link> links;
  for (int i = 0; i < std::atoi(argv[4]); ++i) {
    auto one = skep::attach_kprobe(*object->program("one"), {.function = argv[3]});
    if (!one) {
      return tell(one.error());
    }
    links.push_back(*std::move(one));
  }
  const auto before = std::chrono::steady_clock::now();
  if (const auto done = skep::detach_all(links); !done) {
    return tell(done.error());
  }
  const std::chrono::duration<double, std::milli> wall = std::chrono::steady_clock::now() - before;
  std::printf("%.2f %.2f\n", attached - start, wall.count());
  return 0;
}
