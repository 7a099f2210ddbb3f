// Sections of one's own, from the file to the link.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "attach/attachment.h"
#include "base/text.h"
#include "kernel/fake_kernel.h"
#include "load/spec_builder.h"
#include "object/custom_sections.h"
#include "skep/section_handler.h"

namespace skep {
namespace {

using kernel::FakeKernel;

Link some_link(std::string place) {
  return attach::make_undoable_link([]() -> Result<void> { return {}; }, std::move(place));
}

TEST(CustomSection, ProgramsAreAttachedByTheHandler) {
  auto registered = register_section(
      {.name = "mytool",
       .program_type = BPF_PROG_TYPE_XDP,
       .attach = [](const Program& program, std::string_view target, const AttachOptions&) -> Result<Link> {
         return some_link(cat(program.name(), " at ", target));
       }});
  ASSERT_TRUE(registered) << registered.error().message();
  FakeKernel kernel;
  ObjectSpec spec = load::empty_object();
  load::add_function(spec, "p", {load::mov_imm(0, 0), load::leave()});
  load::add_program(spec, 0, BPF_PROG_TYPE_XDP, "mytool/left");
  spec.programs[0].attach_target = "left";
  auto object = Object::load(std::move(spec), {.kernel = &kernel, .facts = &load::some_facts()});
  ASSERT_TRUE(object) << object.error().message();
  const auto links = attach_all(*object);
  ASSERT_TRUE(links) << links.error().message();
  ASSERT_EQ(links->size(), 1U);
  EXPECT_EQ(links->front().place(), "p at left");
}

TEST(CustomSection, AnObjectIsReadByIt) {
  const std::string path = cat(SKEP_BUILD_DIR, "/tests/fixtures/object/basic.o");
  const auto before = ObjectSpec::read_file(path);
  ASSERT_TRUE(before) << before.error().message();
  ASSERT_FALSE(before->programs.empty());
  const std::string section = before->programs.front().section;
  auto registered = register_section({.name = section.substr(0, section.find('/')),
                                      .program_type = BPF_PROG_TYPE_SYSCALL,
                                      .flags = 77,
                                      .prepare = [](ProgramSpec& program) { program.optional = true; }});
  ASSERT_TRUE(registered) << registered.error().message();
  const auto read = ObjectSpec::read_file(path);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->programs.front().type, BPF_PROG_TYPE_SYSCALL);
  EXPECT_EQ(read->programs.front().flags, 77U);
  EXPECT_TRUE(read->programs.front().optional);
  *registered = SectionRegistration();
  EXPECT_EQ(ObjectSpec::read_file(path)->programs.front().type, before->programs.front().type);
}

TEST(CustomSection, TheLongestNameCountsAndNamesAreUnique) {
  const auto one = register_section({.name = "a", .program_type = BPF_PROG_TYPE_XDP});
  const auto two = register_section({.name = "a.b", .program_type = BPF_PROG_TYPE_XDP});
  ASSERT_TRUE(one);
  ASSERT_TRUE(two);
  EXPECT_EQ(object::find_custom_section("a/x")->name, "a");
  EXPECT_EQ(object::find_custom_section("a.b/x")->name, "a.b");
  EXPECT_EQ(object::find_custom_section("a.bc"), nullptr);
  for (const char* name : {"a", "", "a/b", "?a", "a b"}) {
    const auto again = register_section({.name = name, .program_type = BPF_PROG_TYPE_XDP});
    ASSERT_FALSE(again) << name;
    EXPECT_EQ(again.error().code(), Errc::invalid) << name;
  }
  EXPECT_FALSE(register_section({.name = "typeless"}));
}

TEST(CustomSection, MayComeAndGoWhileOthersLook) {
  std::atomic<bool> is_over = false;
  std::vector<std::jthread> lookers;
  for (int i = 0; i < 3; ++i) {
    lookers.emplace_back([&is_over] {
      while (!is_over) {
        if (const auto found = object::find_custom_section("busy/x")) {
          EXPECT_EQ(found->name, "busy");
        }
      }
    });
  }
  for (int i = 0; i < 2000; ++i) {
    EXPECT_TRUE(register_section({.name = "busy", .program_type = BPF_PROG_TYPE_XDP}));
  }
  is_over = true;
}

}  // namespace
}  // namespace skep
