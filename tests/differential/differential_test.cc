// Every fixture and example through libbpf_dump and skep_dump: what the two would tell the kernel must be equal, line by line. Needs no rights.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "differential/expected.h"
#include "objects/objects.h"

namespace differential {
namespace {

struct Outcome {
  int status = 0;
  std::string text;
};

Outcome run(const std::string& command) {
  Outcome outcome;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  std::array<char, 65536> buffer{};
  while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    outcome.text.append(buffer.data(), size);
  }
  const int status = ::pclose(pipe);
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome;
}

Outcome dump(const char* loader, const std::string& object) {
  return run(std::string(SKEP_BUILD_DIR "/tests/differential/") + loader + " '" + object + "' 2>&1");
}

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

// The first lines of a unified diff; long ones are cut.
std::string diff(const std::string& libbpf, const std::string& skep) {
  const std::string base = testing::TempDir() + "differential_" + std::to_string(::getpid());
  std::ofstream(base + ".libbpf") << libbpf;
  std::ofstream(base + ".skep") << skep;
  const Outcome difference =
      run("diff -u '" + base + ".libbpf' '" + base + ".skep' | cut -c 1-160 | head -80");
  std::filesystem::remove(base + ".libbpf");
  std::filesystem::remove(base + ".skep");
  return difference.text;
}

class Differential : public testing::TestWithParam<std::string> {};

TEST_P(Differential, SkepTellsTheKernelWhatLibbpfDoes) {
  const std::string name = objects::name_of(GetParam());
  const Outcome libbpf = dump("libbpf_dump", GetParam());
  const Outcome skep = dump("skep_dump", GetParam());
  for (const Refusal& refusal : refusals) {
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

INSTANTIATE_TEST_SUITE_P(Objects, Differential, testing::ValuesIn(objects::all_objects()),
                         [](const auto& object) { return objects::case_name(object.param); });

TEST(DifferentialObjects, AreAsManyAsThereShouldBe) {
  EXPECT_GE(objects::all_objects().size(), 70U);
}

}  // namespace
}  // namespace differential
