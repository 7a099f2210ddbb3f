// What needs a kernel of its own: programs that could see other processes, programs by the hundred, real pins, and listings of everything that is loaded.
// tests/kernel/run boots one; nothing of this runs on the machine itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "base/text.h"
#include "kernel/host_kernel.h"
#include "kernel/ids.h"
#include "kernel/info.h"
#include "load/spec_builder.h"
#include "load/this_machine.h"
#include "objects/objects.h"
#include "skep/object.h"
#include "support/permitted.h"
#include "support/release.h"

namespace skep::load {
namespace {

using testing::HasSubstr;

/// How many programs, maps and BTFs there are.
using Counts = std::array<std::size_t, 3>;

Counts count_ids() {
  Counts counts{};
  for (std::size_t i = 0; i < counts.size(); ++i) {
    constexpr std::array kinds{kernel::ObjectKind::prog, kernel::ObjectKind::map, kernel::ObjectKind::btf};
    u32 id = 0;
    while (const auto next = kernel::next_id(this_kernel(), kinds.at(i), id).value()) {
      id = *next;
      ++counts.at(i);
    }
  }
  return counts;
}

/// The kernel frees some time after the last descriptor is closed.
Counts count_ids_down_to(const Counts& expected) {
  Counts counts = count_ids();
  for (int tries = 0; counts != expected && tries < 100; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    counts = count_ids();
  }
  return counts;
}

class OwnKernel : public testing::Test {
 protected:
  // What ran before this may still be on its way out.
  static void SetUpTestSuite() {
    Counts last{};
    while (test::in_guest() && last != count_ids()) {
      last = count_ids();
      std::this_thread::sleep_for(std::chrono::milliseconds(500));
    }
  }
  void SetUp() override {
    ASSERT_TRUE(test::in_guest()) << "this belongs into a guest: tests/kernel/run";
    before_ = count_ids();
  }
  void TearDown() override {
    if (!HasFatalFailure()) {
      EXPECT_EQ(count_ids_down_to(before_), before_) << "something is left";
    }
  }

  Counts before_{};
};

/// A program of sections_btf_target, and what kernels say to it.
struct Target {
  const char* program;
  const char* refusal;  ///< part of the error's message; null: it loads
  bool since_5_11 = false;
  bool since_6_0 = false;
};

class AttachTargets : public OwnKernel, public testing::WithParamInterface<Target> {};

TEST_P(AttachTargets, AreFoundByTheirBtfIds) {
  auto spec = ObjectSpec::read_file(objects::path_of("sections_btf_target"));
  ASSERT_TRUE(spec) << spec.error().message();
  for (ProgramSpec& program : spec->programs) {
    program.autoload = program.name == GetParam().program;
  }
  if (GetParam().since_5_11) {
    SKEP_SKIP_BEFORE(5, 11, "has no such hook");
  }
  if (GetParam().since_6_0) {
    SKEP_SKIP_BEFORE(6, 0, "has no such programs");
  }
  auto object = Object::load(std::move(*spec));
  if (GetParam().refusal != nullptr) {
    ASSERT_FALSE(object);
    EXPECT_THAT(object.error().message(), HasSubstr(GetParam().refusal));
    return;
  }
  ASSERT_TRUE(object) << object.error().message();
  ASSERT_EQ(object->programs().size(), 1);
  if (test::is_before(6, 0)) {
    return;  // loaded; the kernel does not tell where it attaches
  }
  const auto info = kernel::prog_info(this_kernel(), object->programs()[0].fd().raw());
  ASSERT_TRUE(info) << info.error().message();
  EXPECT_NE(info->attach_btf_id, 0);
}

constexpr auto targets = std::to_array<Target>({
    {"on_fentry", nullptr},
    {"on_fexit", nullptr},
    {"on_fmod_ret", nullptr},
    {"on_tp_btf", nullptr},
    {"on_lsm", nullptr},
    {"on_lsm_sleepable", nullptr, true},
    {"on_lsm_cgroup", nullptr, false, true},
    {"on_iter", nullptr},
    {"on_iter_sleepable", nullptr},
    {"on_fentry_sleepable", "sleepable"},  // tcp_connect() may not sleep
});
INSTANTIATE_TEST_SUITE_P(Fixture, AttachTargets, testing::ValuesIn(targets),
                         [](const auto& target) { return std::string(target.param.program); });

/// A function that returns `value`, as a program.
void add_returning(ObjectSpec& spec, s32 value) {
  add_program(spec, add_function(spec, cat("returns_", value), {mov_imm(0, value), leave()}));
}

TEST_F(OwnKernel, TakesTwoHundredProgramsAtOnce) {
  ObjectSpec spec = empty_object();
  for (s32 i = 0; i < 200; ++i) {
    add_returning(spec, i);
  }
  auto object = Object::load(std::move(spec));
  ASSERT_TRUE(object) << object.error().message();
  ASSERT_EQ(object->programs().size(), 200);
  EXPECT_EQ(count_ids()[0], before_[0] + 200);
  const std::vector<std::byte> packet(64);
  for (u32 i = 0; i < 200; ++i) {
    const auto result = object->programs()[i].test_run({.data_in = packet});
    ASSERT_TRUE(result) << result.error().message();
    EXPECT_EQ(result->return_value, i);
  }
}

const LoadOptions pinned_here{.pin_root = "/sys/fs/bpf/test_kernel/below"};
const std::string pin = pinned_here.pin_root + "/shared";

ObjectSpec with_pinned(u32 max_entries) {
  ObjectSpec spec = empty_object();
  spec.maps[add_map(spec, "shared", BPF_MAP_TYPE_HASH, 4, 8, max_entries)].pinning = Pinning::by_name;
  return spec;
}

TEST_F(OwnKernel, MapsPinnedByNameAreSharedWithWhoeverWantsTheSame) {
  {
    auto first = Object::load(with_pinned(16), pinned_here);
    ASSERT_TRUE(first) << first.error().message();
    ASSERT_TRUE((first->map("shared")->as<u32, u64>().value().update(1, 42)));
  }
  ASSERT_TRUE(std::filesystem::exists(pin));
  auto second = Object::load(with_pinned(16), pinned_here);
  ASSERT_TRUE(second) << second.error().message();
  EXPECT_EQ((second->map("shared")->as<u32, u64>().value().lookup(1).value()), 42);

  const auto other = Object::load(with_pinned(17), pinned_here);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code(), Errc::busy);
  EXPECT_THAT(other.error().message(), HasSubstr("its max_entries is 16, the object wants 17"));
  EXPECT_TRUE(std::filesystem::exists(pin)) << "a refused object takes nothing away";
  ::unlink(pin.c_str());
  std::filesystem::remove_all("/sys/fs/bpf/test_kernel");
}

TEST_F(OwnKernel, AFailingLoadLeavesNothing) {
  for (const u32 jobs : {1U, 4U}) {
    auto spec = ObjectSpec::read_file(objects::path_of("map_many"));
    ASSERT_TRUE(spec) << spec.error().message();
    spec->maps[add_map(*spec, "shared", BPF_MAP_TYPE_HASH, 4, 8, 4)].pinning = Pinning::by_name;
    add_program(*spec, add_function(*spec, "without_result", {leave()}));
    LoadOptions options = pinned_here;
    options.jobs = jobs;
    const auto object = Object::load(std::move(*spec), options);
    ASSERT_FALSE(object);
    EXPECT_THAT(object.error().message(),
                testing::AllOf(HasSubstr("'without_result'"), HasSubstr("R0 !read_ok")));
    EXPECT_EQ(count_ids_down_to(before_), before_);
    EXPECT_FALSE(std::filesystem::exists("/sys/fs/bpf/test_kernel"));
  }
}

}  // namespace
}  // namespace skep::load
