// The kernels themselves: the fake shows leaks and fails on demand, the tracing one tells, the dry one does nothing, the real one works.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <mutex>
#include <thread>

#include "kernel/btf.h"
#include "kernel/dry_kernel.h"
#include "kernel/fake_kernel.h"
#include "kernel/host_kernel.h"
#include "kernel/ids.h"
#include "kernel/info.h"
#include "kernel/map.h"
#include "kernel/map_batch.h"
#include "kernel/memory.h"
#include "kernel/obj.h"
#include "kernel/prog.h"
#include "kernel/prog_run.h"
#include "kernel/tracing_kernel.h"
#include "support/permitted.h"

namespace skep::kernel {
namespace {

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

constexpr MapCreate small_array{
    .type = BPF_MAP_TYPE_ARRAY, .key_bytes = 4, .value_bytes = 12, .max_entries = 3};
constexpr MapCreate small_hash{.type = BPF_MAP_TYPE_HASH, .key_bytes = 4, .value_bytes = 8, .max_entries = 2};
constexpr std::array<bpf_insn, 2> return_seven{
    bpf_insn{.code = 0xb7, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 7},
    bpf_insn{.code = 0x95, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0}};

TEST(FakeKernel, ALeakShowsInProcSelfFd) {
  FakeKernel kernel;
  const std::size_t before = open_descriptors();
  auto map = map_create(kernel, small_hash);
  ASSERT_TRUE(map);
  EXPECT_GE(map->raw(), 3);
  EXPECT_EQ(open_descriptors(), before + 1);
  const int leaked = map->release();
  EXPECT_EQ(open_descriptors(), before + 1);
  ::close(leaked);
  EXPECT_EQ(open_descriptors(), before);
}

TEST(FakeKernel, FailsTheCallThatIsMeant) {
  FakeKernel kernel;
  kernel.fail_call(1, ENOMEM);
  kernel.fail_command(BPF_PROG_LOAD, 0, EACCES);
  kernel.fail_kind(CallKind::map_memory, 0, EPERM);
  EXPECT_TRUE(map_create(kernel, small_hash));
  EXPECT_EQ(map_create(kernel, small_hash).error().sys_errno(), ENOMEM);
  EXPECT_TRUE(map_create(kernel, small_hash));
  EXPECT_EQ(prog_load(kernel, {.insns = return_seven}).error().sys_errno(), EACCES);
  EXPECT_TRUE(prog_load(kernel, {.insns = return_seven}));
  EXPECT_EQ(map_memory(kernel, {.bytes = 4096}).error().sys_errno(), EPERM);
  EXPECT_EQ(kernel.calls().size(), 6U);
  EXPECT_EQ(kernel.calls(BPF_MAP_CREATE).at(1).result, -ENOMEM);
}

TEST(FakeKernel, ArrayElementsAreTheMappedMemory) {
  FakeKernel kernel;
  auto map = map_create(kernel, small_array);
  ASSERT_TRUE(map);
  auto memory = map_memory(kernel, {.bytes = 4096, .fd = map->raw(), .writable = true});
  ASSERT_TRUE(memory) << memory.error().message();
  static_cast<u32*>(*memory)[4] = 77;  // element 1 begins at byte 16
  const u32 key = 1;
  std::array<u32, 3> value{};
  ASSERT_TRUE(map_lookup(kernel, {.map_fd = map->raw(), .key = &key}, value.data()));
  EXPECT_EQ(value[0], 77U);
  EXPECT_TRUE(unmap_memory(kernel, *memory, 4096));
  const u32 past = 3;
  EXPECT_EQ(map_lookup(kernel, {.map_fd = map->raw(), .key = &past}, value.data()).error().sys_errno(),
            ENOENT);
}

TEST(FakeKernel, PerCpuValuesHaveACopyPerProcessor) {
  FakeKernel kernel;
  kernel.processors = 3;
  auto map = map_create(
      kernel, {.type = BPF_MAP_TYPE_PERCPU_HASH, .key_bytes = 4, .value_bytes = 4, .max_entries = 1});
  ASSERT_TRUE(map);
  const u32 key = 1;
  const std::array<u64, 3> copies{1, 2, 3};
  ASSERT_TRUE(map_update(kernel, {.map_fd = map->raw(), .key = &key}, copies.data()));
  std::array<u64, 3> back{};
  ASSERT_TRUE(map_lookup(kernel, {.map_fd = map->raw(), .key = &key}, back.data()));
  EXPECT_EQ(back, copies);
}

TEST(FakeKernel, HashRefusesWhatLinuxRefuses) {
  FakeKernel kernel;
  auto map = map_create(kernel, small_hash);
  ASSERT_TRUE(map);
  u64 value = 5;
  u32 key = 1;
  MapElement at{.map_fd = map->raw(), .key = &key};
  EXPECT_EQ(map_lookup(kernel, at, &value).error().code(), Errc::not_found);
  at.flags = 2;  // BPF_EXIST
  EXPECT_EQ(map_update(kernel, at, &value).error().sys_errno(), ENOENT);
  at.flags = 1;  // BPF_NOEXIST
  ASSERT_TRUE(map_update(kernel, at, &value));
  EXPECT_EQ(map_update(kernel, at, &value).error().sys_errno(), EEXIST);
  at.flags = 0;
  key = 2;
  ASSERT_TRUE(map_update(kernel, at, &value));
  key = 3;
  EXPECT_EQ(map_update(kernel, at, &value).error().sys_errno(), E2BIG);
  std::array<u32, 4> keys{};
  std::array<u64, 4> values{};
  u32 cursor = 0;
  MapBatchLookup batch{
      .map_fd = map->raw(), .cursor = &cursor, .keys = keys.data(), .values = values.data(), .count = 4};
  EXPECT_EQ(map_lookup_batch(kernel, batch).value(), MapWalk::finished);
  EXPECT_EQ(batch.count, 2U);
  EXPECT_EQ(values[1], 5U);
  ASSERT_TRUE(map_freeze(kernel, map->raw()));
  key = 1;
  EXPECT_EQ(map_delete(kernel, at).error().code(), Errc::denied);
}

TEST(FakeKernel, PinsOutliveDescriptorsAndInfoDescribes) {
  FakeKernel kernel;
  {
    MapCreate named = small_hash;
    named.name = "hits";
    auto map = map_create(kernel, named);
    ASSERT_TRUE(map);
    ASSERT_TRUE(obj_pin(kernel, {.fd = map->raw(), .path = "/sys/fs/bpf/hits"}));
    EXPECT_EQ(obj_pin(kernel, {.fd = map->raw(), .path = "/sys/fs/bpf/hits"}).error().sys_errno(), EEXIST);
  }
  auto again = obj_get(kernel, {.path = "/sys/fs/bpf/hits"});
  ASSERT_TRUE(again);
  const auto info = map_info(kernel, again->raw());
  ASSERT_TRUE(info);
  EXPECT_STREQ(info->name, "hits");
  EXPECT_EQ(info->value_size, 8U);
  EXPECT_EQ(next_id(kernel, ObjectKind::map, 0).value(), info->id);
  EXPECT_TRUE(open_id(kernel, ObjectKind::map, info->id));
  EXPECT_EQ(kernel.pins().size(), 1U);
  ASSERT_TRUE(obj_unpin(kernel, "/sys/fs/bpf/hits"));
  EXPECT_TRUE(kernel.pins().empty());
  EXPECT_EQ(obj_get(kernel, {.path = "/sys/fs/bpf/hits"}).error().code(), Errc::not_found);
}

TEST(TracingKernel, TellsAttributesBeforeAndAfterFromEveryThread) {
  FakeKernel inner;
  inner.on_bpf = [](bpf_cmd, bpf_attr& attr) {
    attr.prog_load.log_true_size = 12;
    return -EINVAL;
  };
  std::mutex mutex;
  u32 told = 0;
  TracingKernel kernel(inner, [&](const CallEvent& event) {
    const std::lock_guard lock(mutex);
    ++told;
    EXPECT_EQ(event.result, -EINVAL);
    EXPECT_EQ(event.cmd, BPF_PROG_LOAD);
    ASSERT_EQ(event.attr_before.size(), event.attr_after.size());
    EXPECT_NE(0, std::memcmp(event.attr_before.data(), event.attr_after.data(), event.attr_after.size()));
  });
  std::array<std::thread, 4> threads;
  for (std::thread& thread : threads) {
    thread = std::thread([&] { EXPECT_FALSE(prog_load(kernel, {.insns = return_seven})); });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(told, 4U);
}

TEST(TracingKernel, TellsFileCalls) {
  FakeKernel inner;
  std::vector<std::string> told;
  TracingKernel kernel(inner, [&](const CallEvent& event) {
    told.push_back(cat(name_of(event.kind), " ", event.path, " ", event.result));
  });
  EXPECT_TRUE(make_pin_directory(kernel, "/a").value());
  EXPECT_FALSE(make_pin_directory(kernel, "/a").value());
  EXPECT_EQ(obj_unpin(kernel, "/b").error().code(), Errc::not_found);
  EXPECT_TRUE(is_bpf_filesystem(kernel, "/a").value());
  EXPECT_EQ(told,
            (std::vector<std::string>{"mkdir /a 0", "mkdir /a -17", "unlink /b -2", "statfs /a 3405662737"}));
}

TEST(DryKernel, AnswersEveryCommandAndClosesNobodysDescriptor) {
  DryKernel kernel;
  const std::size_t before = open_descriptors();
  for (const CommandRow& command : command_rows) {
    bpf_attr attr{};
    const int result = kernel.bpf(command.cmd, &attr, sizeof attr);
    if (result > 0) {
      EXPECT_GE(result, 3) << command.name;
      EXPECT_EQ(::fcntl(result, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC) << command.name;
      ::close(result);
    }
    EXPECT_TRUE(result >= 0 || result == -ENOENT) << command.name;
  }
  auto map = map_create(kernel, small_array);
  ASSERT_TRUE(map);
  auto memory = map_memory(kernel, {.bytes = 4096, .fd = map->raw()});
  ASSERT_TRUE(memory);
  EXPECT_TRUE(unmap_memory(kernel, *memory, 4096));
  map->reset();
  EXPECT_EQ(open_descriptors(), before);
}

TEST(HostKernel, CreatesAMapAndRunsAProgram) {
  HostKernel kernel;
  auto map = map_create(kernel, small_array);
  if (!map) {
    SKEP_SKIP_UNLESS_PERMITTED(map.error());
  }
  ASSERT_TRUE(map) << map.error().message();
  const u32 key = 2;
  std::array<u32, 3> value{1, 2, 3};
  ASSERT_TRUE(map_update(kernel, {.map_fd = map->raw(), .key = &key}, value.data()));
  value = {};
  ASSERT_TRUE(map_lookup(kernel, {.map_fd = map->raw(), .key = &key}, value.data()));
  EXPECT_EQ(value, (std::array<u32, 3>{1, 2, 3}));
  const auto info = map_info(kernel, map->raw());
  ASSERT_TRUE(info) << info.error().message();
  EXPECT_EQ(info->value_size, 12U);

  auto prog = prog_load(
      kernel,
      {.type = BPF_PROG_TYPE_SOCKET_FILTER, .name = "seven", .insns = return_seven, .license = "GPL"});
  ASSERT_TRUE(prog) << prog.error().message();
  const std::array<std::byte, 64> packet{};
  ProgTestRun run{.prog_fd = prog->raw(), .data_in = packet};
  ASSERT_TRUE(prog_test_run(kernel, run));
  EXPECT_EQ(run.retval, 7U);
}

TEST(HostKernel, TheVerifiersLogComesBack) {
  HostKernel kernel;
  std::array<char, 4096> text{};
  ProgLog log{.buffer = text, .level = 1};
  const auto prog = prog_load(kernel,
                              {.type = BPF_PROG_TYPE_SOCKET_FILTER,
                               .name = "no_exit",
                               .insns = std::span(return_seven).first(1),
                               .license = "GPL"},
                              &log);
  ASSERT_FALSE(prog);
  SKEP_SKIP_UNLESS_PERMITTED(prog.error());
  EXPECT_EQ(prog.error().sys_errno(), EINVAL);
  EXPECT_FALSE(until_nul({text.data(), text.size()}).empty());
}

TEST(HostKernel, DescriptorsStayAboveTheStandardStreams) {
  HostKernel kernel;
  const int kept = ::dup(0);
  ASSERT_GE(kept, 0);
  ::close(0);
  const int directory = kernel.open_directory("/");
  ::dup2(kept, 0);
  ::close(kept);
  EXPECT_GE(directory, 3);
  EXPECT_EQ(::fcntl(directory, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
  ::close(directory);
  EXPECT_EQ(kernel.open_directory("/no/such/directory"), -ENOENT);
}

}  // namespace
}  // namespace skep::kernel
