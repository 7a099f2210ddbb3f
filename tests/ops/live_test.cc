// Arenas, jump tables, exceptions, exclusive maps, freplace: loaded, and run on a test input.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "ops/fixture.h"
#include "skep/statistics.h"
#include "support/permitted.h"
#include "support/release.h"

namespace skep {
namespace {

using testing::HasSubstr;

const std::vector<std::byte> packet(64);

Result<u32> run(Object& object, std::string_view program) {
  Program& one = *object.program(program);
  auto done =
      one.test_run({.data_in = one.takes_packet() ? std::span(packet) : std::span<const std::byte>()});
  if (!done) {
    return std::unexpected(std::move(done).error());
  }
  return done->return_value;
}

TEST(LiveOps, ArenaVariablesAreTheProgramsOwnMemory) {
  ObjectSpec spec = read_ops("arena");
  ASSERT_TRUE(spec.set("seven", 8));
  auto object = Object::load(std::move(spec));
  if (!object) {
    SKEP_SKIP_UNLESS_PERMITTED(object.error());
    SKEP_SKIP_BEFORE(6, 9, object.error().message());
  }
  ASSERT_TRUE(object) << object.error().message();
  EXPECT_EQ(object->arena().size(), 16U * 4096);
  const auto sum = object->variable("sum").value().as<int>().value();
  ASSERT_TRUE(sum.store(100));
  const auto ran = run(*object, "add_seven");
  ASSERT_TRUE(ran) << ran.error().message();
  EXPECT_EQ(*ran, 108U);
  EXPECT_EQ(*sum.pointer(), 108);
}

TEST(LiveOps, TheExceptionCallbackHasTheLastWord) {
  auto object = Object::load(read_ops("exception"));
  if (!object) {
    SKEP_SKIP_UNLESS_PERMITTED(object.error());
    SKEP_SKIP_BEFORE(6, 7, object.error().message());
  }
  ASSERT_TRUE(object) << object.error().message();
  const auto ran = run(*object, "throws");
  ASSERT_TRUE(ran) << ran.error().message();
  EXPECT_EQ(*ran, 42U);
}

TEST(LiveOps, AnExclusiveMapTakesItsProgramAndNoOther) {
  ObjectSpec spec = read_ops("exclusive");
  spec.find_map("mine")->exclusive_program = "owner";
  auto object = Object::load(std::move(spec));
  if (!object) {
    SKEP_SKIP_UNLESS_PERMITTED(object.error());
  }
  if (!object && test::is_before(6, 18)) {
    EXPECT_EQ(object.error().code(), Errc::unsupported);
    EXPECT_THAT(object.error().message(), HasSubstr("a map for one program alone needs Linux 6.18"));
    return;
  }
  ASSERT_TRUE(object) << object.error().message();
  ASSERT_TRUE(run(*object, "owner"));
  ObjectSpec shared = read_ops("exclusive");
  shared.find_map("mine")->exclusive_program = "owner";
  shared.find_program("thief")->autoload = true;
  const auto refused = Object::load(std::move(shared));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("thief"));
}

TEST(LiveOps, JumpTablesBecomeMapsOfTheProgram) {
  auto object = Object::load_file(SKEP_SOURCE_DIR "/tests/fixtures/ops/jump_table.clang22.o");
  if (!object) {
    SKEP_SKIP_UNLESS_PERMITTED(object.error());
  }
  if (!object && test::is_before(6, 19)) {
    EXPECT_EQ(object.error().code(), Errc::unsupported);
    EXPECT_THAT(object.error().message(), HasSubstr("need Linux 6.19"));
    return;
  }
  ASSERT_TRUE(object) << object.error().message();
  constexpr int ethernet_bytes = 14;  // which a socket filter does not see
  for (const auto& [length, answer] : {std::pair{14, 3}, {15, 77}, {16, 12}, {17, 45}, {20, 1234}, {30, 5}}) {
    const std::vector<std::byte> data(static_cast<std::size_t>(ethernet_bytes + length));
    const auto ran = object->program("jump")->test_run({.data_in = data});
    ASSERT_TRUE(ran) << ran.error().message();
    EXPECT_EQ(ran->return_value, static_cast<u32>(answer)) << length;
  }
}

TEST(LiveOps, AReplacementIsLoadedForAFunctionOfAnotherProgram) {
  auto target = Object::load(read_ops("replaced"));
  if (!target) {
    SKEP_SKIP_UNLESS_PERMITTED(target.error());
  }
  ASSERT_TRUE(target) << target.error().message();
  ObjectSpec spec = read_ops("replacing");
  const auto nameless = Object::load(read_ops("replacing"));
  ASSERT_FALSE(nameless);
  EXPECT_THAT(nameless.error().message(), HasSubstr("does not say which program"));
  spec.programs[0].replaces.fd = target->program("asks")->fd().raw();
  auto loaded = Object::load(std::move(spec));
  if (!loaded) {
    SKEP_SKIP_UNLESS_PERMITTED(loaded.error());
  }
  ASSERT_TRUE(loaded) << loaded.error().message();
  ObjectSpec wrong = read_ops("replacing");
  wrong.programs[0].replaces.fd = target->program("asks")->fd().raw();
  wrong.programs[0].attach_target = "anser";
  const auto missing = Object::load(std::move(wrong));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), Errc::not_found);
  EXPECT_THAT(missing.error().message(), HasSubstr("has no function 'anser'; it has near it answer"));
}

TEST(LiveOps, ATokenWantsADirectoryOfABpfFileSystem) {
  LoadOptions options;
  options.token_path = "/proc";
  const auto refused = Object::load(read_ops("replaced"), options);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("token from /proc: "));
}

}  // namespace
}  // namespace skep
