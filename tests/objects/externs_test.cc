// Externs on the kernel that runs this: values, addresses and functions are what that kernel says of itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>

#include "host/facts.h"
#include "objects/objects.h"
#include "skep/object.h"
#include "support/permitted.h"

namespace skep {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class Externs : public testing::Test {
 protected:
  void load(const char* object_name, const LoadOptions& options = {}) {
    auto loaded = Object::load_file(objects::path_of(object_name), options);
    if (!loaded) {
      SKEP_SKIP_UNLESS_PERMITTED(loaded.error());
    }
    ASSERT_TRUE(loaded) << loaded.error().message();
    object_.emplace(std::move(*loaded));
  }

  template <class T>
  T value(const char* variable) {
    const auto found = object_->variable(variable);
    EXPECT_TRUE(found) << variable;
    T value{};
    EXPECT_TRUE(found && found->read(std::as_writable_bytes(std::span(&value, 1)))) << variable;
    return value;
  }

  u32 run(const char* program, std::span<const std::byte> packet = {}) {
    const auto result = object_->program(program)->test_run({.data_in = packet});
    EXPECT_TRUE(result) << program << ": " << result.error().message();
    return result ? result->return_value : ~u32{0};
  }

  std::optional<Object> object_;
};

TEST_F(Externs, GivenConfigurationGoesFirst) {
  load(
      "extern_kconfig",
      {.kconfig = "CONFIG_HZ=123\nCONFIG_NET=m\nCONFIG_DEFAULT_HOSTNAME=\"a \\\"quoted\\\" name of a host\"\n"
                  "CONFIG_ILLEGAL_POINTER_VALUE=0xdead000000000000\n# CONFIG_BPF_SYSCALL is not set\n"});
  if (!object_) {
    return;
  }
  EXPECT_EQ(value<u32>("CONFIG_HZ"), 123);
  EXPECT_EQ(value<u32>("CONFIG_NET"), 2) << "a module";
  EXPECT_EQ(value<u8>("CONFIG_BPF_SYSCALL"), 0);
  EXPECT_EQ(value<u64>("CONFIG_ILLEGAL_POINTER_VALUE"), 0xdead000000000000);
  EXPECT_EQ(value<u64>("CONFIG_THAT_NO_KERNEL_HAS"), 0);
  const auto host = value<std::array<char, 16>>("CONFIG_DEFAULT_HOSTNAME");
  EXPECT_STREQ(host.data(), "a \"quoted\" name");
  EXPECT_EQ(value<u32>("LINUX_KERNEL_VERSION"), host::facts_of_this_machine().kernel_version().value());
  EXPECT_EQ(object_->variable("CONFIG_HZ")->write(std::as_bytes(std::span("\1\0\0", 4))).error().code(),
            Errc::denied);
  const std::array<std::byte, 60> packet{};
  EXPECT_EQ(run("version", packet), 1);
}

TEST_F(Externs, AddressesAreThoseOfTheKernel) {
  load("extern_ksyms");
  if (!object_) {
    return;
  }
  run("by_address");
  const std::array<std::string_view, 2> names{"vfs_read", "wake_up_process"};
  const auto symbols = host::facts_of_this_machine().kernel_symbols(names);
  ASSERT_TRUE(symbols) << symbols.error().message();
  const auto addresses = value<std::array<u64, 3>>("addresses");
  EXPECT_EQ(addresses[0], (*symbols)[0].address);
  EXPECT_EQ(addresses[1], (*symbols)[1].address);
  EXPECT_EQ(addresses[2], 0);
  EXPECT_NE(addresses[0], 0);
}

TEST_F(Externs, FunctionsAreCalledWhereTheyAre) {
  load("extern_kfuncs");
  if (!object_) {
    return;
  }
  EXPECT_EQ(run("locks"), 1);
  EXPECT_EQ(run("calls_what_is_not_there"), 0);
}

TEST_F(Externs, AValueOfAnotherTypeIsToldWithItsDeclaration) {
  const auto loaded =
      Object::load_file(objects::path_of("extern_kconfig"), {.kconfig = "CONFIG_HZ=\"fast\"\n"});
  ASSERT_FALSE(loaded);
  SKEP_SKIP_UNLESS_PERMITTED(loaded.error());
  EXPECT_THAT(
      loaded.error().message(),
      AllOf(HasSubstr("program 'all'"), HasSubstr("extern_kconfig.bpf.c:"),
            HasSubstr("(extern int CONFIG_HZ __kconfig __weak)"),
            HasSubstr("the given configuration, line 1: the value \"fast\" is text, the variable a signed "
                      "integer of 4 bytes")));
}

TEST_F(Externs, ValuesOfTheConfigurationAreNotSetByHand) {
  auto spec = ObjectSpec::read_file(objects::path_of("extern_kconfig"));
  ASSERT_TRUE(spec) << spec.error().message();
  const auto set = spec->set_text("CONFIG_HZ", "5");
  ASSERT_FALSE(set);
  EXPECT_THAT(set.error().message(), HasSubstr("--kconfig"));
}

}  // namespace
}  // namespace skep
