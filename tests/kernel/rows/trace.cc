// Kernel functions, tracepoints, security hooks, iterators, counters. Those without a trigger of their own are at getpgid(2).
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

#include "attach/attachment.h"
#include "kernel/rows/row.h"
#include "skep/iterator.h"
#include "skep/perf_event.h"
#include "skep/tracing.h"
#include "skep/uapi/flags.h"
#include "support/release.h"

namespace skep::rows {
namespace {

/// A packet through any program: the kernel passes bpf_test_finish.
void run_a_packet(Stage& stage) {
  Program* packet = stage.object.program("sees_packet");
  if (packet != nullptr) {
    const std::vector<std::byte> bytes(64);
    static_cast<void>(packet->test_run({.data_in = bytes}));
  }
}

/// The security hook is not called for the process that calls itself 0.
void ask_for_own_group(Stage&) {
  static_cast<void>(::getpgid(::getpid()));
}

void open_a_file(Stage&) {
  const Fd file(::open("/proc/self/stat", O_RDONLY | O_CLOEXEC));
}

/// A process that becomes another program: where sleepable hooks could go first.
Result<void> at_exec_before_5_11(ObjectSpec& spec) {
  if (ProgramSpec* program = spec.find_program("on_lsm_sleepable");
      program != nullptr && test::is_before(5, 11)) {
    program->attach_target = "bprm_committed_creds";
  }
  return {};
}

void open_a_file_and_exec(Stage& stage) {
  open_a_file(stage);
  static_cast<void>(std::system("true"));
}

void bind_a_socket(Stage&) {
  const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  static_cast<void>(::bind(socket.raw(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
}

/// Where sleepable programs may go: system calls where errors can be injected into them, and since 6.1 a function that is there for tests.
Result<void> where_one_may_sleep(ObjectSpec& spec) {
  if (test::is_before(6, 1)) {
    return {};
  }
  for (ProgramSpec& program : spec.programs) {
    if (program.autoload && (program.flags & BPF_F_SLEEPABLE) != 0) {
      program.attach_target = "bpf_fentry_test1";
    }
  }
  return {};
}

void call_functions(Stage& stage) {
  static_cast<void>(::getpgid(0));
  if (const Program* caller = stage.object.program("calls_functions"); caller != nullptr) {
    static_cast<void>(caller->test_run({}));
  }
}

void be_busy(Stage&) {
  for (volatile u32 i = 0; i < 20'000'000;) {
    i = i + 1;
  }
}

Result<Link> on_root_cgroup(Stage& stage) {
  return attach_lsm_cgroup(stage.program, {.cgroup = "/sys/fs/cgroup"});
}

Result<Link> on_clock(Stage& stage) {
  return attach_perf_event_program(stage.program, {.frequency = 100});
}

/// These programs are not attached: whoever has one runs it.
Result<Link> by_hand(Stage& stage) {
  if (const auto done = stage.program.test_run({}); !done) {
    return std::unexpected(done.error().clone());
  }
  return attach::make_undoable_link([]() -> Result<void> { return {}; }, "nothing");
}

/// The walk comes past this very process.
Result<bool> tells_of_this_process(Stage& stage) {
  auto link = attach_iterator(stage.program, {});
  if (!link) {
    return std::unexpected(std::move(link).error());
  }
  const auto text = read_iterator(*link);
  if (!text) {
    return std::unexpected(text.error().clone());
  }
  return text->find("task " + std::to_string(::getpid()) + "\n") != std::string::npos;
}

constexpr std::string_view fprobe = "CONFIG_FPROBE";
constexpr std::string_view injection = "CONFIG_FUNCTION_ERROR_INJECTION";

// clang-format off: one row per line
const RowList rows({
    {.section = "kprobe", .object = "trace", .program = "on_kprobe"},
    {.section = "kretprobe", .object = "trace", .program = "on_kretprobe"},
    {.section = "ksyscall", .object = "trace", .program = "on_ksyscall"},
    {.section = "kretsyscall", .object = "trace", .program = "on_kretsyscall"},
    {.section = "kprobe.multi", .object = "trace", .program = "on_kprobe_multi", .config = fprobe},
    {.section = "kretprobe.multi", .object = "trace", .program = "on_kretprobe_multi", .config = fprobe},
    {.section = "kprobe.session", .object = "trace", .program = "on_kprobe_session", .config = fprobe},
    {.section = "tp", .object = "trace", .program = "on_tp"},
    {.section = "tracepoint", .object = "trace", .program = "on_tracepoint"},
    {.section = "tp.s", .object = "trace", .program = "on_tp_sleepable"},
    {.section = "tracepoint.s", .object = "trace", .program = "on_tracepoint_sleepable"},
    {.section = "raw_tp.w", .object = "trace", .program = "on_raw_tp_writable", .trigger = run_a_packet, .with = {"sees_packet"}},
    {.section = "raw_tracepoint.w", .object = "trace", .program = "on_raw_tracepoint_writable", .trigger = run_a_packet, .with = {"sees_packet"}},
    {.section = "tp_btf", .object = "trace", .program = "on_tp_btf"},
    {.section = "tp_btf.s", .object = "trace", .program = "on_tp_btf_sleepable"},
    {.section = "fentry", .object = "trace", .program = "on_fentry"},
    {.section = "fentry.s", .object = "trace", .program = "on_fentry_sleepable", .trigger = call_functions, .prepare = where_one_may_sleep, .with = {"calls_functions"}, .config = injection},
    {.section = "fexit", .object = "trace", .program = "on_fexit"},
    {.section = "fexit.s", .object = "trace", .program = "on_fexit_sleepable", .trigger = call_functions, .prepare = where_one_may_sleep, .with = {"calls_functions"}, .config = injection},
    {.section = "fmod_ret", .object = "trace", .program = "on_fmod_ret", .trigger = ask_for_own_group},
    {.section = "fmod_ret.s", .object = "trace", .program = "on_fmod_ret_sleepable", .trigger = call_functions, .prepare = where_one_may_sleep, .with = {"calls_functions"}, .config = injection},
    {.section = "fsession", .object = "trace", .program = "on_fsession"},
    {.section = "fsession.s", .object = "trace", .program = "on_fsession_sleepable", .trigger = call_functions, .prepare = where_one_may_sleep, .with = {"calls_functions"}, .config = injection},
    {.section = "fentry.multi", .object = "trace", .program = "on_fentry_multi"},
    {.section = "fentry.multi.s", .object = "trace", .program = "on_fentry_multi_sleepable", .trigger = call_functions, .prepare = where_one_may_sleep, .with = {"calls_functions"}, .config = injection},
    {.section = "fexit.multi", .object = "trace", .program = "on_fexit_multi"},
    {.section = "fexit.multi.s", .object = "trace", .program = "on_fexit_multi_sleepable", .trigger = call_functions, .prepare = where_one_may_sleep, .with = {"calls_functions"}, .config = injection},
    {.section = "fsession.multi", .object = "trace", .program = "on_fsession_multi"},
    {.section = "fsession.multi.s", .object = "trace", .program = "on_fsession_multi_sleepable", .trigger = call_functions, .prepare = where_one_may_sleep, .with = {"calls_functions"}, .config = injection},
    {.section = "lsm", .object = "trace", .program = "on_lsm", .trigger = ask_for_own_group},
    {.section = "lsm.s", .object = "trace", .program = "on_lsm_sleepable", .trigger = open_a_file_and_exec, .prepare = at_exec_before_5_11},
    {.section = "lsm_cgroup", .object = "trace", .program = "on_lsm_cgroup", .attach = on_root_cgroup, .trigger = bind_a_socket},
    {.section = "iter", .object = "trace", .program = "on_iter", .effect = tells_of_this_process},
    {.section = "iter.s", .object = "trace", .program = "on_iter_sleepable", .effect = tells_of_this_process},
    {.section = "perf_event", .object = "trace", .program = "on_perf_event", .attach = on_clock, .trigger = be_busy},
    {.section = "syscall", .object = "trace", .program = "on_syscall", .attach = by_hand},
});
// clang-format on

}  // namespace
}  // namespace skep::rows
