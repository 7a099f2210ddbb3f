// Every fixture and example is loaded into the kernel that runs this (this machine's, or a guest's): its verifier must take what skep made of it.
#include <gtest/gtest.h>
#include <sys/utsname.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "objects/objects.h"
#include "skep/object.h"
#include "support/permitted.h"

namespace skep {
namespace {

/// What needs a kernel newer than the oldest that these tests run on.
struct Needs {
  std::string_view object;
  u32 major;
  u32 minor;
  std::string_view why;
};

constexpr auto needs = std::to_array<Needs>({
    {"isa_v4", 6, 6, "instruction set v4"},
    {"sections_new", 6, 7, "netkit and connect_unix hooks"},
    {"map_storage", 6, 2, "cgroup storage"},
    {"map_ringbuf", 6, 1, "user ring buffers"},
    {"callbacks", 5, 17, "bpf_loop()"},
    {"callback_loop", 5, 17, "bpf_loop()"},
    {"callback_nested", 5, 17, "bpf_loop()"},
    {"data_strings", 5, 16, "bpf_trace_vprintk()"},
    {"map_extra", 5, 16, "bloom filters"},
    {"map_extra_wide", 5, 16, "map_extra"},
    {"map_locks", 5, 15, "timers"},
    {"sections_sleepable", 5, 14, "syscall programs"},
    {"callback_for_each", 5, 13, "callbacks"},
    {"isa_atomics", 5, 12, "atomic operations with a result"},
    {"subprogram_context", 5, 12, "pointers as arguments of global functions"},
});

std::optional<std::string> too_old_for(std::string_view object) {
  utsname host{};
  u32 major = 0;
  u32 minor = 0;
  if (::uname(&host) != 0 || std::sscanf(host.release, "%u.%u", &major, &minor) != 2) {
    return "no version in the kernel's release";
  }
  for (const Needs& need : needs) {
    if (object.ends_with("/" + std::string(need.object)) &&
        std::pair(major, minor) < std::pair(need.major, need.minor)) {
      return std::string(host.release) + " is too old for " + std::string(need.why);
    }
  }
  return {};
}

class LoadsOnThisKernel : public testing::TestWithParam<std::string> {
 protected:
  // Programs by the hundred, freed in one burst, can stop the kernel's allocator of code.
  void TearDown() override { std::this_thread::sleep_for(std::chrono::milliseconds(10)); }
};

TEST_P(LoadsOnThisKernel, EveryProgramAndMap) {
  const std::string name = objects::name_of(GetParam());
  if (name.ends_with("/legacy_nonzero_tail")) {
    const auto refused = ObjectSpec::read_file(GetParam());
    ASSERT_FALSE(refused) << "a definition with unknown fields was accepted";
    EXPECT_EQ(refused.error().code(), Errc::unsupported) << refused.error().message();
    return;
  }
  if (const auto reason = too_old_for(name)) {
    GTEST_SKIP() << *reason;
  }
  auto spec = ObjectSpec::read_file(GetParam());
  ASSERT_TRUE(spec) << spec.error().message();
  for (MapSpec& map : spec->maps) {
    map.pinning = Pinning::none;  // nothing shall stay on this machine
  }
  const std::size_t maps = spec->maps.size();
  // It looks at a variable of the kernel's, by type; not every kernel lists its variables' addresses (CONFIG_KALLSYMS_ALL).
  const bool uses_variable = name.ends_with("/portable") || name == "examples/portable";
  LoadReport report;
  auto object = Object::load(std::move(*spec), {.keep_going = uses_variable}, &report);
  if (!object) {
    SKEP_SKIP_UNLESS_PERMITTED(object.error());
    // What a kernel of this release can be built without.
    if (name.ends_with("/fifosched") && object.error().code() == Errc::unsupported) {
      GTEST_SKIP() << object.error().message();
    }
  }
  ASSERT_TRUE(object) << object.error().message();
  EXPECT_EQ(object->maps().size(), maps);
  for (const ProgramReport& program : report.programs) {
    const bool lacks_variable =
        uses_variable && program.error &&
        program.error->message().find("failed to find the address for kernel symbol") != std::string::npos;
    EXPECT_TRUE(program.loaded || program.skipped || lacks_variable) << program.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Objects, LoadsOnThisKernel, testing::ValuesIn(objects::all_objects()),
                         [](const auto& object) { return objects::case_name(object.param); });

}  // namespace
}  // namespace skep
