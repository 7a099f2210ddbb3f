// Per-CPU maps: one value per possible CPU, written without locks by programs, read and written as ranges here.
#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <vector>

#include "example.h"
#include "skep/object.h"

using skep::u32;
using skep::u64;

struct Sizes {
  u32 smallest;
  u32 largest;
  u32 count;
};
SKEP_FIELDS(Sizes, smallest, largest, count);

int main(int count, char** words) {
  auto object = must(skep::Object::load_file(object_path(count, words)));
  const skep::Program& program = must_find(object.program("measures"), "measures");
  for (const std::size_t length : {60U, 200U, 80U, 1000U, 61U}) {
    const std::vector<std::byte> packet(length);
    must(program.test_run({.data_in = packet}));
  }

  const auto runs = must(must_find(object.map("runs"), "runs").as_per_cpu<u32, u64>());
  for (const auto& [slot, copies] : must(runs.entries())) {
    u64 sum = 0;
    for (const u64 copy : copies) {
      sum += copy;
    }
    std::printf("%s packets: %" PRIu64 "\n", slot == 0 ? "small" : "large", sum);
  }

  const auto by_mark = must(must_find(object.map("by_mark"), "by_mark").as_per_cpu<u32, Sizes>());
  for (const auto& [mark, copies] : must(by_mark.entries())) {
    u32 smallest = ~u32{0};
    u32 largest = 0;
    for (const Sizes& copy : copies) {
      if (copy.count != 0) {  // the program has not run on the other CPUs
        smallest = std::min(smallest, copy.smallest);
        largest = std::max(largest, copy.largest);
      }
    }
    std::printf("mark %u: from %u to %u bytes\n", mark, smallest, largest);
  }

  auto zeroes = *must(runs.lookup(0));
  for (std::size_t cpu = 0; cpu < zeroes.size(); ++cpu) {
    zeroes.set(cpu, 0);
  }
  must(runs.update(0, zeroes));
  const auto after = *must(runs.lookup(0));
  const bool all_zero = std::all_of(after.begin(), after.end(), [](u64 copy) { return copy == 0; });
  std::printf("reset: %s\n", all_zero ? "every CPU's copy is zero" : "failed");
  return all_zero ? 0 : 1;
}
