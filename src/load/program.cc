#include "skep/program.h"

#include <algorithm>

#include "base/result.h"
#include "kernel/obj.h"
#include "kernel/prog_run.h"

namespace skep {
namespace {

constexpr int kernel_enotsupp = 524;  // not in errno.h: the kernel's own, which escapes to user space here

/// How the kinds of program differ in what a test run takes.
struct RunRules {
  bool runs = false;
  bool takes_packet = false;  ///< data_in is wanted
  bool repeats = false;       ///< repeat and duration mean something
};

RunRules rules_of(bpf_prog_type type, bpf_attach_type attach) {
  switch (type) {
    case BPF_PROG_TYPE_SOCKET_FILTER:
    case BPF_PROG_TYPE_SCHED_CLS:
    case BPF_PROG_TYPE_SCHED_ACT:
    case BPF_PROG_TYPE_XDP:
    case BPF_PROG_TYPE_CGROUP_SKB:
    case BPF_PROG_TYPE_LWT_IN:
    case BPF_PROG_TYPE_LWT_OUT:
    case BPF_PROG_TYPE_LWT_XMIT:
    case BPF_PROG_TYPE_LWT_SEG6LOCAL:
    case BPF_PROG_TYPE_FLOW_DISSECTOR: return {.runs = true, .takes_packet = true, .repeats = true};
    case BPF_PROG_TYPE_NETFILTER: return {.runs = true, .takes_packet = true, .repeats = true};
    case BPF_PROG_TYPE_SK_LOOKUP: return {.runs = true, .repeats = true};
    case BPF_PROG_TYPE_RAW_TRACEPOINT:
    case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
    case BPF_PROG_TYPE_SYSCALL: return {.runs = true};
    case BPF_PROG_TYPE_TRACING:
      return {.runs = attach == BPF_TRACE_FENTRY || attach == BPF_TRACE_FEXIT || attach == BPF_MODIFY_RETURN};
    default: return {};
  }
}

}  // namespace

Program::Program(kernel::Kernel& kernel, Fd fd, Traits traits,
                 std::vector<std::shared_ptr<const Fd>> attach_maps)
    : kernel_(&kernel),
      fd_(std::move(fd)),
      traits_(std::move(traits)),
      attach_maps_(std::move(attach_maps)) {}

bool Program::can_test_run() const {
  return rules_of(traits_.type, traits_.expected_attach_type).runs;
}

bool Program::takes_packet() const {
  return rules_of(traits_.type, traits_.expected_attach_type).takes_packet;
}

bool Program::repeats() const {
  return rules_of(traits_.type, traits_.expected_attach_type).repeats;
}

Result<TestRunResult> Program::test_run(const TestRun& run) const {
  const std::string noun = cat("program '", traits_.name, "'");
  const RunRules rules = rules_of(traits_.type, traits_.expected_attach_type);
  if (!rules.runs) {
    return fail(Errc::unsupported,
                cat(noun, ": the kernel has no test run for programs of type ", name_of(traits_.type)));
  }
  if (!rules.repeats && run.repeat > 1) {
    return fail(Errc::invalid, cat(noun, ": programs of type ", name_of(traits_.type), " run once per call, ",
                                   run.repeat, " runs are asked"));
  }
  TestRunResult result;
  if (rules.takes_packet) {
    constexpr std::size_t head_room = 256;
    result.data_out.resize(run.data_out_bytes != 0 ? run.data_out_bytes : run.data_in.size() + head_room);
  }
  // The kernel writes a syscall program's context back to where it came from, and that must not be the caller's constant memory.
  const bool writes_back = traits_.type == BPF_PROG_TYPE_SYSCALL;
  result.context_out.assign(run.context_in.begin(), run.context_in.end());
  kernel::ProgTestRun call{
      .prog_fd = fd_.raw(),
      .data_in = run.data_in,
      .data_out = result.data_out,
      .ctx_in = writes_back ? std::span<const std::byte>(result.context_out) : run.context_in,
      .repeat = rules.repeats ? run.repeat : 0,
      .flags = run.flags,
      .cpu = run.cpu};
  if (rules.takes_packet) {
    call.ctx_out = result.context_out;
  }
  if (auto done = kernel::prog_test_run(*kernel_, call); !done) {
    Error error = std::move(done).error().within(noun);
    return std::unexpected(error.sys_errno() == kernel_enotsupp
                               ? std::move(error).with_code(Errc::unsupported)
                               : std::move(error));
  }
  result.return_value = call.retval;
  result.mean_duration = std::chrono::nanoseconds(call.duration_ns);
  result.data_out.resize(std::min<std::size_t>(result.data_out.size(), call.data_out_bytes));
  if (!writes_back) {
    result.context_out.resize(
        rules.takes_packet ? std::min<std::size_t>(result.context_out.size(), call.ctx_out_bytes) : 0);
  }
  return result;
}

Result<void> Program::pin(const std::string& path) const {
  SKEP_CHECK_IN(cat("program '", traits_.name, "'"),
                kernel::obj_pin(*kernel_, {.fd = fd_.raw(), .path = path.c_str()}));
  return {};
}

}  // namespace skep
