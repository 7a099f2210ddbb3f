// C++ names whose mangled form is short and whose clear form would not end.
#include "host/mangled_parts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "base/text.h"
#include "host/demangle.h"

namespace skep::host {
namespace {

/// "S_", "S0_", …: the reference to thing `number`.
std::string reference(u64 number) {
  constexpr std::string_view digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  std::string text;
  for (u64 left = number; left != 0; left = (left - 1) / 36) {
    text.insert(text.begin(), digits[(left - 1) % 36]);
    if (left <= 36) {
      break;
    }
  }
  return cat("S", text, "_");
}

/// A function whose arguments are a pair, a pair of that, a pair of that: each has twice as many parts as the one before.
std::string pairs(u64 count) {
  std::string text = "_Z1f4pairIiiE";
  for (u64 i = 1; i < count; ++i) {
    text += cat("S_I", reference(i), reference(i), "E");
  }
  return text;
}

TEST(MangledParts, EachPairOfPairsDoublesThem) {
  EXPECT_EQ(demangle(pairs(2)), "f(pair<int, int>, pair<pair<int, int>, pair<int, int> >)");
  for (u64 count = 2; count < 11; ++count) {
    const std::string clear = demangle(pairs(count));
    EXPECT_GT(clear.size(), u64{1} << count) << count;
    EXPECT_GE(most_parts(pairs(count)) * 32, clear.size()) << count;
  }
  EXPECT_GT(most_parts(pairs(24)), u64{1} << 24);
  EXPECT_EQ(most_parts(pairs(150)), u64{1} << 40) << "counting ends";
}

TEST(MangledParts, NamesWithoutEndAreNotWrittenOut) {
  const std::string many_ints(600, 'i');
  const std::array hostile{
      pairs(60),
      // References that look like the end of a name, and names that look like references.
      cat("_ZL1f4pairIiiE", pairs(60).substr(13)),
      cat("_Z1f9SZZ_SYYY_", pairs(60).substr(4)),
      cat("_Z1fILi9xESZZ_EEv", pairs(60).substr(4)),
      // Template parameters: each stands for the whole list, in functions within functions also for those of the outer one.
      cat("_Z1fI4pairIiiEEv4pairIT_T_E",
          [] {
            std::string text;
            for (u64 i = 3; i < 60; ++i) {
              text += cat("S0_I", reference(i), reference(i), "E");
            }
            return text;
          }()),
      // Packs, each written out for every argument of the one around it.
      cat("_Z1fIJ", many_ints, "EEvDp4pairIT_Dp4pairIT_Dp4pairIT_Dp4pairIT_DpT_EEEE"),
      // Conversions, of which each reads what follows twice.
      [] {
        std::string text = "1a";
        for (int i = 0; i < 60; ++i) {
          text = cat("N1acvT_IL_Z", text, "EEEv");
        }
        return cat("_Z", text);
      }(),
  };
  for (const std::string& name : hostile) {
    EXPECT_EQ(demangle(name), "") << name.substr(0, 200);
    EXPECT_GT(most_parts(name), u64{1} << 21) << name.substr(0, 200);
  }
}

TEST(MangledParts, NamesOfProgramsAreWrittenOut) {
  for (const auto& [mangled, clear] : {
           std::pair("_ZNSt6vectorIiSaIiEE9push_backERKi",
                     "std::vector<int, std::allocator<int> >::push_back(int const&)"),
           std::pair("_ZSt4moveIRSt4pairIiiEEONSt16remove_referenceIT_E4typeEOS4_",
                     "std::remove_reference<std::pair<int, int>&>::type&& std::move<std::pair<int, "
                     "int>&>(std::pair<int, int>&)"),
           std::pair("_Z1fIJicEEvDpT_", "void f<int, char>(int, char)"),
           std::pair("_ZNK1acvT_IiEEv", "a::operator int<int>() const"),
           std::pair("_ZN1a7run_allE", "a::run_all"),
       }) {
    EXPECT_EQ(demangle(mangled), clear);
  }
}

}  // namespace
}  // namespace skep::host
