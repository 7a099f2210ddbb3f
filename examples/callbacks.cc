// Callbacks and subprograms: a sum over all elements of a map, and a loop that the verifier need not unroll.
#include <array>
#include <cinttypes>
#include <cstdio>

#include "example.h"
#include "skep/object.h"

using skep::u32;
using skep::u64;

struct Item {
  u32 price;
  u32 amount;
};
SKEP_FIELDS(Item, price, amount);

struct Bill {
  u64 sum;
  u32 items;
  u32 dearest;
};
SKEP_FIELDS(Bill, sum, items, dearest);

int main(int count, char** words) {
  auto object = must(skep::Object::load_file(object_path(count, words)));
  const auto basket = must(must_find(object.map("basket"), "basket").as<u32, Item>());
  must(basket.update(1, {.price = 3, .amount = 10}));
  must(basket.update(2, {.price = 20, .amount = 1}));
  must(basket.update(3, {.price = 7, .amount = 2}));

  const std::array<std::byte, 64> packet{};
  must(must_find(object.program("adds_up"), "adds_up").test_run({.data_in = packet}));
  const Bill bill = must(must(must(object.variable("bill")).as<Bill>()).load());
  std::printf("%u items cost %" PRIu64 ", the dearest %u each\n", bill.items, bill.sum, bill.dearest);

  const auto rounds =
      must(must_find(object.program("counts_rabbits"), "counts_rabbits").test_run({.data_in = packet}))
          .return_value;
  const auto rabbits = must(must(must(object.variable("fibonacci")).as<std::array<u64, 20>>()).load());
  std::printf("after %u rounds:", rounds);
  for (const u64 pairs : rabbits) {
    std::printf(" %" PRIu64, pairs);
  }
  std::puts("");
  return 0;
}
