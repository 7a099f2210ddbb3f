// Executables that were made to take up time or memory without end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "elf/image_builder.h"
#include "host/demangle.h"
#include "host/executable.h"

namespace skep::host {
namespace {

using elf::ImageBuilder;
using testing::HasSubstr;

constexpr u64 text = ImageBuilder::load_address + 120;  // where section 1 lies

std::shared_ptr<const Executable> open(std::vector<std::byte> bytes) {
  auto file = Executable::of_bytes(std::move(bytes));
  EXPECT_TRUE(file) << file.error().message();
  return *file;
}

/// A symbol table whose symbols are all called the same.
std::vector<std::byte> with_shared_name(std::string_view name, u32 count) {
  ImageBuilder builder;
  builder.add_section(".text", SHT_PROGBITS, std::vector<std::byte>(65536));
  std::vector<std::byte> names(1);
  ImageBuilder::text(names, name);
  const u16 strings = builder.add_section(".strtab", SHT_STRTAB, names);
  std::vector<std::byte> entries(24);
  for (u32 i = 0; i < count; ++i) {
    builder.put<u32>(entries, 1);
    builder.put<u32>(entries, u32{1} << 16 | STT_FUNC);  // of section 1
    builder.put<u64>(entries, text + i);
    builder.put<u64>(entries, u64{1});
  }
  builder.add_section(".symtab", SHT_SYMTAB, entries, strings, 24);
  return builder.build();
}

TEST(HostileExecutable, NamesThatTakeUpMoreThanTheirTableCouldHoldAreNotCopied) {
  for (const char* const pattern : {"*", "nothing*"}) {
    const auto found = open(with_shared_name(std::string(8000, 'n'), 5000))->match_functions(pattern);
    ASSERT_FALSE(found) << pattern;
    EXPECT_EQ(found.error().code(), Errc::malformed);
    EXPECT_THAT(found.error().message(), HasSubstr("names that overlap"));
  }
  const auto usual = open(with_shared_name("deregister_tm_clones", 5000))->match_functions("*");
  ASSERT_TRUE(usual) << "static functions of many files share one name: " << usual.error().message();
  EXPECT_EQ(usual->size(), 5000U);
  EXPECT_EQ(usual->back().name, "deregister_tm_clones");
}

TEST(HostileExecutable, HostileCppNamesCostNoMoreThanThoseOfAProgram) {
  std::string name = "_Z1f4pairIiiE";  // and a pair of those, a pair of those pairs, and so on
  for (char i = '0'; i < '9'; ++i) {
    name += cat("S_IS", std::string_view(&i, 1), "_S", std::string_view(&i, 1), "_E");
  }
  ASSERT_GT(demangle(name).size(), 5000U);
  const auto file = open(with_shared_name(name, 20000));
  const auto found =
      file->match_functions("ns::*");  // all of them written out would be hundreds of megabytes
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message(), HasSubstr("its C++ names become too long; want a pattern without ::"));
  const auto plain = file->match_functions("_Z1f*");
  ASSERT_TRUE(plain) << plain.error().message();
  EXPECT_EQ(plain->size(), 20000U);
}

}  // namespace
}  // namespace skep::host
