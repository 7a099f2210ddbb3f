// Functions of a module, on a kernel of its own that has nf_conntrack loaded.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "host/facts.h"
#include "load/spec_builder.h"
#include "objects/objects.h"
#include "skep/object.h"
#include "support/permitted.h"

namespace skep::load {
namespace {

using testing::HasSubstr;

class ModuleFunctions : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(test::in_guest()) << "this belongs into a guest: tests/kernel/run"; }
};

TEST_F(ModuleFunctions, AreCalled) {
  auto object = Object::load_file(objects::path_of("extern_module"));
  ASSERT_TRUE(object) << object.error().message();
  const std::array<std::byte, 60> packet{};
  const auto result = object->program("looks_up")->test_run({.data_in = packet});
  ASSERT_TRUE(result) << result.error().message();
  const auto release = host::facts_of_this_machine().release();
  const bool has_them = release && *release >= host::Release{.major = 5, .minor = 18};
  EXPECT_EQ(result->return_value, has_them ? 9 : 7);
}

Result<Object> attached_to(std::string target) {
  ObjectSpec spec = empty_object();
  add_function(spec, "enters", {mov_imm(0, 0), leave()});
  const u32 program = add_program(spec, 0, BPF_PROG_TYPE_TRACING, "fentry/" + target);
  spec.programs[program].expected_attach_type = BPF_TRACE_FENTRY;
  spec.programs[program].needs_attach_target = true;
  spec.programs[program].attach_target = std::move(target);
  return Object::load(std::move(spec), {});
}

TEST_F(ModuleFunctions, AreAttachTargets) {
  const auto release = host::facts_of_this_machine().release();
  if (release && *release < host::Release{.major = 5, .minor = 11}) {
    GTEST_SKIP() << "modules tell their types since Linux 5.11";
  }
  for (const char* target : {"nf_conntrack:nf_conntrack_in", "nf_conntrack_in"}) {
    const auto object = attached_to(target);
    EXPECT_TRUE(object) << target << ": " << object.error().message();
  }
  EXPECT_THAT(attached_to("nf_conn:nf_conntrack_in").error().message(), HasSubstr("nf_conn"));
  EXPECT_THAT(attached_to("nf_conntrack:nf_conntrack_im").error().message(), HasSubstr("near it are"));
}

}  // namespace
}  // namespace skep::load
