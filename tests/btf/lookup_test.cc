// Types by name, with and without flavours.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>

#include "btf/edit.h"
#include "btf/fixture.h"
#include "btf/names.h"

namespace skep::btf::test {
namespace {

TEST(EssentialName, EndsBeforeTheLastFlavour) {
  struct Case {
    std::string_view name, essential;
  };
  for (const Case& c :
       {Case{"task_struct", "task_struct"}, Case{"task_struct___old", "task_struct"}, Case{"a___b", "a"},
        Case{"a___b___c", "a___b"}, Case{"a____b", "a____b"}, Case{"a___b____c", "a"}, Case{"___x", "___x"},
        Case{"x___", "x___"}, Case{"_____", "_____"}, Case{"", ""}, Case{"___", "___"}, Case{"a__b", "a__b"},
        Case{"a___b___", "a"}, Case{"___a___b", "___a"}}) {
    EXPECT_EQ(essential_name(c.name), c.essential) << c.name;
  }
}

/// ids: 1 int, 2 struct s, 3 struct s___new, 4 union s, 5 typedef s -> 2, 6 nameless pointer, 7 struct t___x, 8 fwd s.
Btf flavoured() {
  BtfEditor editor;
  editor.add_int("int", 4, BTF_INT_SIGNED);
  editor.add_composite(Kind::struct_, "s", 4, {});
  editor.add_composite(Kind::struct_, "s___new", 4, {});
  editor.add_composite(Kind::union_, "s", 4, {});
  editor.add_reference(Kind::typedef_, "s", 2);
  editor.add_reference(Kind::ptr, {}, 2);
  editor.add_composite(Kind::struct_, "t___x", 4, {});
  editor.add_fwd("s", Kind::struct_);
  return editor.finish().value();
}

using Ids = std::vector<u32>;

/// The same types without what was looked up before.
Btf btf_copy(const Btf& btf) {
  return Btf::parse(ByteView(btf.bytes(), std::endian::native)).value();
}

TEST(Essential, FindsEveryKindAndFlavourInOrder) {
  const Btf btf = flavoured();
  EXPECT_EQ(btf.essential("s"), (Ids{2, 3, 4, 5, 8}));
  EXPECT_EQ(btf.essential("t"), (Ids{7}));
  EXPECT_EQ(btf.essential("int"), (Ids{1}));
  for (const std::string_view none : {"", "s___new", "t___x", "u", "in", "nt"}) {
    EXPECT_EQ(btf.essential(none), Ids{}) << none;
  }
}

TEST(Essential, WantedNamesAnswerTheSame) {
  const Btf btf = flavoured();
  btf.want({});
  btf.want(std::vector<std::string_view>{"s", "u", "t", "s", ""});
  EXPECT_EQ(btf.essential("s"), (Ids{2, 3, 4, 5, 8}));
  EXPECT_EQ(btf.essential("t"), (Ids{7}));
  EXPECT_EQ(btf.essential("u"), Ids{});
  EXPECT_EQ(btf.essential("int"), (Ids{1})) << "a name that was not announced";
}

TEST(Essential, IsOfTheBlobsOwnTypesOnly) {
  const auto base = std::make_shared<const Btf>(flavoured());
  const btf_header nothing{.magic = BTF_MAGIC, .version = 1, .flags = 0, .hdr_len = sizeof(btf_header)};
  BtfEditor editor(Btf::parse(ByteView(bytes_of(nothing), std::endian::native), base).value());
  const u32 plain = editor.add_composite(Kind::struct_, "s", 8, {});
  const u32 flavour = editor.add_composite(Kind::struct_, "u___v", 8, {});
  const Btf split = editor.finish().value();
  EXPECT_EQ(split.essential("s"), Ids{plain});
  EXPECT_EQ(split.essential("u"), Ids{flavour});
  EXPECT_EQ(split.essential("t"), Ids{});
}

TEST(Essential, NamesOfEveryLengthAreFoundWithEveryFlavour) {
  BtfEditor editor;
  std::vector<std::string> names;
  for (std::size_t length = 1; length <= 12; ++length) {
    for (const std::string& name :
         {std::string("abcdefghijkl").substr(0, length), std::string(length, 'q'),
          cat("z_", std::string(length, 'y')), cat(std::string(length, 'w'), "_v")}) {
      names.push_back(name);
      for (const std::string_view tail : {"", "___x", "___longer", "__", "_", "____no"}) {
        editor.add_composite(Kind::struct_, cat(name, tail), 4, {});
      }
    }
  }
  const Btf btf = editor.finish().value();
  const Btf hinted = btf_copy(btf);
  hinted.want(std::vector<std::string_view>(names.begin(), names.end()));
  for (const std::string& name : names) {
    Ids wanted;
    for (u32 id = 1; id < btf.type_count(); ++id) {
      if (essential_name(btf.type(id).name()) == name) {
        wanted.push_back(id);
      }
    }
    EXPECT_GE(wanted.size(), 3u);
    EXPECT_EQ(btf_copy(btf).essential(name), wanted) << name << ": by a pass of its own";
    EXPECT_EQ(hinted.essential(name), wanted) << name << ": announced";
    EXPECT_EQ(btf.essential(name), wanted) << name << ": by passes first, then by the index";
  }
}

TEST(Find, AnswersTheSameBeforeAndAfterThereIsAnIndex) {
  const Btf btf = flavoured();
  for (int round = 0; round < 10; ++round) {
    EXPECT_EQ(btf.find("s", Kind::struct_), 2u);
    EXPECT_EQ(btf.find("s", Kind::union_), 4u);
    EXPECT_EQ(btf.find("s", Kind::fwd), 8u);
    EXPECT_EQ(btf.find("s___new", Kind::struct_), 3u);
    EXPECT_EQ(btf.find("s__", Kind::struct_), std::nullopt);
    EXPECT_EQ(btf.find("", Kind::ptr), std::nullopt);
    btf.want(std::vector<std::string_view>{"s", "s___new"});
  }
}

/// A kernel has every kind of name; each answer is compared with what a walk over all types gives.
TEST(Find, EveryNameOfThisKernel) {
  const auto file = FileBytes::open(std::string(vmlinux_path));
  if (!file) {
    GTEST_SKIP() << file.error().message();
  }
  const Btf btf = Btf::adopt(nullptr, ByteView(file->span(), std::endian::native)).value();
  const Btf trusted = Btf::trust(nullptr, ByteView(file->span(), std::endian::native)).value();
  ASSERT_EQ(trusted.type_count(), btf.type_count());
  std::map<std::string_view, Ids> by_name;
  std::map<std::pair<std::string_view, Kind>, u32> first;
  for (u32 id = 1; id < btf.type_count(); ++id) {
    const Type type = trusted.type(id);
    ASSERT_EQ(type.name(), btf.type(id).name());
    if (!type.name().empty()) {
      by_name[essential_name(type.name())].push_back(id);
      first.try_emplace({type.name(), type.kind()}, id);
    }
  }
  u32 count = 0;
  for (const auto& [key, id] : first) {
    ASSERT_EQ(trusted.find(key.first, key.second), id) << key.first;
  }
  for (const auto& [name, ids] : by_name) {
    ASSERT_EQ(trusted.essential(name), ids) << name;
    if (count++ % 997 == 0) {
      const Btf fresh = Btf::trust(nullptr, ByteView(file->span(), std::endian::native)).value();
      fresh.want(std::vector<std::string_view>{name, "no_such_type_here", "int"});
      ASSERT_EQ(fresh.essential(name), ids) << name;
      ASSERT_EQ(fresh.find(name, btf.kind(ids[0])), first.at({name, btf.kind(ids[0])}));
    }
  }
}

TEST(Lookup, FromManyThreadsAtOnce) {
  const Btf btf = host_btf();
  std::vector<std::thread> threads;
  std::atomic<u32> wrong = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (u32 id = 1; id < btf.type_count(); ++id) {
        const Type type = btf.type(id);
        if (!type.name().empty() && type.kind() != Kind::unknown) {
          wrong += btf.find(type.name(), type.kind()).value_or(~0u) > id ? 1 : 0;
          wrong += std::ranges::count(btf.essential(essential_name(type.name())), id) == 1 ? 0 : 1;
        }
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(wrong, 0u);
}

}  // namespace
}  // namespace skep::btf::test
