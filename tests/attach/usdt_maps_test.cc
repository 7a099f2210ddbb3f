// What USDT programs are told through their maps: which specification has which number, who uses it, and when it is free again.
#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/duplicate.h"
#include "elf/image_builder.h"
#include "host/facts.h"
#include "host/root.h"
#include "kernel/fake_kernel.h"
#include "kernel/map.h"
#include "kernel/prog.h"
#include "skep/object.h"
#include "skep/usdt.h"
#include "support/descriptors.h"

namespace skep {
namespace {

using elf::ImageBuilder;
using kernel::FakeCall;
using kernel::FakeKernel;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A program that is always at the same address, with a probe in two places, and a BPF program that has the maps of usdt.bpf.h.
class UsdtMaps : public testing::Test {
 protected:
  static constexpr u64 text = ImageBuilder::load_address + 120;

  void SetUp() override {
    // Accounts outlive a kernel of an earlier test, and this one may be at its address: no id comes twice.
    static int tests = 0;
    ++tests;
    for (int i = 0; i < 8 * tests; ++i) {
      kernel.add_module("filler");
    }
    root.file("/sys/bus/event_source/devices/uprobe/type", "9\n")
        .file("/sys/bus/event_source/devices/uprobe/format/retprobe", "config:0\n")
        .file("/sys/bus/event_source/devices/uprobe/format/ref_ctr_offset", "config:32-63\n");
    ImageBuilder builder;
    builder.add_section(".text", SHT_PROGBITS, std::vector<std::byte>(256, std::byte{0xc3}));
    std::vector<std::byte> notes;
    for (const u64 at : {64U, 80U}) {
      std::vector<std::byte> description;
      for (const u64 address : {text + at, u64{0}, u64{0}}) {
        builder.word(description, address);
      }
      for (const char* const part : {"prov", "probe", "-4@%edi"}) {
        ImageBuilder::text(description, part);
      }
      builder.note(notes, "stapsdt", 3, description);
    }
    builder.add_section(".note.stapsdt", SHT_NOTE, notes);
    auto bytes = builder.build();
    bytes[16] = std::byte{ET_EXEC};
    root.file("/program", bytes);
    specs = make_map({.type = BPF_MAP_TYPE_ARRAY,
                      .key_bytes = 4,
                      .value_bytes = 208,
                      .max_entries = 4,
                      .name = "__bpf_usdt_specs"});
    addresses = make_map({.type = BPF_MAP_TYPE_HASH,
                          .key_bytes = 8,
                          .value_bytes = 4,
                          .max_entries = 16,
                          .name = "__bpf_usdt_ip_to_spec_id"});
  }
  std::shared_ptr<const Fd> make_map(const kernel::MapCreate& want) {
    auto fd = kernel::map_create(kernel, want);
    EXPECT_TRUE(fd) << fd.error().message();
    return std::make_shared<const Fd>(std::move(*fd));
  }
  Program program(bool uses_maps = true, bool holds_maps = true) {
    std::vector<bpf_insn> insns;
    for (const auto& map : {specs, addresses}) {
      if (uses_maps) {
        insns.push_back(
            {.code = 0x18, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_FD, .off = 0, .imm = map->raw()});
        insns.push_back({});
      }
    }
    insns.push_back({.code = 0xb7, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0});
    insns.push_back({.code = 0x95, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0});
    auto fd = kernel::prog_load(kernel, {.type = BPF_PROG_TYPE_KPROBE, .insns = insns});
    EXPECT_TRUE(fd);
    std::vector<std::shared_ptr<const Fd>> held;
    if (holds_maps) {
      held = {specs, addresses};
    }
    return Program(kernel, std::move(*fd), {.name = "probe", .section = "usdt", .expected_attach_type = type},
                   held);
  }
  Result<Link> attach(const Program& what, u64 cookie) {
    return attach_usdt(
        what, {.path = root.path() + "/program", .provider = "prov", .name = "probe", .cookie = cookie},
        {.facts = is_old ? &old_machine : &machine, .root = root.path()});
  }
  /// One link object, which can be pinned.
  void use_multi() { type = BPF_TRACE_UPROBE_MULTI; }
  /// The numbers whose specifications were written.
  std::vector<u32> written() const {
    std::vector<u32> numbers;
    for (const FakeCall& call : kernel.calls(BPF_MAP_UPDATE_ELEM)) {
      if (call.key.size() == 4 && call.value.size() == 208) {
        u32 number = 0;
        std::memcpy(&number, call.key.data(), sizeof number);
        numbers.push_back(number);
      }
    }
    return numbers;
  }
  /// What the map of addresses has for the probe's first place; nothing: it is not there.
  std::optional<u32> number_at_first_place() {
    const u64 address = text + 64;
    u32 number = 0;
    const auto found = kernel::map_lookup(kernel, {.map_fd = addresses->raw(), .key = &address}, &number);
    return found ? std::optional(number) : std::nullopt;
  }

  host::test::Root root;
  FakeKernel kernel;
  host::Facts machine{{.kernel_release = "6.12.0",
                       .features = {{host::Feature::perf_link, host::Tri::yes},
                                    {host::Feature::attach_cookie, host::Tri::yes}}}};
  host::Facts old_machine{{.kernel_release = "5.10.0",
                           .features = {{host::Feature::perf_link, host::Tri::no},
                                        {host::Feature::attach_cookie, host::Tri::no}}}};
  bool is_old = false;
  bpf_attach_type type{};
  std::shared_ptr<const Fd> specs;
  std::shared_ptr<const Fd> addresses;
};

TEST_F(UsdtMaps, AreReachedThroughDescriptorsThatTheProgramHolds) {
  kernel.on_bpf = [](bpf_cmd cmd, bpf_attr&) -> std::optional<int> {
    return cmd == BPF_MAP_GET_FD_BY_ID ? std::optional(-EPERM) : std::nullopt;  // as without CAP_SYS_ADMIN
  };
  const Program holds = program();
  const auto link = attach(holds, 0);
  ASSERT_TRUE(link) << link.error().message();
  EXPECT_THAT(written(), ElementsAre(0));
  const Program opened = program(true, false);
  const auto refused = attach(opened, 0);
  ASSERT_FALSE(refused) << "nothing but the id leads to the maps of a program that was opened";
  EXPECT_EQ(refused.error().sys_errno(), EPERM);
  kernel.on_bpf = nullptr;
  EXPECT_TRUE(attach(opened, 0)) << "with CAP_SYS_ADMIN it does";
}

TEST_F(UsdtMaps, AreNotWrittenForAProgramThatReadsNoArguments) {
  const Program plain = program(false);
  ASSERT_TRUE(attach(plain, 5));
  EXPECT_THAT(written(), IsEmpty());
}

TEST_F(UsdtMaps, AreHeldByTheProgramsOfALoadedObject) {
  const std::size_t before = test::open_descriptors();
  {
    kernel.on_bpf = [](bpf_cmd cmd, bpf_attr&) -> std::optional<int> {
      return cmd == BPF_MAP_GET_FD_BY_ID ? std::optional(-EPERM) : std::nullopt;
    };
    auto object =
        Object::load_file(SKEP_BUILD_DIR "/tests/user/user.bpf.o", {.kernel = &kernel, .facts = &machine});
    ASSERT_TRUE(object) << object.error().message();
    Program on_probe = std::move(*object->program("on_probe"));
    EXPECT_EQ(on_probe.attach_maps().size(), 2U);
    object = fail(Errc::invalid, "the object is gone, and its maps' handles with it");
    const auto link = attach(on_probe, 0);
    ASSERT_TRUE(link) << link.error().message();
    EXPECT_THAT(written(), ElementsAre(0));
  }
  EXPECT_EQ(test::open_descriptors(), before);
}

TEST_F(UsdtMaps, ANumberIsFreeAgainWhenItsLinkIsGone) {
  const Program probe = program();
  ASSERT_TRUE(attach(probe, 1));
  ASSERT_TRUE(attach(probe, 2));
  EXPECT_THAT(written(), ElementsAre(0, 0));
}

TEST_F(UsdtMaps, TheSameSpecificationHasOneNumberForAll) {
  const Program probe = program();
  const auto one = attach(probe, 7);
  const auto two = attach(probe, 7);
  ASSERT_TRUE(one && two);
  EXPECT_THAT(written(), ElementsAre(0));
}

TEST_F(UsdtMaps, ANumberThatCannotBeWrittenIsNotTaken) {
  const Program probe = program();
  kernel.fail_command(BPF_MAP_UPDATE_ELEM, 0, ENOMEM);
  const auto failed = attach(probe, 1);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().sys_errno(), ENOMEM);
  ASSERT_TRUE(attach(probe, 1));
  EXPECT_THAT(written(), ElementsAre(0, 0)) << "the first time in vain, so it had to be written again";
}

TEST_F(UsdtMaps, AReleasedLinksNumberStaysInUseForGood) {
  const Program probe = program();
  {
    auto link = attach(probe, 1);
    ASSERT_TRUE(link) << link.error().message();
    link->release();
  }
  ASSERT_TRUE(attach(probe, 2));
  EXPECT_THAT(written(), ElementsAre(0, 1)) << "number 0 is what the released link's program reads";
}

TEST_F(UsdtMaps, APinnedLinksNumberStaysInUseForGood) {
  use_multi();
  const Program probe = program();
  {
    auto link = attach(probe, 1);
    ASSERT_TRUE(link) << link.error().message();
    ASSERT_TRUE(link->pin("/sys/fs/bpf/one"));
  }
  {
    auto replaced = attach(probe, 2);
    ASSERT_TRUE(replaced);
    ASSERT_TRUE(replaced->pin("/sys/fs/bpf/two"));
    replaced = attach(probe, 3);
    ASSERT_TRUE(replaced);
  }
  EXPECT_THAT(written(), ElementsAre(0, 1, 2));
  EXPECT_THAT(kernel.pins(), ElementsAre("/sys/fs/bpf/one", "/sys/fs/bpf/two"));
}

TEST_F(UsdtMaps, ALinkWhosePinIsTakenAwayGivesItsNumberBack) {
  use_multi();
  const Program probe = program();
  {
    auto unpinned = attach(probe, 1);
    ASSERT_TRUE(unpinned && unpinned->pin("/sys/fs/bpf/one") && unpinned->unpin());
  }
  auto detached = attach(probe, 2);
  ASSERT_TRUE(detached && detached->pin("/sys/fs/bpf/two") && detached->detach());
  ASSERT_TRUE(attach(probe, 3));
  EXPECT_THAT(written(), ElementsAre(0, 0, 0));
}

TEST_F(UsdtMaps, ALinkThatItsPinKeepsThoughDetachedKeepsItsNumber) {
  use_multi();
  const Program probe = program();
  auto link = attach(probe, 1);
  ASSERT_TRUE(link && link->pin("/sys/fs/bpf/one"));
  kernel.fail_kind(kernel::CallKind::unlink, 0, EPERM);
  EXPECT_FALSE(link->detach());
  ASSERT_TRUE(attach(probe, 2));
  EXPECT_THAT(written(), ElementsAre(0, 1));
}

TEST_F(UsdtMaps, BeforeCookiesAReleasedProbesAddressStays) {
  is_old = true;
  const Program probe = program();
  {
    auto link = attach(probe, 1);
    ASSERT_TRUE(link) << link.error().message();
    EXPECT_EQ(number_at_first_place(), 0U);
    link->release();
  }
  EXPECT_EQ(number_at_first_place(), 0U);
  EXPECT_FALSE(attach(probe, 2)) << "the program that stays attached there needs the other cookie";
  EXPECT_TRUE(attach(probe, 1));
  EXPECT_EQ(number_at_first_place(), 0U);
}

TEST_F(UsdtMaps, BeforeCookiesTwoProgramsAtOneAddressShareItsEntry) {
  is_old = true;
  const Program one = program();
  const Program two = program();
  auto first = attach(one, 5);
  auto second = attach(two, 5);
  ASSERT_TRUE(first && second);
  ASSERT_TRUE(first->detach());
  EXPECT_EQ(number_at_first_place(), 0U) << "the second program still reads it";
  ASSERT_TRUE(second->detach());
  EXPECT_EQ(number_at_first_place(), std::nullopt);
}

TEST_F(UsdtMaps, BeforeCookiesTwoCookiesAtOneAddressAreRefused) {
  is_old = true;
  const Program one = program();
  const Program two = program();
  const auto first = attach(one, 5);
  ASSERT_TRUE(first) << first.error().message();
  const std::size_t before = test::open_descriptors();
  const auto second = attach(two, 6);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), Errc::invalid);
  EXPECT_THAT(second.error().message(), HasSubstr("tell places by their addresses alone"));
  EXPECT_EQ(test::open_descriptors(), before);
  EXPECT_EQ(number_at_first_place(), 0U) << "the first goes on";
  EXPECT_TRUE(attach(two, 5));
}

}  // namespace
}  // namespace skep
