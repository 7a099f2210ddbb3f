#include "base/file.h"

#include <gtest/gtest.h>

namespace skep {
namespace {

TEST(FileBytes, WhatIsNoReadableFileSaysWhy) {
  struct Row {
    std::string path;
    Errc code;
    std::string text;
  };
  for (const Row& row :
       {Row{"/nonexistent/x.o", Errc::not_found, "cannot be opened: ENOENT"},
        Row{"/", Errc::invalid, "is a directory"}, Row{"/dev/null", Errc::invalid, "is empty"},
        Row{"/dev/zero", Errc::invalid, "has more than 268435456 bytes"}}) {
    const auto bytes = FileBytes::open(row.path);
    ASSERT_FALSE(bytes) << row.path;
    EXPECT_EQ(bytes.error().code(), row.code) << row.path;
    EXPECT_NE(bytes.error().message().find(row.text), std::string::npos) << bytes.error().message();
  }
}

TEST(MapAtOnce, ChangesNoByteAndTakesWhateverLiesInMemory) {
  map_at_once({});
  const std::vector<std::byte> odd(10001, std::byte{7});
  map_at_once(std::span(odd).subspan(3, 9990));
  EXPECT_EQ(odd, std::vector<std::byte>(10001, std::byte{7}));
  const auto self = FileBytes::open_regular("/proc/self/exe");
  ASSERT_TRUE(self) << self.error().message();
  map_at_once(self->span());
  EXPECT_EQ(self->span()[1], std::byte{'E'});
}

}  // namespace
}  // namespace skep
