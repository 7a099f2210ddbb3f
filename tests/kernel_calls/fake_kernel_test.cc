// The fake kernel is a model worth testing against: it refuses what Linux refuses and shows leaks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <filesystem>

#include "kernel/btf.h"
#include "kernel/fake_kernel.h"
#include "kernel/map.h"
#include "kernel/memory.h"
#include "kernel/obj.h"
#include "kernel/prog.h"

namespace skep::kernel {
namespace {

TEST(MapCreate, RefusalKeepsErrnoAndNamesTheMap) {
  FakeKernel kernel;
  kernel.fail_call(0, EPERM);
  const auto fd = map_create(kernel, {.type = BPF_MAP_TYPE_HASH, .key_bytes = 4, .value_bytes = 8, .name = "hits"});
  ASSERT_FALSE(fd);
  EXPECT_EQ(fd.error().sys_errno(), EPERM);
  EXPECT_EQ(fd.error().code(), Errc::denied);
  EXPECT_EQ(fd.error().message(), "create map 'hits': EPERM (Operation not permitted)");
}

TEST(FakeKernel, ArrayElementsAreTheMappedMemory) {
  FakeKernel kernel;
  auto fd = map_create(kernel, {.type = BPF_MAP_TYPE_ARRAY, .key_bytes = 4, .value_bytes = 12, .max_entries = 3});
  ASSERT_TRUE(fd);
  auto memory = map_memory(kernel, {.bytes = 4096, .fd = fd->raw(), .writable = true});
  ASSERT_TRUE(memory) << memory.error().message();
  static_cast<u32*>(*memory)[4] = 77;  // element 1 begins at byte 16
  const u32 key = 1;
  std::array<u32, 3> value{};
  ASSERT_TRUE(map_lookup(kernel, {.map_fd = fd->raw(), .key = &key}, value.data()));
  EXPECT_EQ(value[0], 77U);
  EXPECT_TRUE(unmap_memory(kernel, *memory, 4096));
}

}  // namespace
}  // namespace skep::kernel
