// A machine for tests of the network families: a kernel and its network, with programs on demand.
#pragma once

#include <gtest/gtest.h>

#include "fake_network.h"
#include "host/facts.h"
#include "kernel/fake_kernel.h"
#include "kernel/info.h"
#include "kernel/prog.h"
#include "skep/attach.h"
#include "skep/map.h"

namespace skep::test {

class NetTest : public ::testing::Test {
 protected:
  NetTest() { network.install(kernel); }

  /// A program that is loaded in the fake kernel.
  Program program(bpf_prog_type type, bpf_attach_type attach, std::string section) {
    static constexpr std::array<bpf_insn, 2> return_zero{
        bpf_insn{.code = 0xb7, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0},
        bpf_insn{.code = 0x95, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0}};
    auto fd = kernel::prog_load(kernel, {.type = type, .expected_attach_type = attach, .insns = return_zero});
    EXPECT_TRUE(fd);
    network.know(fd->raw(), kernel::prog_info(kernel, fd->raw())->id);
    return Program(
        kernel, std::move(*fd),
        {.name = "probe", .section = std::move(section), .type = type, .expected_attach_type = attach});
  }
  u32 id_of(const Program& program) { return kernel::prog_info(kernel, program.fd().raw())->id; }

  /// Options that say which release of Linux this is.
  AttachOptions on(std::string release) {
    facts.emplace(host::KnownFacts{.kernel_release = std::move(release)});
    return {.facts = &*facts};
  }
  /// How many netlink sockets were opened so far.
  std::size_t sockets() const {
    std::size_t count = 0;
    for (const auto& call : kernel.calls()) {
      count += call.kind == kernel::CallKind::open_socket ? 1 : 0;
    }
    return count;
  }

  kernel::FakeKernel kernel;
  FakeNetwork network;
  std::optional<host::Facts> facts;
};

}  // namespace skep::test
