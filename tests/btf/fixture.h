// The objects that tests/fixtures/btf compiles, and small helpers for tests about BTF.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/file.h"
#include "btf/btf.h"
#include "elf/file.h"

namespace skep::btf::test {

inline constexpr std::string_view vmlinux_path = "/sys/kernel/btf/vmlinux";

/// A compiled fixture with its BTF sections found.
struct Object {
  std::string name;
  FileBytes bytes;
  ByteView btf;
  ByteView ext;
};

inline Object read_object(const std::filesystem::path& path) {
  Object object{.name = path.filename().string(), .bytes = {}, .btf = {}, .ext = {}};
  object.bytes = FileBytes::open(path.string()).value();
  const auto file = elf::File::parse(object.bytes.span());
  EXPECT_TRUE(file) << file.error().message();
  EXPECT_TRUE(elf::check_bpf_object(*file));
  object.btf = file->find_section(".BTF")->bytes;
  object.ext = file->find_section(".BTF.ext")->bytes;
  return object;
}

/// Every fixture there is: one per compiler and byte order.
inline std::vector<Object> all_objects() {
  std::vector<Object> objects;
  for (const auto& entry : std::filesystem::directory_iterator(SKEP_BUILD_DIR "/tests/fixtures/btf")) {
    if (entry.path().extension() == ".o") {
      objects.push_back(read_object(entry.path()));
    }
  }
  EXPECT_GE(objects.size(), 2u);
  return objects;
}

/// The fixture that most tests use: the newest compiler's, in this machine's byte order.
inline Object host_object() {
  const std::string_view target = std::endian::native == std::endian::little ? "bpf" : "bpfeb";
  return read_object(std::string(SKEP_BUILD_DIR "/tests/fixtures/btf/types-clang-19-") + std::string(target) +
                     ".o");
}

inline Btf host_btf() {
  return Btf::parse(host_object().btf).value();
}

}  // namespace skep::btf::test
