// Maps in maps: two inner maps that the object puts into its outer one, and a slot that is filled and emptied while the program is loaded.
#include <array>
#include <cinttypes>
#include <cstdio>
#include <cstring>

#include "example.h"
#include "skep/object.h"

using skep::u32;
using skep::u64;

namespace {

// The program reads the tenant from skb->mark and the kind from skb->priority: both are part of the context of a test run (struct __sk_buff).
u32 run_as(const skep::Program& program, u32 tenant, u32 kind) {
  std::array<std::byte, 192> context{};
  std::memcpy(context.data() + 8, &tenant, sizeof(tenant));
  std::memcpy(context.data() + 32, &kind, sizeof(kind));
  const std::array<std::byte, 64> packet{};
  return must(program.test_run({.data_in = packet, .context_in = context})).return_value;
}

void print(skep::Object& object, const char* name) {
  const auto counters = must(must_find(object.map(name), name).as<u32, u64>());
  std::printf("%-5s", name);
  for (const auto& [kind, count] : must(counters.entries())) {
    std::printf(" %" PRIu64, count);
  }
  std::puts("");
}

}  // namespace

int main(int count, char** words) {
  auto object = must(skep::Object::load_file(object_path(count, words)));
  const skep::Program& program = must_find(object.program("counts"), "counts");
  run_as(program, 0, 1);
  run_as(program, 0, 1);
  run_as(program, 2, 3);
  print(object, "red");
  print(object, "blue");

  std::printf("slot 1 is empty: returns %u\n", run_as(program, 1, 0));
  // To user space the value of an outer map is a descriptor when written and an id when read.
  const auto tenants = must(must_find(object.map("tenants"), "tenants").as<u32, u32>());
  skep::Map& blue = must_find(object.map("blue"), "blue");
  must(tenants.update(1, static_cast<u32>(blue.fd().raw())));
  std::printf("slot 1 is blue:  returns %u\n", run_as(program, 1, 0));
  print(object, "blue");
  must(tenants.erase(1));
  std::printf("slot 1 is empty: returns %u\n", run_as(program, 1, 0));
  return 0;
}
