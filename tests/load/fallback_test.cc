// What loading does at the kernel itself to get along with an older one.
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

#include "base/text.h"
#include "btf/edit.h"
#include "host/facts.h"
#include "kernel/fake_kernel.h"
#include "load/spec_builder.h"
#include "skep/object.h"
#include "skep/uapi/flags.h"

namespace skep::load {
namespace {

using kernel::FakeCall;
using kernel::FakeKernel;

/// A map, read-only data that no instruction refers to, and a program.
ObjectSpec small() {
  ObjectSpec spec = empty_object();
  add_map(spec, "shared", BPF_MAP_TYPE_HASH, 4, 4, 16);
  const u32 rodata = add_data(spec, ".rodata", 8, DataSection::rodata, BPF_F_RDONLY_PROG);
  spec.maps[rodata].contents.bytes()[0] = std::byte{1};
  add_function(spec, "pass", {mov_imm(0, 2), leave()});
  add_program(spec, 0, BPF_PROG_TYPE_XDP, "xdp");
  return spec;
}

LoadOptions options_for(kernel::Kernel& kernel) {
  return {.jobs = 1, .kernel = &kernel};
}

TEST(Fallback, BeforeLinux511TheMemlockLimitIsRaisedAndOnlyThen) {
  struct Case {
    std::string_view what;
    std::string release;
    u32 refusals;
    std::size_t calls;
    std::string_view note;
  };
  for (const Case& one :
       {Case{"new", "5.11.0", 0, 0, ""}, Case{"old", "5.10.0", 0, 1, "from 8388608 bytes to unlimited"},
        Case{"old without rights, at its hard limit", "5.10.0", 1, 1, ""}}) {
    FakeKernel kernel;
    for (u32 i = 0; i < one.refusals; ++i) {
      kernel.fail_kind(kernel::CallKind::set_memlock, i, EPERM);
    }
    const host::Facts facts(host::KnownFacts{.possible_cpus = 2, .kernel_release = one.release});
    LoadOptions options = options_for(kernel);
    options.facts = &facts;
    LoadReport report;
    ASSERT_TRUE(Object::load(small(), options, &report)) << one.what;
    const std::vector<FakeCall> calls = kernel.calls();
    EXPECT_EQ(std::ranges::count(calls, kernel::CallKind::set_memlock, &FakeCall::kind), one.calls)
        << one.what;
    const bool is_told = std::ranges::any_of(report.notes, [&](const std::string& note) {
      return note.find("RLIMIT_MEMLOCK") != std::string::npos && note.find(one.note) != std::string::npos;
    });
    EXPECT_EQ(is_told, !one.note.empty()) << one.what;
  }
}

TEST(Fallback, AMapThatIsRefusedWithItsTypesIsCreatedWithout) {
  for (const int sys_errno : {EINVAL, EOPNOTSUPP, 524, EPERM}) {
    FakeKernel kernel;
    kernel.on_bpf = [=](bpf_cmd cmd, bpf_attr& attr) -> std::optional<int> {
      const bool is_typed = cmd == BPF_MAP_CREATE && attr.map_create.btf_key_type_id != 0;
      return is_typed ? std::optional(-sys_errno) : std::nullopt;
    };
    ObjectSpec spec = small();
    btf::BtfEditor editor;
    const u32 number = editor.add_int("int", 4, BTF_INT_SIGNED);
    spec.btf = std::make_shared<const btf::Btf>(editor.finish().value());
    spec.maps[0].key_type_id = number;
    spec.maps[0].value_type_id = number;
    LoadReport report;
    const auto object = Object::load(std::move(spec), options_for(kernel), &report);
    if (sys_errno == EPERM) {
      EXPECT_FALSE(object);
      continue;
    }
    ASSERT_TRUE(object) << object.error().message();
    ASSERT_EQ(report.notes.size(), 1);
    EXPECT_TRUE(report.notes[0].starts_with("map 'shared': created without its BTF types"))
        << report.notes[0];
  }
}

TEST(Fallback, ReadOnlyDataIsNotBoundWhereThatIsNotKnown) {
  FakeKernel kernel;
  const host::Facts facts(host::KnownFacts{.kernel_release = "5.9.0"});
  LoadOptions options = options_for(kernel);
  options.facts = &facts;
  LoadReport report;
  ASSERT_TRUE(Object::load(small(), options, &report));
  EXPECT_TRUE(kernel.calls(BPF_PROG_BIND_MAP).empty());
  ASSERT_FALSE(report.notes.empty());
  EXPECT_NE(report.notes.back().find("map '.rodata' is not bound"), std::string::npos);
  EXPECT_NE(report.notes.back().find("because Linux 5.9 does not know it (since 5.10)"), std::string::npos);
}

TEST(Fallback, ATinyObjectOnARecentKernelCostsNoMoreCalls) {
  FakeKernel kernel;
  ObjectSpec spec = empty_object();
  btf::BtfEditor editor;
  const u32 number = editor.add_int("int", 4, BTF_INT_SIGNED);
  editor.add_float("float", 4);
  spec.btf = std::make_shared<const btf::Btf>(editor.finish().value());
  const u32 map = add_map(spec, "hits", BPF_MAP_TYPE_HASH, 4, 4, 16);
  spec.maps[map].key_type_id = spec.maps[map].value_type_id = number;
  add_function(spec, "pass", {mov_imm(0, 2), leave()});
  add_program(spec, 0, BPF_PROG_TYPE_XDP, "xdp");
  const host::Facts facts(std::string(), host::KnownFacts{.kernel_release = "7.3.0"}, &kernel);
  LoadOptions options = options_for(kernel);
  options.facts = &facts;
  ASSERT_TRUE(Object::load(std::move(spec), options));
  EXPECT_EQ(kernel.calls().size(), 3) << "types, map, program";
}

TEST(Fallback, ProbesAreMadeOnceAndOnlyForWhatTheObjectHas) {
  FakeKernel kernel;
  const host::Facts facts(std::string(), host::KnownFacts{.kernel_release = "5.12.0"}, &kernel);
  LoadOptions options = options_for(kernel);
  options.facts = &facts;
  const auto calls = [&] {
    const std::size_t before = kernel.calls().size();
    ObjectSpec spec = small();
    btf::BtfEditor editor;
    editor.add_float("float", 4);
    spec.btf = std::make_shared<const btf::Btf>(editor.finish().value());
    spec.maps[1].autocreate = false;
    EXPECT_TRUE(Object::load(std::move(spec), options));
    return kernel.calls().size() - before;
  };
  EXPECT_EQ(calls(), 4) << "the object's three, and one that asks for FLOAT";
  EXPECT_EQ(calls(), 3);
}

}  // namespace
}  // namespace skep::load
