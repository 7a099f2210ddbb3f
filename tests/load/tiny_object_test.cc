// What the smallest object costs.
#include <gtest/gtest.h>

#include "kernel/fake_kernel.h"
#include "load/spec_builder.h"
#include "skep/object.h"

namespace skep::load {
namespace {

using kernel::FakeKernel;

TEST(TinyObject, TakesTwoCalls) {
  FakeKernel kernel;
  ObjectSpec spec = empty_object();
  add_map(spec, "hits", BPF_MAP_TYPE_HASH, 4, 8, 16);
  add_function(spec, "pass", {mov_imm(0, 2), leave()});
  add_program(spec, 0, BPF_PROG_TYPE_XDP, "xdp");
  ASSERT_TRUE(Object::load(std::move(spec), {.kernel = &kernel, .facts = &some_facts()}));
  EXPECT_EQ(kernel.calls().size(), 2);
}

}  // namespace
}  // namespace skep::load
