// The macros of bpf_core_read.h at work: programs that check themselves, relocated for the types of their own object, are run.
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <string>

#include "skep/object.h"
#include "support/permitted.h"

namespace skep {
namespace {

void expect_every_program_returns_0(const std::string& path) {
  if (!std::filesystem::exists(path)) {
    GTEST_SKIP() << path << " is not here";
  }
  auto object = Object::load_file(path, {.btf_path = path});
  if (!object) {
    SKEP_SKIP_UNLESS_PERMITTED(object.error());
  }
  ASSERT_TRUE(object) << object.error().message();
  const std::array<std::byte, 64> packet{};
  for (const char* name : {"read_back", "write_back"}) {
    const Program* program = object->program(name);
    ASSERT_NE(program, nullptr);
    const auto result = program->test_run({.data_in = packet});
    ASSERT_TRUE(result) << result.error().message();
    EXPECT_EQ(result->return_value, 0U) << path << ": " << name << ": the check of this number failed";
  }
}

TEST(CoreMacros, ReadAndWriteBitfieldsAsCDoes) {
  expect_every_program_returns_0(SKEP_BUILD_DIR "/tests/fixtures/core/clang-19.v3/own_bits.o");
}

TEST(CoreMacros, ReadAndWriteBitfieldsAsCDoesByGcc) {
  expect_every_program_returns_0(SKEP_SOURCE_DIR "/tests/fixtures/core/objects/own_bits.gcc.o");
}

}  // namespace
}  // namespace skep
