// Commands on maps: exactly which bytes reach bpf(2), how many, and what a refusal says.
#include <array>
#include <cerrno>

#include "kernel/map.h"
#include "kernel/map_batch.h"
#include "kernel_calls/exact.h"

namespace skep::kernel {
namespace {

TEST(MapCreate, PassesEveryField) {
  FakeKernel kernel;
  answer_all(kernel, -EINVAL);
  const std::array<std::byte, 32> hash{std::byte{1}};
  EXPECT_FALSE(map_create(kernel, {.type = BPF_MAP_TYPE_HASH,
                                   .key_bytes = 4,
                                   .value_bytes = 8,
                                   .max_entries = 10,
                                   .flags = 1,
                                   .name = "hits",
                                   .inner_map_fd = 11,
                                   .numa_node = 12,
                                   .ifindex = 13,
                                   .btf_fd = 14,
                                   .btf_key_type_id = 15,
                                   .btf_value_type_id = 16,
                                   .btf_vmlinux_value_type_id = 17,
                                   .map_extra = 18,
                                   .value_type_btf_obj_fd = 19,
                                   .token_fd = 20,
                                   .exclusive_program_hash = hash}));
  auto want = zeroed<bpf_attr_map_create>();
  want.map_type = 1;
  want.key_size = 4;
  want.value_size = 8;
  want.max_entries = 10;
  want.map_flags = 1;
  want.inner_map_fd = 11;
  want.numa_node = 12;
  std::memcpy(want.map_name, "hits", 4);
  want.map_ifindex = 13;
  want.btf_fd = 14;
  want.btf_key_type_id = 15;
  want.btf_value_type_id = 16;
  want.btf_vmlinux_value_type_id = 17;
  want.map_extra = 18;
  want.value_type_btf_obj_fd = 19;
  want.map_token_fd = 20;
  want.excl_prog_hash = address_of(hash.data());
  want.excl_prog_hash_size = 32;
  expect_last_call(kernel, BPF_MAP_CREATE, want, 92);
}

TEST(MapCreate, LeavesDescriptorsThatAreNotGivenZero) {
  FakeKernel kernel;
  ASSERT_TRUE(
      map_create(kernel, {.type = BPF_MAP_TYPE_HASH, .key_bytes = 4, .value_bytes = 8, .max_entries = 1}));
  auto want = zeroed<bpf_attr_map_create>();
  want.map_type = 1;
  want.key_size = 4;
  want.value_size = 8;
  want.max_entries = 1;
  expect_last_call(kernel, BPF_MAP_CREATE, want, 92);
}

TEST(MapCreate, CutsNamesSoThatANulFollows) {
  FakeKernel kernel;
  ASSERT_TRUE(map_create(kernel, {.type = BPF_MAP_TYPE_HASH,
                                  .key_bytes = 4,
                                  .value_bytes = 4,
                                  .max_entries = 1,
                                  .name = "a_name_that_is_too_long"}));
  EXPECT_STREQ(kernel.calls().back().attributes().map_create.map_name, "a_name_that_is_");
}

TEST(MapCreate, RefusalKeepsErrnoAndNamesTheMap) {
  FakeKernel kernel;
  kernel.fail_call(0, EPERM);
  const auto fd =
      map_create(kernel, {.type = BPF_MAP_TYPE_HASH, .key_bytes = 4, .value_bytes = 8, .name = "hits"});
  ASSERT_FALSE(fd);
  EXPECT_EQ(fd.error().sys_errno(), EPERM);
  EXPECT_EQ(fd.error().code(), Errc::denied);
  EXPECT_EQ(fd.error().message(), "create map 'hits': EPERM (Operation not permitted)");
}

TEST(MapCreate, WithALogUsesTheFiveArgumentForm) {
  FakeKernel kernel;
  std::array<char, 64> text{};
  CommonLog log{.buffer = text, .level = 1};
  ASSERT_TRUE(map_create(
      kernel, {.type = BPF_MAP_TYPE_HASH, .key_bytes = 4, .value_bytes = 8, .max_entries = 1}, &log));
  const FakeCall call = kernel.calls().back();
  EXPECT_EQ(call.kind, CallKind::bpf_common);
  ASSERT_EQ(call.common.size(), sizeof(bpf_common_attr));
  bpf_common_attr common;
  std::memcpy(&common, call.common.data(), sizeof common);
  EXPECT_EQ(common.log_buf, address_of(text.data()));
  EXPECT_EQ(common.log_size, 64U);
  EXPECT_EQ(common.log_level, 1U);
}

struct ElementCase {
  bpf_cmd cmd;
  u32 bytes;
  std::string_view subject;
  Result<void> (*call)(Kernel&, const MapElement&, void*);
};

TEST(MapElement, EachCommandPassesWhatItReads) {
  const u32 key = 1;
  u64 value = 2;
  const ElementCase cases[] = {
      {BPF_MAP_LOOKUP_ELEM, 32, "look up a map element",
       [](Kernel& kernel, const MapElement& at, void* to) { return map_lookup(kernel, at, to); }},
      {BPF_MAP_UPDATE_ELEM, 32, "update a map element",
       [](Kernel& kernel, const MapElement& at, void* from) { return map_update(kernel, at, from); }},
      {BPF_MAP_LOOKUP_AND_DELETE_ELEM, 32, "take out a map element",
       [](Kernel& kernel, const MapElement& at, void* to) { return map_lookup_and_delete(kernel, at, to); }},
  };
  for (const ElementCase& each : cases) {
    FakeKernel kernel;
    kernel.fail_call(0, ENOENT);
    const auto result = each.call(kernel, {.map_fd = 9, .key = &key, .flags = 4}, &value);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), Errc::not_found);
    EXPECT_TRUE(result.error().message().starts_with(each.subject)) << result.error().message();
    auto want = zeroed<bpf_attr_map_elem>();
    want.map_fd = 9;
    want.key = address_of(&key);
    want.value = address_of(&value);
    want.flags = 4;
    expect_last_call(kernel, each.cmd, want, each.bytes);
  }
}

TEST(MapElement, DeleteFreezeAndNextKeyStopEarlier) {
  FakeKernel kernel;
  answer_all(kernel, 0);
  const u32 key = 1;
  u32 next = 0;
  auto want = zeroed<bpf_attr_map_elem>();
  want.map_fd = 9;
  ASSERT_TRUE(map_freeze(kernel, 9));
  expect_last_call(kernel, BPF_MAP_FREEZE, want, 4);
  want.key = address_of(&key);
  ASSERT_TRUE(map_delete(kernel, {.map_fd = 9, .key = &key}));
  expect_last_call(kernel, BPF_MAP_DELETE_ELEM, want, 16);
  want.next_key = address_of(&next);
  ASSERT_TRUE(map_next_key(kernel, 9, &key, &next).value());
  expect_last_call(kernel, BPF_MAP_GET_NEXT_KEY, want, 24);
}

TEST(MapElement, TheLastKeyIsNoError) {
  FakeKernel kernel;
  kernel.fail_command(BPF_MAP_GET_NEXT_KEY, 0, ENOENT);
  u32 next = 0;
  const auto more = map_next_key(kernel, 9, nullptr, &next);
  ASSERT_TRUE(more);
  EXPECT_FALSE(*more);
}

TEST(MapBatch, LookupPassesCursorsAndReportsTheCount) {
  FakeKernel kernel;
  kernel.on_bpf = [](bpf_cmd, bpf_attr& attr) {
    attr.batch.count = 2;
    return -ENOENT;
  };
  std::array<u32, 4> keys{};
  std::array<u64, 4> values{};
  const u32 from = 5;
  u32 cursor = 0;
  MapBatchLookup want_lookup{.map_fd = 9,
                             .from = &from,
                             .cursor = &cursor,
                             .keys = keys.data(),
                             .values = values.data(),
                             .count = 4,
                             .elem_flags = 4};
  const auto walk = map_lookup_batch(kernel, want_lookup);
  ASSERT_TRUE(walk);
  EXPECT_EQ(*walk, MapWalk::finished);
  EXPECT_EQ(want_lookup.count, 2U);
  auto want = zeroed<bpf_attr_batch>();
  want.in_batch = address_of(&from);
  want.out_batch = address_of(&cursor);
  want.keys = address_of(keys.data());
  want.values = address_of(values.data());
  want.count = 4;
  want.map_fd = 9;
  want.elem_flags = 4;
  expect_last_call(kernel, BPF_MAP_LOOKUP_BATCH, want, 56);
}

TEST(MapBatch, AFailedUpdateTellsHowManyWereDone) {
  FakeKernel kernel;
  kernel.on_bpf = [](bpf_cmd, bpf_attr& attr) {
    attr.batch.count = 1;
    return -E2BIG;
  };
  const std::array<u32, 2> keys{};
  MapBatch batch{.map_fd = 9, .keys = keys.data(), .values = keys.data(), .count = 2};
  EXPECT_FALSE(map_update_batch(kernel, batch));
  EXPECT_EQ(batch.count, 1U);
  EXPECT_EQ(kernel.calls().back().cmd, BPF_MAP_UPDATE_BATCH);
  batch.count = 2;
  EXPECT_FALSE(map_delete_batch(kernel, batch));
  EXPECT_EQ(kernel.calls().back().cmd, BPF_MAP_DELETE_BATCH);
}

TEST(MapBatch, UpdateAndDeletePassWhatTheyRead) {
  FakeKernel kernel;
  answer_all(kernel, 0);
  const std::array<u32, 2> keys{};
  const std::array<u64, 2> values{};
  MapBatch batch{.map_fd = 9, .keys = keys.data(), .values = values.data(), .count = 2, .elem_flags = 1};
  ASSERT_TRUE(map_update_batch(kernel, batch));
  auto want = zeroed<bpf_attr_batch>();
  want.keys = address_of(keys.data());
  want.values = address_of(values.data());
  want.count = 2;
  want.map_fd = 9;
  want.elem_flags = 1;
  expect_last_call(kernel, BPF_MAP_UPDATE_BATCH, want, 56);
  EXPECT_EQ(batch.count, 2U);
}

}  // namespace
}  // namespace skep::kernel
