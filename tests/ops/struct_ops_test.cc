// struct_ops on paper: the object's table in the kernel's layout, by hand-made types and a kernel that only records.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "kernel/fake_kernel.h"
#include "load/extern_fixture.h"
#include "load/plan.h"
#include "skep/struct_ops.h"
#include "support/descriptors.h"

namespace skep::load {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr u32 data_offset = 64;
constexpr u32 kernel_first = 0, kernel_flags = 8, kernel_name = 12, kernel_second = 32;

/// A kernel with a struct_ops `table`: {first(), flags, name[16], second()}.
SharedTypes kernel_types(bool knows_links = true) {
  btf::BtfEditor editor;
  const u32 int_id = editor.add_int("int", 4, BTF_INT_SIGNED);
  const u32 char_id = editor.add_int("char", 1, BTF_INT_SIGNED);
  const u32 text = editor.add_array(char_id, int_id, 16);
  const u32 callback = editor.add_reference(btf::Kind::ptr, {}, editor.add_func_proto(int_id, {}));
  const std::array members{
      btf::NewMember{.name = "first", .type_id = callback, .offset_bits = kernel_first * 8},
      btf::NewMember{.name = "flags", .type_id = int_id, .offset_bits = kernel_flags * 8},
      btf::NewMember{.name = "name", .type_id = text, .offset_bits = kernel_name * 8},
      btf::NewMember{.name = "second", .type_id = callback, .offset_bits = kernel_second * 8}};
  const u32 table = editor.add_composite(btf::Kind::struct_, "table", 40, members);
  const std::array parts{btf::NewMember{.name = "refs", .type_id = int_id, .offset_bits = 0},
                         btf::NewMember{.name = "data", .type_id = table, .offset_bits = data_offset * 8}};
  editor.add_composite(btf::Kind::struct_, "bpf_struct_ops_table", 128, parts);
  std::vector<btf::NewEnumerator> attach_types{{"BPF_CGROUP_INET_INGRESS", 0}};
  if (knows_links) {
    attach_types.push_back({"BPF_STRUCT_OPS", BPF_STRUCT_OPS});
  } else {
    attach_types.push_back({"__MAX_BPF_ATTACH_TYPE", BPF_STRUCT_OPS});  // as on Linux 6.1
  }
  editor.add_enum("bpf_attach_type", 4, attach_types);
  return finished(editor);
}

host::Facts facts(const SharedTypes& types, std::string release = "6.12.0") {
  return host::Facts(host::KnownFacts{.page_bytes = 4096,
                                      .possible_cpus = 2,
                                      .kernel_release = std::move(release),
                                      .kernel_btf = types,
                                      .modules = std::vector<host::KnownModule>{}});
}

constexpr u32 local_name = 0, local_second = 16, local_flags = 24, local_absent = 32;

/// An object with a variable `ops` of `struct table___mine {name[16], second(), flags, absent()}`, which has the program "second".
ObjectSpec object(u32 flags = BPF_F_LINK) {
  ObjectSpec spec = empty_object();
  btf::BtfEditor editor;
  const u32 int_id = editor.add_int("int", 4, BTF_INT_SIGNED);
  const u32 char_id = editor.add_int("char", 1, BTF_INT_SIGNED);
  const u32 text = editor.add_array(char_id, int_id, 16);
  const u32 callback = editor.add_reference(btf::Kind::ptr, {}, editor.add_func_proto(int_id, {}));
  const std::array members{
      btf::NewMember{.name = "name", .type_id = text, .offset_bits = local_name * 8},
      btf::NewMember{.name = "second", .type_id = callback, .offset_bits = local_second * 8},
      btf::NewMember{.name = "flags", .type_id = int_id, .offset_bits = local_flags * 8},
      btf::NewMember{.name = "absent", .type_id = callback, .offset_bits = local_absent * 8}};
  const u32 table = editor.add_composite(btf::Kind::struct_, "table___mine", 40, members);
  spec.btf = finished(editor);
  for (const char* name : {"second", "other"}) {
    add_program(spec, add_function(spec, name, {mov_imm(0, 0), leave()}), BPF_PROG_TYPE_STRUCT_OPS,
                "struct_ops");
  }
  const u32 map = add_map(spec, "ops", BPF_MAP_TYPE_STRUCT_OPS, 4, 40, 1, flags);
  spec.maps[map].style = MapStyle::struct_ops;
  spec.maps[map].section = ".struct_ops.link";
  spec.maps[map].value_type_id = table;
  spec.maps[map].contents = DataRegion::allocate(40).value();
  spec.maps[map].members = {{.offset = local_second, .program = 0}};
  spec.variables.push_back(
      {.name = "ops", .section = ".struct_ops.link", .map = map, .size_bytes = 40, .type_id = table});
  return spec;
}

TEST(StructOps, ValuesAndProgramsGoWhereTheKernelHasThem) {
  ObjectSpec spec = object();
  ASSERT_TRUE(spec.set_text("ops.flags", "5"));
  ASSERT_TRUE(spec.set_text("ops.name", "\"mine\""));
  const LoadPlan made = plan(spec, facts(kernel_types()), "/sys/fs/bpf").value();
  ASSERT_EQ(made.struct_ops.size(), 1U);
  const StructOpsPlan& table = made.struct_ops[0];
  ASSERT_EQ(table.value.size(), 128U);
  u32 flags = 0;
  std::memcpy(&flags, table.value.data() + data_offset + kernel_flags, sizeof flags);
  EXPECT_EQ(flags, 5U);
  EXPECT_STREQ(reinterpret_cast<const char*>(table.value.data() + data_offset + kernel_name), "mine");
  ASSERT_EQ(table.slots.size(), 1U);
  EXPECT_EQ(table.slots[0].offset, data_offset + kernel_second);
  EXPECT_EQ(made.maps[0].creation.value_bytes, 128U);
  EXPECT_NE(made.maps[0].creation.kernel_value_type_id, 0U);
  ASSERT_EQ(made.programs.size(), 1U);
  EXPECT_EQ(made.programs[0].attach_btf_id, table.type_id);
  EXPECT_EQ(static_cast<u32>(made.programs[0].expected_attach_type), 3U)
      << "the member's number in the kernel's struct";
  EXPECT_THAT(made.notes, ElementsAre(HasSubstr("program 'other' is not loaded")));
}

TEST(StructOps, WhatTheKernelLacksMustBeZero) {
  ObjectSpec spec = object();
  ASSERT_TRUE(spec.set_text("ops.absent", "other"));
  const auto refused = plan(spec, facts(kernel_types()), "/sys/fs/bpf");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Errc::unsupported);
  EXPECT_THAT(refused.error().message(),
              HasSubstr("map 'ops': member 'absent': this kernel's table has no such member"));
  ASSERT_TRUE(spec.set_text("ops.absent", "0"));
  const LoadPlan made = plan(spec, facts(kernel_types()), "/sys/fs/bpf").value();
  EXPECT_EQ(made.programs.size(), 1U) << "the callback is not loaded";
}

TEST(StructOps, MembersTakeNamesOfPrograms) {
  ObjectSpec spec = object();
  ASSERT_TRUE(spec.set_text("ops.second", "other"));
  EXPECT_EQ(spec.maps[0].members.size(), 1U);
  EXPECT_EQ(spec.maps[0].members[0].program, 1U);
  const auto wrong = spec.set_text("ops.second", "othr");
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message(), HasSubstr("did you mean other?"));
  EXPECT_EQ(spec.maps[0].members[0].program, 1U) << "an error changes nothing";
}

TEST(StructOps, AProgramIsLoadedForOneMember) {
  ObjectSpec spec = object();
  MapSpec second{.name = "more",
                 .section = ".struct_ops.link",
                 .style = MapStyle::struct_ops,
                 .type = BPF_MAP_TYPE_STRUCT_OPS,
                 .key_bytes = 4,
                 .value_bytes = 40,
                 .max_entries = 1,
                 .flags = BPF_F_LINK,
                 .value_type_id = spec.maps[0].value_type_id};
  second.contents = DataRegion::allocate(40).value();
  second.members = {{.offset = local_second, .program = 0}};
  spec.maps.push_back(std::move(second));
  EXPECT_EQ(plan(spec, facts(kernel_types()), "").value().programs.size(), 1U)
      << "the same member of two tables";
  // Now for the kernel's `first` in one and `second` in the other.
  const SharedTypes types = kernel_types();
  btf::BtfEditor editor(*spec.btf);
  const u32 proto = editor.add_func_proto(0, {});
  const u32 callback = editor.add_reference(btf::Kind::ptr, {}, proto);
  const std::array members{
      btf::NewMember{.name = "first", .type_id = callback, .offset_bits = local_second * 8}};
  spec.maps[1].value_type_id = editor.add_composite(btf::Kind::struct_, "table", 40, members);
  spec.btf = finished(editor);
  const LoadPlan made = plan(spec, facts(types), "").value();
  ASSERT_TRUE(made.programs.at(0).error.has_value());
  EXPECT_THAT(made.programs[0].error->message(),
              HasSubstr("stands for different members: in 'ops' and in 'more'"));
}

TEST(StructOps, AMissingTableSaysWhatItNeeds) {
  ObjectSpec spec = object();
  btf::BtfEditor editor(*spec.btf);
  spec.maps[0].value_type_id = editor.add_composite(btf::Kind::struct_, "sched_ext_ops", 40, {});
  spec.maps[0].members.clear();
  spec.btf = finished(editor);
  const auto old = plan(spec, facts(kernel_types(), "6.1.0"), "");
  ASSERT_FALSE(old);
  EXPECT_THAT(old.error().message(), HasSubstr("it needs Linux 6.12 and CONFIG_SCHED_CLASS_EXT"));
  const auto without = plan(spec, facts(kernel_types(), "6.12.0"), "");
  ASSERT_FALSE(without);
  EXPECT_THAT(without.error().message(), HasSubstr("it needs CONFIG_SCHED_CLASS_EXT"));
}

TEST(StructOps, WithoutLinksTheMapIsMadeWithoutTheirFlag) {
  const ObjectSpec spec = object();
  const LoadPlan made = plan(spec, facts(kernel_types(false), "6.1.0"), "").value();
  EXPECT_EQ(made.maps[0].creation.flags, 0U);
  EXPECT_THAT(made.notes, testing::Contains(HasSubstr("created without BPF_F_LINK")));
}

/// Loads the object into a kernel that records.
Result<Object> load_into(kernel::FakeKernel& kernel, u32 flags, const host::Facts& known) {
  LoadOptions options;
  options.kernel = &kernel;
  options.facts = &known;
  return Object::load(object(flags), options);
}

TEST(StructOps, AMapWithoutLinksIsWrittenWhenItIsAttachedAndDeletedFromWhenDetached) {
  kernel::FakeKernel kernel;
  const host::Facts known = facts(kernel_types());
  auto object = load_into(kernel, 0, known);
  ASSERT_TRUE(object) << object.error().message();
  EXPECT_EQ(kernel.calls(BPF_MAP_UPDATE_ELEM).size(), 0U) << "writing is attaching";
  {
    auto link = attach_struct_ops(*object->map("ops"));
    ASSERT_TRUE(link) << link.error().message();
    ASSERT_EQ(kernel.calls(BPF_MAP_UPDATE_ELEM).size(), 1U);
    u64 fd = 0;
    std::memcpy(&fd, kernel.calls(BPF_MAP_UPDATE_ELEM)[0].value.data() + data_offset + kernel_second,
                sizeof fd);
    EXPECT_EQ(fd, static_cast<u64>(object->program("second")->fd().raw()));
    EXPECT_EQ(kernel.calls(BPF_MAP_DELETE_ELEM).size(), 0U);
  }
  EXPECT_EQ(kernel.calls(BPF_MAP_DELETE_ELEM).size(), 1U);
}

TEST(StructOps, AMapWithLinksIsWrittenWhenItIsLoaded) {
  kernel::FakeKernel kernel;
  const host::Facts known = facts(kernel_types());
  auto object = load_into(kernel, BPF_F_LINK, known);
  ASSERT_TRUE(object) << object.error().message();
  ASSERT_EQ(kernel.calls(BPF_MAP_UPDATE_ELEM).size(), 1U);
  const bpf_attr loaded = kernel.calls(BPF_PROG_LOAD).at(0).attributes();
  EXPECT_EQ(loaded.prog_load.expected_attach_type, 3U);
  EXPECT_EQ(kernel.calls(BPF_MAP_CREATE).at(0).attributes().map_create.btf_fd > 0, true);
  kernel.on_bpf = [](bpf_cmd cmd, bpf_attr& attr) -> std::optional<int> {
    return cmd == BPF_LINK_CREATE && attr.link_create.attach_type == BPF_STRUCT_OPS ? std::optional(-EEXIST)
                                                                                    : std::nullopt;
  };
  const auto refused = attach_struct_ops(*object->map("ops"));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("struct_ops 'ops': "));
  EXPECT_THAT(refused.error().message(), HasSubstr("a table of that name is registered already"));
}

TEST(StructOps, WithoutOneOfItsProgramsItIsRefusedByName) {
  const host::Facts known = facts(kernel_types());
  for (const u32 flags : {u32{0}, u32{BPF_F_LINK}}) {
    kernel::FakeKernel kernel;
    kernel.on_bpf = [](bpf_cmd cmd, bpf_attr&) -> std::optional<int> {
      return cmd == BPF_PROG_LOAD ? std::optional(-EACCES) : std::nullopt;
    };
    ObjectSpec spec = object(flags);
    spec.find_program("second")->optional = true;
    auto object = Object::load(std::move(spec), {.jobs = 1, .kernel = &kernel, .facts = &known});
    ASSERT_TRUE(object) << object.error().message();
    const auto link = attach_struct_ops(*object->map("ops"));
    ASSERT_FALSE(link);
    EXPECT_EQ(link.error().message(),
              "struct_ops 'ops': cannot be attached, because its program 'second' was not loaded");
    EXPECT_EQ(kernel.calls(BPF_LINK_CREATE).size() + kernel.calls(BPF_MAP_UPDATE_ELEM).size(), 0U);
    ASSERT_NE(object->why_not_loaded("second"), nullptr);
    EXPECT_EQ(object->why_not_loaded("other"), nullptr);

    AttachReport report;
    const auto links = attach_all(*object, {.attach = {.facts = &known}, .jobs = 1}, &report);
    ASSERT_TRUE(links) << "the program may be absent, and so may its table: " << links.error().message();
    EXPECT_TRUE(links->empty());
    EXPECT_EQ(report.programs[0].state, AttachOutcome::State::not_loaded);
    ASSERT_TRUE(report.programs[0].error);
    EXPECT_THAT(report.programs[0].error->message(), HasSubstr("'second'"));
  }
}

TEST(StructOps, ARefusalAtAnyCallLeavesNothing) {
  const host::Facts known = facts(kernel_types());
  for (u32 nth = 0; nth < 12; ++nth) {
    const std::size_t before = test::open_descriptors();
    {
      kernel::FakeKernel kernel;
      kernel.fail_call(nth, ENOMEM);
      auto object = load_into(kernel, BPF_F_LINK, known);
      if (object) {
        static_cast<void>(attach_struct_ops(*object->map("ops")));
      } else {
        EXPECT_FALSE(object.error().message().empty());
      }
    }
    EXPECT_EQ(test::open_descriptors(), before) << "call " << nth;
  }
}

TEST(StructOps, OtherMapsAreNoTables) {
  kernel::FakeKernel kernel;
  const Map map(kernel, Fd(), {.name = "hits", .type = BPF_MAP_TYPE_HASH});
  EXPECT_THAT(attach_struct_ops(map).error().message(), HasSubstr("map 'hits' is a hash, want a struct_ops"));
}

}  // namespace
}  // namespace skep::load
