// What the kernel is asked for uprobes and USDT probes, and what is left when it refuses.
#include "skep/uprobe.h"

#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/perf_event.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <fstream>

#include "attach/mappings.h"
#include "attach/usdt_maps.h"
#include "attach/usdt_spec.h"
#include "attach/user_place.h"
#include "elf/image_builder.h"
#include "host/facts.h"
#include "host/root.h"
#include "kernel/fake_kernel.h"
#include "kernel/map.h"
#include "kernel/prog.h"
#include "skep/usdt.h"
#include "support/descriptors.h"

namespace skep {
namespace {

using elf::ImageBuilder;
using kernel::CallKind;
using kernel::FakeKernel;
using testing::HasSubstr;

constexpr std::array<bpf_insn, 2> return_zero{
    bpf_insn{.code = 0xb7, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0},
    bpf_insn{.code = 0x95, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0}};

/// A machine with an event source for uprobes, and a program of two functions and a probe with a semaphore.
class Uprobe : public testing::Test {
 protected:
  static constexpr u64 text = ImageBuilder::load_address + 120;

  void SetUp() override {
    root.file("/sys/bus/event_source/devices/uprobe/type", "9\n")
        .file("/sys/bus/event_source/devices/uprobe/format/retprobe", "config:0\n")
        .file("/sys/bus/event_source/devices/uprobe/format/ref_ctr_offset", "config:32-63\n");
    ImageBuilder builder;
    builder.add_section(".text", SHT_PROGBITS, std::vector<std::byte>(256, std::byte{0xc3}));
    builder.add_symbols(".symtab", SHT_SYMTAB, {{"first", text, 16}, {"second", text + 16, 8}});
    std::vector<std::byte> notes;
    for (const u64 at : {64U, 80U}) {
      std::vector<std::byte> description;
      for (const u64 address : {text + at, u64{0}, text + 200}) {
        builder.word(description, address);
      }
      for (const char* const part : {"prov", "probe", "-4@%edi 8@-8(%rbp)"}) {
        ImageBuilder::text(description, part);
      }
      builder.note(notes, "stapsdt", 3, description);
    }
    builder.add_section(".note.stapsdt", SHT_NOTE, notes);
    root.file("/program", builder.build());
    path = root.path() + "/program";
  }
  Program program_in(std::string section, bpf_attach_type type = {}) {
    auto fd = kernel::prog_load(kernel, {.type = BPF_PROG_TYPE_KPROBE, .insns = return_zero});
    EXPECT_TRUE(fd);
    return Program(kernel, std::move(*fd),
                   {.name = "probe", .section = std::move(section), .expected_attach_type = type});
  }
  AttachOptions options() const { return {.facts = &machine, .root = root.path()}; }
  std::vector<perf_event_attr> events() const {
    std::vector<perf_event_attr> found;
    for (const kernel::FakeCall& call : kernel.calls()) {
      if (call.kind == CallKind::perf_event_open) {
        perf_event_attr attr{};
        std::memcpy(&attr, call.data.data(), std::min(sizeof attr, call.data.size()));
        found.push_back(attr);
      }
    }
    return found;
  }

  host::test::Root root;
  FakeKernel kernel;
  host::Facts machine{{.kernel_release = "6.12.0",
                       .features = {{host::Feature::perf_link, host::Tri::yes},
                                    {host::Feature::attach_cookie, host::Tri::yes}}}};
  std::string path;
};

TEST_F(Uprobe, APerfEventIsAskedForAtTheFunctionsOffset) {
  const Program program = program_in("uprobe");
  const std::size_t before = test::open_descriptors();
  {
    const auto link = attach_uprobe(
        program, {.path = path, .function = "second", .offset = 3, .pid = 77, .semaphore_offset = 0x1234},
        options());
    ASSERT_TRUE(link) << link.error().message();
    EXPECT_EQ(link->place(), cat("uprobe ", path, ":second+0x3"));
  }
  ASSERT_EQ(events().size(), 1U);
  EXPECT_EQ(events()[0].type, 9U);
  EXPECT_EQ(events()[0].config, u64{0x1234} << 32);
  EXPECT_EQ(events()[0].probe_offset, 120U + 16 + 3);
  EXPECT_EQ(test::open_descriptors(), before);
}

TEST_F(Uprobe, ALinkKeepsItsFileOpenForTheNextOne) {
  const auto is_mapped = [&] {
    std::ifstream maps("/proc/self/maps");
    return std::string((std::istreambuf_iterator<char>(maps)), {}).contains(path);
  };
  const Program program = program_in("uprobe");
  const Program multi = program_in("uprobe.multi", BPF_TRACE_UPROBE_MULTI);
  const Program probe = program_in("usdt");
  const Program probes = program_in("usdt", BPF_TRACE_UPROBE_MULTI);
  const auto attached = [&](Result<Link> link) {
    ASSERT_TRUE(link) << link.error().message();
    EXPECT_TRUE(is_mapped()) << link->place();
    ASSERT_TRUE(link->detach());
    EXPECT_FALSE(is_mapped()) << link->place();
  };
  attached(attach_uprobe(program, {.path = path, .function = "second"}, options()));
  attached(attach_uprobe_multi(multi, {.path = path, .functions = {"first", "second"}}, options()));
  attached(attach_usdt(probe, {.path = path, .provider = "prov", .name = "probe"}, options()));
  attached(attach_usdt(probes, {.path = path, .provider = "prov", .name = "probe"}, options()));
  {
    const auto held = hold_user_file(path);
    ASSERT_TRUE(held);
    EXPECT_TRUE(is_mapped());
  }
  EXPECT_FALSE(is_mapped());
}

TEST_F(Uprobe, AProbeWithADamagedNoteIsListedAndRefused) {
  ImageBuilder builder;
  builder.add_section(".text", SHT_PROGBITS, std::vector<std::byte>(256, std::byte{0xc3}));
  std::vector<std::byte> notes;
  for (const auto& [address, name] : {std::pair(u64{0x10}, "bad"), std::pair(text + 4, "good")}) {
    std::vector<std::byte> description;
    for (const u64 word : {address, u64{0}, u64{0}}) {
      builder.word(description, word);
    }
    for (const char* const part : {"prov", name, ""}) {
      ImageBuilder::text(description, part);
    }
    builder.note(notes, "stapsdt", 3, description);
  }
  builder.add_section(".note.stapsdt", SHT_NOTE, notes);
  root.file("/damaged", builder.build());
  const std::string damaged = root.path() + "/damaged";
  const auto probes = list_usdt(damaged);
  ASSERT_TRUE(probes) << probes.error().message();
  ASSERT_EQ(probes->size(), 2U);
  EXPECT_EQ((*probes)[0].problem, "its address 0x10 is not in the file");
  EXPECT_EQ((*probes)[1].problem, "");
  const Program program = program_in("usdt");
  const auto bad = attach_usdt(program, {.path = damaged, .provider = "prov", .name = "bad"}, options());
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code(), Errc::malformed);
  EXPECT_EQ(bad.error().message(),
            cat(damaged, ": the note of prov:bad cannot be used: its address 0x10 is not in the file"));
  EXPECT_TRUE(attach_usdt(program, {.path = damaged, .provider = "prov", .name = "good"}, options()));
}

TEST_F(Uprobe, AReturnProbeHasItsBit) {
  const Program program = program_in("uretprobe");
  ASSERT_TRUE(attach_uprobe(program, {.path = path, .function = "first", .point = UprobePoint::function_end},
                            options()));
  EXPECT_EQ(events().at(0).config, 1U);
}

TEST_F(Uprobe, NothingReplacesReturnAddressesOfGoPrograms) {
  ImageBuilder builder;
  builder.add_section(".text", SHT_PROGBITS, std::vector<std::byte>(64, std::byte{0xc3}));
  builder.add_symbols(".symtab", SHT_SYMTAB, {{"first", text, 16}});
  builder.add_section(".go.buildinfo", SHT_PROGBITS, std::vector<std::byte>(32));
  root.file("/go", builder.build());
  const std::string go = root.path() + "/go";
  const Program single = program_in("uretprobe");
  const Program session = program_in("uprobe.session", BPF_TRACE_UPROBE_SESSION);
  for (const auto& refused :
       {attach_uprobe(single, {.path = go, .function = "first", .point = UprobePoint::function_end},
                      options()),
        attach_uprobe(single, {.path = go, .offset = 120, .point = UprobePoint::function_end}, options()),
        attach_uprobe_multi(single, {.path = go, .offsets = {120}, .point = UprobePoint::function_end},
                            options()),
        attach_uprobe_multi(session, {.path = go, .pattern = "f*"}, options())}) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Errc::unsupported);
    EXPECT_THAT(refused.error().message(), HasSubstr("is a Go program"));
  }
  EXPECT_TRUE(attach_uprobe(single, {.path = go, .offset = 120}, options()));
}

TEST_F(Uprobe, ReturnInstructionsAreSeveralProbes) {
  const Program program = program_in("uprobe");
  const auto link = attach_uprobe(
      program, {.path = path, .function = "second", .point = UprobePoint::return_insns}, options());
  ASSERT_TRUE(link) << link.error().message();
  EXPECT_EQ(events().size(), 8U) << "the function is nothing but returns";
}

TEST_F(Uprobe, WithoutAnEventSourceALineInTracefsIsMade) {
  std::filesystem::remove_all(root.path() + "/sys/bus");
  root.file("/sys/kernel/tracing/uprobe_events", "").file("/sys/kernel/tracing/events/enable", "0\n");
  const std::string list = root.path() + "/sys/kernel/tracing/uprobe_events";
  kernel.files[list] = "";
  const Program program = program_in("uprobe");
  // The event's number stands in a file that the kernel would make.
  kernel.on_call = [&](kernel::FakeCall& call) -> std::optional<s64> {
    const std::string written(reinterpret_cast<const char*>(call.data.data()), call.data.size());
    if (call.kind == CallKind::write_file && written.starts_with("p:skep/")) {
      const std::string name = written.substr(7, written.find(' ') - 7);
      root.file("/sys/kernel/tracing/events/skep/" + name + "/id", "1511\n");
    }
    return std::nullopt;
  };
  {
    const auto link = attach_uprobe(program, {.path = path, .function = "first"}, options());
    ASSERT_TRUE(link) << link.error().message();
    EXPECT_THAT(kernel.files[list], HasSubstr(cat(path, ":0x78")));
    EXPECT_EQ(events().at(0).type, u32{PERF_TYPE_TRACEPOINT});
    EXPECT_EQ(events().at(0).config, 1511U);
  }
  EXPECT_EQ(kernel.files[list], "") << "what was made is taken away";
}

TEST_F(Uprobe, ARefusalOfRightsSaysWhichAreNeeded) {
  const Program program = program_in("uprobe");
  kernel.fail_kind(CallKind::perf_event_open, 0, EACCES);
  const auto link = attach_uprobe(program, {.path = path, .function = "first"}, options());
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().code(), Errc::denied);
  EXPECT_THAT(link.error().message(), HasSubstr("only CAP_SYS_ADMIN"));
}

TEST_F(Uprobe, EveryCallThatFailsLeavesNothing) {
  for (u32 nth = 0; nth < 8; ++nth) {
    const Program program = program_in("uprobe");
    const std::size_t before = test::open_descriptors();
    kernel.fail_call(nth, EIO);
    const auto link = attach_uprobe(program, {.path = path, .function = "first"}, options());
    if (link) {
      EXPECT_GE(nth, 3U);
      return;
    }
    EXPECT_EQ(link.error().sys_errno(), EIO) << nth;
    EXPECT_EQ(test::open_descriptors(), before) << nth;
  }
  FAIL() << "it never worked";
}

TEST_F(Uprobe, ManyPlacesAreOneLink) {
  const Program program = program_in("uprobe.multi", BPF_TRACE_UPROBE_MULTI);
  const auto link = attach_uprobe_multi(
      program, {.path = path, .functions = {"second", "first"}, .cookies = {5, 6}, .pid = 3}, options());
  ASSERT_TRUE(link) << link.error().message();
  const auto calls = kernel.calls(BPF_LINK_CREATE);
  ASSERT_EQ(calls.size(), 1U);
  const bpf_attr attr = calls[0].attributes();
  EXPECT_EQ(attr.link_create.attach_type, u32{BPF_TRACE_UPROBE_MULTI});
  EXPECT_EQ(attr.link_create.uprobe_multi.cnt, 2U);
  EXPECT_EQ(attr.link_create.uprobe_multi.pid, 3U);
  const auto missing =
      attach_uprobe_multi(program, {.path = path, .functions = {"first"}, .cookies = {5, 6}}, options());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), Errc::invalid);
}

TEST_F(Uprobe, AnOldKernelIsToldWhatItLacks) {
  kernel.fail_command(BPF_LINK_CREATE, 0, EINVAL);
  const host::Facts old({.kernel_release = "6.1.0"});
  const auto link = attach_uprobe_multi(program_in("uprobe.multi", BPF_TRACE_UPROBE_MULTI),
                                        {.path = path, .pattern = "*"}, {.facts = &old, .root = root.path()});
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().code(), Errc::unsupported);
  EXPECT_THAT(link.error().message(), HasSubstr("needs Linux 6.6; this is Linux 6.1"));
}

TEST_F(Uprobe, ARefusalNamesTheRightsThatItTakes) {
  root.file("/proc/self/status", "CapEff:\t0000000000000000\n");
  const Program one = program_in("uprobe");
  kernel.fail_kind(CallKind::perf_event_open, 0, EACCES);
  const auto single = attach_uprobe(one, {.path = path, .function = "first"}, options());
  const Program many = program_in("uprobe.multi", BPF_TRACE_UPROBE_MULTI);
  kernel.fail_command(BPF_LINK_CREATE, 0, EPERM);
  const auto multi = attach_uprobe_multi(many, {.path = path, .pattern = "*"}, options());
  for (const Result<Link>* refused : {&single, &multi}) {
    ASSERT_FALSE(*refused);
    EXPECT_EQ(refused->error().code(), Errc::denied);
    EXPECT_THAT(refused->error().message(), HasSubstr("lacks CAP_BPF and CAP_PERFMON (run as root"));
  }
}

TEST_F(Uprobe, AUsdtProbeIsAttachedAtEachPlaceWithItsSemaphore) {
  const auto link =
      attach_usdt(program_in("usdt"), {.path = path, .provider = "prov", .name = "probe"}, options());
  ASSERT_TRUE(link) << link.error().message();
  ASSERT_EQ(events().size(), 2U);
  EXPECT_EQ(events()[0].probe_offset, 120U + 64);
  EXPECT_EQ(events()[1].probe_offset, 120U + 80);
  EXPECT_EQ(events()[0].config, u64{120 + 200} << 32);
}

TEST_F(Uprobe, AUsdtProbeIsOneLinkForAProgramLoadedForThat) {
  const auto link = attach_usdt(program_in("usdt", BPF_TRACE_UPROBE_MULTI),
                                {.path = path, .provider = "prov", .name = "probe"}, options());
  ASSERT_TRUE(link) << link.error().message();
  EXPECT_EQ(kernel.calls(BPF_LINK_CREATE).at(0).attributes().link_create.uprobe_multi.cnt, 2U);
}

TEST_F(Uprobe, ProbesAreListedWithTheirArguments) {
  const auto probes = list_usdt(path);
  ASSERT_TRUE(probes) << probes.error().message();
  ASSERT_EQ(probes->size(), 2U);
  EXPECT_EQ(probes->front().provider, "prov");
  ASSERT_EQ(probes->front().arguments.size(), 2U);
  EXPECT_EQ(probes->front().arguments[1].text, "u64 at rbp-8");
}

TEST(UsdtSpec, IsAsProgramsReadIt) {
  const auto spec =
      attach::make_usdt_spec(EM_X86_64, "-4@%edi 8@-8(%rbp) 2@$-5 8@16(%rax,%rcx,8) 8f@%xmm0", 42);
  ASSERT_TRUE(spec);
  EXPECT_EQ(spec->argument_count, 5);
  EXPECT_EQ(spec->cookie, 42U);
  EXPECT_EQ(spec->arguments[0].place, 1U);
  EXPECT_EQ(spec->arguments[0].register_offset, 112);
  EXPECT_EQ(spec->arguments[0].is_signed, 1);
  EXPECT_EQ(spec->arguments[0].bit_shift, 32);
  EXPECT_EQ(spec->arguments[1].place, 2U);
  EXPECT_EQ(static_cast<s64>(spec->arguments[1].value), -8);
  EXPECT_EQ(spec->arguments[2].place, 0U);
  EXPECT_EQ(spec->arguments[2].bit_shift, 48);
  EXPECT_EQ(spec->arguments[3].place, 3U | 88U << 8 | 3U << 20);
  EXPECT_EQ(spec->arguments[3].register_offset, 80);
  EXPECT_EQ(spec->arguments[4].place, 0xffU);
  EXPECT_FALSE(attach::make_usdt_spec(EM_X86_64, "1 2 3 4 5 6 7 8 9 10 11 12 13", 0));
}

TEST(UprobeTargetText, IsParsed) {
  const auto whole = attach::parse_uprobe_target("/bin/x:f@V1+0x10");
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->path, "/bin/x");
  EXPECT_EQ(whole->function, "f@V1");
  EXPECT_EQ(whole->offset, 16U);
  EXPECT_EQ(attach::parse_uprobe_target("x:ns::T::operator+")->function, "ns::T::operator+");
  EXPECT_EQ(attach::parse_uprobe_target("x:main.f+returns")->point, UprobePoint::return_insns);
  EXPECT_EQ(attach::parse_uprobe_target("x:0x40")->offset, 64U);
  for (const char* const bad : {"", "x", "x:", ":f", "x:0xz", "x:f+1z"}) {
    EXPECT_FALSE(attach::parse_uprobe_target(bad)) << bad;
  }
}

TEST(Mappings, AreThoseOfTheFileThatCanRun) {
  host::test::Root root;
  root.file("/lib/x.so", "bytes");
  struct stat status{};
  ASSERT_EQ(stat((root.path() + "/lib/x.so").c_str(), &status), 0);
  const std::string inode = std::to_string(status.st_ino);
  root.file("/proc/12/maps", "7f0000000000-7f0000001000 r--p 00000000 08:01 " + inode +
                                 " /lib/x.so\n7f0000001000-7f0000003000 r-xp 00001000 08:01 " + inode +
                                 " /lib/x.so\n7f0000009000-7f000000a000 r-xp 00000000 08:01 " + inode +
                                 " /lib/other.so\n")
      .file("/proc/13/maps", "nonsense\n\n- r-xp\n")
      .file("/proc/self/maps", "");
  const auto found = attach::find_mappings(root.path(), root.path() + "/lib/x.so", -1);
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ(found->front().pid, 12);
  EXPECT_EQ(found->front().address, 0x7f0000001000U);
  EXPECT_EQ(found->front().offset, 0x1000U);
  EXPECT_EQ(found->front().bytes, 0x2000U);
  EXPECT_FALSE(attach::find_mappings(root.path(), root.path() + "/lib/y.so", -1));
}

}  // namespace
}  // namespace skep
