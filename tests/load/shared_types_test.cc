// What loading reads of the kernel's types is there for the next object.
#include <gtest/gtest.h>

#include "btf/edit.h"
#include "host/facts.h"
#include "host/kernel_types.h"
#include "host/root.h"
#include "kernel/fake_kernel.h"
#include "load/spec_builder.h"
#include "skep/object.h"

namespace skep::load {
namespace {

/// A root whose kernel has one function to attach to.
void fill(host::test::Root& root) {
  btf::BtfEditor editor;
  editor.add_func("tcp_connect", editor.add_func_proto(0, {}), BTF_FUNC_STATIC);
  root.file("/sys/kernel/btf/vmlinux", editor.finish()->bytes());
}

Result<Object> load_one(const std::string& root, kernel::Kernel& kernel, bool attaches) {
  ObjectSpec spec = empty_object();
  add_function(spec, "probe", {mov_imm(0, 0), leave()});
  ProgramSpec& program = spec.programs[add_program(spec, 0, BPF_PROG_TYPE_TRACING, "fentry/tcp_connect")];
  program.expected_attach_type = BPF_TRACE_FENTRY;
  program.needs_attach_target = attaches;
  program.attach_target = attaches ? "tcp_connect" : "";
  const host::Facts facts(root, {.page_bytes = 4096, .possible_cpus = 1, .kernel_release = "6.18.0"});
  return Object::load(std::move(spec), {.kernel = &kernel, .facts = &facts});
}

TEST(SharedTypes, ASecondObjectFindsThoseOfTheFirstOpen) {
  host::test::Root root;
  fill(root);
  kernel::FakeKernel kernel;
  std::weak_ptr<const btf::Btf> seen;
  {
    const auto first = load_one(root.path(), kernel, true);
    ASSERT_TRUE(first) << first.error().message();
    seen = host::kernel_types(root.path()).value();
    ASSERT_FALSE(seen.expired()) << "the object must keep what its loading opened";
    const auto second = load_one(root.path(), kernel, true);
    ASSERT_TRUE(second) << second.error().message();
    EXPECT_EQ(host::kernel_types(root.path()).value(), seen.lock());
  }
  EXPECT_TRUE(seen.expired()) << "and nothing keeps it after the last object";
}

TEST(SharedTypes, AnObjectThatNeedsNoneOpensNone) {
  host::test::Root root;  // which has no types: reading them would fail
  kernel::FakeKernel kernel;
  const auto object = load_one(root.path(), kernel, false);
  EXPECT_TRUE(object) << object.error().message();
}

TEST(SharedTypes, OfThisKernelCanBeHeld) {
  auto held = hold_kernel_types();
  if (!held) {
    GTEST_SKIP() << held.error().message();
  }
  EXPECT_EQ(host::kernel_types("").value(), *held);
  const std::weak_ptr<const btf::Btf> watch = *held;
  held = nullptr;
  EXPECT_TRUE(watch.expired());
}

}  // namespace
}  // namespace skep::load
