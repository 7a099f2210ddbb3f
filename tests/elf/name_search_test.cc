#include "elf/name_search.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

namespace skep::elf {
namespace {

/// What find_terminated() says in many words.
std::vector<u32> one_by_one(std::string_view strings, std::string_view name) {
  std::vector<u32> found;
  for (std::size_t at = 0; at + name.size() < strings.size(); ++at) {
    if (strings.substr(at, name.size()) == name && strings[at + name.size()] == '\0') {
      found.push_back(static_cast<u32>(at));
    }
  }
  return found;
}

TEST(FindTerminated, FindsANameAtEveryPlaceAndOfEveryLength) {
  for (const std::size_t length : std::to_array<std::size_t>({1, 2, 3, 15, 16, 17, 63, 64, 65, 200})) {
    std::string name(length, 'n');
    name[length / 2] = 'm';
    name.back() = 'z';
    for (std::size_t before = 0; before < 140; ++before) {
      const std::string strings = std::string(before, 'n') + name + '\0' + std::string(140 - before, '\0');
      EXPECT_EQ(find_terminated(strings, name), std::vector{static_cast<u32>(before)})
          << length << " " << before;
      EXPECT_TRUE(find_terminated(std::string_view(strings).substr(0, before + length), name).empty())
          << "without its NUL it is no name";
    }
  }
}

TEST(FindTerminated, SaysWhatALookAtEveryPlaceSays) {
  std::minstd_rand random(7);  // NOLINT(cert-msc51-cpp): the same tables in every run
  for (int round = 0; round < 400; ++round) {
    std::string strings(random() % 500, '\0');
    for (char& letter : strings) {
      letter = "ab\0"[random() % 3];
    }
    for (const std::string_view name : {"a", "b", "ab", "ba", "aab", "abab", "bbabaab"}) {
      EXPECT_EQ(find_terminated(strings, name), one_by_one(strings, name)) << name;
    }
  }
}

TEST(FindTerminated, ATableWithoutRoomHasNoName) {
  EXPECT_TRUE(find_terminated("", "a").empty());
  EXPECT_TRUE(find_terminated("a", "a").empty());
  EXPECT_TRUE(find_terminated(std::string_view("\0\0", 2), "abc").empty());
}

}  // namespace
}  // namespace skep::elf
