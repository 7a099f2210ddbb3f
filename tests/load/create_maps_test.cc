// What is said of a map that the kernel does not make.
#include <gtest/gtest.h>

#include <cerrno>

#include "btf/edit.h"
#include "kernel/fake_kernel.h"
#include "load/spec_builder.h"
#include "skep/object.h"

namespace skep::load {
namespace {

using kernel::FakeKernel;

/// Types of a kernel whose newest map type is the array.
host::Facts old_kernel() {
  btf::BtfEditor editor;
  const btf::NewEnumerator known[] = {{"BPF_MAP_TYPE_HASH", BPF_MAP_TYPE_HASH},
                                      {"BPF_MAP_TYPE_ARRAY", BPF_MAP_TYPE_ARRAY}};
  editor.add_enum("bpf_map_type", 4, known);
  return host::Facts(
      host::KnownFacts{.page_bytes = 4096,
                       .possible_cpus = 1,
                       .kernel_release = "5.11.0",
                       .kernel_btf = std::make_shared<const btf::Btf>(editor.finish().value())});
}

ObjectSpec with_bloom_filter() {
  ObjectSpec spec = empty_object();
  const u32 map = add_map(spec, "seen", BPF_MAP_TYPE_BLOOM_FILTER, 0, 8, 16);
  add_function(spec, "asks", {mov_imm(0, 0), wide(1), wide_end(), leave()},
               {{.insn_index = 1, .kind = RelocationKind::map_fd, .target = map}});
  add_program(spec, 0);
  return spec;
}

std::string refusal(ObjectSpec spec) {
  FakeKernel kernel;
  kernel.fail_command(BPF_MAP_CREATE, 0, EINVAL);
  const host::Facts facts = old_kernel();
  const auto object = Object::load(std::move(spec), {.kernel = &kernel, .facts = &facts});
  EXPECT_FALSE(object);
  EXPECT_EQ(object.error().code(), Errc::unsupported);
  return object ? std::string() : object.error().message();
}

TEST(CreateMaps, AMissingTypeIsNamedWithTheFirstUseOfTheMap) {
  ObjectSpec spec = with_bloom_filter();
  btf::BtfEditor editor;
  bpf_line_info line{.insn_off = 1, .line_col = 12 << 10 | 3};
  line.file_name_off = editor.add_string("/home/me/prog.bpf.c");
  line.line_off = editor.add_string("  bpf_map_peek_elem(&seen, &value);");
  spec.btf = std::make_shared<const btf::Btf>(editor.finish().value());
  spec.functions[0].line_info = {line};
  const std::string text = refusal(std::move(spec));
  EXPECT_NE(text.find("this kernel has no maps of type bloom_filter; first used at prog.bpf.c:12 "
                      "(bpf_map_peek_elem(&seen, &value);), in function 'asks'"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("way out: "), std::string::npos) << text;
}

TEST(CreateMaps, WithoutLinesTheFunctionIsNamed) {
  const std::string text = refusal(with_bloom_filter());
  EXPECT_NE(text.find("no maps of type bloom_filter; first used in function 'asks'"), std::string::npos)
      << text;
}

TEST(CreateMaps, AnUnusedMapHasNoUse) {
  ObjectSpec spec = with_bloom_filter();
  spec.functions[0].relocations.clear();
  const std::string text = refusal(std::move(spec));
  EXPECT_NE(text.find("no maps of type bloom_filter\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace skep::load
