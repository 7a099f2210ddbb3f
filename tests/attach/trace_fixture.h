// A machine for attaching to kernel functions and events: a root with tracefs and sysfs, a fake kernel with a program in it, and what is known.
#pragma once

#include <linux/perf_event.h>

#include <cstring>
#include <string>

#include "host/facts.h"
#include "host/root.h"
#include "kernel/fake_kernel.h"
#include "kernel/prog.h"
#include "skep/attach.h"
#include "support/descriptors.h"

namespace skep::attach::test {

inline constexpr std::array<bpf_insn, 2> return_zero{
    bpf_insn{.code = 0xb7, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0},
    bpf_insn{.code = 0x95, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0}};

struct Machine {
  explicit Machine(std::string release = "6.12.0", std::string config = "CONFIG_HZ=250\n")
      : facts({.kernel_release = std::move(release), .config = std::move(config)}) {
    const std::string kprobe = "/sys/bus/event_source/devices/kprobe/";
    root.file(kprobe + "type", "6\n").file(kprobe + "format/retprobe", "config:0\n");
    root.file("/sys/kernel/tracing/events/sched/sched_switch/id", "314\n");
    root.file("/sys/devices/system/cpu/online", "0-1\n");
    root.file(
        "/proc/kallsyms",
        "ffffffff81000010 t twice\nffffffff81000020 T do_unlinkat\nffffffff81000030 t twice\t[nf_tables]\n");
    root.file("/proc/modules", "nf_tables 372736 0 - Live 0xffffffffc0000000\n");
    root.file("/sys/kernel/tracing/available_filter_functions", "do_unlinkat\ntcp_a\ntcp_b [tcp]\n");
  }

  Program program(std::string section, bpf_attach_type type = {}, std::string target = {}) {
    auto fd = kernel::prog_load(kernel, {.type = BPF_PROG_TYPE_KPROBE, .insns = return_zero});
    return Program(kernel, *std::move(fd),
                   {.name = "probe",
                    .section = std::move(section),
                    .expected_attach_type = type,
                    .attach_target = std::move(target)});
  }
  AttachOptions options() { return {.facts = &facts, .root = root.path()}; }
  /// The attributes of the perf events that were opened.
  std::vector<perf_event_attr> events() const {
    std::vector<perf_event_attr> all;
    for (const kernel::FakeCall& call : kernel.calls()) {
      if (call.kind == kernel::CallKind::perf_event_open) {
        perf_event_attr attr{};
        std::memcpy(&attr, call.data.data(), std::min(call.data.size(), sizeof attr));
        all.push_back(attr);
      }
    }
    return all;
  }

  host::test::Root root;
  kernel::FakeKernel kernel;
  host::Facts facts;
};

/// Lets the first, second, ... call of `attach` fail until it succeeds: each failure is told as it is, and leaves no descriptor.
template <class Attach>
void expect_no_leak_whichever_call_fails(const Attach& attach) {
  constexpr u32 most = 50;
  for (u32 nth = 0;; ++nth) {
    ASSERT_LT(nth, most);
    Machine machine;
    const Program program = machine.program("kprobe/f");
    const std::size_t before = skep::test::open_descriptors();
    machine.kernel.fail_call(nth, EIO);
    const Result<Link> link = attach(machine, program);
    if (link) {
      EXPECT_GT(nth, 0U);
      return;
    }
    EXPECT_EQ(link.error().sys_errno(), EIO) << link.error().message();
    EXPECT_EQ(skep::test::open_descriptors(), before) << "after failing call " << nth;
  }
}

}  // namespace skep::attach::test
