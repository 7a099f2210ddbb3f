// The table of sections and what is known of kernels agree on since when.
#include <gtest/gtest.h>

#include "needs/since.h"
#include "object/section_rules.h"

namespace skep::needs {
namespace {

using object::SectionRule;

Release since_of(const SectionRule& rule) {
  return {.version = rule.since.major, .patchlevel = rule.since.minor};
}

TEST(Sections, NoneIsOlderThanItsTypeOfProgram) {
  for (const SectionRule& rule : object::section_rules) {
    const Release type = since(program_types_since, rule.prog);
    EXPECT_TRUE(type.is_known()) << rule.name;
    EXPECT_GE(since_of(rule), type) << rule.name;
  }
}

TEST(Sections, NoneIsOlderThanItsAttachTypeUnlessItDoesWithout) {
  for (const SectionRule& rule : object::section_rules) {
    const Release attach = since(attach_types_since, rule.attach);
    // sk_reuseport programs are put on a socket, and kernels before 5.14 do not look at the attach type.
    const bool is_ignored = rule.attach_optional || rule.name == "sk_reuseport";
    if (!is_ignored && rule.attach != bpf_attach_type{}) {
      EXPECT_GE(since_of(rule), attach) << rule.name;
    }
  }
}

TEST(Sections, NoneThatMaySleepIsOlderThanSleepingThere) {
  for (const SectionRule& rule : object::section_rules) {
    if ((rule.flags & BPF_F_SLEEPABLE) != 0) {
      EXPECT_GE(since_of(rule), sleepable_since(rule.prog, rule.attach)) << rule.name;
    }
  }
}

}  // namespace
}  // namespace skep::needs
