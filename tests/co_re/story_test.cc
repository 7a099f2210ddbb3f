// What people are told.
#include "co_re/builder.h"

namespace skep::co_re::test {
namespace {

using ::testing::HasSubstr;

TEST(Story, TellsBothLayouts) {
  World world;
  const u32 mm = world.local.structure("mm_struct", 8, {});
  const u32 own = world.local.structure("task_struct", 8, {{"mm", world.local.pointer(mm), 0}});
  const u32 there = world.kernel.structure("mm_struct", 64, {});
  world.kernel.structure("task_struct", 4000,
                         {{"usage", world.kernel.u64_type(), 0}, {"mm", world.kernel.pointer(there), 18688}});
  const auto record = world.record(BPF_CORE_FIELD_BYTE_OFFSET, own, "0:0");
  const Story story = tell(world.engine(), record);
  EXPECT_EQ(story.outcome, CoreOutcome::changed);
  EXPECT_EQ(headline(story), "byte_off of struct task_struct::mm: 0 -> 2336");
  EXPECT_EQ(full_text(story, "  "),
            "byte_off of struct task_struct::mm: 0 -> 2336\n"
            "  the object: struct mm_struct *, 8 bytes at offset 0\n"
            "  vmlinux, type 4 (struct task_struct): struct mm_struct *, 8 bytes at offset 2336");
}

struct Row {
  std::string_view what;
  u32 (*local)(Side&);
  std::string_view access;
  u32 kind;
  std::string_view reason;
};

TEST(Story, NamesWhatThereIsInstead) {
  const std::vector<Row> rows = {
      {"renamed with underscores",
       [](Side& s) { return s.structure("task", 8, {{"state", s.u64_type(), 0}}); }, "0:0",
       BPF_CORE_FIELD_BYTE_OFFSET, "no member `state`; struct task has `__state`"},
      {"moved into a struct inside",
       [](Side& s) { return s.structure("task", 8, {{"cpu", s.u32_type(), 0}}); }, "0:0",
       BPF_CORE_FIELD_BYTE_OFFSET, "no member `cpu`; struct task has `info.cpu`"},
      {"mistyped struct", [](Side& s) { return s.structure("taks", 8, {{"cpu", s.u32_type(), 0}}); }, "0:0",
       BPF_CORE_FIELD_BYTE_OFFSET, "vmlinux has no struct taks; it has `task`"},
      {"of another kind", [](Side& s) { return s.either("task", 8, {}); }, "0", BPF_CORE_TYPE_EXISTS,
       "vmlinux has no union task; it has type 5 (STRUCT 'task')"},
      {"mistyped enumerator", [](Side& s) { return s.enumeration("colour", {{"GREE", 1}}); }, "0",
       BPF_CORE_ENUMVAL_VALUE, "no value `GREE`; enum colour has `GREEN`"},
      {"of another type", [](Side& s) { return s.structure("task", 8, {{"info", s.u64_type(), 0}}); }, "0:0",
       BPF_CORE_FIELD_EXISTS, "`info` is `struct info` there, which cannot be read as `unsigned long`"},
      {"outside of the array",
       [](Side& s) { return s.structure("task", 32, {{"comm", s.array(s.char_type(), 32), 0}}); }, "0:0:16",
       BPF_CORE_FIELD_BYTE_OFFSET, "element 16 is outside of `char [16]`"},
      {"like nothing", [](Side& s) { return s.structure("zzz", 8, {}); }, "0", BPF_CORE_TYPE_EXISTS,
       "vmlinux has no struct zzz"},
  };
  for (const Row& row : rows) {
    World world;
    Side& kernel = world.kernel;
    const u32 number = kernel.u32_type();
    const u32 info = kernel.structure("info", 8, {{"cpu", number, 0}});
    const u32 comm = kernel.array(kernel.char_type(), 16);
    kernel.structure(
        "task", 64, {{"info", info, 0}, {"stats", number, 64}, {"__state", number, 96}, {"comm", comm, 128}});
    kernel.enumeration("colour", {{"RED", 1}, {"GREEN", 2}});
    const u32 own = row.local(world.local);
    const CoreRelocation record = world.record(row.kind, own, row.access);
    const Story story = tell(world.engine(), record);
    EXPECT_THAT(story.reason, HasSubstr(row.reason)) << row.what;
    EXPECT_EQ(story.outcome, poisons(row.kind) ? CoreOutcome::poison : CoreOutcome::absent) << row.what;
  }
}

TEST(Story, SaysWhyALoadIsPoisonedThoughTheFieldIsThere) {
  World world;
  const u32 own = world.local.structure("s", 4, {{"f", world.local.int_type(), 0}});
  world.kernel.structure("s", 8, {{"f", world.kernel.integer("long", 8, BTF_INT_SIGNED), 0}});
  const CoreRelocation record = world.record(BPF_CORE_FIELD_BYTE_OFFSET, own, "0:0");
  const Story story = tell(world.engine(), record);
  EXPECT_THAT(story.reason, HasSubstr("`int`, 4 bytes in the object, `long`, 8 bytes in the kernel"));
  EXPECT_THAT(headline(story), HasSubstr("byte_off of struct s::f: 0, but a load or store of it would mean"));
}

TEST(Story, OfABadRecordIsItsError) {
  World world;
  const u32 own = world.local.structure("s", 4, {{"f", world.local.int_type(), 0}});
  world.kernel.u32_type();
  const CoreRelocation record = world.record(BPF_CORE_FIELD_BYTE_OFFSET, own, "0:9");
  const Story story = tell(world.engine(), record);
  EXPECT_EQ(story.outcome, CoreOutcome::error);
  EXPECT_EQ(headline(story),
            "byte_off of struct s: access string \"0:9\": want number 9 of struct s, which has 1");
}

}  // namespace
}  // namespace skep::co_re::test
