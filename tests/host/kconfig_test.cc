// The kernel's configuration: text to options, options to the bytes of C variables, and where the text is looked for.
#include "host/kconfig.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>

#include "btf/edit.h"
#include "host/config_file.h"
#include "host/facts.h"
#include "host/root.h"
#include "skep/uapi/btf.h"

namespace skep::host {
namespace {

using Kind = ConfigType::Kind;
using test::Root;
using State = ConfigOption::State;
using testing::HasSubstr;

constexpr std::string_view sample =
    "#\n"
    "# Automatically generated file; DO NOT EDIT.\n"
    "#\n"
    "CONFIG_CC_VERSION_TEXT=\"gcc (Debian 12.2.0-14) 12.2.0\"\n"
    "CONFIG_HZ=250\n"
    "# CONFIG_HZ_100 is not set\n"
    "CONFIG_BPF=y\n"
    "CONFIG_IPV6=m\n"
    "\n"
    "CONFIG_START=0xffff\n"
    "CONFIG_HZ=1000\n";

TEST(Kconfig, FindsOptionsInOnePass) {
  const std::array<std::string_view, 6> names = {"CONFIG_IPV6",    "CONFIG_HZ", "CONFIG_HZ_100",
                                                 "CONFIG_NOTHING", "CONFIG_HZ", "CONFIG_CC_VERSION_TEXT"};
  const auto found = find_options(sample, names);
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ((*found)[0].value, "m");
  EXPECT_EQ((*found)[0].line, 8);
  EXPECT_EQ((*found)[1].value, "250") << "what is said first counts";
  EXPECT_EQ((*found)[2].state, State::not_set);
  EXPECT_EQ((*found)[3].state, State::absent);
  EXPECT_EQ((*found)[4].value, "250");
  EXPECT_EQ((*found)[5].value, "\"gcc (Debian 12.2.0-14) 12.2.0\"");
}

TEST(Kconfig, LinesMayEndAsOnWindows) {
  const std::array<std::string_view, 2> names = {"CONFIG_A", "CONFIG_B"};
  const auto found = find_options("CONFIG_A=y\r\n# CONFIG_B is not set\r\n", names);
  ASSERT_TRUE(found);
  EXPECT_EQ((*found)[0].value, "y");
  EXPECT_EQ((*found)[1].state, State::not_set);
}

TEST(Kconfig, WhatIsNoConfigurationIsRefused) {
  struct Case {
    std::string_view text;
    std::string_view words;
  };
  for (const Case& c :
       {Case{"CONFIG_HZ\n", "line 1: want CONFIG_NAME=value, have 'CONFIG_HZ'"},
        Case{"\n\nCONFIG_HZ=\n", "line 3: want CONFIG_NAME=value"},
        Case{"\x7f"
             "ELF\x02\x01\x01",
             "is no kernel configuration"},
        Case{"hello\n", "is no kernel configuration"}, Case{"# CONFIG_HZ\n", "is no kernel configuration"}}) {
    const auto found = find_options(c.text, {});
    ASSERT_FALSE(found) << c.text;
    EXPECT_EQ(found.error().code(), Errc::malformed);
    EXPECT_THAT(found.error().message(), HasSubstr(c.words));
  }
  EXPECT_TRUE(find_options("", {})) << "no text says nothing, and that is allowed";
}

TEST(Kconfig, EveryPrefixIsAnErrorOrAnAnswer) {
  const std::array<std::string_view, 1> names = {"CONFIG_HZ"};
  for (std::size_t kept = 0; kept <= sample.size(); ++kept) {
    const auto found = find_options(sample.substr(0, kept), names);
    EXPECT_TRUE(found || !found.error().message().empty());
  }
}

TEST(Kconfig, NearOptionsAreATypingErrorAway) {
  EXPECT_THAT(near_options(sample, "CONFIG_IPV7"), testing::Contains("CONFIG_IPV6"));
  EXPECT_TRUE(near_options(sample, "CONFIG_SOMETHING_ELSE").empty());
}

struct Stored {
  std::string bytes;  // as hexadecimal digits, in the machine's order
  std::string error;
  u64 cut = 0;
};

Stored store(std::string_view value, const ConfigType& type) {
  std::vector<std::byte> into(type.bytes, std::byte{0xcc});
  const auto done = store_option(value, type, into);
  if (!done) {
    return {.error = done.error().message()};
  }
  Stored made{.cut = *done};
  for (const std::byte b : into) {
    const std::string digits = hex(std::to_integer<u64>(b)).substr(2);
    made.bytes += digits.size() == 1 ? "0" + digits : digits;
  }
  return made;
}

constexpr ConfigType boolean{.kind = Kind::boolean, .bytes = 1};
constexpr ConfigType tristate{.kind = Kind::tristate, .bytes = 4};
constexpr ConfigType character{.kind = Kind::character, .bytes = 1, .is_signed = true};
constexpr ConfigType number(u32 bytes, bool is_signed) {
  return {.kind = Kind::integer, .bytes = bytes, .is_signed = is_signed};
}
constexpr ConfigType text(u32 bytes) {
  return {.kind = Kind::text, .bytes = bytes};
}

TEST(Kconfig, ValuesBecomeBytes) {
  if constexpr (std::endian::native != std::endian::little) {
    GTEST_SKIP() << "bytes are written out for little-endian machines";
  }
  struct Case {
    std::string_view value;
    ConfigType type;
    std::string_view bytes;
  };
  for (const Case& c : {Case{"y", boolean, "01"},
                        Case{"n", boolean, "00"},
                        Case{"1", boolean, "01"},
                        Case{"n", tristate, "00000000"},
                        Case{"y", tristate, "01000000"},
                        Case{"m", tristate, "02000000"},
                        Case{"m", character, "6d"},
                        Case{"-128", character, "80"},
                        Case{"127", character, "7f"},
                        Case{"250", number(4, true), "fa000000"},
                        Case{"0xffffffff", number(4, false), "ffffffff"},
                        Case{"-1", number(2, true), "ffff"},
                        Case{"-0x8000", number(2, true), "0080"},
                        Case{"010", number(2, true), "0800"},
                        Case{"0", number(8, false), "0000000000000000"},
                        Case{"18446744073709551615", number(8, false), "ffffffffffffffff"},
                        Case{"-9223372036854775808", number(8, true), "0000000000000080"},
                        Case{"\"ab\"", text(4), "61620000"},
                        Case{"\"\"", text(2), "0000"},
                        Case{"\"a\\\"b\\\\\"", text(6), "6122625c0000"}}) {
    const Stored stored = store(c.value, c.type);
    EXPECT_EQ(stored.error, "") << c.value;
    EXPECT_EQ(stored.bytes, c.bytes) << c.value;
    EXPECT_EQ(stored.cut, 0) << c.value;
  }
}

TEST(Kconfig, LongTextIsCutAndEndsWithANul) {
  const Stored stored = store("\"(none)\"", text(4));
  EXPECT_EQ(stored.bytes, "286e6f00");
  EXPECT_EQ(stored.cut, 3);
}

TEST(Kconfig, ValuesOfAnotherKindOrSizeAreRefused) {
  struct Case {
    std::string_view value;
    ConfigType type;
    std::string_view words;
  };
  for (const Case& c :
       {Case{"m", boolean, "declare the variable enum libbpf_tristate"},
        Case{"2", boolean, "the value 2 is a number, the variable a bool (y or n)"},
        Case{"250", tristate, "the value 250 is a number, the variable an enum libbpf_tristate"},
        Case{"y", number(4, true), "the value y is a yes or no, the variable a signed integer of 4 bytes"},
        Case{"\"x\"", number(1, false),
             "the value \"x\" is text, the variable an unsigned integer of 1 byte"},
        Case{"7", text(4), "the value 7 is a number, the variable a char array"},
        Case{"128", character, "does not fit"}, Case{"-129", character, "does not fit"},
        Case{"65536", number(2, false), "the value 65536 does not fit an unsigned integer of 2 bytes"},
        Case{"-1", number(8, false), "does not fit"},
        Case{"9223372036854775808", number(8, true), "does not fit"},
        Case{"18446744073709551616", number(8, false), "nor a number of 64 bits"},
        Case{"yes", boolean, "neither y, n, m, nor quoted text, nor a number"},
        Case{"0x", number(4, true), "neither y, n, m"}, Case{"08", number(4, true), "neither y, n, m"},
        Case{"\"x", text(4), "does not end with a quotation mark"},
        Case{"\"", text(4), "does not end with a quotation mark"}}) {
    EXPECT_THAT(store(c.value, c.type).error, HasSubstr(c.words)) << c.value;
  }
}

TEST(Kconfig, TypesThatHaveNoValueAreRefused) {
  btf::BtfEditor editor;
  const u32 boolean_id = editor.add_int("_Bool", 1, BTF_INT_BOOL);
  const u32 char_id = editor.add_int("char", 1, BTF_INT_SIGNED);
  const u32 long_id = editor.add_int("unsigned long", 8, 0);
  const u32 wide_id = editor.add_int("__int128", 16, BTF_INT_SIGNED);
  const std::array<btf::NewEnumerator, 1> values{{{"TRI_NO", 0}}};
  const u32 tristate_id = editor.add_enum("libbpf_tristate", 4, values);
  const u32 other_enum = editor.add_enum("tristate", 4, values);
  const u32 text_id = editor.add_array(char_id, long_id, 16);
  const u32 longs_id = editor.add_array(long_id, long_id, 2);
  const u32 empty_id = editor.add_array(char_id, long_id, 0);
  const u32 pointer_id = editor.add_reference(btf::Kind::ptr, {}, char_id);
  const u32 constant_id = editor.add_reference(btf::Kind::const_, {}, long_id);
  const btf::Btf types = editor.finish().value();
  EXPECT_EQ(config_type(types, boolean_id)->kind, Kind::boolean);
  EXPECT_EQ(config_type(types, char_id)->kind, Kind::character);
  EXPECT_TRUE(config_type(types, char_id)->is_signed);
  EXPECT_EQ(config_type(types, constant_id)->bytes, 8);
  EXPECT_FALSE(config_type(types, constant_id)->is_signed);
  EXPECT_EQ(config_type(types, tristate_id)->kind, Kind::tristate);
  EXPECT_EQ(config_type(types, text_id)->bytes, 16);
  for (const u32 id : {wide_id, other_enum, longs_id, empty_id, pointer_id, u32{0}}) {
    EXPECT_EQ(config_type(types, id).error().code(), Errc::unsupported) << id;
  }
}

TEST(ConfigFile, IsLookedForInFourPlaces) {
  const std::array<std::string, 3> places = {"/boot/config-6.1.0-x", "/lib/modules/6.1.0-x/config",
                                             "/usr/lib/modules/6.1.0-x/config"};
  for (const std::string& place : places) {
    Root root;
    root.file(place, "CONFIG_HZ=250\n");
    EXPECT_EQ(read_kernel_config(root.path(), "6.1.0-x").value(), "CONFIG_HZ=250\n") << place;
  }
  const Root nowhere;
  const auto missing = read_kernel_config(nowhere.path(), "6.1.0-x");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), Errc::not_found);
  EXPECT_THAT(missing.error().message(), HasSubstr("/proc/config.gz"));
  EXPECT_THAT(missing.error().message(), HasSubstr("--kconfig"));
}

TEST(ConfigFile, OneThatCannotBeReadDoesNotHideAnother) {
  Root root;
  root.file("/boot/config-6.1.0-x", std::string_view());
  EXPECT_THAT(read_kernel_config(root.path(), "6.1.0-x").error().message(),
              HasSubstr("/boot/config-6.1.0-x: is empty"));
  root.file("/lib/modules/6.1.0-x/config", "CONFIG_HZ=250\n");
  EXPECT_EQ(read_kernel_config(root.path(), "6.1.0-x").value(), "CONFIG_HZ=250\n");
}

TEST(ConfigFile, MayBeCompressed) {
  // "CONFIG_HZ=250\n" by gzip.
  constexpr std::array<unsigned char, 34> zipped = {
      0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0xff, 0x73, 0xf6, 0xf7, 0x73, 0xf3, 0x74, 0x8f,
      0xf7, 0x88, 0xb2, 0x35, 0x32, 0x35, 0xe0, 0x02, 0x00, 0xfb, 0x5f, 0x3a, 0x01, 0x0e, 0x00, 0x00, 0x00};
  const std::string_view bytes(reinterpret_cast<const char*>(zipped.data()), zipped.size());
  Root root;
  root.file("/proc/config.gz", bytes);
  EXPECT_EQ(read_kernel_config(root.path(), "6.1.0-x").value(), "CONFIG_HZ=250\n");
  for (std::size_t kept = 1; kept < bytes.size(); ++kept) {
    Root cut;
    cut.file("/config", bytes.substr(0, kept));
    const auto text = read_config_file(cut.path() + "/config");
    EXPECT_TRUE(kept < 2 || !text) << "accepted " << kept << " bytes";
  }
}

TEST(ConfigFile, FactsReadItOnce) {
  Root root;
  root.file("/boot/config-6.1.0-x", "CONFIG_HZ=250\n").file("/proc/sys/kernel/osrelease", "6.1.0-x\n");
  const Facts facts(root.path(), {.given_config = "CONFIG_HZ=100\n"});
  const auto first = facts.kernel_config();
  ASSERT_TRUE(first) << first.error().message();
  EXPECT_EQ(**first, "CONFIG_HZ=250\n");
  root.file("/boot/config-6.1.0-x", "CONFIG_HZ=300\n");
  EXPECT_EQ(facts.kernel_config()->get(), first->get());
  EXPECT_EQ(facts.given_config(), "CONFIG_HZ=100\n");
  EXPECT_EQ(Facts(KnownFacts{}).kernel_config().error().code(), Errc::not_found);
  EXPECT_EQ(**Facts(KnownFacts{.config = "CONFIG_A=y\n"}).kernel_config(), "CONFIG_A=y\n");
}

TEST(KernelVersion, UnderstandsDistributions) {
  struct Case {
    VersionTexts texts;
    u32 code;
  };
  const std::vector<Case> cases = {
      {{.release = "6.1.0-26-amd64", .version = "#1 SMP PREEMPT_DYNAMIC Debian 6.1.112-1 (2024-09-30)"},
       0x06'01'70},
      {{.release = "5.15.0-91-generic",
        .version = "#101-Ubuntu SMP Tue Nov 14 13:30:08 UTC 2023",
        .ubuntu_signature = "Ubuntu 5.15.0-91.101-generic 5.15.131"},
       0x05'0f'83},
      {{.release = "6.18.44-fc"}, 0x06'12'2c},
      {{.release = "4.14.300"}, 0x04'0e'ff},
      {{.release = "7.3.0-rc1"}, 0x07'03'00},
      {{.release = "6.1.0-x", .version = "#1 Debian unknown"}, 0x06'01'00},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(kernel_version_code(c.texts), c.code) << c.texts.release;
  }
  EXPECT_EQ(kernel_version_code({.release = "six"}), std::nullopt);
  EXPECT_EQ(kernel_version_code({.release = "6.1"}), std::nullopt);
}

TEST(KernelVersion, IsReadFromTheMachine) {
  Root root;
  root.file("/proc/sys/kernel/osrelease", "6.1.0-26-amd64\n")
      .file("/proc/sys/kernel/version", "#1 SMP Debian 6.1.112-1 (2024-09-30)\n");
  EXPECT_EQ(Facts(root.path(), {}).kernel_version().value(), 0x060170);
  EXPECT_EQ(Facts(KnownFacts{.kernel_release = "5.10.3"}).kernel_version().value(), 0x050a03);
  EXPECT_EQ(Facts(KnownFacts{.kernel_release = "x"}).kernel_version().error().code(), Errc::malformed);
}

}  // namespace
}  // namespace skep::host
