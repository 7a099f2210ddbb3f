#include "object/section_rules.h"

#include <gtest/gtest.h>

namespace skep::object {
namespace {

TEST(SectionRules, TheWholeTableIsThere) {
  EXPECT_EQ(section_rules.size(), 116u);
}

TEST(SectionRules, APathNeedsItsSlash) {
  EXPECT_EQ(find_section_rule("kprobe/do_unlinkat")->prog, BPF_PROG_TYPE_KPROBE);
  EXPECT_EQ(find_section_rule("kprobe")->prog, BPF_PROG_TYPE_KPROBE);
  EXPECT_EQ(find_section_rule("kprobes"), nullptr);
  EXPECT_EQ(find_section_rule("xdp_filter"), nullptr);
  EXPECT_EQ(find_section_rule("socket/1"), nullptr);
}

TEST(SectionRules, LongerNamesAreNotHiddenByShorterOnes) {
  EXPECT_EQ(find_section_rule("kprobe.multi/tcp_*")->attach, BPF_TRACE_KPROBE_MULTI);
  EXPECT_EQ(find_section_rule("sk_reuseport/migrate")->attach, BPF_SK_REUSEPORT_SELECT_OR_MIGRATE);
  EXPECT_EQ(find_section_rule("xdp.frags/devmap")->attach, BPF_XDP_DEVMAP);
  EXPECT_EQ(find_section_rule("fentry.s/tcp_connect")->flags, BPF_F_SLEEPABLE);
}

}  // namespace
}  // namespace skep::object
