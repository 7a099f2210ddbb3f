// Loading against a kernel that is a model: what is asked, in which order, and that nothing is left behind when any call fails.
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "base/text.h"
#include "btf/edit.h"
#include "host/facts.h"
#include "kernel/dry_kernel.h"
#include "kernel/fake_kernel.h"
#include "kernel/tracing_kernel.h"
#include "load/spec_builder.h"
#include "skep/object.h"
#include "skep/uapi/flags.h"

namespace skep::load {
namespace {

using kernel::FakeCall;
using kernel::FakeKernel;
using Kind = RelocationKind;

std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    ++count;
  }
  return count;
}

/// Every feature that costs a call: data maps of each kind, a pinned map in a directory to be made, map-in-map and prog array slots, two programs.
ObjectSpec everything() {
  ObjectSpec spec = empty_object();
  const u32 shared = add_map(spec, "shared", BPF_MAP_TYPE_HASH, 4, 8, 16);
  spec.maps[shared].pinning = Pinning::by_name;
  const u32 rodata = add_data(spec, ".rodata", 8, DataSection::rodata, BPF_F_RDONLY_PROG | BPF_F_MMAPABLE);
  const u32 data = add_data(spec, ".data", 8, DataSection::data, BPF_F_MMAPABLE);
  spec.maps[data].contents.bytes()[0] = std::byte{5};
  add_data(spec, ".bss", 8, DataSection::bss, BPF_F_MMAPABLE);
  const u32 inner = add_map(spec, "inner", BPF_MAP_TYPE_ARRAY, 4, 4, 2);
  const u32 outer = add_map(spec, "outer", BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 2);
  spec.maps[outer].inner = std::make_unique<MapSpec>();
  spec.maps[outer].inner->type = BPF_MAP_TYPE_ARRAY;
  spec.maps[outer].inner->key_bytes = 4;
  spec.maps[outer].inner->value_bytes = 4;
  spec.maps[outer].inner->max_entries = 2;
  spec.maps[outer].slots.push_back({.index = 1, .target = SlotSpec::Target::map, .target_index = inner});
  const u32 jumps = add_map(spec, "jumps", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 2);
  add_function(spec, "first", {wide(1), wide_end(), wide(2), wide_end(), mov_imm(0, 0), leave()},
               {{.insn_index = 0, .kind = Kind::map_fd, .target = shared},
                {.insn_index = 2, .kind = Kind::map_value, .target = data, .offset = 4}});
  add_function(spec, "second", {mov_imm(0, 1), leave()});
  add_program(spec, 0);
  add_program(spec, 1);
  spec.maps[jumps].slots.push_back({.index = 0, .target = SlotSpec::Target::program, .target_index = 1});
  spec.variables.push_back(
      {.name = "constant", .section = ".rodata", .map = rodata, .offset = 0, .size_bytes = 4});
  spec.variables.push_back(
      {.name = "counter", .section = ".data", .map = data, .offset = 0, .size_bytes = 4});
  return spec;
}

LoadOptions options_for(kernel::Kernel& kernel) {
  return {.jobs = 1, .pin_root = "/sys/fs/bpf/skep/test", .kernel = &kernel, .facts = &some_facts()};
}

/// Lets the first pin find no directory, as in a bpf file system where nobody has been.
void without_directory(FakeKernel& kernel) {
  kernel.on_bpf = [is_first = true](bpf_cmd cmd, bpf_attr&) mutable -> std::optional<int> {
    return cmd == BPF_OBJ_PIN && std::exchange(is_first, false) ? std::optional(-ENOENT) : std::nullopt;
  };
}

TEST(Load, DescriptorsReachTheInstructions) {
  FakeKernel kernel;
  auto object = Object::load(everything(), options_for(kernel));
  ASSERT_TRUE(object) << object.error().message();
  std::vector<FakeCall> loads = kernel.calls(BPF_PROG_LOAD);
  ASSERT_EQ(loads.size(), 2);
  const std::vector<bpf_insn>& insns = loads[0].insns;
  EXPECT_EQ(insns[0].src_reg, BPF_PSEUDO_MAP_FD);
  EXPECT_EQ(insns[0].imm, object->map("shared")->fd().raw());
  EXPECT_EQ(insns[2].src_reg, BPF_PSEUDO_MAP_VALUE);
  EXPECT_EQ(insns[2].imm, object->map(".data")->fd().raw());
  EXPECT_EQ(insns[3].imm, 4);
  EXPECT_EQ(loads[0].text, "GPL");
}

TEST(Load, PinsComeLastAndTheirDirectoriesAreMade) {
  FakeKernel kernel;
  without_directory(kernel);
  ASSERT_TRUE(Object::load(everything(), options_for(kernel)));
  EXPECT_EQ(kernel.pins(), std::vector<std::string>{"/sys/fs/bpf/skep/test/shared"});
  EXPECT_EQ(kernel.directories(), std::vector<std::string>{"/sys/fs/bpf/skep/test"});
  EXPECT_EQ(kernel.calls().back().cmd, BPF_OBJ_PIN);
}

TEST(Load, DataIsWrittenFrozenAndMapped) {
  FakeKernel kernel;
  ObjectSpec spec = everything();
  const std::byte* place = spec.maps[2].contents.bytes().data();
  auto object = Object::load(std::move(spec), options_for(kernel));
  ASSERT_TRUE(object) << object.error().message();
  EXPECT_EQ(kernel.calls(BPF_MAP_FREEZE).size(), 1);
  Variable counter = object->variable("counter").value();
  EXPECT_EQ(counter.mapped().data(), place) << "the memory moved";
  EXPECT_EQ(counter.as<u32>().value().load().value(), 5);
  ASSERT_TRUE(counter.as<u32>().value().store(77));
  u64 whole = 0;
  const u32 key = 0;
  ASSERT_TRUE(object->map(".data")
                  ->lookup(std::as_bytes(std::span(&key, 1)), std::as_writable_bytes(std::span(&whole, 1)))
                  .value());
  EXPECT_EQ(static_cast<u32>(whole), 77);
  EXPECT_EQ(object->variable("constant").value().write(std::as_bytes(std::span(&key, 1))).error().code(),
            Errc::denied);
  EXPECT_EQ(object->variable("counte").error().code(), Errc::not_found);
  EXPECT_NE(object->variable("counte").error().message().find("did you mean counter?"), std::string::npos);
}

TEST(Load, VariablesOfTheSameNameAreToldApartByTheirSpecs) {
  FakeKernel kernel;
  ObjectSpec spec = everything();
  spec.variables.push_back(
      {.name = "counter", .section = ".data", .map = spec.variables[1].map, .offset = 4, .size_bytes = 4});
  auto object = Object::load(std::move(spec), options_for(kernel));
  ASSERT_TRUE(object) << object.error().message();
  const std::vector<VariableSpec>& known = object->spec().variables;
  Variable first = object->variable(known[1]).value();
  Variable second = object->variable(known[2]).value();
  EXPECT_EQ(first.mapped().data(), object->variable("counter").value().mapped().data());
  EXPECT_EQ(second.mapped().data(), first.mapped().data() + 4);
}

TEST(Load, SlotsPointAtMapsAndPrograms) {
  FakeKernel kernel;
  auto object = Object::load(everything(), options_for(kernel));
  ASSERT_TRUE(object) << object.error().message();
  std::vector<std::pair<int, s32>> written;  // map, value
  for (const FakeCall& call : kernel.calls(BPF_MAP_UPDATE_ELEM)) {
    s32 value = 0;
    std::memcpy(&value, call.value.data(), std::min(call.value.size(), sizeof value));
    written.emplace_back(static_cast<int>(call.attributes().map_elem.map_fd), value);
  }
  EXPECT_EQ(std::count(written.begin(), written.end(),
                       std::pair(object->map("outer")->fd().raw(), object->map("inner")->fd().raw())),
            1);
  EXPECT_EQ(std::count(written.begin(), written.end(),
                       std::pair(object->map("jumps")->fd().raw(), object->program("second")->fd().raw())),
            1);
}

TEST(Load, ReadOnlyDataIsBoundToProgramsThatDoNotReferToIt) {
  FakeKernel kernel;
  ASSERT_TRUE(Object::load(everything(), options_for(kernel)));
  EXPECT_EQ(kernel.calls(BPF_PROG_BIND_MAP).size(), 2);
}

TEST(Load, WhicheverCallFailsNothingIsLeft) {
  std::size_t calls = 0;
  {
    FakeKernel kernel;
    without_directory(kernel);
    ASSERT_TRUE(Object::load(everything(), options_for(kernel)));
    calls = kernel.calls().size();
  }
  ASSERT_GT(calls, 20);
  std::size_t refused = 0;
  for (const int sys_errno : {ENOMEM, EPERM, EINVAL, ENOSPC, EEXIST, EBUSY}) {
    for (u32 nth = 0; nth < calls; ++nth) {
      FakeKernel kernel;
      without_directory(kernel);
      const std::size_t before = open_descriptors();
      kernel.fail_call(nth, sys_errno);
      LoadReport report;
      auto object = Object::load(everything(), options_for(kernel), &report);
      const FakeCall failed = kernel.calls()[nth];
      const std::string what = cat("call ", nth, " (", name_of(failed.kind), " ",
                                   static_cast<u32>(failed.cmd), ") failing with ", errno_name(sys_errno));
      if (object) {
        // Some refusals are survived: then there is a note of it, or the call was only a look.
        const bool retried = failed.kind == kernel::CallKind::make_directory || failed.cmd == BPF_OBJ_PIN;
        EXPECT_TRUE(!report.notes.empty() || retried) << what;
        continue;
      }
      ++refused;
      EXPECT_EQ(open_descriptors(), before) << what << ": a descriptor is left";
      EXPECT_TRUE(kernel.pins().empty()) << what;
      EXPECT_TRUE(kernel.directories().empty()) << what;
      const std::string& message = object.error().message();
      EXPECT_TRUE(message.find("map '") != std::string::npos ||
                  message.find("program '") != std::string::npos)
          << what << ": " << message;
      EXPECT_EQ(object.error().sys_errno(), sys_errno) << what << ": " << message;
    }
  }
  EXPECT_GT(refused, calls * 3);
}

TEST(Load, ClosingTheObjectClosesEverything) {
  FakeKernel kernel;
  const std::size_t before = open_descriptors();
  {
    auto object = Object::load(everything(), options_for(kernel));
    ASSERT_TRUE(object);
    EXPECT_GT(open_descriptors(), before);
  }
  kernel.unlink("/sys/fs/bpf/skep/test/shared");
  EXPECT_EQ(open_descriptors(), before);
}

TEST(Load, ARefusalKeepsTheFirstErrnoAndTheWholeLog) {
  FakeKernel kernel;
  const std::string log =
      "0: R1=ctx() R10=fp0\n0: (bf) r0 = r9\nR9 !read_ok\nprocessed 1 insns (limit 1000000)\n";
  u32 attempts = 0;
  kernel.on_bpf = [&](bpf_cmd cmd, bpf_attr& attr) -> std::optional<int> {
    if (cmd != BPF_PROG_LOAD) {
      return std::nullopt;
    }
    ++attempts;
    if (attr.prog_load.log_level == 0) {
      return -EACCES;
    }
    attr.prog_load.log_true_size = 3'000'000;
    std::memcpy(reinterpret_cast<char*>(attr.prog_load.log_buf), log.c_str(), log.size() + 1);
    return attr.prog_load.log_size < 3'000'000 ? -ENOSPC : -EACCES;
  };
  ObjectSpec spec = empty_object();
  add_function(spec, "bad", {mov_imm(0, 0), leave()});
  add_program(spec, 0);
  LoadReport report;
  const auto object = Object::load(std::move(spec), options_for(kernel), &report);
  ASSERT_FALSE(object);
  EXPECT_EQ(attempts, 3);
  EXPECT_EQ(object.error().code(), Errc::verifier);
  EXPECT_EQ(object.error().sys_errno(), EACCES);
  ASSERT_NE(object.error().log(), nullptr);
  EXPECT_EQ(object.error().log()->text, log);
  EXPECT_FALSE(object.error().log()->truncated);
  EXPECT_NE(object.error().message().find("R9 !read_ok"), std::string::npos) << object.error().message();
  EXPECT_NE(object.error().message().find("program 'bad'"), std::string::npos) << object.error().message();
  ASSERT_TRUE(report.programs[0].error);
  EXPECT_EQ(report.programs[0].error->sys_errno(), EACCES);
}

TEST(Load, AnAttemptThatRunsOutOfLogIsNotReportedAsENOSPC) {
  FakeKernel kernel;  // as before Linux 6.4: no true size, ENOSPC whenever there is a log
  kernel.on_bpf = [](bpf_cmd cmd, bpf_attr& attr) -> std::optional<int> {
    return cmd != BPF_PROG_LOAD ? std::nullopt
                                : std::optional(attr.prog_load.log_level == 0 ? -E2BIG : -ENOSPC);
  };
  for (const u32 level : {0U, 1U, 2U}) {
    ObjectSpec spec = empty_object();
    add_function(spec, "endless", {mov_imm(0, 0), leave()});
    add_program(spec, 0);
    LoadOptions options = options_for(kernel);
    options.log_level = level;
    const auto object = Object::load(std::move(spec), options);
    ASSERT_FALSE(object);
    EXPECT_EQ(object.error().sys_errno(), E2BIG) << level;
    EXPECT_EQ(object.error().message().find("ENOSPC"), std::string::npos) << object.error().message();
  }
}

ObjectSpec many_programs(u32 count) {
  ObjectSpec spec = empty_object();
  for (u32 i = 0; i < count; ++i) {
    std::vector<bpf_insn> insns(1 + i % 7, mov_imm(0, static_cast<s32>(i)));
    insns.push_back(leave());
    add_function(spec, cat("p", i), std::move(insns));
    add_program(spec, i);
  }
  return spec;
}

TEST(Load, ParallelAndSerialLoadingReportTheSame) {
  std::vector<std::vector<std::string>> reports;
  for (const u32 jobs : {1U, 8U}) {
    FakeKernel kernel;
    // Every third program is refused, by what it does and not by when it comes.
    kernel.on_bpf = [](bpf_cmd cmd, bpf_attr& attr) -> std::optional<int> {
      const auto* insns = reinterpret_cast<const bpf_insn*>(attr.prog_load.insns);
      return cmd == BPF_PROG_LOAD && insns[0].imm % 3 == 1 ? std::optional(-EINVAL) : std::nullopt;
    };
    LoadReport report;
    const auto object = Object::load(many_programs(100), {.jobs = jobs, .kernel = &kernel}, &report);
    ASSERT_FALSE(object);
    EXPECT_NE(object.error().message().find("program 'p1'"), std::string::npos) << object.error().message();
    EXPECT_NE(object.error().message().find("and 32 more programs were refused"), std::string::npos)
        << object.error().message();
    std::vector<std::string> lines;
    for (const ProgramReport& program : report.programs) {
      lines.push_back(cat(program.name, program.loaded ? " loaded " : " refused ",
                          program.error ? program.error->message() : ""));
    }
    reports.push_back(std::move(lines));
  }
  EXPECT_EQ(reports[0], reports[1]);
}

TEST(Load, KeepGoingLeavesRefusedProgramsOut) {
  FakeKernel kernel;
  kernel.on_bpf = [](bpf_cmd cmd, bpf_attr& attr) -> std::optional<int> {
    const auto* insns = reinterpret_cast<const bpf_insn*>(attr.prog_load.insns);
    return cmd == BPF_PROG_LOAD && insns[0].imm == 2 ? std::optional(-EINVAL) : std::nullopt;
  };
  ObjectSpec spec = many_programs(4);
  spec.programs[3].type = BPF_PROG_TYPE_UNSPEC;
  LoadReport report;
  auto object = Object::load(std::move(spec), {.keep_going = true, .kernel = &kernel}, &report);
  ASSERT_TRUE(object) << object.error().message();
  EXPECT_NE(object->program("p1"), nullptr);
  EXPECT_EQ(object->program("p2"), nullptr);
  EXPECT_EQ(object->program("p3"), nullptr);
  EXPECT_TRUE(report.programs[2].error && report.programs[3].error);
  EXPECT_FALSE(report.programs[1].error);
}

TEST(Load, WhatCannotBePlannedReachesNoKernel) {
  FakeKernel kernel;
  ObjectSpec spec = many_programs(3);
  spec.programs[1].type = BPF_PROG_TYPE_UNSPEC;
  const auto object = Object::load(std::move(spec), {.kernel = &kernel, .facts = &some_facts()});
  ASSERT_FALSE(object);
  EXPECT_EQ(object.error().code(), Errc::invalid);
  EXPECT_TRUE(kernel.calls().empty());
}

ObjectSpec with_pinned(u32 value_bytes) {
  ObjectSpec spec = empty_object();
  const u32 map = add_map(spec, "shared", BPF_MAP_TYPE_HASH, 4, value_bytes, 16);
  spec.maps[map].pinning = Pinning::by_name;
  return spec;
}

TEST(Pinning, ACompatibleMapIsUsedAgain) {
  FakeKernel kernel;
  ASSERT_TRUE(Object::load(with_pinned(8), options_for(kernel)));
  ASSERT_TRUE(Object::load(with_pinned(8), options_for(kernel)));
  EXPECT_EQ(kernel.calls(BPF_MAP_CREATE).size(), 1);
  EXPECT_EQ(kernel.calls(BPF_OBJ_PIN).size(), 1);
}

TEST(Pinning, AnotherShapeIsRefusedFieldByField) {
  struct Case {
    void (*change)(MapSpec&);
    std::string_view text;
  };
  const std::vector<Case> cases = {
      {[](MapSpec& map) { map.value_bytes = 16; }, "its value size is 8, the object wants 16"},
      {[](MapSpec& map) { map.key_bytes = 8; }, "its key size is 4, the object wants 8"},
      {[](MapSpec& map) { map.max_entries = 1; }, "its max_entries is 16, the object wants 1"},
      {[](MapSpec& map) { map.type = BPF_MAP_TYPE_LRU_HASH; }, "its type is hash, the object wants lru_hash"},
      {[](MapSpec& map) { map.flags = BPF_F_NO_PREALLOC; }, "its map_flags is 0x0, the object wants 0x1"},
  };
  for (const Case& c : cases) {
    FakeKernel kernel;
    ASSERT_TRUE(Object::load(with_pinned(8), options_for(kernel)));
    ObjectSpec other = with_pinned(8);
    c.change(other.maps[0]);
    const auto object = Object::load(std::move(other), options_for(kernel));
    ASSERT_FALSE(object) << c.text;
    EXPECT_EQ(object.error().code(), Errc::busy) << "the object is not to blame";
    EXPECT_NE(object.error().message().find(c.text), std::string::npos) << object.error().message();
    EXPECT_EQ(kernel.pins().size(), 1) << "the pin that was there before is gone";
  }
}

TEST(Pinning, AProgramInTheMapsPlaceIsRefused) {
  FakeKernel kernel;
  ObjectSpec programs = empty_object();
  add_function(programs, "shared", {mov_imm(0, 0), leave()});
  add_program(programs, 0);
  auto there = Object::load(std::move(programs), options_for(kernel));
  ASSERT_TRUE(there);
  ASSERT_TRUE(there->program("shared")->pin("/sys/fs/bpf/skep/test/shared"));
  const auto object = Object::load(with_pinned(8), options_for(kernel));
  ASSERT_FALSE(object);
  EXPECT_EQ(object.error().code(), Errc::busy);
  EXPECT_NE(object.error().message().find("is no map: want a bpf-map, have a bpf-prog"), std::string::npos)
      << object.error().message();
  EXPECT_EQ(kernel.pins().size(), 1);
}

TEST(Pinning, ALostRaceIsRunAgainWithTheOthersMap) {
  FakeKernel kernel;
  ASSERT_TRUE(Object::load(with_pinned(8), options_for(kernel)));
  // The first look finds nothing, as if the other process had pinned it just after.
  kernel.fail_command(BPF_OBJ_GET, 0, ENOENT);
  auto object = Object::load(with_pinned(8), options_for(kernel));
  ASSERT_TRUE(object) << object.error().message();
  EXPECT_EQ(kernel.calls(BPF_OBJ_GET).size(), 3);
  EXPECT_EQ(kernel.pins().size(), 1);
}

TEST(Pinning, ALostRaceIsReportedAsTheSecondAttemptWent) {
  FakeKernel kernel;
  ASSERT_TRUE(Object::load(with_pinned(8), options_for(kernel)));
  kernel.fail_command(BPF_OBJ_GET, 0, ENOENT);
  kernel.on_bpf = [](bpf_cmd cmd, bpf_attr& attr) -> std::optional<int> {
    const bool refused = cmd == BPF_MAP_CREATE && attr.map_create.btf_key_type_id != 0;
    return refused ? std::optional(-EINVAL) : std::nullopt;
  };
  ObjectSpec spec = with_pinned(8);
  btf::BtfEditor editor;
  const u32 number = editor.add_int("int", 4, BTF_INT_SIGNED);
  spec.btf = std::make_shared<const btf::Btf>(editor.finish().value());
  const u32 typed = add_map(spec, "typed", BPF_MAP_TYPE_ARRAY, 4, 4, 1);
  spec.maps[typed].key_type_id = number;
  spec.maps[typed].value_type_id = number;
  LoadReport report;
  auto object = Object::load(std::move(spec), options_for(kernel), &report);
  ASSERT_TRUE(object) << object.error().message();
  ASSERT_EQ(report.notes.size(), 1);
  EXPECT_NE(report.notes[0].find("'typed': created without its BTF types"), std::string::npos);
}

TEST(Pinning, AWholeObjectIsPinnedOrNothingOfIt) {
  FakeKernel kernel;
  auto object = Object::load(everything(), options_for(kernel));
  ASSERT_TRUE(object);
  kernel.fail_command(BPF_OBJ_PIN, 4, ENOMEM);
  EXPECT_FALSE(object->pin("/sys/fs/bpf/kept"));
  EXPECT_EQ(kernel.pins().size(), 1);
  ASSERT_TRUE(object->pin("/sys/fs/bpf/kept"));
  EXPECT_EQ(kernel.pins().size(), 1 + object->maps().size() + object->programs().size());
}

TEST(Pinning, AnotherFileSystemIsNamedAsTheCause) {
  for (const int sys_errno : {EPERM, ENOENT}) {
    FakeKernel kernel;
    kernel.filesystem = 0xef53;
    kernel.on_bpf = [sys_errno](bpf_cmd cmd, bpf_attr&) {
      return cmd == BPF_OBJ_PIN ? std::optional(-sys_errno) : std::nullopt;
    };
    const auto object = Object::load(with_pinned(8), options_for(kernel));
    ASSERT_FALSE(object);
    EXPECT_EQ(object.error().code(), Errc::kernel) << "the object is not to blame";
    EXPECT_NE(object.error().message().find("not on a bpf file system"), std::string::npos)
        << object.error().message();
    EXPECT_TRUE(kernel.directories().empty());
  }
}

TEST(Pinning, ADirectoryThatCannotBeMadeNamesTheFileSystemToo) {
  FakeKernel kernel;
  kernel.filesystem = 0x62656572;  // sysfs, as /sys/fs/bpf is before anybody mounts
  auto object = Object::load(everything(), options_for(kernel));
  ASSERT_TRUE(object);
  kernel.fail_kind(kernel::CallKind::make_directory, 0, EPERM);
  const auto pinned = object->pin("/sys/fs/bpf/kept");
  ASSERT_FALSE(pinned);
  EXPECT_EQ(pinned.error().message(),
            "make directory /sys/fs/bpf/kept: EPERM (Operation not permitted): /sys/fs/bpf is not on a bpf "
            "file system (mount -t bpf bpf /sys/fs/bpf)");
}

TEST(Load, OldKernelsDoWithoutMappedDataAndSayIt) {
  FakeKernel kernel;
  const host::Facts old(host::KnownFacts{.features = {{host::Feature::array_mmap, host::Tri::no}}});
  LoadOptions options = options_for(kernel);
  options.facts = &old;
  LoadReport report;
  auto object = Object::load(everything(), options, &report);
  ASSERT_TRUE(object) << object.error().message();
  EXPECT_EQ(report.notes.size(), 3);
  for (const FakeCall& call : kernel.calls(BPF_MAP_CREATE)) {
    EXPECT_EQ(call.attributes().map_create.map_flags & BPF_F_MMAPABLE, 0);
  }
  Variable counter = object->variable("counter").value();
  EXPECT_TRUE(counter.mapped().empty());
  ASSERT_TRUE(counter.as<u32>().value().store(9));
  EXPECT_EQ(counter.as<u32>().value().load().value(), 9);
}

TEST(Load, WorksOnADryKernelAndUnderATracer) {
  kernel::DryKernel dry;
  std::vector<std::string> told;
  kernel::TracingKernel tracer(
      dry, [&](const kernel::CallEvent& event) { told.push_back(std::string(name_of(event.kind))); });
  auto object = Object::load(everything(), options_for(tracer));
  ASSERT_TRUE(object) << object.error().message();
  EXPECT_GT(told.size(), 15);
}

}  // namespace
}  // namespace skep::load
