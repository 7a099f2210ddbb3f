// Kernel functions: what the kernel is asked for, and what is said when it refuses.
#include "skep/kprobe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "attach/probe_event.h"
#include "attach/trace_fixture.h"
#include "skep/uapi/flags.h"

namespace skep::attach {
namespace {

using kernel::CallKind;
using test::Machine;
using testing::HasSubstr;

TEST(Kprobe, IsAPerfEventOfTheKprobeSource) {
  Machine machine;
  const Program program = machine.program("kprobe/do_unlinkat+0x10");
  const auto link = attach_program(program, machine.options());
  ASSERT_TRUE(link) << link.error().message();
  EXPECT_EQ(link->place(), "kprobe do_unlinkat+0x10");
  const auto events = machine.events();
  ASSERT_EQ(events.size(), 1);
  EXPECT_EQ(events[0].type, 6);
  EXPECT_EQ(events[0].config, 0);
  EXPECT_NE(events[0].kprobe_func, 0);
  EXPECT_EQ(events[0].probe_offset, 0x10);
  EXPECT_EQ(machine.kernel.calls(BPF_LINK_CREATE).at(0).attributes().link_create.attach_type, BPF_PERF_EVENT);
}

TEST(Kprobe, ReturnsHaveTheirBitAndNoOffset) {
  Machine machine;
  const Program program = machine.program("kretprobe/do_unlinkat");
  ASSERT_TRUE(attach_program(program, machine.options()));
  EXPECT_EQ(machine.events().at(0).config, 1);
  const auto refused = attach_program(machine.program("kretprobe/do_unlinkat+1"), machine.options());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Errc::invalid);
}

TEST(Kprobe, AnAddressStandsForAFunction) {
  Machine machine;
  const auto link = attach_program(machine.program("kprobe/0xffffffff81000010"), machine.options());
  ASSERT_TRUE(link) << link.error().message();
  EXPECT_EQ(machine.events().at(0).kprobe_func, 0);
  EXPECT_EQ(machine.events().at(0).kprobe_addr, 0xffffffff81000010);
}

TEST(Kprobe, TheCookieGoesToTheLink) {
  Machine machine;
  ASSERT_TRUE(
      attach_kprobe(machine.program("kprobe"), {.function = "do_unlinkat", .cookie = 7}, machine.options()));
  EXPECT_EQ(machine.kernel.calls(BPF_LINK_CREATE).at(0).attributes().link_create.perf_event.bpf_cookie, 7);
}

TEST(Kprobe, TextThatIsNoPlaceIsRefused) {
  Machine machine;
  for (const char* section :
       {"kprobe/a b", "kprobe/+1", "kprobe/f+", "kprobe/f+x", "kprobe/f-1", "kprobe/f+0x1 "}) {
    const auto refused = attach_program(machine.program(section), machine.options());
    ASSERT_FALSE(refused) << section;
    EXPECT_EQ(refused.error().code(), Errc::invalid) << section;
  }
  EXPECT_EQ(attach_kprobe(machine.program("kprobe"), {}, machine.options()).error().code(), Errc::invalid);
}

struct Refusal {
  const char* function;
  int sys_errno;
  Errc code;
  const char* text;
};

TEST(Kprobe, TheErrorSaysWhatIsWrongWithTheName) {
  for (const Refusal& row : {Refusal{"do_unlinkatt", ENOENT, Errc::not_found, "near it are: do_unlinkat"},
                             {"twice", EADDRNOTAVAIL, Errc::invalid,
                              "at 0xffffffff81000010 (the kernel), 0xffffffff81000030 (nf_tables)"},
                             {"ext4:twice", ENOENT, Errc::not_found,
                              "module 'ext4' is not loaded; 'twice' is at 0xffffffff81000010 (the kernel)"},
                             {"nf_tables:do_unlinkat", ENOENT, Errc::not_found,
                              "module 'nf_tables' has no function 'do_unlinkat'"},
                             {"ext4:do_unlinkatt", ENOENT, Errc::not_found,
                              "module 'ext4' is not loaded; near it are: do_unlinkat"},
                             {"do_unlinkat", EINVAL, Errc::invalid, "cannot be probed"},
                             {"do_unlinkat", EACCES, Errc::denied, "perf_event_paranoid"},
                             {"do_unlinkat", EILSEQ, Errc::invalid, "no instruction begins there"}}) {
    Machine machine;
    machine.kernel.fail_kind(CallKind::perf_event_open, 0, row.sys_errno);
    const auto refused =
        attach_kprobe(machine.program("kprobe"), {.function = row.function}, machine.options());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), row.code) << refused.error().message();
    EXPECT_THAT(refused.error().message(), HasSubstr(row.text));
    EXPECT_EQ(refused.error().sys_errno(), row.sys_errno);
  }
}

TEST(Kprobe, NothingIsLeftWhicheverCallFails) {
  test::expect_no_leak_whichever_call_fails([](Machine& machine, const Program& program) {
    return attach_kprobe(program, {.function = "do_unlinkat"}, machine.options());
  });
}

/// tracefs as far as the fake kernel is concerned: the list that is written to, and the number of whatever event is asked for.
class ByTracefs : public testing::Test {
 protected:
  ByTracefs() {
    list_ = machine_.root.path() + "/sys/kernel/tracing/kprobe_events";
    machine_.kernel.files[list_] = "p:other/probe f\n";
  }
  Result<Link> attach() {
    return attach_kprobe(machine_.program("kprobe"),
                         {.function = "do_unlinkat", .offset = 4, .method = ProbeMethod::tracefs},
                         machine_.options());
  }
  /// Makes the directory that the kernel makes when the line is written.
  void answer_with_number() {
    machine_.kernel.on_call = [this](kernel::FakeCall& call) -> std::optional<s64> {
      if (call.kind == CallKind::write_file) {
        const std::string line(reinterpret_cast<const char*>(call.data.data()), call.data.size());
        if (line.starts_with("p:")) {
          machine_.root.file("/sys/kernel/tracing/events/" + line.substr(2, line.find(' ') - 2) + "/id",
                             "77\n");
        }
      }
      return std::nullopt;
    };
  }

  Machine machine_;
  std::string list_;
};

TEST_F(ByTracefs, TheProbeIsALineThatGoesWithTheLink) {
  answer_with_number();
  {
    const auto link = attach();
    ASSERT_TRUE(link) << link.error().message();
    EXPECT_THAT(machine_.kernel.files[list_],
                testing::MatchesRegex(
                    "p:other/probe f\np:skep/p[0-9]+_[0-9a-f]+_[0-9]+_do_unlinkat_0x4 do_unlinkat.0x4\n"));
    EXPECT_EQ(machine_.events().at(0).type, PERF_TYPE_TRACEPOINT);
    EXPECT_EQ(machine_.events().at(0).config, 77);
  }
  EXPECT_EQ(machine_.kernel.files[list_], "p:other/probe f\n");
}

TEST_F(ByTracefs, ANameThatSomebodyHasIsExchangedForTheNext) {
  answer_with_number();
  machine_.kernel.fail_kind(CallKind::write_file, 0, EEXIST);
  {
    const auto link = attach();
    ASSERT_TRUE(link) << link.error().message();
    EXPECT_THAT(machine_.kernel.files[list_], HasSubstr("_do_unlinkat_0x4 do_unlinkat"));
  }
  EXPECT_EQ(machine_.kernel.files[list_], "p:other/probe f\n");
}

TEST_F(ByTracefs, AModulesFunctionIsProbedSoWherePerfDoesNotKnowIt) {
  answer_with_number();
  const Program program = machine_.program("kprobe");
  machine_.kernel.fail_kind(CallKind::perf_event_open, 0, ENOENT);
  const auto link = attach_kprobe(program, {.function = "nf_tables:twice"}, machine_.options());
  ASSERT_TRUE(link) << link.error().message();
  EXPECT_THAT(machine_.kernel.files[list_], HasSubstr("_nf_tables_twice nf_tables:twice\n"));
}

TEST_F(ByTracefs, AModuleThatIsNotThereGetsNoLine) {
  answer_with_number();
  const Program program = machine_.program("kprobe");
  for (const auto& [function, text] :
       {std::pair("ext4:twice", "module 'ext4' is not loaded"),
        std::pair("nf_tables:do_unlinkat", "module 'nf_tables' has no function 'do_unlinkat'")}) {
    const auto refused =
        attach_kprobe(program, {.function = function, .method = ProbeMethod::tracefs}, machine_.options());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Errc::not_found);
    EXPECT_THAT(refused.error().message(), HasSubstr(text));
  }
  EXPECT_EQ(machine_.kernel.files[list_], "p:other/probe f\n");
}

TEST_F(ByTracefs, ALineWithoutAnEventIsTakenAway) {
  const auto link = attach();  // no event appears
  ASSERT_FALSE(link);
  EXPECT_EQ(machine_.kernel.files[list_], "p:other/probe f\n");
}

TEST_F(ByTracefs, AnEventThatCannotBeUsedLeavesNoLine) {
  for (const CallKind kind : {CallKind::perf_event_open, CallKind::bpf}) {
    answer_with_number();
    const Program program = machine_.program("kprobe");
    machine_.kernel.fail_kind(kind, 0, EIO);
    const auto link = attach_kprobe(program, {.function = "do_unlinkat", .method = ProbeMethod::tracefs},
                                    machine_.options());
    ASSERT_FALSE(link);
    EXPECT_EQ(machine_.kernel.files[list_], "p:other/probe f\n");
  }
}

TEST_F(ByTracefs, IsTheWayWithoutAPerfSource) {
  answer_with_number();
  host::test::Root bare;
  bare.file("/sys/kernel/tracing/events/enable", "0\n");
  const std::string list = bare.path() + "/sys/kernel/tracing/kprobe_events";
  machine_.kernel.files[list] = "";
  AttachOptions options = machine_.options();
  options.root = bare.path();
  const auto link = attach_kprobe(machine_.program("kprobe"), {.function = "do_unlinkat"}, options);
  ASSERT_FALSE(link) << "the event of the line appears in the other root";
  const auto by_perf = attach_kprobe(machine_.program("kprobe"),
                                     {.function = "do_unlinkat", .method = ProbeMethod::perf}, options);
  ASSERT_FALSE(by_perf);
  EXPECT_EQ(by_perf.error().code(), Errc::unsupported);
  EXPECT_THAT(by_perf.error().message(), HasSubstr("needs Linux 4.17"));
}

TEST(StaleProbes, AreThoseOfProcessesOfThisNamespaceThatHaveGone) {
  host::test::Root root;
  root.file("/proc/12/stat", "");
  const std::string here = hex(host::own_pid_namespace()).substr(2);
  const std::string other = hex(host::own_pid_namespace() + 1).substr(2);
  const std::string list =
      cat("p:skep/p12_", here, "_0_f f\nr:skep/p13_", here, "_0_f f\nr16:skep/p14_", here, "_7_f f\n",  //
          "p:kprobes/p15_", here, "_0_f f\np:skep/p16_", other, "_0_f f\np:skep/p17_0_f f\np:skep/p f\n\n");
  EXPECT_EQ(stale_probes(list, root.path()),
            (std::vector<std::string>{cat("-:skep/p13_", here, "_0_f"), cat("-:skep/p14_", here, "_7_f")}));
}

TEST(Ksyscall, IsTheFunctionBehindTheCall) {
  Machine machine;
  const host::Facts facts(
      {.kernel_release = "6.12.0",
       .kallsyms = "ff10 T __x64_sys_bpf\nff20 T __arm64_sys_bpf\nff30 T __s390x_sys_bpf\n"});
  AttachOptions options = machine.options();
  options.facts = &facts;
  const auto link = attach_program(machine.program("ksyscall/unlinkat"), options);
  ASSERT_TRUE(link) << link.error().message();
  EXPECT_THAT(std::string(link->place()), testing::EndsWith("_sys_unlinkat"));
  ASSERT_TRUE(attach_program(machine.program("kretsyscall/unlinkat"), options));
  EXPECT_EQ(machine.events().at(1).config, 1);
}

TEST(KprobeMulti, APatternBecomesNames) {
  Machine machine;
  const auto link =
      attach_program(machine.program("kretprobe.multi/tcp_*", BPF_TRACE_KPROBE_MULTI), machine.options());
  ASSERT_TRUE(link) << link.error().message();
  EXPECT_EQ(link->place(), "kretprobe.multi tcp_* (2 functions)");
  const auto attr = machine.kernel.calls(BPF_LINK_CREATE).at(0).attributes().link_create;
  EXPECT_EQ(attr.attach_type, BPF_TRACE_KPROBE_MULTI);
  EXPECT_EQ(attr.kprobe_multi.cnt, 2);
  EXPECT_EQ(attr.kprobe_multi.flags, BPF_F_KPROBE_MULTI_RETURN);
  EXPECT_NE(attr.kprobe_multi.syms, 0);
  EXPECT_EQ(attr.kprobe_multi.addrs, 0);
}

TEST(KprobeMulti, FunctionsOfOneNameAreToldApartByTheirAddresses) {
  Machine machine;
  const std::string list = "/sys/kernel/tracing/available_filter_functions";
  machine.root.file(list, "tcp_a\ntcp_b [tcp]\ntcp_a [other]\n");
  machine.root.file(list + "_addrs", "ff10 tcp_a\nff20 tcp_b [tcp]\nff30 tcp_a [other]\n");
  ASSERT_TRUE(
      attach_program(machine.program("kprobe.multi/tcp_*", BPF_TRACE_KPROBE_MULTI), machine.options()));
  auto attr = machine.kernel.calls(BPF_LINK_CREATE).at(0).attributes().link_create;
  EXPECT_EQ(attr.kprobe_multi.cnt, 3);
  EXPECT_EQ(attr.kprobe_multi.syms, 0);
  EXPECT_NE(attr.kprobe_multi.addrs, 0);
  std::filesystem::remove(machine.root.path() + list + "_addrs");
  ASSERT_TRUE(
      attach_program(machine.program("kprobe.multi/tcp_*", BPF_TRACE_KPROBE_MULTI), machine.options()));
  attr = machine.kernel.calls(BPF_LINK_CREATE).at(1).attributes().link_create;
  EXPECT_EQ(attr.kprobe_multi.cnt, 2) << "an older kernel: each name once";
  EXPECT_NE(attr.kprobe_multi.syms, 0);
}

TEST(KprobeMulti, ANameGoesToTheKernelAsItIs) {
  Machine machine;
  ASSERT_TRUE(attach_program(machine.program("kprobe.session/do_unlinkat", BPF_TRACE_KPROBE_SESSION),
                             machine.options()));
  const auto attr = machine.kernel.calls(BPF_LINK_CREATE).at(0).attributes().link_create;
  EXPECT_EQ(attr.attach_type, BPF_TRACE_KPROBE_SESSION);
  EXPECT_NE(attr.kprobe_multi.syms, 0);
  EXPECT_EQ(attr.kprobe_multi.addrs, 0);
}

struct MultiRefusal {
  const char* release;
  const char* config;
  const char* section;
  bpf_attach_type type;
  int sys_errno;
  Errc code;
  const char* text;
};

TEST(KprobeMulti, TheErrorSaysWhatTheKernelLacks) {
  for (const MultiRefusal& row :
       {MultiRefusal{"5.10.0", "CONFIG_HZ=1\n", "kprobe.multi/tcp_*", BPF_TRACE_KPROBE_MULTI, EINVAL,
                     Errc::unsupported, "needs Linux 5.18"},
        {"6.1.0", "CONFIG_HZ=1\n", "kprobe.session/tcp_*", BPF_TRACE_KPROBE_SESSION, EINVAL,
         Errc::unsupported, "needs Linux 6.10"},
        {"6.1.0", "# CONFIG_FPROBE is not set\n", "kprobe.multi/tcp_*", BPF_TRACE_KPROBE_MULTI, EOPNOTSUPP,
         Errc::unsupported, "CONFIG_FPROBE"},
        {"6.12.0", "CONFIG_FPROBE=y\n", "kprobe.multi/tcp_aa", BPF_TRACE_KPROBE_MULTI, ESRCH, Errc::not_found,
         "near it are: tcp_a"},
        {"6.12.0", "CONFIG_FPROBE=y\n", "kprobe.multi/twice", BPF_TRACE_KPROBE_MULTI, ESRCH, Errc::not_found,
         "'twice' cannot be traced"},
        {"6.12.0", "CONFIG_FPROBE=y\n", "kprobe.multi/x*", BPF_TRACE_KPROBE_MULTI, EINVAL, Errc::not_found,
         "no function that can be traced fits 'x*'"}}) {
    Machine machine(row.release, row.config);
    const Program program = machine.program(row.section, row.type);
    machine.kernel.fail_command(BPF_LINK_CREATE, 0, row.sys_errno);
    const auto refused = attach_program(program, machine.options());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), row.code) << refused.error().message();
    EXPECT_THAT(refused.error().message(), HasSubstr(row.text));
  }
}

TEST(KprobeMulti, ListsMustGoTogether) {
  Machine machine;
  const Program program = machine.program("kprobe.multi", BPF_TRACE_KPROBE_MULTI);
  const Program session = machine.program("kprobe.session", BPF_TRACE_KPROBE_SESSION);
  EXPECT_EQ(attach_kprobe_multi(program, {}, machine.options()).error().code(), Errc::invalid);
  EXPECT_EQ(
      attach_kprobe_multi(program, {.pattern = "a*", .addresses = {1}}, machine.options()).error().code(),
      Errc::invalid);
  EXPECT_EQ(
      attach_kprobe_multi(program, {.pattern = "tcp_*", .cookies = {1, 2}}, machine.options()).error().code(),
      Errc::invalid);
  EXPECT_EQ(
      attach_kprobe_multi(program, {.addresses = {1, 2}, .cookies = {1}}, machine.options()).error().code(),
      Errc::invalid);
  EXPECT_EQ(
      attach_kprobe_multi(session, {.addresses = {1}, .at_return = true}, machine.options()).error().code(),
      Errc::invalid);
  EXPECT_TRUE(
      attach_kprobe_multi(program, {.functions = {"tcp_a", "tcp_b"}, .cookies = {1, 2}}, machine.options()));
}

}  // namespace
}  // namespace skep::attach
