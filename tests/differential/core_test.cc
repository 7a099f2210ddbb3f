// CO-RE: every program of tests/fixtures/core, relocated by skep and by libbpf for the same kernel types. The instructions must be equal, and what one
// refuses the other refuses. Needs no rights.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "differential/core_expected.h"
#include "differential/outcome.h"
#include "skep/object_spec.h"
#include "skep/uapi/btf.h"

namespace differential {
namespace {

namespace fs = std::filesystem;

const fs::path built = SKEP_BUILD_DIR "/tests/fixtures/core";
const fs::path kept = SKEP_SOURCE_DIR "/tests/fixtures/core/objects";

std::vector<std::string> files(const fs::path& directory, std::string_view suffix) {
  std::vector<std::string> paths;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    const std::string path = entry.path().string();
    if (path.ends_with(suffix) && entry.path().parent_path().filename() != "CMakeFiles") {
      paths.push_back(path);
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

// "clang-19.v3" of "…/clang-19.v3/arrays.o", "gcc" of "…/objects/arrays.gcc.o".
std::string compiler_of(const fs::path& object) {
  return object.parent_path() == kept ? object.stem().extension().string().substr(1)
                                      : object.parent_path().filename().string();
}

// "arrays" of both.
std::string source_of(const fs::path& object) {
  const std::string file = object.filename().string();
  return file.substr(0, file.find('.'));
}

std::string name_of(const std::string& object) {
  return compiler_of(object) + "/" + source_of(object);
}

std::vector<std::string> core_objects() {
  std::vector<std::string> paths = files(kept, ".o");
  for (const std::string& path : files(built, ".o")) {
    if (fs::path(path).parent_path().filename() != "kernels") {
      paths.push_back(path);
    }
  }
  return paths;
}

bool is_for_real_kernels(const std::string& object) {
  return source_of(object).starts_with("linux_");
}

// The type information of Debian's kernels: those that tests of this tree boot, or all that there are with SKEP_ALL_KERNELS=1.
const std::vector<std::string>& real_kernels() {
  static const std::vector<std::string> paths = [] {
    const char* all = std::getenv("SKEP_ALL_KERNELS");
    const std::string series = all != nullptr && *all == '1' ? "5.10 6.1 6.12 6.18 7.3" : "6.1 newest";
    const Outcome outcome = run(SKEP_SOURCE_DIR "/tools/vm btf " + series + " 2>/dev/null");
    std::vector<std::string> lines;
    for (std::size_t at = 0; outcome.status == 0 && at < outcome.text.size();) {
      const std::size_t end = std::min(outcome.text.find('\n', at), outcome.text.size());
      lines.push_back(outcome.text.substr(at, end - at));
      at = end + 1;
    }
    return lines;
  }();
  return paths;
}

// The block of each program: what the kernel would be told of it, or "refused".
std::map<std::string, std::string> by_program(const std::string& text) {
  constexpr std::string_view head = "program ";
  std::map<std::string, std::string> blocks;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t next = std::min(text.find("\nprogram ", at), text.size() - 1) + 1;
    const std::size_t line = text.find('\n', at);
    blocks[text.substr(at + head.size(), line - at - head.size())] = text.substr(at, next - at);
    at = next;
  }
  return blocks;
}

std::string arguments(const std::string& kernel, const std::string& object) {
  return "--btf '" + kernel + "' '" + object + "'";
}

class Core : public testing::TestWithParam<std::string> {};

const CoreDifference* reviewed(const std::string& object, const std::string& program) {
  const auto found = std::ranges::find_if(core_differences, [&](const CoreDifference& difference) {
    return matches(difference.compiler, compiler_of(object)) &&
           matches(difference.source, source_of(object)) && matches(difference.program, program);
  });
  return found == core_differences.end() ? nullptr : &*found;
}

bool is_refused(const std::string& block) {
  return block.find("\n  refused\n") != std::string::npos;
}

// Adds the reviewed differences that showed to `seen`.
void expect_equal(const std::string& object, const std::string& kernel,
                  std::set<const CoreDifference*>& seen) {
  const std::string words = arguments(kernel, object);
  const Outcome libbpf = dump("libbpf_dump", words + " 2>/dev/null");
  const Outcome skep = dump("skep_dump", words + " 2>/dev/null");
  ASSERT_EQ(libbpf.status, 0) << words << "\n" << libbpf.text;
  ASSERT_EQ(skep.status, 0) << words << "\n" << skep.text;
  const auto wanted = by_program(libbpf.text);
  auto had = by_program(skep.text);
  ASSERT_FALSE(wanted.empty()) << words;
  ASSERT_EQ(wanted.size(), had.size()) << words;
  for (const auto& [program, block] : wanted) {
    if (block == had[program]) {
      continue;
    }
    const CoreDifference* difference = reviewed(object, program);
    if (difference != nullptr && is_refused(block)) {
      seen.insert(difference);
    } else {
      ADD_FAILURE() << words << "\n" << diff(block, had[program]);
    }
  }
}

TEST_P(Core, SkepPatchesWhatLibbpfDoes) {
  const bool real = is_for_real_kernels(GetParam());
  const std::vector<std::string> kernels = real ? real_kernels() : files(built / "kernels", ".btf");
  if (kernels.empty()) {
    GTEST_SKIP() << "no kernel in the cache of tools/vm, and none to be had";
  }
  std::set<const CoreDifference*> seen;
  for (const std::string& kernel : kernels) {
    expect_equal(GetParam(), kernel, seen);
  }
  for (const CoreDifference& difference : core_differences) {
    if (matches(difference.compiler, compiler_of(GetParam())) &&
        matches(difference.source, source_of(GetParam()))) {
      EXPECT_TRUE(seen.contains(&difference))
          << "listed as a difference, but there is none: " << difference.reason;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Objects, Core, testing::ValuesIn(core_objects()), [](const auto& object) {
  std::string text = name_of(object.param);
  std::replace_if(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return text;
});

TEST(CoreObjects, AreAsManyAsThereShouldBe) {
  EXPECT_GE(core_objects().size(), 150U);
  EXPECT_GE(files(built / "kernels", ".btf").size(), 13U);
}

// Prints how many relocations of each kind each compiler made, and requires every compiler to cover all that it can.
TEST(CoreObjects, HoldEveryKindOfRelocationByEveryCompiler) {
  constexpr std::size_t kinds = skep::BPF_CORE_TYPE_MATCHES + 1;
  std::map<std::string, std::array<unsigned, kinds>> counts;
  for (const std::string& object : core_objects()) {
    const auto spec = skep::ObjectSpec::read_file(object);
    ASSERT_TRUE(spec) << spec.error().message();
    auto& row = counts[compiler_of(object)];
    for (const skep::FunctionSpec& function : spec->functions) {
      for (const skep::CoreRelocation& relocation : function.core_relocations) {
        ASSERT_LT(relocation.kind, kinds);
        ++row[relocation.kind];
      }
    }
  }
  for (const auto& [compiler, row] : counts) {
    std::printf("%-12s", compiler.c_str());
    for (std::size_t kind = 0; kind < kinds; ++kind) {
      std::printf(" %5u", row[kind]);
      const bool is_too_new = kind == skep::BPF_CORE_TYPE_MATCHES && compiler.starts_with("clang-14");
      const bool is_not_in_gcc_objects = kind == skep::BPF_CORE_TYPE_ID_LOCAL && compiler == "gcc";
      EXPECT_EQ(row[kind] == 0, is_too_new || is_not_in_gcc_objects) << compiler << ", kind " << kind;
    }
    std::printf("\n");
  }
}

// A corpus in which nothing is missing, or everything is, would prove little.
TEST(CoreObjects, MeetKernelsThatHaveAndKernelsThatLackWhatTheyAskFor) {
  constexpr std::string_view poison = ": 850000001023ad0b";
  std::map<std::string, std::array<unsigned, 3>> counts;  // patched whole, with poison, refused
  for (const std::string& kernel : files(built / "kernels", ".btf")) {
    auto& [whole, poisoned, refused] = counts[fs::path(kernel).stem().string()];
    for (const std::string& object : core_objects()) {
      if (compiler_of(object) != "clang22" || is_for_real_kernels(object)) {
        continue;
      }
      for (const auto& [program, block] :
           by_program(dump("libbpf_dump", arguments(kernel, object) + " 2>/dev/null").text)) {
        ++(is_refused(block) ? refused : block.find(poison) != std::string::npos ? poisoned : whole);
      }
    }
    std::printf("%-14s %4u whole %4u with poison %4u refused\n", fs::path(kernel).stem().c_str(), whole,
                poisoned, refused);
  }
  EXPECT_GT(counts["same"][0], 200U);
  EXPECT_GT(counts["empty"][1], 100U);
  EXPECT_GT(counts["huge"][2], 20U);
  EXPECT_GT(counts["rivals_differ"][2], 8U);
  EXPECT_GT(counts["retyped"][1], counts["same"][1]);
}

}  // namespace
}  // namespace differential
