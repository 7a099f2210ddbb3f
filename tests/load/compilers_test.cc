// Objects of every compiler that people use (clang 14 to 22, -mcpu=v1 to v4): the little-endian ones load into a real kernel, the big-endian ones can be
// read. The objects are committed; tools/make_compiler_fixtures remakes them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "skep/object.h"
#include "support/permitted.h"
#include "support/release.h"

namespace skep {
namespace {

std::vector<std::string> objects(bool big_endian) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(SKEP_SOURCE_DIR "/tests/fixtures/compilers")) {
    const std::string name = entry.path().filename();
    if (name.ends_with(".o") && name.ends_with(".eb.o") == big_endian) {
      paths.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

/// Whether the object uses an instruction of v4, as opposed to merely being compiled for it.
bool uses_v4(const ObjectSpec& spec) {
  for (const FunctionSpec& function : spec.functions) {
    for (const bpf_insn& insn : function.insns) {
      const u8 kind = BPF_CLASS(insn.code);
      const bool alu = kind == BPF_ALU || kind == BPF_ALU64;
      const bool sign_extending_load = kind == BPF_LDX && BPF_MODE(insn.code) == BPF_MEMSX;
      const bool byte_swap = kind == BPF_ALU64 && BPF_OP(insn.code) == BPF_END;
      if ((alu && insn.off != 0) || sign_extending_load || byte_swap || insn.code == (BPF_JMP32 | BPF_JA)) {
        return true;
      }
    }
  }
  return false;
}

/// Whether the object has atomic operations other than a plain addition: kernels have them since 5.12.
bool uses_other_atomics(const ObjectSpec& spec) {
  for (const FunctionSpec& function : spec.functions) {
    for (const bpf_insn& insn : function.insns) {
      if (BPF_CLASS(insn.code) == BPF_STX && BPF_MODE(insn.code) == BPF_ATOMIC && insn.imm != BPF_ADD) {
        return true;
      }
    }
  }
  return false;
}

/// Whether the object takes the address of a function: for a callback, which kernels have since 5.13.
bool uses_callbacks(const ObjectSpec& spec) {
  return std::ranges::any_of(spec.functions, [](const FunctionSpec& function) {
    return std::ranges::any_of(function.relocations, [](const Relocation& relocation) {
      return relocation.kind == RelocationKind::subprogram_address;
    });
  });
}

/// Whether this kernel is too old for the instructions.
bool is_too_new(const ObjectSpec& spec) {
  return (uses_v4(spec) && test::is_before(6, 6)) || (uses_other_atomics(spec) && test::is_before(5, 12)) ||
         (uses_callbacks(spec) && test::is_before(5, 13));
}

TEST(Compilers, LittleEndianObjectsLoad) {
  const auto paths = objects(false);
  ASSERT_GE(paths.size(), 40U) << "the fixtures are not there";
  u32 loaded = 0;
  for (const std::string& path : paths) {
    SCOPED_TRACE(path);
    auto spec = ObjectSpec::read_file(path);
    ASSERT_TRUE(spec) << spec.error().message();
    const bool too_new = is_too_new(*spec);
    for (ProgramSpec& program : spec->programs) {
      program.autoload = true;  // also those of "?socket"
    }
    const auto object = Object::load(std::move(*spec));
    if (!object && loaded == 0) {
      SKEP_SKIP_UNLESS_PERMITTED(object.error());
    }
    if (too_new) {
      ASSERT_FALSE(object) << "a kernel took instructions that it should not know";
      EXPECT_THAT(object.error().code(), testing::AnyOf(Errc::verifier, Errc::unsupported));
    } else {
      ASSERT_TRUE(object) << object.error().message();
      ++loaded;
    }
  }
  EXPECT_GE(loaded, 40U);
}

TEST(Compilers, BigEndianObjectsCanBeReadAndAreRefusedWithTheReason) {
  const auto paths = objects(true);
  ASSERT_GE(paths.size(), 12U) << "the fixtures are not there";
  for (const std::string& path : paths) {
    SCOPED_TRACE(path);
    auto spec = ObjectSpec::read_file(path);
    ASSERT_TRUE(spec) << spec.error().message();
    EXPECT_EQ(spec->byte_order, std::endian::big);
    EXPECT_FALSE(spec->programs.empty());
    const auto object = Object::load(std::move(*spec));
    ASSERT_FALSE(object);
    EXPECT_EQ(object.error().code(), Errc::unsupported) << object.error().message();
  }
}

}  // namespace
}  // namespace skep
