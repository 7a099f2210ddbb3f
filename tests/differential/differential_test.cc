// Every fixture and example through libbpf_dump and skep_dump: what the two would tell the kernel must be equal, line by line. Needs no rights.
#include <gtest/gtest.h>

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "differential/expected.h"
#include "differential/outcome.h"
#include "objects/objects.h"

namespace differential {
namespace {

std::string without_reviewed_differences(const std::string& text, std::string_view object) {
  std::string kept;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
    const std::string_view line(text.data() + at, end - at);
    const auto reviewed = [&](const Difference& difference) {
      return matches(difference.object, object) && line.starts_with(difference.fact);
    };
    if (std::none_of(differences.begin(), differences.end(), reviewed)) {
      kept += line;
    }
    at = end;
  }
  return kept;
}

class Differential : public testing::TestWithParam<std::string> {};

void expect_equal(const std::string& object, const std::string& option, std::span<const Refusal> refused) {
  const std::string name = objects::name_of(object);
  const std::string arguments = option + "'" + object + "' 2>&1";
  const Outcome libbpf = dump("libbpf_dump", arguments);
  const Outcome skep = dump("skep_dump", arguments);
  for (const Refusal& refusal : refused) {
    if (matches(refusal.object, name)) {
      EXPECT_EQ(libbpf.status, 3) << libbpf.text;
      EXPECT_NE(libbpf.text.find(refusal.words), std::string::npos) << libbpf.text;
      EXPECT_EQ(skep.status, refusal.skep_loads ? 0 : 3) << skep.text;
      return;
    }
  }
  ASSERT_EQ(libbpf.status, 0) << libbpf.text;
  ASSERT_EQ(skep.status, 0) << skep.text;
  const std::string wanted = without_reviewed_differences(libbpf.text, name);
  const std::string had = without_reviewed_differences(skep.text, name);
  EXPECT_TRUE(wanted == had) << diff(wanted, had);
}

/// Why there is nothing to compare; empty: there is.
std::string_view why_unknown(const std::string& object) {
  for (const Unknown& unknown : unknown_to_libbpf) {
    if (matches(unknown.object, objects::name_of(object))) {
      return unknown.why;
    }
  }
  return {};
}

TEST_P(Differential, SkepTellsTheKernelWhatLibbpfDoes) {
  if (const auto why = why_unknown(GetParam()); !why.empty()) {
    GTEST_SKIP() << why;
  }
  expect_equal(GetParam(), "", refusals);
}

// Maps that are not to be created: what stands in the instructions instead of them.
TEST_P(Differential, SkepDoesWithoutMapsWhatLibbpfDoes) {
  if (const auto why = why_unknown(GetParam()); !why.empty()) {
    GTEST_SKIP() << why;
  }
  std::vector<Refusal> refused(refusals.begin(), refusals.end());
  refused.insert(refused.end(), refused_without_maps.begin(), refused_without_maps.end());
  expect_equal(GetParam(), "--without-maps ", refused);
}

INSTANTIATE_TEST_SUITE_P(Objects, Differential, testing::ValuesIn(objects::all_objects()),
                         [](const auto& object) { return objects::case_name(object.param); });

TEST(DifferentialObjects, AreAsManyAsThereShouldBe) {
  EXPECT_GE(objects::all_objects().size(), 70U);
}

}  // namespace
}  // namespace differential
