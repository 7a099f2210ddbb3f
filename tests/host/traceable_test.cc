// The kernel's list of traceable functions, and of all symbols by name.
#include "host/traceable.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/cpus.h"
#include "host/kallsyms.h"
#include "host/root.h"
#include "host/syscalls.h"

namespace skep::host {
namespace {

using test::Root;

struct LineCase {
  std::string_view line;
  std::string_view name;
  std::string_view module;
  u64 address;
};

TEST(Traceable, LinesOfBothFiles) {
  for (const LineCase& test :
       {LineCase{"tcp_v4_rcv", "tcp_v4_rcv", "", 0},
        {"nf_hook [nf_tables]", "nf_hook", "nf_tables", 0},
        {"ffffffff81000010 tcp_v4_rcv", "tcp_v4_rcv", "", 0xffffffff81000010},
        {"ffffffffc0001000 nf_hook [nf_tables]", "nf_hook", "nf_tables", 0xffffffffc0001000},
        {"add", "add", "", 0},
        {"add [mod]", "add", "mod", 0},
        {"local.llvm.123", "local", "", 0},
        {"f.isra.0", "f.isra.0", "", 0},
        {"__ftrace_invalid_address___576", "", "", 0},
        {"ffffffff81000010 __ftrace_invalid_address___576", "", "", 0},
        {"#### all functions enabled ####", "", "", 0},
        {"", "", "", 0}}) {
    const TraceableLine line = parse_traceable_line(test.line);
    EXPECT_EQ(line.name, test.name) << test.line;
    EXPECT_EQ(line.module, test.module) << test.line;
    EXPECT_EQ(line.address, test.address) << test.line;
  }
}

TEST(Traceable, ThePatternChooses) {
  Root root;
  EXPECT_EQ(find_traceable(root.path(), Glob("*")).error().code(), Errc::not_found);
  root.file("/sys/kernel/tracing/events/enable", "0\n");
  const auto none = find_traceable(root.path(), Glob("*"));
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message(), testing::HasSubstr("CONFIG_DYNAMIC_FTRACE"));
  root.file("/sys/kernel/tracing/available_filter_functions", "tcp_a\ntcp_b\nudp_a [udp]\nlast_tcp");
  auto found = find_traceable(root.path(), Glob("tcp_*"));
  ASSERT_TRUE(found) << found.error().message();
  ASSERT_EQ(found->size(), 2);
  EXPECT_EQ((*found)[1].name, "tcp_b");
  EXPECT_EQ((*found)[1].address, 0);
  found = find_traceable(root.path(), Glob("*_tcp"));
  ASSERT_EQ(found->size(), 1) << "the last line lacks its newline";
  root.file("/sys/kernel/tracing/available_filter_functions_addrs", "ff10 tcp_a\nff20 udp_a [udp]\n");
  found = find_traceable(root.path(), Glob("*_a"), TraceableList::addresses);
  ASSERT_EQ(found->size(), 2);
  EXPECT_EQ((*found)[0].address, 0xff10);
  EXPECT_EQ((*found)[1].module, "udp");
  EXPECT_TRUE(find_traceable(root.path(), Glob("x*"))->empty());
  EXPECT_THAT(near_traceable(root.path(), "last_tc"), testing::ElementsAre("last_tcp"));
}

TEST(Traceable, LongFilesComeInPieces) {
  Root root;
  std::string text;
  for (u32 i = 0; i < 20'000; ++i) {
    text += cat("function_number_", i, i % 7 == 0 ? " [module]\n" : "\n");
  }
  root.file("/sys/kernel/tracing/events/enable", "0\n")
      .file("/sys/kernel/tracing/available_filter_functions", text);
  EXPECT_EQ(find_traceable(root.path(), Glob("function_number_*"))->size(), 20'000);
  EXPECT_EQ(find_traceable(root.path(), Glob("function_number_19999"))->size(), 1);
  root.file("/sys/kernel/tracing/available_filter_functions", std::string(100'000, 'x'));
  EXPECT_EQ(find_traceable(root.path(), Glob("*")).error().code(), Errc::malformed);
}

TEST(SymbolsNamed, AllOfThemWithTheirModules) {
  Root root;
  root.file(
      "/proc/kallsyms",
      "ff10 t twice\nff20 T other_twice\nff30 t twice\t[nf_tables]\nff38 t twice.llvm.77\nff40 T twice_more");
  const std::string path = root.path() + "/proc/kallsyms";
  const auto found = symbols_named(path, "twice");
  ASSERT_TRUE(found) << found.error().message();
  ASSERT_EQ(found->size(), 3);
  EXPECT_EQ((*found)[0].address, 0xff10);
  EXPECT_EQ((*found)[0].module, "");
  EXPECT_EQ((*found)[1].module, "nf_tables");
  EXPECT_EQ((*found)[2].address, 0xff38);
  EXPECT_EQ(symbols_named(path, "twice_more")->size(), 1);
  EXPECT_TRUE(symbols_named(path, "")->empty());
  EXPECT_TRUE(symbols_named(path, "ff10")->empty());
}

TEST(CpuNumbers, AreThoseOfTheList) {
  EXPECT_THAT(parse_cpu_numbers("0-2,5\n").value(), testing::ElementsAre(0, 1, 2, 5));
  EXPECT_EQ(parse_cpu_numbers("").error().code(), Errc::malformed);
  EXPECT_EQ(parse_cpu_numbers("2-1").error().code(), Errc::malformed);
}

#if defined(__x86_64__)
TEST(SyscallFunction, IsCalledAsTheKernelsAgeHasIt) {
  EXPECT_EQ(syscall_function(Facts(KnownFacts{.kallsyms = "ff10 T __x64_sys_bpf\n"}), "openat").value(),
            "__x64_sys_openat");
  EXPECT_EQ(syscall_function(Facts(KnownFacts{.kallsyms = "ff10 T sys_bpf\n"}), "openat").value(),
            "__se_sys_openat");
}
#endif

}  // namespace
}  // namespace skep::host
