// Loading with externs: what the kernel is asked, and that nothing is left when it refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>

#include "kernel/dry_kernel.h"
#include "kernel/fake_kernel.h"
#include "load/execute.h"
#include "load/extern_fixture.h"

namespace skep::load {
namespace {

using kernel::FakeCall;
using kernel::FakeKernel;
using testing::HasSubstr;
using Kind = RelocationKind;

std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    ++count;
  }
  return count;
}

/// A value, a module's function and variable, and a module's attach target.
ObjectSpec everything() {
  ObjectBuilder builder;
  builder.value("CONFIG_HZ", builder.int_type(), 4)
      .function("ct_look", builder.int_proto(), Kind::extern_function)
      .variable("ct_state", builder.int_type())
      .attached("nf_tables:nft_walk");
  return builder.finish();
}

Result<Live> loaded(ObjectSpec& spec, kernel::Kernel& kernel, LoadReport& report) {
  host::KnownFacts known = Kernel().known();
  known.config = "CONFIG_HZ=250\n";
  const host::Facts facts(known);
  auto made = plan(spec, facts, "/sys/fs/bpf");
  if (!made) {
    return std::unexpected(std::move(made).error());
  }
  LoadPlan ready = std::move(*made);
  report.programs.resize(spec.programs.size());
  const LoadOptions options{.jobs = 1};
  return execute({.spec = spec, .facts = facts, .kernel = kernel, .options = options, .report = report},
                 ready);
}

TEST(LoadExterns, DescriptorsOfModulesReachTheKernel) {
  FakeKernel kernel;
  kernel.add_module("vmlinux");
  kernel.add_module("nf_tables");
  kernel.add_module("nf");
  ObjectSpec spec = everything();
  LoadReport report;
  const auto live = loaded(spec, kernel, report);
  ASSERT_TRUE(live) << live.error().message();
  const std::vector<FakeCall> loads = kernel.calls(BPF_PROG_LOAD);
  ASSERT_EQ(loads.size(), 4);
  const auto id_of = [&](int wanted) {
    u32 id = 0;
    for (const FakeCall& call : kernel.calls(BPF_BTF_GET_FD_BY_ID)) {
      id =
          call.result == wanted ? call.attributes().get_id.start_id : id;  // the last: numbers are used again
    }
    return id;
  };
  for (const FakeCall& load : loads) {
    const bpf_attr_prog_load attr = load.attributes().prog_load;
    const bool calls_a_module = load.insns[1].src_reg == BPF_PSEUDO_KFUNC_CALL;
    EXPECT_EQ(attr.fd_array != 0, calls_a_module) << "kernels before 5.14 know no such field";
    EXPECT_EQ(attr.fd_array_cnt, 0) << "kernels before 6.14 know no such field";
  }
  // The longest programs first, so find each by what it does.
  for (const FakeCall& load : loads) {
    if (load.insns.size() == 2) {
      EXPECT_EQ(id_of(static_cast<int>(load.attributes().prog_load.attach_prog_fd)), 2) << "nf_tables";
    } else if (load.insns[0].src_reg == BPF_PSEUDO_BTF_ID) {
      EXPECT_EQ(id_of(load.insns[1].imm), 3) << "nf";
    } else if (load.insns[1].src_reg == BPF_PSEUDO_KFUNC_CALL) {
      EXPECT_EQ(load.insns[1].off, 2) << "nf_tables is the first module, for the attach target";
    } else {
      EXPECT_EQ(load.insns[0].src_reg, BPF_PSEUDO_MAP_VALUE);
    }
  }
  EXPECT_EQ(kernel.calls(BPF_MAP_FREEZE).size(), 1);
  ASSERT_EQ(kernel.calls(BPF_MAP_UPDATE_ELEM).size(), 1);
  u32 value = 0;
  std::memcpy(&value, kernel.calls(BPF_MAP_UPDATE_ELEM)[0].value.data(), sizeof value);
  EXPECT_EQ(value, 250);
  std::memcpy(&value, spec.maps[0].contents.bytes().data(), sizeof value);
  EXPECT_EQ(value, 250) << "the memory is the map's now";
}

TEST(LoadExterns, WhicheverCallFailsNothingIsLeft) {
  std::size_t calls = 0;
  {
    FakeKernel kernel;
    kernel.add_module("nf");
    kernel.add_module("nf_tables");
    ObjectSpec spec = everything();
    LoadReport report;
    ASSERT_TRUE(loaded(spec, kernel, report));
    calls = kernel.calls().size();
  }
  std::size_t refused = 0;
  for (const int sys_errno : {ENOMEM, EPERM, EINVAL, EMFILE}) {
    for (u32 nth = 0; nth < calls; ++nth) {
      FakeKernel kernel;
      kernel.add_module("nf");
      kernel.add_module("nf_tables");
      const std::size_t before = open_descriptors();
      kernel.fail_call(nth, sys_errno);
      ObjectSpec spec = everything();
      LoadReport report;
      const auto live = loaded(spec, kernel, report);
      if (live) {
        EXPECT_FALSE(report.notes.empty()) << nth << " " << errno_name(sys_errno);
        continue;
      }
      ++refused;
      EXPECT_EQ(open_descriptors(), before) << nth << " " << errno_name(sys_errno);
      EXPECT_EQ(live.error().sys_errno(), sys_errno) << live.error().message();
    }
  }
  EXPECT_GT(refused, calls * 2);
}

TEST(LoadExterns, AMissingRightIsNamed) {
  FakeKernel kernel;
  kernel.add_module("nf");
  kernel.fail_command(BPF_BTF_GET_NEXT_ID, 0, EPERM);
  ObjectSpec spec = everything();
  LoadReport report;
  const auto live = loaded(spec, kernel, report);
  ASSERT_FALSE(live);
  EXPECT_EQ(live.error().code(), Errc::denied);
  EXPECT_THAT(live.error().message(), HasSubstr("CAP_SYS_ADMIN"));
}

TEST(LoadExterns, AModuleThatHasGoneIsNamed) {
  FakeKernel kernel;
  kernel.add_module("nf");
  ObjectSpec spec = everything();
  LoadReport report;
  const auto live = loaded(spec, kernel, report);
  ASSERT_FALSE(live);
  EXPECT_EQ(live.error().code(), Errc::not_found);
  EXPECT_THAT(live.error().message(), HasSubstr("module 'nf_tables' is not loaded any more"));
}

TEST(LoadExterns, BtfThatGoesMeanwhileIsSteppedOver) {
  FakeKernel kernel;
  kernel.add_module("gone");
  kernel.add_module("nf");
  kernel.add_module("nf_tables");
  kernel.fail_command(BPF_BTF_GET_FD_BY_ID, 0, ENOENT);
  ObjectSpec spec = everything();
  LoadReport report;
  const auto live = loaded(spec, kernel, report);
  EXPECT_TRUE(live) << live.error().message();
}

TEST(LoadExterns, ADryKernelHasTheModulesThatItIsToldOf) {
  kernel::DryKernel kernel;
  kernel.modules = {"nf", "nf_tables"};
  ObjectSpec spec = everything();
  LoadReport report;
  const auto live = loaded(spec, kernel, report);
  EXPECT_TRUE(live) << live.error().message();
}

}  // namespace
}  // namespace skep::load
