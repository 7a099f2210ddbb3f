// A part of a kernel's types does for CO-RE what the whole does.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "btf/btf.h"
#include "host/facts.h"
#include "load/plan.h"
#include "needs/btf_writer.h"
#include "needs/kernel_literal.h"

namespace skep::needs {
namespace {

namespace fs = std::filesystem;

/// The objects of tests/portability that can be relocated anywhere.
std::vector<ObjectSpec> objects() {
  std::vector<ObjectSpec> found;
  for (const auto& entry : fs::directory_iterator(SKEP_BUILD_DIR "/tests/portability")) {
    if (entry.path().extension() == ".o" && entry.path().filename() != "type_ambiguous.bpf.o") {
      found.push_back(ObjectSpec::read_file(entry.path().string()).value());
    }
  }
  EXPECT_GE(found.size(), 30u);
  return found;
}

/// The raw types of a kernel in the cache of tools/vm; nothing when it is not there.
std::shared_ptr<const btf::Btf> cached_kernel(std::string_view series) {
  const char* cache = std::getenv("SKEP_CACHE");
  const char* home = std::getenv("HOME");
  const std::string root =
      cache != nullptr ? cache : std::string(home == nullptr ? "" : home) + "/.cache/skep";
  auto kernels =
      read_kernels(root + "/kernels/" + std::string(series) + "/vmlinux.btf", {std::string(series)});
  return kernels ? kernels->front().types : nullptr;
}

std::vector<std::vector<bpf_insn>> relocated(const ObjectSpec& spec,
                                             const std::shared_ptr<const btf::Btf>& kernel,
                                             const std::shared_ptr<const btf::Btf>& core) {
  const host::Facts facts(host::KnownFacts{.page_bytes = 4096,
                                           .possible_cpus = 1,
                                           .kernel_release = "6.1.0",
                                           .kernel_btf = kernel,
                                           .modules = std::vector<host::KnownModule>{},
                                           .core_btf = core});
  std::vector<std::vector<bpf_insn>> code;
  const auto plan = load::plan(spec, facts, {});
  if (plan) {
    for (const load::ProgramPlan& program : plan->programs) {
      code.push_back(program.insns);
    }
  }
  return code;
}

void expect_minimum_does(const std::shared_ptr<const btf::Btf>& kernel) {
  const std::vector<ObjectSpec> specs = objects();
  const auto bytes = minimal_btf(specs, {.release = "6.1.0", .types = kernel, .kconfig = {}});
  ASSERT_TRUE(bytes) << bytes.error().message();
  auto parsed = btf::Btf::parse({*bytes, std::endian::native});
  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_LT(parsed->type_count(), 200u);
  const auto minimum = std::make_shared<const btf::Btf>(*std::move(parsed));
  for (const ObjectSpec& spec : specs) {
    EXPECT_EQ(relocated(spec, kernel, minimum), relocated(spec, kernel, kernel)) << spec.path;
  }
}

TEST(MinimalBtf, GivesTheSameCodeAsTheWholeKernel61) {
  const auto kernel = cached_kernel("6.1");
  if (kernel == nullptr) {
    GTEST_SKIP() << "no types of Linux 6.1 in the cache; `tools/vm fetch 6.1` gets them";
  }
  expect_minimum_does(kernel);
}

TEST(MinimalBtf, GivesTheSameCodeAsTheWholeKernel73) {
  const auto kernel = cached_kernel("7.3");
  if (kernel == nullptr) {
    GTEST_SKIP() << "no types of Linux 7.3 in the cache; `tools/vm fetch 7.3` gets them";
  }
  expect_minimum_does(kernel);
}

TEST(MinimalBtf, OfNothingIsValidAndEmpty) {
  const auto bytes = minimal_btf({}, test::make_kernel());
  ASSERT_TRUE(bytes);
  const auto types = btf::Btf::parse({*bytes, std::endian::native});
  ASSERT_TRUE(types) << types.error().message();
  EXPECT_EQ(types->type_count(), 1u);
}

TEST(KeptTypes, EveryKindIsWrittenAsItWas) {
  btf::BtfEditor editor;
  const u32 int_id = editor.add_int("int", 4, BTF_INT_SIGNED);
  const u32 left_out = editor.add_int("left_out", 8, 0);
  const u32 pointer = editor.add_reference(btf::Kind::ptr, "", left_out);
  const u32 array = editor.add_array(int_id, int_id, 7);
  const std::array members = {btf::NewMember{.name = "a", .type_id = int_id},
                              btf::NewMember{.name = "gone", .type_id = pointer, .offset_bits = 64},
                              btf::NewMember{.name = "c", .type_id = array, .offset_bits = 128}};
  const u32 composite = editor.add_composite(btf::Kind::struct_, "thing", 44, members);
  const std::array values = {btf::NewEnumerator{.name = "X", .value = -1},
                             btf::NewEnumerator{.name = "Y", .value = 2}};
  const u32 enumeration = editor.add_enum("choice", 4, values);
  const u32 type_def = editor.add_reference(btf::Kind::typedef_, "thing_t", composite);
  const btf::Btf whole = editor.finish().value();
  KeptTypes kept(whole);
  for (const u32 id : {int_id, pointer, array, type_def}) {
    kept.keep(id);
  }
  kept.keep_element(composite, 2);
  kept.keep_element(composite, 0);
  kept.keep_element(composite, 2);
  kept.keep_element(enumeration, 1);
  const auto part = btf::Btf::parse({kept.write(), std::endian::native});
  ASSERT_TRUE(part) << part.error().message();
  EXPECT_EQ(part->type_count(), 7u);
  EXPECT_FALSE(part->find("left_out", btf::Kind::int_));
  const btf::Type thing = part->type(part->find("thing", btf::Kind::struct_).value());
  EXPECT_EQ(thing.size_bytes(), 44u);
  ASSERT_EQ(thing.vlen(), 2u);
  EXPECT_EQ(thing.member(0).name, "a");
  EXPECT_EQ(thing.member(1).name, "c");
  EXPECT_EQ(thing.member(1).offset_bits, 128u);
  EXPECT_EQ(part->type(thing.member(1).type_id).array().count, 7u);
  const btf::Type choice = part->type(part->find("choice", btf::Kind::enum_).value());
  ASSERT_EQ(choice.vlen(), 1u);
  EXPECT_EQ(choice.enumerator(0).name, "Y");
  EXPECT_EQ(part->type(2).type_id(), 0u) << "a pointer to what is not kept points to void";
}

}  // namespace
}  // namespace skep::needs
