// The name tables against the ones in the installed libbpf, which is loaded by name when it is there.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <bit>
#include <memory>

#include "base/text.h"
#include "skep/uapi/attach_type.h"
#include "skep/uapi/flags.h"
#include "skep/uapi/helpers.h"
#include "skep/uapi/link_type.h"
#include "skep/uapi/map_type.h"
#include "skep/uapi/prog_type.h"

namespace skep {
namespace {

using Handle = std::unique_ptr<void, decltype([](void* library) { dlclose(library); })>;

template <class E, std::size_t N>
void expect_same_names(void* library, const char* function, const std::array<NameRow<E>, N>& table) {
  const auto text_of = reinterpret_cast<const char* (*)(E)>(dlsym(library, function));
  ASSERT_NE(text_of, nullptr) << function;
  std::size_t known = 0;
  for (const NameRow<E>& row : table) {
    if (const char* theirs = text_of(row.value)) {  // null for what is newer than that libbpf
      EXPECT_EQ(row.name, theirs) << function;
      ++known;
    }
  }
  EXPECT_GE(known, 10u) << function;
}

TEST(Names, AreThoseOfLibbpf) {
  const Handle library(dlopen("libbpf.so.1", RTLD_NOW | RTLD_LOCAL));
  if (!library) {
    GTEST_SKIP() << "no libbpf to compare with";
  }
  expect_same_names(library.get(), "libbpf_bpf_map_type_str", map_type_names);
  expect_same_names(library.get(), "libbpf_bpf_prog_type_str", prog_type_names);
  expect_same_names(library.get(), "libbpf_bpf_attach_type_str", attach_type_names);
  expect_same_names(library.get(), "libbpf_bpf_link_type_str", link_type_names);
}

TEST(Names, GoBothWays) {
  for (const auto& row : map_type_names) {
    EXPECT_EQ(map_type_from_name(row.name), row.value);
    EXPECT_EQ(name_of(row.value), row.name);
  }
  for (const auto& row : attach_type_names) {
    EXPECT_EQ(attach_type_from_name(row.name), row.value);
    EXPECT_EQ(name_of(row.value), row.name);
  }
  EXPECT_EQ(map_type_from_name("percpu_cgroup_storage"), BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE);
  EXPECT_EQ(prog_type_from_name("nonsense"), std::nullopt);
  EXPECT_EQ(name_of(static_cast<bpf_link_type>(999)), "");
}

TEST(Names, NumbersHaveNoHoles) {
  const auto expect_dense = [](const auto& table) {
    for (std::size_t i = 0; i < table.size(); ++i) {
      EXPECT_EQ(static_cast<std::size_t>(table[i].value), i) << table[i].name;
    }
  };
  expect_dense(map_type_names);
  expect_dense(prog_type_names);
  expect_dense(attach_type_names);
  expect_dense(link_type_names);
}

TEST(Helpers, AreFoundByNumberAndByEitherName) {
  const HelperRow* loop = find_helper("bpf_loop");
  ASSERT_NE(loop, nullptr);
  EXPECT_EQ(loop, find_helper("loop"));
  EXPECT_EQ(loop, find_helper(u32{181}));
  EXPECT_EQ(loop->since, "5.17");
  EXPECT_EQ(loop->signature, "long bpf_loop(u32 nr_loops, void *callback_fn, void *callback_ctx, u64 flags)");
  EXPECT_EQ(find_helper(u32{0}), nullptr);
  EXPECT_EQ(find_helper(u32{212}), nullptr);
  EXPECT_EQ(find_helper(~u32{0}), nullptr);
  EXPECT_EQ(find_helper("unspec"), nullptr);
  EXPECT_EQ(find_helper(""), nullptr);
}

TEST(Helpers, SignaturesHaveAtMostFiveArguments) {
  for (const HelperRow& row : helper_table) {
    if (row.id == BPF_FUNC_unspec) {
      continue;
    }
    const std::size_t open = row.signature.find('(');
    ASSERT_NE(open, std::string_view::npos) << row.name;
    const std::string_view before = row.signature.substr(0, open);
    EXPECT_TRUE(before.ends_with(cat("bpf_", row.name))) << row.signature;
    EXPECT_TRUE(row.signature.ends_with(')')) << row.signature;
    EXPECT_LE(split(row.signature.substr(open), ',').size(), 5u) << row.signature;
  }
}

TEST(Flags, PrintAsTheKernelSpellsThem) {
  EXPECT_EQ(flags_text(map_create_flags, BPF_F_MMAPABLE | BPF_F_RDONLY_PROG),
            "BPF_F_RDONLY_PROG|BPF_F_MMAPABLE");
  EXPECT_EQ(flags_text(map_create_flags, 0), "0");
  EXPECT_EQ(flags_text(map_create_flags, u64{1} << 40 | BPF_F_CLONE), "BPF_F_CLONE|0x10000000000");
  EXPECT_EQ(flags_text(prog_load_flags, BPF_F_SLEEPABLE), "BPF_F_SLEEPABLE");
  EXPECT_EQ(flags_text({}, 0x1f), "0x1f");
}

TEST(Flags, EveryGroupHasOneNameAndKnownBits) {
  for (const FlagGroup& group : flag_groups) {
    EXPECT_EQ(find_flag_group(group.name).data(), group.rows.data()) << group.name << " occurs twice";
    for (const FlagRow& row : group.rows) {
      EXPECT_TRUE(std::has_single_bit(row.bit)) << row.name;
    }
  }
  EXPECT_TRUE(find_flag_group("nonsense").empty());
}

}  // namespace
}  // namespace skep
