// The tables of first kernels are those of the comments in include/skep/uapi.
#include "needs/since.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "base/file.h"
#include "base/text.h"
#include "needs/kfuncs.h"

namespace skep::needs {
namespace {

/// "BPF_MAP_TYPE_HASH = 1, ///< ... (since 3.19)": value and release of each enumerator of a header.
std::map<u32, Release> comments_of(const std::string& header) {
  std::map<u32, Release> found;
  const std::string text = read_text(cat(SKEP_SOURCE_DIR "/include/skep/uapi/", header)).value();
  for (const std::string_view line : split(text, '\n')) {
    const std::size_t equals = line.find(" = ");
    const std::size_t since = line.rfind("(since ");
    if (equals == std::string_view::npos || since == std::string_view::npos) {
      continue;
    }
    const auto release = parse_release(line.substr(since + 7));
    EXPECT_TRUE(release) << line;
    found[static_cast<u32>(std::stoul(std::string(line.substr(equals + 3))))] = release.value_or(Release{});
  }
  return found;
}

template <class T, std::size_t N>
std::map<u32, Release> rows_of(const std::array<SinceRow<T>, N>& table) {
  std::map<u32, Release> rows;
  for (const SinceRow<T>& row : table) {
    EXPECT_TRUE(rows.emplace(static_cast<u32>(row.value), row.since).second) << "twice: " << row.value;
  }
  return rows;
}

TEST(Since, TablesAreThoseOfTheHeaders) {
  EXPECT_EQ(rows_of(map_types_since), comments_of("map_type.h"));
  EXPECT_EQ(rows_of(program_types_since), comments_of("prog_type.h"));
  EXPECT_EQ(rows_of(attach_types_since), comments_of("attach_type.h"));
}

TEST(Since, EveryFlagOfMapsAndProgramsHasARow) {
  for (const FlagRow& flag : map_create_flags) {
    EXPECT_TRUE(since(map_flags_since, static_cast<u32>(flag.bit)).is_known()) << flag.name;
  }
  for (const FlagRow& flag : prog_load_flags) {
    EXPECT_TRUE(since(program_flags_since, static_cast<u32>(flag.bit)).is_known()) << flag.name;
  }
}

TEST(Since, KernelFunctionsAreListedOnceInOrder) {
  EXPECT_TRUE(std::ranges::is_sorted(kernel_functions, std::ranges::less_equal{}, &KernelFunctionRow::name));
  EXPECT_EQ(kernel_function_since("bpf_task_acquire"), (Release{6, 2}));
  EXPECT_FALSE(kernel_function_since("bpf_no_such_function").is_known());
}

TEST(Release, IsReadOffTheFrontOfAText) {
  EXPECT_EQ(parse_release("6.1.0-56-cloud-amd64"), (Release{6, 1}));
  EXPECT_EQ(parse_release("5.10"), (Release{5, 10}));
  EXPECT_LT((Release{6, 9}), (Release{6, 12}));
  for (const std::string_view text : {"", "6", "6.", ".1", "six", "v6.1", "0.1", "99999999999.1"}) {
    EXPECT_FALSE(parse_release(text)) << text;
  }
}

}  // namespace
}  // namespace skep::needs
