// Maps of the older style do what they say: programs are test-run, then their maps are read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "objects/objects.h"
#include "skep/object.h"
#include "support/permitted.h"

namespace skep {
namespace {

using testing::HasSubstr;

class LegacyMaps : public testing::Test {
 protected:
  // Loads and runs once with a packet of 60 bytes; socket filters see it without its Ethernet header.
  void run(const char* object_name, const char* program_name) {
    auto loaded = Object::load_file(objects::path_of(object_name));
    if (!loaded) {
      SKEP_SKIP_UNLESS_PERMITTED(loaded.error());
    }
    ASSERT_TRUE(loaded) << loaded.error().message();
    object_.emplace(std::move(*loaded));
    Program* program = object_->program(program_name);
    ASSERT_NE(program, nullptr);
    const std::array<std::byte, 60> packet{};
    auto result = program->test_run({.data_in = packet});
    ASSERT_TRUE(result) << result.error().message();
    returned_ = result->return_value;
  }

  // The value at `key`, at most 8 bytes, as a number.
  u64 value(const char* map_name, u32 key) {
    Map* map = object_->map(map_name);
    if (map == nullptr) {
      ADD_FAILURE() << "no map " << map_name;
      return 0;
    }
    std::vector<std::byte> bytes(map->value_bytes_in_user_space());
    auto found = map->lookup(std::as_bytes(std::span(&key, 1)), bytes);
    EXPECT_TRUE(found && *found) << map_name;
    u64 number = 0;
    std::memcpy(&number, bytes.data(), std::min(bytes.size(), sizeof(number)));
    return number;
  }

  std::optional<Object> object_;
  u32 returned_ = 0;
};

TEST_F(LegacyMaps, ShortDefinitionCounts) {
  run("legacy_short", "counts");
  if (IsSkipped() || HasFatalFailure()) {
    return;
  }
  EXPECT_EQ(returned_, 46u);
  EXPECT_EQ(value("hits", 2), 46u);
  EXPECT_EQ(object_->map("hits")->traits().max_entries, 4u);
}

TEST_F(LegacyMaps, TwoDefinitionsAreTwoMaps) {
  run("legacy_two", "counts");
  if (IsSkipped() || HasFatalFailure()) {
    return;
  }
  EXPECT_EQ(returned_, 2u);
  EXPECT_EQ(value("numbers", 7), 46u);
  auto totals = object_->map("totals")->as_per_cpu<u32, u64>();
  ASSERT_TRUE(totals) << totals.error().message();
  auto copies = totals->lookup(0);
  ASSERT_TRUE(copies && *copies);
  u64 sum = 0;
  for (const u64 copy : **copies) {
    sum += copy;
  }
  EXPECT_EQ(sum, 1u);
}

TEST_F(LegacyMaps, LongDefinitionsCount) {
  run("legacy_long", "counts");
  if (IsSkipped() || HasFatalFailure()) {
    return;
  }
  EXPECT_EQ(returned_, 0u);
  EXPECT_EQ(value("flows", 9), 60u);
  EXPECT_EQ(value("ports", 0), 443u);
}

TEST_F(LegacyMaps, IdsPutMapsIntoMaps) {
  run("legacy_map_in_map", "looks");
  if (IsSkipped() || HasFatalFailure()) {
    return;
  }
  EXPECT_EQ(returned_, 0u) << "1: no inner map in its slot; 2: no such element";
  EXPECT_EQ(value("inner", 1), 60u);
}

TEST_F(LegacyMaps, MixWithTheNewerStyleAndGlobals) {
  run("legacy_mixed", "counts");
  if (IsSkipped() || HasFatalFailure()) {
    return;
  }
  EXPECT_EQ(returned_, 42u);
  EXPECT_EQ(value("old_style", 1), 42u);
  EXPECT_EQ(value("new_style", 1), 84u);
  auto seen = object_->variable("seen");
  ASSERT_TRUE(seen) << seen.error().message();
  auto typed = seen->as<u64>();
  ASSERT_TRUE(typed) << typed.error().message();
  EXPECT_EQ(typed->load().value_or(0), 46u);
}

TEST_F(LegacyMaps, LargerDefinitionsWithZeroesAreTaken) {
  run("legacy_zero_tail", "sets");
  if (IsSkipped() || HasFatalFailure()) {
    return;
  }
  EXPECT_EQ(returned_, 0u);
  EXPECT_EQ(value("first", 0), 46u);
  EXPECT_EQ(object_->map("second")->traits().max_entries, 6u);
}

TEST(LegacyDefinitions, LargerOnesWithSomethingUnknownAreRefused) {
  const auto spec = ObjectSpec::read_file(objects::path_of("legacy_nonzero_tail"));
  ASSERT_FALSE(spec);
  EXPECT_THAT(spec.error().message(), HasSubstr("first"));
  EXPECT_NE(spec.error().code(), Errc::kernel);
}

TEST_F(LegacyMaps, NeedNoBtf) {
  run("legacy_without_btf", "counts");
  if (IsSkipped() || HasFatalFailure()) {
    return;
  }
  EXPECT_EQ(returned_, 5u);
  EXPECT_EQ(value("hits", 0), 5u);
}

TEST_F(LegacyMaps, QueuesAndProgramArraysWork) {
  run("legacy_kinds", "jumps_on");
  if (IsSkipped() || HasFatalFailure()) {
    return;
  }
  EXPECT_EQ(returned_, 5u);
  auto queue = object_->map("queue")->as<NoKey, u64>();
  ASSERT_TRUE(queue) << queue.error().message();
  auto taken = queue->pop();
  ASSERT_TRUE(taken && *taken);
  EXPECT_EQ(**taken, 60u);
}

}  // namespace
}  // namespace skep
