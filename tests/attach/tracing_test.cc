// Tracepoints, programs loaded for their target, iterators, counters: what the kernel is asked for, and what is said when it refuses.
#include "skep/tracing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "attach/configured.h"
#include "attach/refusal.h"
#include "attach/trace_fixture.h"
#include "skep/iterator.h"
#include "skep/perf_event.h"
#include "skep/tracepoint.h"

namespace skep::attach {
namespace {

using kernel::CallKind;
using test::Machine;
using testing::HasSubstr;

TEST(Tracepoint, IsAPerfEventOfItsNumber) {
  Machine machine;
  const auto link = attach_program(machine.program("tp/sched/sched_switch"), machine.options());
  ASSERT_TRUE(link) << link.error().message();
  EXPECT_EQ(link->place(), "tracepoint sched/sched_switch");
  EXPECT_EQ(machine.events().at(0).type, PERF_TYPE_TRACEPOINT);
  EXPECT_EQ(machine.events().at(0).config, 314);
}

TEST(Tracepoint, TheErrorNamesWhatIsNear) {
  Machine machine;
  const auto refused = attach_program(machine.program("tp/sched/sched_swich"), machine.options());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Errc::not_found);
  EXPECT_THAT(refused.error().message(), HasSubstr("sched_switch"));
  EXPECT_EQ(attach_program(machine.program("tp/sched_switch"), machine.options()).error().code(),
            Errc::invalid);
}

TEST(Tracepoint, ARefusedProgramReadsTooFar) {
  Machine machine;
  const Program program = machine.program("tp/sched/sched_switch");
  machine.kernel.fail_command(BPF_LINK_CREATE, 0, EACCES);
  const auto refused = attach_program(program, machine.options());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Errc::invalid);
  EXPECT_THAT(refused.error().message(), HasSubstr("format file"));
}

TEST(Tracepoint, NothingIsLeftWhicheverCallFails) {
  test::expect_no_leak_whichever_call_fails([](Machine& machine, const Program& program) {
    return attach_tracepoint(program, {.category = "sched", .name = "sched_switch"}, machine.options());
  });
}

TEST(Tracing, IsALinkAndWhereThatIsUnknownARawTracepoint) {
  Machine machine;
  const Program program = machine.program("fentry/do_unlinkat", BPF_TRACE_FENTRY, "do_unlinkat");
  auto link = attach_program(program, machine.options());
  ASSERT_TRUE(link) << link.error().message();
  EXPECT_EQ(link->place(), "fentry do_unlinkat");
  EXPECT_EQ(machine.kernel.calls(BPF_LINK_CREATE).at(0).attributes().link_create.attach_type,
            BPF_TRACE_FENTRY);
  machine.kernel.fail_command(BPF_LINK_CREATE, 0, EINVAL);
  ASSERT_TRUE(attach_program(program, machine.options()));
  EXPECT_EQ(machine.kernel.calls(BPF_RAW_TRACEPOINT_OPEN).size(), 1);
}

TEST(Tracing, ACookieHasNoOtherWay) {
  Machine machine("5.10.0");
  const Program program = machine.program("fentry/f", BPF_TRACE_FENTRY, "f");
  machine.kernel.fail_command(BPF_LINK_CREATE, 0, EINVAL);
  const auto refused = attach_tracing(program, {.cookie = 1}, machine.options());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Errc::unsupported);
  EXPECT_THAT(refused.error().message(), HasSubstr("needs Linux 6.0"));
  EXPECT_TRUE(machine.kernel.calls(BPF_RAW_TRACEPOINT_OPEN).empty());
}

TEST(Tracing, OtherProgramsAreRefused) {
  Machine machine;
  EXPECT_EQ(attach_tracing(machine.program("kprobe/f"), {}, machine.options()).error().code(), Errc::invalid);
  EXPECT_EQ(
      attach_tracing_multi(machine.program("kprobe/f"), {.pattern = "x"}, machine.options()).error().code(),
      Errc::invalid);
}

TEST(SecurityHooks, NeedTheModuleThatCallsThem) {
  Machine machine;
  const Program program = machine.program("lsm/file_open", BPF_LSM_MAC, "file_open");
  EXPECT_TRUE(attach_program(program, machine.options())) << "nothing is known of the modules";
  machine.root.file("/sys/kernel/security/lsm", "lockdown,capability,bpf");
  EXPECT_TRUE(attach_program(program, machine.options()));
  machine.root.file("/sys/kernel/security/lsm", "lockdown,capability,landlock");
  const auto refused = attach_program(program, machine.options());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Errc::unsupported);
  EXPECT_THAT(refused.error().message(), HasSubstr("CONFIG_BPF_LSM"));
}

TEST(SecurityHooks, OfAControlGroupTakeItsDirectory) {
  Machine machine("5.10.0");
  const Program program = machine.program("lsm_cgroup/socket_bind", BPF_LSM_CGROUP, "socket_bind");
  EXPECT_EQ(attach_lsm_cgroup(program, {}, machine.options()).error().code(), Errc::invalid);
  auto link = attach_lsm_cgroup(program, {.cgroup = "/sys/fs/cgroup"}, machine.options());
  ASSERT_TRUE(link) << link.error().message();
  EXPECT_EQ(link->place(), "lsm_cgroup socket_bind on /sys/fs/cgroup");
  machine.kernel.fail_command(BPF_LINK_CREATE, 0, EBADF);
  EXPECT_EQ(attach_lsm_cgroup(program, {.cgroup = "/tmp"}, machine.options()).error().code(), Errc::invalid);
  machine.kernel.fail_command(BPF_LINK_CREATE, 0, EINVAL);
  const auto old = attach_lsm_cgroup(program, {.cgroup = "/sys/fs/cgroup"}, machine.options());
  EXPECT_THAT(old.error().message(), HasSubstr("needs Linux 6.0"));
  machine.kernel.fail_kind(CallKind::open_directory, 0, ENOENT);
  EXPECT_EQ(attach_lsm_cgroup(program, {.cgroup = "/none"}, machine.options()).error().code(),
            Errc::not_found);
}

TEST(Freplace, GoesWhereItWasLoadedForUnlessAnotherPlaceIsSaid) {
  Machine machine;
  const Program program = machine.program("freplace/f", {}, "f");
  ASSERT_TRUE(attach_program(program, machine.options()));
  EXPECT_EQ(machine.kernel.calls(BPF_LINK_CREATE).size(), 1);
  EXPECT_EQ(attach_freplace(program, {.program = &program}, machine.options()).error().code(), Errc::invalid);
  EXPECT_EQ(attach_freplace(program, {.function = "f"}, machine.options()).error().code(), Errc::invalid);
}

TEST(Iterator, IsNarrowedByItsTarget) {
  Machine machine;
  const Program program = machine.program("iter/task", BPF_TRACE_ITER, "task");
  ASSERT_TRUE(attach_program(program, machine.options()));
  auto attr = machine.kernel.calls(BPF_LINK_CREATE).at(0).attributes().link_create;
  EXPECT_EQ(attr.iter.iter_info, 0);
  ASSERT_TRUE(attach_iterator(program, {.process = 1}, machine.options()));
  attr = machine.kernel.calls(BPF_LINK_CREATE).at(1).attributes().link_create;
  EXPECT_EQ(attr.iter.iter_info_len, sizeof(bpf_iter_link_info));
  EXPECT_EQ(attach_iterator(program, {.thread = 1, .process = 1}, machine.options()).error().code(),
            Errc::invalid);
  const Program elements = machine.program("iter/bpf_map_elem", BPF_TRACE_ITER, "bpf_map_elem");
  const auto without = attach_program(elements, machine.options());
  ASSERT_FALSE(without);
  EXPECT_THAT(without.error().message(), HasSubstr("IteratorTarget::map"));
}

TEST(Iterator, OldKernelsKnowFewerTargets) {
  for (const bool is_cgroup : {false, true}) {
    Machine machine("5.10.0");
    const Program program = machine.program("iter", BPF_TRACE_ITER, is_cgroup ? "cgroup" : "task");
    machine.kernel.fail_command(BPF_LINK_CREATE, 0, EINVAL);
    const auto refused = is_cgroup ? attach_iterator(program, {.cgroup = "/sys/fs/cgroup"}, machine.options())
                                   : attach_iterator(program, {.process = 1}, machine.options());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Errc::unsupported);
    EXPECT_THAT(refused.error().message(), HasSubstr("needs Linux 6.1"));
    EXPECT_EQ(machine.kernel.calls(BPF_LINK_CREATE).size(), is_cgroup ? 1 : 0)
        << "an old kernel would walk all tasks";
  }
}

TEST(Iterator, ATargetThatDoesNotFitIsRefusedBeforeTheKernelIsAsked) {
  Machine machine;
  for (const auto& [iterator, target] : {std::pair<const char*, IteratorTarget>("tcp", {.process = 1}),
                                         {"task", {.cgroup = "/sys/fs/cgroup"}},
                                         {"cgroup", {.thread = 1}},
                                         {"bpf_prog", {.cgroup = "/sys/fs/cgroup"}}}) {
    const auto refused =
        attach_iterator(machine.program("iter", BPF_TRACE_ITER, iterator), target, machine.options());
    ASSERT_FALSE(refused) << iterator;
    EXPECT_EQ(refused.error().code(), Errc::invalid) << iterator;
  }
  EXPECT_TRUE(machine.kernel.calls(BPF_LINK_CREATE).empty());
  EXPECT_TRUE(attach_iterator(machine.program("iter", BPF_TRACE_ITER, "of_a_newer_kernel"), {.process = 1},
                              machine.options()));
}

TEST(Refusal, OfRightsNamesThoseOfTheKindOfProgram) {
  Machine machine;
  machine.root.file("/proc/self/status", "CapEff:\t0000000000000000\n");
  const auto denied = [&](const Needs& needs) {
    const Error error(Errc::denied, "refused", EPERM);
    return std::string(with_reason(error.clone(), machine.facts, machine.options(), needs).message());
  };
  EXPECT_THAT(denied({.noun = "x", .since = {5, 8}}), HasSubstr("CAP_NET_ADMIN"));
  const std::string traced = denied({.noun = "x", .since = {5, 8}, .rights_of = BPF_PROG_TYPE_TRACING});
  EXPECT_THAT(traced, HasSubstr("CAP_PERFMON"));
  EXPECT_THAT(traced, testing::Not(HasSubstr("CAP_NET_ADMIN")));
}

TEST(Refusal, OfSecurityHooksAndReplacementsNamesTheirRights) {
  Machine machine;
  machine.root.file("/proc/self/status", "CapEff:\t0000000000000000\n");
  const Program hook = machine.program("lsm_cgroup/socket_bind", BPF_LSM_CGROUP, "socket_bind");
  machine.kernel.fail_command(BPF_LINK_CREATE, 0, EPERM);
  const auto hooked = attach_lsm_cgroup(hook, {.cgroup = "/sys/fs/cgroup"}, machine.options());
  EXPECT_EQ(hooked.error().code(), Errc::denied);
  EXPECT_THAT(hooked.error().message(), HasSubstr("lacks CAP_BPF and CAP_PERFMON (run as root"));
  const Program replacement = machine.program("freplace/f", {}, "f");
  machine.kernel.fail_command(BPF_LINK_CREATE, 0, EPERM);
  EXPECT_THAT(attach_freplace(replacement, {}, machine.options()).error().message(),
              HasSubstr("lacks CAP_BPF and CAP_PERFMON and CAP_NET_ADMIN (run as root"));
  machine.kernel.fail_kind(CallKind::open_directory, 0, EACCES);
  const auto closed = attach_lsm_cgroup(hook, {.cgroup = "/sys/fs/cgroup/a"}, machine.options());
  EXPECT_EQ(closed.error().code(), Errc::denied);
  EXPECT_THAT(closed.error().message(), HasSubstr("cgroup /sys/fs/cgroup/a: its directory must be readable"));
}

TEST(Iterator, ItsTextComesInPieces) {
  Machine machine;
  auto link = attach_program(machine.program("iter/task", BPF_TRACE_ITER, "task"), machine.options());
  ASSERT_TRUE(link);
  std::vector<std::string> pieces = {"one\n", "two\n", ""};
  std::size_t next = 0;
  bool is_interrupted = true;
  machine.kernel.on_call = [&](kernel::FakeCall& call) -> std::optional<s64> {
    if (call.kind != CallKind::read_file) {
      return std::nullopt;
    }
    if (std::exchange(is_interrupted, false)) {
      return -EINTR;
    }
    const std::string& piece = pieces.at(next++);
    const auto bytes = std::as_bytes(std::span(piece));
    call.data.assign(bytes.begin(), bytes.end());
    return static_cast<s64>(piece.size());
  };
  const auto text = read_iterator(*link);
  ASSERT_TRUE(text) << text.error().message();
  EXPECT_EQ(*text, "one\ntwo\n");
  machine.kernel.on_call = [](kernel::FakeCall& call) -> std::optional<s64> {
    return call.kind == CallKind::read_file ? std::optional<s64>(-E2BIG) : std::nullopt;
  };
  EXPECT_EQ(read_iterator(*link).error().sys_errno(), E2BIG);
  machine.kernel.fail_command(BPF_ITER_CREATE, 0, EINVAL);
  EXPECT_EQ(read_iterator(*link).error().code(), Errc::invalid);
  ASSERT_TRUE(link->detach());
  EXPECT_EQ(read_iterator(*link).error().code(), Errc::invalid);
}

TEST(PerfEventProgram, HasAnEventOnEveryProcessor) {
  Machine machine;
  const Program program = machine.program("perf_event");
  auto link = attach_perf_event_program(program, {.frequency = 99}, machine.options());
  ASSERT_TRUE(link) << link.error().message();
  EXPECT_EQ(link->place(), "perf_event cpu-clock at 99 Hz");
  const auto events = machine.events();
  ASSERT_EQ(events.size(), 2);
  EXPECT_EQ(events[0].type, PERF_TYPE_SOFTWARE);
  EXPECT_EQ(events[0].freq, 1);
  EXPECT_EQ(events[0].sample_freq, 99);
  EXPECT_EQ(machine.kernel.calls(BPF_LINK_CREATE).size(), 2);
  EXPECT_EQ(attach_program(program, machine.options()).error().code(), Errc::invalid)
      << "the section says no counter";
}

TEST(PerfEventProgram, OfAThreadIsOneEventThatNobodyInherits) {
  Machine machine;
  ASSERT_TRUE(attach_perf_event_program(
      machine.program("perf_event"),
      {.counter = PerfEventTarget::Counter::page_faults, .period = 1, .tid = 0}, machine.options()));
  const auto events = machine.events();
  ASSERT_EQ(events.size(), 1);
  EXPECT_EQ(events[0].config, PERF_COUNT_SW_PAGE_FAULTS);
  EXPECT_EQ(events[0].freq, 0);
  EXPECT_EQ(events[0].sample_period, 1);
  EXPECT_EQ(events[0].inherit, 0);
}

/// The threads whose events were asked for, in that order.
std::vector<int> threads_asked_for(const Machine& machine) {
  std::vector<int> threads;
  for (const kernel::FakeCall& call : machine.kernel.calls()) {
    if (call.kind == CallKind::perf_event_open) {
      threads.push_back(call.place.pid);
    }
  }
  return threads;
}

TEST(PerfEventProgram, OfAProcessIsAnEventForEachThreadThatNewOnesInherit) {
  Machine machine;
  machine.root.file("/proc/42/task/42/comm", "").file("/proc/42/task/43/comm", "");
  // One starts while the events are opened, by a thread that has none yet.
  machine.kernel.on_call = [&](kernel::FakeCall& call) -> std::optional<s64> {
    if (call.kind == CallKind::perf_event_open && call.place.pid == 43) {
      machine.root.file("/proc/42/task/44/comm", "");
    }
    return std::nullopt;
  };
  const auto link = attach_perf_event_program(machine.program("perf_event"), {.frequency = 99, .pid = 42},
                                              machine.options());
  ASSERT_TRUE(link) << link.error().message();
  EXPECT_EQ(link->place(), "perf_event cpu-clock at 99 Hz in process 42");
  EXPECT_THAT(threads_asked_for(machine), testing::UnorderedElementsAre(42, 43, 44));
  EXPECT_EQ(machine.kernel.calls(BPF_LINK_CREATE).size(), 3);
  for (const perf_event_attr& event : machine.events()) {
    EXPECT_EQ(event.inherit, 1);
    EXPECT_EQ(event.inherit_thread, 1);
  }
}

TEST(PerfEventProgram, ThreadsThatEndMeanwhileAreNoErrorWhileOthersRemain) {
  Machine machine;
  machine.root.file("/proc/42/task/42/comm", "").file("/proc/42/task/43/comm", "");
  machine.kernel.fail_kind(CallKind::perf_event_open, 0, ESRCH);
  const Program program = machine.program("perf_event");
  const auto link = attach_perf_event_program(program, {.frequency = 99, .pid = 42}, machine.options());
  ASSERT_TRUE(link) << link.error().message();
  EXPECT_EQ(machine.kernel.calls(BPF_LINK_CREATE).size(), 1);
  machine.kernel.on_call = [](kernel::FakeCall& call) -> std::optional<s64> {
    return call.kind == CallKind::perf_event_open ? std::optional<s64>(-ESRCH) : std::nullopt;
  };
  EXPECT_EQ(
      attach_perf_event_program(program, {.frequency = 99, .pid = 42}, machine.options()).error().code(),
      Errc::not_found);
}

TEST(PerfEventProgram, WithoutInheritanceByThreadsProcessesInheritAsWell) {
  Machine machine("5.10.0");
  machine.root.file("/proc/42/task/42/comm", "");
  machine.kernel.fail_kind(CallKind::perf_event_open, 0, EINVAL);
  ASSERT_TRUE(attach_perf_event_program(machine.program("perf_event"), {.frequency = 99, .pid = 42},
                                        machine.options()));
  EXPECT_EQ(machine.events().at(1).inherit, 1);
  EXPECT_EQ(machine.events().at(1).inherit_thread, 0);
}

struct CounterRefusal {
  int sys_errno;
  Errc code;
  const char* text;
};

TEST(PerfEventProgram, TheErrorSaysWhatIsMissing) {
  for (const CounterRefusal& row : {CounterRefusal{ENOENT, Errc::unsupported, "no such counter"},
                                    {ESRCH, Errc::not_found, "no thread 42"},
                                    {EINVAL, Errc::invalid, "the highest frequency is 5000"},
                                    {EACCES, Errc::denied, "perf_event_paranoid"}}) {
    Machine machine;
    machine.root.file("/proc/sys/kernel/perf_event_max_sample_rate", "5000\n");
    machine.kernel.fail_kind(CallKind::perf_event_open, 0, row.sys_errno);
    const auto refused = attach_perf_event_program(machine.program("perf_event"),
                                                   {.frequency = 99, .tid = 42}, machine.options());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), row.code) << refused.error().message();
    EXPECT_THAT(refused.error().message(), HasSubstr(row.text));
  }
  Machine machine;
  const auto nobody = attach_perf_event_program(machine.program("perf_event"), {.frequency = 99, .pid = 42},
                                                machine.options());
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code(), Errc::not_found);
  EXPECT_THAT(nobody.error().message(), HasSubstr("no process 42"));
  EXPECT_EQ(attach_perf_event_program(machine.program("perf_event"), {.frequency = 1, .pid = 1, .tid = 1},
                                      machine.options())
                .error()
                .code(),
            Errc::invalid);
  EXPECT_EQ(attach_perf_event_program(machine.program("perf_event"), {}, machine.options()).error().code(),
            Errc::invalid);
  EXPECT_EQ(attach_perf_event_program(machine.program("perf_event"), {.frequency = 1, .period = 1},
                                      machine.options())
                .error()
                .code(),
            Errc::invalid);
}

TEST(PerfEventProgram, NothingIsLeftWhicheverCallFails) {
  test::expect_no_leak_whichever_call_fails([](Machine& machine, const Program& program) {
    return attach_perf_event_program(program, {.frequency = 99}, machine.options());
  });
}

}  // namespace
}  // namespace skep::attach
