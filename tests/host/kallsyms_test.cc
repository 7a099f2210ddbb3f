// The kernel's list of symbols: several names in one pass, however the list is cut into pieces.
#include "host/kallsyms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "base/text.h"
#include "host/facts.h"
#include "host/root.h"

namespace skep::host {
namespace {

using test::Root;
using State = FoundSymbol::State;

constexpr std::string_view sample =
    "ffffffff81000000 T _stext\n"
    "ffffffff81000010 t twice\n"
    "ffffffff81000020 D jiffies\n"
    "ffffffff81000030 d local.llvm.1234567890\n"
    "ffffffff81000040 t twice\n"
    "ffffffff81000050 T same\n"
    "ffffffff81000050 t same\n"
    "0000000000000000 T hidden\n"
    "ffffffffc0001000 t nf_ct_helper\t[nf_conntrack]\n"
    "ffffffff82000000 B last";

constexpr std::array<std::string_view, 9> names = {"jiffies", "twice",        "same", "local",  "nothing",
                                                   "hidden",  "nf_ct_helper", "last", "jiffies"};

void expect_sample(const std::vector<FoundSymbol>& found) {
  ASSERT_EQ(found.size(), names.size());
  EXPECT_EQ(found[0].state, State::found);
  EXPECT_EQ(found[0].address, 0xffffffff81000020);
  EXPECT_EQ(found[1].state, State::ambiguous);
  EXPECT_EQ(found[1].address, 0xffffffff81000010);
  EXPECT_EQ(found[1].other_address, 0xffffffff81000040);
  EXPECT_EQ(found[2].state, State::found) << "twice the same address is one";
  EXPECT_EQ(found[3].address, 0xffffffff81000030);
  EXPECT_EQ(found[4].state, State::absent);
  EXPECT_EQ(found[5].state, State::hidden);
  EXPECT_EQ(found[6].address, 0xffffffffc0001000);
  EXPECT_EQ(found[7].address, 0xffffffff82000000) << "the last line lacks its newline";
  EXPECT_EQ(found[8].address, 0xffffffff81000020) << "asked for twice";
}

TEST(Kallsyms, FindsAllNamesInOnePass) {
  const Facts facts(KnownFacts{.kallsyms = std::string(sample)});
  const auto found = facts.kernel_symbols(names);
  ASSERT_TRUE(found);
  expect_sample(*found);
}

TEST(Kallsyms, PiecesMayEndAnywhere) {
  for (std::size_t bytes = 1; bytes < 70; ++bytes) {
    SymbolSearch search(names);
    for (std::size_t at = 0; at < sample.size(); at += bytes) {
      search.feed(sample.substr(at, bytes));
    }
    expect_sample(search.finish());
  }
}

TEST(Kallsyms, ReadsTheMachine) {
  Root root;
  root.file("/proc/kallsyms", sample);
  const Facts facts(root.path(), {});
  const auto found = facts.kernel_symbols(names);
  ASSERT_TRUE(found);
  expect_sample(*found);
  EXPECT_THAT(facts.near_symbols("jiffies_"), testing::ElementsAre("jiffies"));
  EXPECT_EQ(Facts(root.path() + "/none", {}).kernel_symbols(names).error().code(), Errc::not_found);
  EXPECT_EQ(Facts(KnownFacts{}).kernel_symbols(names).error().code(), Errc::not_found);
}

TEST(Kallsyms, WhatIsNoSymbolIsSteppedOver) {
  for (const std::string_view line :
       {"", " ", "ffff", "ffff T", "ffff T ", "ffffT x", "ffff  T x", "\t\t\t", "ffff TT x"}) {
    EXPECT_EQ(parse_symbol_line(line).name, "") << line;
  }
  SymbolSearch search(names);
  search.feed(std::string(100'000, 'x'));
  search.feed("\nffffffff81000020 D jiffies\n");
  EXPECT_EQ(search.finish()[0].state, State::found) << "an endless line spoils nothing behind it";
}

TEST(Kallsyms, EveryPrefixHasAnAnswer) {
  for (std::size_t kept = 0; kept <= sample.size(); ++kept) {
    SymbolSearch search(names);
    search.feed(sample.substr(0, kept));
    EXPECT_EQ(search.finish().size(), names.size());
  }
}

}  // namespace
}  // namespace skep::host
