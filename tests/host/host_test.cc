#include <gtest/gtest.h>

#include "base/file.h"
#include "btf/btf.h"
#include "host/attach_target.h"
#include "host/cpus.h"
#include "host/denied.h"
#include "host/facts.h"
#include "host/root.h"

namespace skep::host {
namespace {

using test::Root;

TEST(CpuList, CountsRangesAndSingles) {
  struct Case {
    std::string_view text;
    u32 count;
  };
  for (const Case& c :
       {Case{"0\n", 1}, Case{"0-3\n", 4}, Case{"0,2-3\n", 3}, Case{"0-1,4,6-7", 5}, Case{"0-1023", 1024}}) {
    const auto count = parse_cpu_list(c.text);
    ASSERT_TRUE(count) << c.text;
    EXPECT_EQ(*count, c.count) << c.text;
  }
}

TEST(CpuList, ALongSparseMaskIsReadWhole) {
  std::string text = "0";
  for (u32 cpu = 2; cpu < 4000; cpu += 2) {
    text += cat(",", cpu);
  }
  EXPECT_EQ(parse_cpu_list(text).value(), 2000);
}

TEST(CpuList, RefusesWhatIsNoList) {
  for (const std::string_view text :
       {"", "\n", "x", "1-", "-1", "3-1", "0,,1", "0,0", "5,3", "0-4294967295", "0 1"}) {
    const auto count = parse_cpu_list(text);
    ASSERT_FALSE(count) << text;
    EXPECT_EQ(count.error().code(), Errc::malformed) << text;
  }
}

TEST(Facts, AreReadUnderTheRootAndOnlyWhenAsked) {
  Root root;
  const Facts facts(root.path(), {});
  EXPECT_FALSE(facts.possible_cpus());
  root.file("/sys/devices/system/cpu/possible", "0-2\n")
      .file("/proc/sys/kernel/osrelease", "5.4.0-generic\n");
  EXPECT_EQ(facts.possible_cpus().value(), 3);
  root.file("/sys/devices/system/cpu/possible", "0-9\n");
  EXPECT_EQ(facts.possible_cpus().value(), 3) << "read twice";
  EXPECT_EQ(facts.kernel_release().value(), "5.4.0-generic");
  EXPECT_EQ(facts.kernel_btf().error().code(), Errc::unsupported);
}

TEST(Facts, ALiteralReadsNothing) {
  const Facts facts(KnownFacts{.page_bytes = 65536});
  EXPECT_EQ(facts.page_bytes(), 65536);
  EXPECT_EQ(facts.possible_cpus().error().code(), Errc::not_found);
}

TEST(Facts, OfThisMachineKnowItsCpus) {
  EXPECT_GE(facts_of_this_machine().possible_cpus().value(), 1);
}

TEST(Denied, NamesTheMissingCapabilities) {
  Root root;
  root.file("/proc/self/status", "Name:\tskep\nCapEff:\t0000000000000000\nSeccomp:\t0\n")
      .file("/proc/sys/kernel/osrelease", "6.1.0\n")
      .file("/proc/sys/kernel/unprivileged_bpf_disabled", "2\n");
  const std::string xdp =
      explain_denied({.what = DeniedCall::What::prog_load, .prog_type = BPF_PROG_TYPE_XDP}, root.path());
  EXPECT_NE(xdp.find("CAP_BPF and CAP_NET_ADMIN"), std::string::npos) << xdp;
  const std::string kprobe =
      explain_denied({.what = DeniedCall::What::prog_load, .prog_type = BPF_PROG_TYPE_KPROBE}, root.path());
  EXPECT_NE(kprobe.find("CAP_BPF and CAP_PERFMON"), std::string::npos) << kprobe;
  const std::string map =
      explain_denied({.what = DeniedCall::What::map_create, .map_type = BPF_MAP_TYPE_HASH}, root.path());
  EXPECT_NE(map.find("lacks CAP_BPF ("), std::string::npos) << map;
  EXPECT_NE(map.find("unprivileged_bpf_disabled is 2"), std::string::npos) << map;
}

TEST(Denied, BeforeLinux58OnlyAdministratorsAndTheMemlockLimitCount) {
  Root root;
  root.file("/proc/self/status", "CapEff:\t0000000000000000\n")
      .file("/proc/sys/kernel/osrelease", "5.4.0-100-generic\n")
      .file("/proc/self/limits",
            "Limit                     Soft Limit           Hard Limit           Units     \n"
            "Max locked memory         65536                65536                bytes     \n");
  const std::string text = explain_denied({.what = DeniedCall::What::map_create}, root.path());
  EXPECT_NE(text.find("lacks CAP_SYS_ADMIN"), std::string::npos) << text;
  EXPECT_NE(text.find("RLIMIT_MEMLOCK, which is 65536 bytes"), std::string::npos) << text;
}

TEST(Denied, SeesContainersAndLockdown) {
  Root root;
  root.file("/proc/self/status", "CapEff:\t000001ffffffffff\nSeccomp:\t2\n")
      .file("/proc/sys/kernel/osrelease", "6.1.0\n")
      .file("/proc/self/uid_map", "         0     100000      65536\n")
      .file("/sys/kernel/security/lockdown", "none integrity [confidentiality]\n");
  const std::string text =
      explain_denied({.what = DeniedCall::What::prog_load, .prog_type = BPF_PROG_TYPE_KPROBE}, root.path());
  EXPECT_NE(text.find("user namespace"), std::string::npos) << text;
  EXPECT_NE(text.find("lockdown is 'confidentiality', which forbids"), std::string::npos) << text;
  EXPECT_NE(text.find("seccomp"), std::string::npos) << text;
}

TEST(Denied, SaysSoWhenNothingIsMissing) {
  Root root;
  root.file("/proc/self/status", "CapEff:\t000001ffffffffff\nSeccomp:\t0\n")
      .file("/proc/self/uid_map", "         0          0 4294967295\n")
      .file("/sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
  EXPECT_NE(explain_denied({}, root.path()).find("security module"), std::string::npos);
}

TEST(AttachTarget, IsFoundInTheKernelsTypes) {
  const auto types = facts_of_this_machine().kernel_btf();
  if (!types) {
    GTEST_SKIP() << types.error().message();
  }
  EXPECT_GT(find_attach_target(**types, BPF_TRACE_FENTRY, "tcp_connect").value(), 0);
  EXPECT_GT(find_attach_target(**types, BPF_TRACE_RAW_TP, "sched_switch").value(), 0);
  EXPECT_GT(find_attach_target(**types, BPF_TRACE_ITER, "task").value(), 0);
  const auto wrong = find_attach_target(**types, BPF_TRACE_RAW_TP, "sched_swich");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code(), Errc::not_found);
  EXPECT_NE(wrong.error().message().find("sched_switch"), std::string::npos) << wrong.error().message();
  EXPECT_EQ(find_attach_target(**types, BPF_TRACE_FENTRY, "").error().code(), Errc::invalid);
}

}  // namespace
}  // namespace skep::host
