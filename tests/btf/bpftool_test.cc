// Every member of every struct, as bpftool prints it.
#include <gtest/gtest.h>

#include <cstdio>
#include <memory>

#include "btf/fixture.h"

namespace skep::btf::test {
namespace {

/// What `bpftool btf dump` prints about a type's own line or one of its members, written by us.
std::string line_of(const Type& type) {
  return cat("[", type.id(), "] ", name_of(type.kind()), " '", type.name().empty() ? "(anon)" : type.name(),
             "' size=", type.size_bytes(), " vlen=", type.vlen());
}

std::string line_of(const Member& member) {
  return cat("\t'", member.name.empty() ? "(anon)" : member.name, "' type_id=", member.type_id,
             " bits_offset=", member.offset_bits,
             member.bitfield_bits == 0 ? std::string() : cat(" bitfield_size=", member.bitfield_bits));
}

/// Compares all structs and unions; returns how many lines were compared, or nothing where there is no bpftool.
std::optional<u32> compare(const Btf& btf, const std::string& path) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(
      popen(("bpftool btf dump file " + path + " 2>/dev/null").c_str(), "r"), pclose);
  std::array<char, 4096> buffer;
  u32 lines = 0;
  u32 id = 0;
  u32 next_member = 0;
  while (pipe != nullptr && fgets(buffer.data(), buffer.size(), pipe.get()) != nullptr) {
    std::string_view line(buffer.data());
    line.remove_suffix(line.ends_with('\n') ? 1 : 0);
    if (line.starts_with('[')) {
      ++id;
      next_member = 0;
      if (btf.type(id).is_composite()) {
        EXPECT_EQ(line, line_of(btf.type(id)));
        ++lines;
      }
    } else if (line.starts_with('\t') && btf.type(id).is_composite()) {
      EXPECT_EQ(line, line_of(btf.type(id).member(next_member++)));
      ++lines;
    }
    if (::testing::Test::HasFailure()) {
      break;  // one is enough to see
    }
  }
  return id == 0 ? std::nullopt : std::optional(lines);
}

TEST(Bpftool, PrintsTheSameStructsOfTheFixture) {
  const auto lines = compare(host_btf(), SKEP_BUILD_DIR "/tests/fixtures/btf/types-clang-19-bpf.o");
  if (!lines) {
    GTEST_SKIP() << "no bpftool";
  }
  EXPECT_GT(*lines, 20u);
}

TEST(Bpftool, PrintsTheSameStructsOfThisKernel) {
  const auto file = FileBytes::open(std::string(vmlinux_path));
  if (!file) {
    GTEST_SKIP() << file.error().message();
  }
  const Btf btf = Btf::adopt(nullptr, ByteView(file->span(), std::endian::native)).value();
  const auto lines = compare(btf, std::string(vmlinux_path));
  if (!lines) {
    GTEST_SKIP() << "no bpftool";
  }
  EXPECT_GT(*lines, 10'000u);
}

}  // namespace
}  // namespace skep::btf::test
