// Loading into the kernel of this machine (or of the guest that this runs in): programs run only when the test runs them, and nothing is attached.
#include <gtest/gtest.h>

#include <cerrno>
#include <concepts>
#include <numeric>
#include <span>

#include "base/text.h"
#include "btf/btf.h"
#include "kernel/map.h"
#include "load/spec_builder.h"
#include "load/this_machine.h"
#include "skep/object.h"
#include "skep/uapi/flags.h"
#include "support/permitted.h"

namespace skep::load {
namespace {

using Kind = RelocationKind;

/// Skips where this process may not use bpf(2).
class HostKernel : public testing::Test {
 protected:
  void SetUp() override {
    const auto map = kernel::map_create(
        this_kernel(), {.type = BPF_MAP_TYPE_ARRAY, .key_bytes = 4, .value_bytes = 4, .max_entries = 1});
    if (!map) {
      SKEP_SKIP_UNLESS_PERMITTED(map.error());
    }
    ASSERT_TRUE(map) << map.error().message();
  }
};

Object must_load(ObjectSpec spec) {
  auto object = Object::load(std::move(spec));
  EXPECT_TRUE(object) << object.error().message();
  return std::move(*object);
}

u32 run(Object& object, std::string_view program, std::size_t packet_bytes = 64) {
  const std::vector<std::byte> packet(packet_bytes);
  const auto result = object.program(program)->test_run({.data_in = packet});
  EXPECT_TRUE(result) << result.error().message();
  return result ? result->return_value : ~0U;
}

/// A program that counts its runs in the first word of a data section and returns the second.
ObjectSpec counting(u32 flags) {
  ObjectSpec spec = empty_object();
  const u32 data = add_data(spec, ".data", 8, DataSection::data, flags);
  add_function(spec, "count",
               {wide(1),
                wide_end(),
                load_word(2, 1),
                {.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 2, .src_reg = 0, .off = 0, .imm = 1},
                store_word(1, 2),
                wide(3),
                wide_end(),
                load_word(0, 3),
                leave()},
               {{.insn_index = 0, .kind = Kind::map_value, .target = data, .offset = 0},
                {.insn_index = 5, .kind = Kind::map_value, .target = data, .offset = 4}});
  add_program(spec, 0);
  spec.variables.push_back({.name = "runs", .section = ".data", .map = data, .offset = 0, .size_bytes = 4});
  spec.variables.push_back({.name = "answer", .section = ".data", .map = data, .offset = 4, .size_bytes = 4});
  return spec;
}

TEST_F(HostKernel, SharesVariablesWithTheProgram) {
  for (const u32 flags : {u32{BPF_F_MMAPABLE}, 0U}) {
    ObjectSpec spec = counting(flags);
    ASSERT_TRUE(spec.set("answer", u32{17}));
    Object object = must_load(std::move(spec));
    EXPECT_EQ(object.variable("answer").value().mapped().empty(), flags == 0);
    EXPECT_EQ(run(object, "count"), 17);
    ASSERT_TRUE(object.variable("answer").value().as<u32>().value().store(18));
    EXPECT_EQ(run(object, "count"), 18);
    EXPECT_EQ(object.variable("runs").value().as<u32>().value().load().value(), 2);
    EXPECT_EQ(object.variable("runs").value().as<u64>().error().code(), Errc::invalid);
  }
}

TEST_F(HostKernel, RunsSubprogramsBehindTheirCallers) {
  ObjectSpec spec = empty_object();
  add_function(spec, "main", {call_unresolved(), leave()},
               {{.insn_index = 0, .kind = Kind::subprogram_call, .target = 1}});
  add_function(spec, "outer",
               {call_unresolved(),
                {.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 1},
                leave()},
               {{.insn_index = 0, .kind = Kind::subprogram_call, .target = 2}});
  add_function(spec, "inner", {mov_imm(0, 41), leave()});
  add_program(spec, 0);
  Object object = must_load(std::move(spec));
  EXPECT_EQ(run(object, "main"), 42);
  EXPECT_EQ(object.program("main")->traits().insn_count, 7);
}

TEST_F(HostKernel, ARefusalNamesTheVerifiersLastWords) {
  ObjectSpec spec = empty_object();
  add_function(
      spec, "bad",
      {{.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 0, .src_reg = 9, .off = 0, .imm = 0}, leave()});
  add_function(spec, "good", {mov_imm(0, 0), leave()});
  add_program(spec, 0);
  add_program(spec, 1);
  LoadReport report;
  const auto object = Object::load(std::move(spec), {}, &report);
  ASSERT_FALSE(object);
  EXPECT_EQ(object.error().code(), Errc::verifier);
  EXPECT_EQ(object.error().sys_errno(), EACCES);
  EXPECT_NE(object.error().message().find("program 'bad' (socket)"), std::string::npos)
      << object.error().message();
  EXPECT_NE(object.error().message().find("R9 !read_ok"), std::string::npos) << object.error().message();
  EXPECT_NE(object.error().log()->text.find("processed"), std::string::npos);
  EXPECT_TRUE(report.programs[1].loaded);
}

TEST_F(HostKernel, ALogOfProgramsThatLoadIsKeptOnRequest) {
  LoadReport report;
  const auto object = Object::load(counting(0), {.log_level = 1}, &report);
  ASSERT_TRUE(object) << object.error().message();
  EXPECT_NE(report.programs[0].log.text.find("processed"), std::string::npos);
}

struct Pair {
  u32 low = 0, high = 0;
  friend bool operator==(const Pair&, const Pair&) = default;
};

Object with_map(bpf_map_type type, u32 key_bytes, u32 value_bytes, u32 max_entries) {
  ObjectSpec spec = empty_object();
  add_map(spec, "m", type, key_bytes, value_bytes, max_entries);
  return must_load(std::move(spec));
}

TEST_F(HostKernel, TypedHashesKeepWhatIsPut) {
  Object object = with_map(BPF_MAP_TYPE_HASH, 4, 8, 3000);
  const auto map = object.map("m")->as<u32, Pair>().value();
  EXPECT_EQ(map.lookup(7).value(), std::nullopt);
  for (u32 i = 0; i < 3000; ++i) {
    ASSERT_TRUE(map.update(i, {.low = i, .high = i * 2}));
  }
  EXPECT_EQ(map.lookup(7).value(), (Pair{.low = 7, .high = 14}));
  EXPECT_EQ(map.update(7, {}, Update::only_new).error().sys_errno(), EEXIST);
  EXPECT_EQ(map.update(9999, {}, Update::only_old).error().sys_errno(), ENOENT);
  EXPECT_EQ(map.update(9999, {}).error().sys_errno(), E2BIG);
  EXPECT_TRUE(map.erase(7).value());
  EXPECT_FALSE(map.erase(7).value());
  const auto entries = map.entries();
  ASSERT_TRUE(entries) << entries.error().message();
  EXPECT_EQ(entries->size(), 2999);
  u64 sum = 0;
  for (const auto& entry : map.each()) {
    ASSERT_TRUE(entry);
    const auto& [key, value] = *entry;
    EXPECT_EQ(value.high, key * 2);
    sum += key;
  }
  EXPECT_EQ(sum, u64{2999} * 3000 / 2 - 7);
}

TEST_F(HostKernel, ArraysQueuesAndStacksAreMapsToo) {
  Object array = with_map(BPF_MAP_TYPE_ARRAY, 4, 4, 5);
  EXPECT_EQ((array.map("m")->as<u32, s32>().value().entries().value().size()), 5);
  Object queue = with_map(BPF_MAP_TYPE_QUEUE, 0, 4, 2);
  const auto fifo = queue.map("m")->as<NoKey, u32>().value();
  EXPECT_EQ(fifo.pop().value(), std::nullopt);
  ASSERT_TRUE(fifo.push(1));
  ASSERT_TRUE(fifo.push(2));
  EXPECT_EQ(fifo.push(3).error().sys_errno(), E2BIG);
  EXPECT_EQ(fifo.peek().value(), 1);
  EXPECT_EQ(fifo.pop().value(), 1);
  EXPECT_EQ(queue.map("m")->entries().error().code(), Errc::invalid);
  Object stack = with_map(BPF_MAP_TYPE_STACK, 0, 4, 2);
  const auto lifo = stack.map("m")->as<NoKey, u32>().value();
  ASSERT_TRUE(lifo.push(1));
  ASSERT_TRUE(lifo.push(2));
  EXPECT_EQ(lifo.pop().value(), 2);
}

TEST_F(HostKernel, PerCpuValuesHaveOneCopyPerPossibleCpu) {
  Object object = with_map(BPF_MAP_TYPE_PERCPU_HASH, 4, 4, 8);
  const auto map = object.map("m")->as_per_cpu<u32, u32>().value();
  PerCpuValues<u32> values(object.map("m")->traits().cpu_count);
  for (std::size_t cpu = 0; cpu < values.size(); ++cpu) {
    values.set(cpu, static_cast<u32>(cpu + 1));
  }
  ASSERT_TRUE(map.update(3, values));
  const auto found = map.lookup(3).value();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->size(), values.size());
  EXPECT_EQ(std::accumulate(found->begin(), found->end(), 0U), values.size() * (values.size() + 1) / 2);
  EXPECT_EQ(map.entries().value().size(), 1);
  EXPECT_EQ((object.map("m")->as<u32, u32>().error().code()), Errc::invalid);
  EXPECT_EQ(map.update(3, PerCpuValues<u32>(values.size() + 1)).error().code(), Errc::invalid);
}

template <class Value>
concept HasSpan = requires(const PerCpuValues<Value> values) {
  { values.span() } -> std::same_as<std::span<const Value>>;
};

struct Triple {
  u32 a, b, c;
};
static_assert(HasSpan<u64> && HasSpan<Pair>);
static_assert(!HasSpan<u32> && !HasSpan<Triple>, "padding lies between these");

TEST_F(HostKernel, PerCpuValuesWithoutPaddingAreASpan) {
  Object object = with_map(BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 2);
  const auto map = object.map("m")->as_per_cpu<u32, Pair>().value();
  PerCpuValues<Pair> values(object.map("m")->traits().cpu_count);
  for (u32 i = 0; Pair & value : values.span()) {
    value = {.low = ++i, .high = i * 2};
  }
  ASSERT_TRUE(map.update(1, values));
  const auto found = map.lookup(1).value();
  ASSERT_TRUE(found);
  const std::span<const Pair> copies = found->span();
  ASSERT_EQ(copies.size(), object.map("m")->traits().cpu_count);
  for (u32 cpu = 0; cpu < copies.size(); ++cpu) {
    EXPECT_EQ(copies[cpu], (Pair{.low = cpu + 1, .high = (cpu + 1) * 2}));
    EXPECT_EQ((*found)[cpu], copies[cpu]);
  }
}

TEST_F(HostKernel, TypesOfTheWrongSizeAreRefused) {
  Object object = with_map(BPF_MAP_TYPE_HASH, 4, 8, 8);
  Map& map = *object.map("m");
  EXPECT_EQ((map.as<u64, u64>().error().message()),
            "key of map 'm': the C++ type has 8 bytes, the kernel's value 4");
  EXPECT_EQ((map.as<u32, u32>().error().message()),
            "value of map 'm': the C++ type has 4 bytes, the kernel's value 8");
  EXPECT_EQ((map.as_per_cpu<u32, u64>().error().code()), Errc::invalid);
  EXPECT_EQ((map.as<NoKey, u64>().error().code()), Errc::invalid);
  const u32 key = 0;
  u32 half = 0;
  EXPECT_EQ(map.lookup(std::as_bytes(std::span(&key, 1)), std::as_writable_bytes(std::span(&half, 1)))
                .error()
                .code(),
            Errc::invalid);
}

TEST_F(HostKernel, MapsInMapsFindTheirInnerMaps) {
  ObjectSpec spec = empty_object();
  const u32 inner = add_map(spec, "inner", BPF_MAP_TYPE_ARRAY, 4, 4, 2);
  const u32 outer = add_map(spec, "outer", BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 2);
  spec.maps[outer].inner = std::make_unique<MapSpec>();
  spec.maps[outer].inner->type = BPF_MAP_TYPE_ARRAY;
  spec.maps[outer].inner->key_bytes = 4;
  spec.maps[outer].inner->value_bytes = 4;
  spec.maps[outer].inner->max_entries = 2;
  spec.maps[outer].slots.push_back({.index = 1, .target = SlotSpec::Target::map, .target_index = inner});
  Object object = must_load(std::move(spec));
  const auto ids = object.map("outer")->as<u32, u32>().value();
  const auto id = ids.lookup(1).value();
  ASSERT_TRUE(id && *id != 0);
  EXPECT_EQ(ids.lookup(0).value(), std::nullopt);
  const auto opened = Map::open_id(*id);
  ASSERT_TRUE(opened) << opened.error().message();
  EXPECT_EQ(opened->name(), "inner");
  EXPECT_EQ(Map::open_id(0xfffffffe).error().code(), Errc::not_found);
}

TEST_F(HostKernel, ReadOnlyDataIsFrozen) {
  ObjectSpec spec = empty_object();
  const u32 data = add_data(spec, ".rodata", 4, DataSection::rodata, BPF_F_RDONLY_PROG | BPF_F_MMAPABLE);
  spec.variables.push_back(
      {.name = "limit", .section = ".rodata", .map = data, .offset = 0, .size_bytes = 4});
  ASSERT_TRUE(spec.set("limit", u32{12}));
  Object object = must_load(std::move(spec));
  const Variable limit = object.variable("limit").value();
  EXPECT_EQ(limit.as<u32>().value().load().value(), 12);
  EXPECT_FALSE(limit.mapped().empty());
  const auto raw = object.map(".rodata")->as<u32, u32>().value();
  EXPECT_EQ(raw.update(0, 1).error().code(), Errc::denied);
}

TEST_F(HostKernel, TestRunsAreRefusedBeforeTheKernelIsAsked) {
  ObjectSpec spec = empty_object();
  add_function(spec, "probe", {mov_imm(0, 0), leave()});
  add_program(spec, 0, BPF_PROG_TYPE_KPROBE, "kprobe");
  Object object = must_load(std::move(spec));
  EXPECT_FALSE(object.program("probe")->can_test_run());
  EXPECT_EQ(object.program("probe")->test_run({}).error().code(), Errc::unsupported);
}

}  // namespace
}  // namespace skep::load
