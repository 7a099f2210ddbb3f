#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "btf/btf.h"
#include "object/fixture.h"
#include "skep/uapi/flags.h"

namespace skep {
namespace {

ObjectSpec read(const std::string& name) {
  auto spec = ObjectSpec::read_file(fixture_path(name));
  if (!spec) {
    ADD_FAILURE() << spec.error().message();
    return {};
  }
  return std::move(*spec);
}

template <class T>
T initial_value(ObjectSpec& spec, std::string_view name) {
  T value{};
  const auto bytes = spec.variable_bytes(name);
  if (!bytes || bytes->size() != sizeof value) {
    ADD_FAILURE() << name << (bytes ? " has another size" : bytes.error().message());
    return value;
  }
  std::memcpy(&value, bytes->data(), sizeof value);
  return value;
}

/// "kind target+offset" of each relocation of a function, in order.
std::vector<std::string> relocations_of(const ObjectSpec& spec, std::string_view function) {
  std::vector<std::string> texts;
  for (const FunctionSpec& f : spec.functions) {
    if (f.name != function) {
      continue;
    }
    for (const Relocation& r : f.relocations) {
      switch (r.kind) {
        case RelocationKind::map_fd: texts.push_back(cat("map ", spec.maps[r.target].name)); break;
        case RelocationKind::map_value:
          texts.push_back(cat("value ", spec.maps[r.target].section, "+", r.offset));
          break;
        case RelocationKind::subprogram_call:
          texts.push_back(cat("call ", spec.functions[r.target].name));
          break;
        case RelocationKind::subprogram_address:
          texts.push_back(cat("address ", spec.functions[r.target].name));
          break;
        case RelocationKind::extern_variable:
          texts.push_back(cat("variable ", spec.externs[r.target].name));
          break;
        case RelocationKind::extern_function:
          texts.push_back(cat("function ", spec.externs[r.target].name));
          break;
        case RelocationKind::jump_table:
          texts.push_back(cat("jump table ", spec.jump_tables[r.target].name, "+", r.offset));
          break;
        case RelocationKind::extern_function_address:
          texts.push_back(cat("function address ", spec.externs[r.target].name));
          break;
      }
    }
  }
  return texts;
}

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(ReadObject, ProgramsComeFromEveryCodeSection) {
  const ObjectSpec spec = read("basic.o");
  std::vector<std::string> seen;
  for (const ProgramSpec& program : spec.programs) {
    seen.push_back(cat(program.name, " ", program.section, " ", static_cast<u32>(program.type), " ",
                       program.autoload ? "on" : "off"));
  }
  EXPECT_THAT(seen, ElementsAre("count socket 1 on", "optional tc 3 off", "first raw_tp/sys_enter 17 on",
                                "second raw_tp/sys_enter 17 on"));
  EXPECT_EQ(spec.find_program("first")->attach_target, "sys_enter");
  EXPECT_EQ(spec.license, "GPL");
  EXPECT_EQ(spec.name, "basic");
}

TEST(ReadObject, RelocationsNameWhatTheyMean) {
  const ObjectSpec spec = read("basic.o");
  EXPECT_THAT(relocations_of(spec, "count"), Contains("map hits"));
  EXPECT_THAT(relocations_of(spec, "count"), Contains("call only_static"));
  EXPECT_THAT(relocations_of(spec, "count"), Contains("value .rodata+0"));
  EXPECT_THAT(relocations_of(spec, "only_static"), ElementsAre("call helper"));
  EXPECT_THAT(relocations_of(spec, "optional"), ElementsAre("map hits", "address each", "call helper"));
}

TEST(ReadObject, MapsCarryTheirAttributes) {
  const ObjectSpec spec = read("basic.o");
  const MapSpec* hits = spec.find_map("hits");
  ASSERT_NE(hits, nullptr);
  EXPECT_EQ(hits->style, MapStyle::btf);
  EXPECT_EQ(hits->type, BPF_MAP_TYPE_HASH);
  EXPECT_EQ(hits->key_bytes, 4u);
  EXPECT_EQ(hits->value_bytes, 16u);
  EXPECT_EQ(hits->max_entries, 16u);
  EXPECT_EQ(spec.btf->type(spec.btf->resolve(hits->value_type_id)).name(), "pair");
}

TEST(ReadObject, DataSectionsAreMapsWithVariables) {
  ObjectSpec spec = read("basic.o");
  EXPECT_EQ(initial_value<int>(spec, "magic"), 42);
  EXPECT_EQ(initial_value<int>(spec, "counter"), 0);
  EXPECT_EQ(initial_value<u64>(spec, "hidden_total"), 7u);
  EXPECT_EQ(initial_value<u32>(spec, "custom"), 9u);
  EXPECT_EQ(initial_value<u32>(spec, "mode"), 5u);
  EXPECT_TRUE(spec.find_variable("hidden_total")->is_static);
  EXPECT_EQ(spec.find_map(".rodata")->flags, BPF_F_RDONLY_PROG | BPF_F_MMAPABLE);
  EXPECT_EQ(spec.find_map(".data")->name, "basic.data");
  EXPECT_EQ(spec.find_map(".data.custom")->name, ".data.custom");
  EXPECT_EQ(spec.find_map(".data.custom")->flags, 0u) << "only a static variable: not mapped";
}

TEST(ReadObject, VariablesCanBeSetByValueAndByText) {
  ObjectSpec spec = read("basic.o");
  ASSERT_TRUE(spec.set("magic", 7));
  EXPECT_EQ(initial_value<int>(spec, "magic"), 7);
  ASSERT_TRUE(spec.set_text("mode", "MODE_OFF"));
  EXPECT_EQ(initial_value<u32>(spec, "mode"), 0u);
  const auto misspelt = spec.set_text("magik", "1");
  ASSERT_FALSE(misspelt);
  EXPECT_EQ(misspelt.error().message(), "there is no variable 'magik'; did you mean magic?");
  EXPECT_EQ(spec.set("magic", u64{1}).error().message(), "variable 'magic' takes 4 bytes, have 8");
}

TEST(ReadObject, InnerMapsAndSlotsFollowTheInitialisers) {
  const ObjectSpec spec = read("nested.o");
  const MapSpec* outer = spec.find_map("outer");
  ASSERT_NE(outer, nullptr);
  ASSERT_NE(outer->inner, nullptr);
  EXPECT_EQ(outer->inner->name, "outer.inner");
  EXPECT_EQ(outer->inner->type, BPF_MAP_TYPE_ARRAY);
  ASSERT_EQ(outer->slots.size(), 2u);
  EXPECT_EQ(outer->slots[0].index, 0u);
  EXPECT_EQ(spec.maps[outer->slots[0].target_index].name, "inner_b");
  EXPECT_EQ(outer->slots[1].index, 2u);
  const MapSpec* jumps = spec.find_map("jumps");
  ASSERT_EQ(jumps->slots.size(), 1u);
  EXPECT_EQ(jumps->slots[0].index, 1u);
  EXPECT_EQ(spec.programs[jumps->slots[0].target_index].name, "tail");
  EXPECT_EQ(jumps->value_bytes, 4u);
}

TEST(ReadObject, LegacyDefinitionsStandBesideNewOnes) {
  const ObjectSpec spec = read("legacy.o");
  EXPECT_EQ(spec.find_map("first")->style, MapStyle::legacy);
  EXPECT_EQ(spec.find_map("first")->value_bytes, 8u);
  EXPECT_EQ(spec.find_map("second")->max_entries, 2u);
  EXPECT_EQ(spec.find_map("modern")->style, MapStyle::btf);
  EXPECT_THAT(relocations_of(spec, "use"), ElementsAre("map first", "map second", "map modern"));
}

TEST(ReadObject, Iproute2DefinitionsNestById) {
  const ObjectSpec spec = read("iproute2.o");
  const MapSpec* outside = spec.find_map("outside");
  ASSERT_NE(outside, nullptr);
  ASSERT_NE(outside->inner, nullptr);
  EXPECT_EQ(outside->inner->max_entries, 1u);
  ASSERT_EQ(outside->slots.size(), 1u);
  EXPECT_EQ(outside->slots[0].index, 2u);
  EXPECT_EQ(spec.maps[outside->slots[0].target_index].name, "inside");
  EXPECT_EQ(outside->pin_path, "/sys/fs/bpf/tc/globals/outside");
}

TEST(ReadObject, ExternsAreRecorded) {
  const ObjectSpec spec = read("extern.o");
  ASSERT_EQ(spec.externs.size(), 3u);
  EXPECT_THAT(relocations_of(spec, "use"),
              testing::UnorderedElementsAre("function bpf_rcu_read_lock", "variable CONFIG_HZ",
                                            "variable bpf_prog_active"));
}

TEST(ReadObject, BigEndianObjectsReadTheSame) {
  const ObjectSpec little = read("basic.o");
  const ObjectSpec big = read("basic.eb.o");
  EXPECT_EQ(big.byte_order, std::endian::big);
  ASSERT_EQ(big.functions.size(), little.functions.size());
  for (std::size_t i = 0; i < big.functions.size(); ++i) {
    EXPECT_EQ(big.functions[i].insns.size(), little.functions[i].insns.size()) << big.functions[i].name;
    EXPECT_EQ(relocations_of(big, big.functions[i].name), relocations_of(little, big.functions[i].name));
  }
}

TEST(ReadObject, ObjectsWithoutDebugInformationStillHaveProgramsAndVariables) {
  const ObjectSpec spec = read("iproute2.nobtf.o");
  EXPECT_EQ(spec.btf, nullptr);
  ASSERT_NE(spec.find_map("outside"), nullptr);
  EXPECT_EQ(spec.find_map("outside")->slots.size(), 1u);
  EXPECT_EQ(spec.programs.size(), 1u);
}

TEST(ReadObject, BtfMapsWithoutBtfSayWhatIsMissing) {
  const auto spec = ObjectSpec::read_file(fixture_path("nested.nobtf.o"));
  ASSERT_FALSE(spec);
  EXPECT_THAT(spec.error().message(),
              HasSubstr("section .maps: there is no BTF that describes it (compile with -g"));
}

TEST(ReadObject, FilesThatAreNoneSayWhy) {
  EXPECT_EQ(ObjectSpec::read_file("/nonexistent/x.o").error().code(), Errc::not_found);
  EXPECT_THAT(ObjectSpec::read_file("/tmp").error().message(), HasSubstr("is a directory"));
  const auto empty = ObjectSpec::read({}, "nothing");
  ASSERT_FALSE(empty);
  EXPECT_THAT(empty.error().message(), testing::StartsWith("nothing: "));
}

}  // namespace
}  // namespace skep
