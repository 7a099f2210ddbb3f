// Tail calls: which programs a packet passes through depends on its size; then one target is replaced while the program is loaded.
#include <array>
#include <cstdio>
#include <vector>

#include "example.h"
#include "skep/object.h"

using skep::u32;

namespace {

void run(skep::Object& object, std::size_t length) {
  const std::vector<std::byte> packet(length);
  const auto result = must(must_find(object.program("entry"), "entry").test_run({.data_in = packet}));
  const auto path = must(must(must(object.variable("path")).as<std::array<int, 4>>()).load());
  const int steps = must(must(must(object.variable("steps")).as<int>()).load());
  std::printf("%4zu bytes:", length);
  for (int step = 0; step < steps && step < 4; ++step) {
    std::printf(" %d", path[static_cast<std::size_t>(step)]);
  }
  std::printf(", returns %u\n", result.return_value);
}

}  // namespace

int main(int count, char** words) {
  auto object = must(skep::Object::load_file(object_path(count, words)));
  for (const std::size_t length : {60U, 500U, 1500U, 3000U}) {
    run(object, length);
  }
  auto targets = must(must_find(object.map("by_size"), "by_size").as<u32, u32>());
  const skep::Program& large = must_find(object.program("on_large"), "on_large");
  must(targets.update(0, static_cast<u32>(large.fd().raw())));
  std::puts("slot 0 now holds on_large:");
  run(object, 60);
  run(object, 500);
  return 0;
}
