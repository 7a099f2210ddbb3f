#include "load/plan.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "load/spec_builder.h"
#include "skep/uapi/flags.h"

namespace skep::load {
namespace {

using Kind = RelocationKind;

host::Facts machine() {
  return host::Facts(host::KnownFacts{.page_bytes = 4096, .possible_cpus = 6, .kernel_release = "6.1.0"});
}

Result<LoadPlan> planned(const ObjectSpec& spec) {
  return plan(spec, machine(), "/sys/fs/bpf");
}

TEST(PlanMaps, RingBuffersBecomePagesByPowersOfTwo) {
  struct Case {
    u32 wanted, made;
  };
  for (const Case& c : {Case{0, 0}, Case{1, 4096}, Case{4096, 4096}, Case{4097, 8192}, Case{12288, 16384},
                        Case{1U << 31, 1U << 31}, Case{0xffffffff, 0xffffffff}}) {
    EXPECT_EQ(ring_buffer_bytes(c.wanted, 4096), c.made) << c.wanted;
  }
  ObjectSpec spec = empty_object();
  add_map(spec, "events", BPF_MAP_TYPE_RINGBUF, 0, 0, 5000);
  const auto made = planned(spec);
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_EQ(made->maps[0].creation.max_entries, 8192);
  ASSERT_EQ(made->notes.size(), 1);
  EXPECT_NE(made->notes[0].find("'events': ring buffer size 5000 rounded up to 8192"), std::string::npos);
}

TEST(PlanMaps, PerfEventArraysHaveOneSlotPerPossibleCpu) {
  ObjectSpec spec = empty_object();
  add_map(spec, "perf", BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 0);
  const u32 outer = add_map(spec, "outer", BPF_MAP_TYPE_HASH_OF_MAPS, 4, 4, 8);
  spec.maps[outer].inner = std::make_unique<MapSpec>();
  spec.maps[outer].inner->type = BPF_MAP_TYPE_PERF_EVENT_ARRAY;
  const auto made = planned(spec);
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_EQ(made->maps[0].creation.max_entries, 6);
  ASSERT_TRUE(made->maps[1].inner);
  EXPECT_EQ(made->maps[1].inner->max_entries, 6);
  EXPECT_EQ(made->maps[1].inner->name, "outer.inner");
}

TEST(PlanMaps, NamesFitTheKernel) {
  EXPECT_EQ(kernel_name("a_very_long_name_of_a_map"), "a_very_long_nam");
  EXPECT_EQ(kernel_name("we?ird-name"), "we_ird_name");
}

TEST(PlanMaps, PinsAreUnderTheRootUnlessTheSpecSaysWhere) {
  ObjectSpec spec = empty_object();
  add_map(spec, "shared", BPF_MAP_TYPE_HASH, 4, 4, 1);
  add_map(spec, "elsewhere", BPF_MAP_TYPE_HASH, 4, 4, 1);
  add_map(spec, "loose", BPF_MAP_TYPE_HASH, 4, 4, 1);
  spec.maps[0].pinning = Pinning::by_name;
  spec.maps[1].pin_path = "/tmp/x";
  const auto made = planned(spec);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->maps[0].pin_path, "/sys/fs/bpf/shared");
  EXPECT_EQ(made->maps[1].pin_path, "/tmp/x");
  EXPECT_EQ(made->maps[2].pin_path, "");
}

TEST(PlanMaps, ANumaNodeChangesNoFlags) {
  ObjectSpec spec = empty_object();
  add_map(spec, "near", BPF_MAP_TYPE_HASH, 4, 4, 1);
  spec.maps[0].numa_node = 1;
  const auto made = planned(spec);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->maps[0].creation.flags, 0)
      << "flags are the object's own: the kernel ignores the node without BPF_F_NUMA_NODE";
  EXPECT_EQ(made->maps[0].creation.numa_node, 1);
}

TEST(PlanMaps, WhatMakesNoSenseIsRefusedByName) {
  {
    ObjectSpec spec = empty_object();
    add_map(spec, "typeless", BPF_MAP_TYPE_UNSPEC, 4, 4, 1);
    EXPECT_EQ(planned(spec).error().message(), "map 'typeless': the map has no type");
  }
  {
    ObjectSpec spec = empty_object();
    add_map(spec, "outer", BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 1);
    EXPECT_EQ(planned(spec).error().code(), Errc::invalid);
  }
  {
    ObjectSpec spec = empty_object();
    add_map(spec, "jumps", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 1);
    spec.maps[0].slots.push_back({.index = 0, .target = SlotSpec::Target::program, .target_index = 3});
    EXPECT_EQ(planned(spec).error().message(),
              "map 'jumps': slot 0: want one of the 0 programs, have number 3");
  }
}

TEST(PlanMaps, AForeignByteOrderIsUnsupported) {
  ObjectSpec spec = empty_object();
  spec.byte_order = std::endian::native == std::endian::little ? std::endian::big : std::endian::little;
  EXPECT_EQ(planned(spec).error().code(), Errc::unsupported);
}

/// main calls b then a; b calls c; a calls c and b; d is called by nobody.
ObjectSpec call_graph() {
  ObjectSpec spec = empty_object();
  const u32 c = 3;
  add_function(spec, "main", {call_unresolved(), call_unresolved(), leave()},
               {{.insn_index = 0, .kind = Kind::subprogram_call, .target = 2},
                {.insn_index = 1, .kind = Kind::subprogram_call, .target = 1}});
  add_function(spec, "a", {call_unresolved(), call_unresolved(), leave()},
               {{.insn_index = 0, .kind = Kind::subprogram_call, .target = c},
                {.insn_index = 1, .kind = Kind::subprogram_call, .target = 2}});
  add_function(spec, "b", {mov_imm(0, 2), call_unresolved(), leave()},
               {{.insn_index = 1, .kind = Kind::subprogram_call, .target = c}});
  add_function(spec, "c", {mov_imm(0, 3), leave()});
  add_function(spec, "d", {mov_imm(0, 4), leave()});
  add_program(spec, 0);
  return spec;
}

std::vector<u32> functions_of(const ProgramPlan& program) {
  std::vector<u32> order;
  for (const Piece& piece : program.pieces) {
    order.push_back(piece.function);
  }
  return order;
}

TEST(PlanPrograms, EachReachedFunctionIsAppendedOnceDepthFirst) {
  const ObjectSpec spec = call_graph();
  const auto made = planned(spec);
  ASSERT_TRUE(made) << made.error().message();
  const ProgramPlan& program = made->programs[0];
  ASSERT_FALSE(program.error) << program.error->message();
  EXPECT_EQ(functions_of(program), (std::vector<u32>{0, 2, 3, 1}));
  // main 0-2, b 3-5, c 6-7, a 8-10
  ASSERT_EQ(program.insns.size(), 11);
  const std::vector<std::pair<u32, s32>> calls = {{0, 2}, {1, 6}, {4, 1}, {8, -3}, {9, -7}};
  for (const auto& [insn, distance] : calls) {
    EXPECT_EQ(program.insns[insn].imm, distance) << insn;
    EXPECT_EQ(program.insns[insn].src_reg, BPF_PSEUDO_CALL) << insn;
  }
}

TEST(PlanPrograms, EachProgramHasItsOwnCopies) {
  ObjectSpec spec = call_graph();
  add_function(spec, "other", {call_unresolved(), leave()},
               {{.insn_index = 0, .kind = Kind::subprogram_call, .target = 3}});
  add_program(spec, 5);
  const auto made = planned(spec);
  ASSERT_TRUE(made);
  EXPECT_EQ(functions_of(made->programs[1]), (std::vector<u32>{5, 3}));
  EXPECT_EQ(made->programs[1].insns[0].imm, 1);
}

TEST(PlanPrograms, RecursionAndCyclesEnd) {
  ObjectSpec spec = empty_object();
  add_function(spec, "main", {call_unresolved(), leave()},
               {{.insn_index = 0, .kind = Kind::subprogram_call, .target = 1}});
  add_function(spec, "again", {call_unresolved(), call_unresolved(), leave()},
               {{.insn_index = 0, .kind = Kind::subprogram_call, .target = 1},
                {.insn_index = 1, .kind = Kind::subprogram_call, .target = 0}});
  add_program(spec, 0);
  const auto made = planned(spec);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->programs[0].insns.size(), 5);
  EXPECT_EQ(made->programs[0].insns[2].imm, -1);
  EXPECT_EQ(made->programs[0].insns[3].imm, -4);
}

TEST(PlanPrograms, ADeepChainOfCallsNeedsNoDeepStack) {
  ObjectSpec spec = empty_object();
  constexpr u32 depth = 200'000;
  for (u32 i = 0; i < depth; ++i) {
    add_function(spec, cat("f", i), {call_unresolved(), leave()},
                 {{.insn_index = 0, .kind = Kind::subprogram_call, .target = i + 1}});
  }
  add_function(spec, "last", {leave()});
  add_program(spec, 0);
  const auto made = planned(spec);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->programs[0].insns.size(), 2 * depth + 1);
}

TEST(PlanPrograms, FunctionAddressesAndMapsBecomeWideLoads) {
  ObjectSpec spec = empty_object();
  const u32 hash = add_map(spec, "hits", BPF_MAP_TYPE_HASH, 4, 8, 16);
  const u32 data = add_data(spec, ".data", 32, DataSection::data, 0);
  add_function(spec, "main", {wide(1), wide_end(), wide(2), wide_end(), wide(3), wide_end(), leave()},
               {{.insn_index = 0, .kind = Kind::map_fd, .target = hash},
                {.insn_index = 2, .kind = Kind::subprogram_address, .target = 1},
                {.insn_index = 4, .kind = Kind::map_value, .target = data, .offset = 20}});
  add_function(spec, "callback", {mov_imm(0, 0), wide(1), wide_end(), leave()},
               {{.insn_index = 1, .kind = Kind::map_fd, .target = hash}});
  add_program(spec, 0);
  const auto made = planned(spec);
  ASSERT_TRUE(made);
  const ProgramPlan& program = made->programs[0];
  ASSERT_FALSE(program.error) << program.error->message();
  EXPECT_EQ(program.insns[2].src_reg, BPF_PSEUDO_FUNC);
  EXPECT_EQ(program.insns[2].imm, 4);
  ASSERT_EQ(program.map_slots.size(), 3);
  EXPECT_EQ(program.map_slots[0].insn, 0);
  EXPECT_EQ(program.map_slots[0].kind, MapSlot::Kind::fd);
  EXPECT_EQ(program.map_slots[1].insn, 4);
  EXPECT_EQ(program.map_slots[1].kind, MapSlot::Kind::value);
  EXPECT_EQ(program.map_slots[1].offset, 20);
  EXPECT_EQ(program.map_slots[2].insn, 8);
}

TEST(PlanPrograms, OriginsLeadBackToFunctionAndRelocation) {
  const ObjectSpec spec = call_graph();
  const auto made = planned(spec);
  ASSERT_TRUE(made);
  const ProgramPlan& program = made->programs[0];
  const Origin in_b = program.origin(spec, 4);
  EXPECT_EQ(in_b.function, 2);
  EXPECT_EQ(in_b.insn, 1);
  EXPECT_EQ(in_b.relocation, 0);
  const Origin plain = program.origin(spec, 3);
  EXPECT_EQ(plain.function, 2);
  EXPECT_FALSE(plain.relocation);
  EXPECT_EQ(program.origin(spec, 10).function, 1);
}

struct Refusal {
  std::string_view what;
  Errc code;
  std::string_view text;
  void (*change)(ObjectSpec&);
};

TEST(PlanPrograms, WhatCannotBeLoadedSaysWhyAndSparesTheOthers) {
  const std::vector<Refusal> refusals = {
      {"no type", Errc::invalid, "section 'socket' does not say what type of program it is",
       [](ObjectSpec& spec) { spec.programs[0].type = BPF_PROG_TYPE_UNSPEC; }},
      {"extern", Errc::not_found,
       "needs the kernel function 'f': nothing is known of this machine's kernel types",
       [](ObjectSpec& spec) {
         spec.externs.push_back({.name = "f", .kind = ExternSpec::Kind::ksym_function});
         spec.functions[0].relocations = {{.insn_index = 2, .kind = Kind::extern_function, .target = 0}};
       }},
      {"extern number", Errc::invalid, "want one of the 0 externs, have number 3",
       [](ObjectSpec& spec) {
         spec.functions[0].relocations = {{.insn_index = 2, .kind = Kind::extern_function, .target = 3}};
       }},
      {"extern that is not called", Errc::invalid, "want a call to name an extern",
       [](ObjectSpec& spec) {
         spec.externs.push_back({.name = "f", .kind = ExternSpec::Kind::ksym_function});
         spec.functions[0].relocations = {{.insn_index = 0, .kind = Kind::extern_function, .target = 0}};
       }},
      {"CO-RE without types", Errc::malformed, "has CO-RE relocations, and the object no types",
       [](ObjectSpec& spec) { spec.functions[0].core_relocations.push_back({}); }},
      {"map number", Errc::invalid, "want one of the 1 maps, have number 7",
       [](ObjectSpec& spec) { spec.functions[0].relocations[0].target = 7; }},
      {"function number", Errc::invalid, "want one of the 2 functions, have number 9",
       [](ObjectSpec& spec) {
         spec.functions[0].relocations = {{.insn_index = 2, .kind = Kind::subprogram_call, .target = 9}};
       }},
      {"not a call", Errc::invalid, "want a call to name a function",
       [](ObjectSpec& spec) {
         spec.functions[0].relocations = {{.insn_index = 0, .kind = Kind::subprogram_call, .target = 1}};
       }},
      {"second half missing", Errc::invalid, "want an ld_imm64 to take a map",
       [](ObjectSpec& spec) { spec.functions[0].insns.resize(1); }},
      {"past the end", Errc::invalid, "want an ld_imm64",
       [](ObjectSpec& spec) { spec.functions[0].relocations[0].insn_index = 0xffffffff; }},
      {"no such function", Errc::invalid, "have number 12",
       [](ObjectSpec& spec) { spec.programs[0].function = 12; }},
      {"too long", Errc::invalid, "the kernel takes at most 1000000",
       [](ObjectSpec& spec) { spec.functions[0].insns.resize(1'000'001); }},
  };
  for (const Refusal& refusal : refusals) {
    ObjectSpec spec = empty_object();
    add_map(spec, "hits", BPF_MAP_TYPE_HASH, 4, 8, 16);
    add_function(spec, "first", {wide(1), wide_end(), call_unresolved(), leave()},
                 {{.insn_index = 0, .kind = Kind::map_fd, .target = 0}});
    add_function(spec, "second", {mov_imm(0, 0), leave()});
    add_program(spec, 0);
    add_program(spec, 1);
    refusal.change(spec);
    const auto made = planned(spec);
    ASSERT_TRUE(made) << refusal.what;
    ASSERT_TRUE(made->programs[0].error) << refusal.what;
    const Error& error = *made->programs[0].error;
    EXPECT_EQ(error.code(), refusal.code) << refusal.what;
    EXPECT_NE(error.message().find(refusal.text), std::string::npos)
        << refusal.what << ": " << error.message();
    EXPECT_TRUE(error.message().starts_with("program 'first' (section 'socket'): ")) << error.message();
    EXPECT_FALSE(made->programs[1].error) << refusal.what;
  }
}

TEST(PlanPrograms, ProgramsWithoutAutoloadAreLeftOut) {
  ObjectSpec spec = call_graph();
  spec.programs[0].autoload = false;
  spec.programs[0].type = BPF_PROG_TYPE_UNSPEC;
  const auto made = planned(spec);
  ASSERT_TRUE(made);
  EXPECT_TRUE(made->programs.empty());
}

TEST(PlanPrograms, AThousandProgramsOverSharedCodeStayLinear) {
  ObjectSpec spec = empty_object();
  add_function(spec, "shared", {mov_imm(0, 0), leave()});
  for (u32 i = 0; i < 1000; ++i) {
    add_function(spec, cat("p", i), {call_unresolved(), leave()},
                 {{.insn_index = 0, .kind = Kind::subprogram_call, .target = 0}});
    add_program(spec, i + 1);
  }
  const auto made = planned(spec);
  ASSERT_TRUE(made);
  ASSERT_EQ(made->programs.size(), 1000);
  EXPECT_EQ(functions_of(made->programs[999]), (std::vector<u32>{1000, 0}));
}

}  // namespace
}  // namespace skep::load
