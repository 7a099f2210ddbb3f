// Whole objects on real kernels: alternatives, and links that are pinned, found again and detached.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "base/text.h"
#include "kernel/rows/row.h"
#include "support/release.h"

namespace skep::rows {
namespace {

using testing::HasSubstr;

ObjectSpec alternatives() {
  auto spec = ObjectSpec::read_file(SKEP_BUILD_DIR "/rows/alternatives.bpf.o");
  EXPECT_TRUE(spec) << spec.error().message();
  return std::move(*spec);
}

TEST(Alternatives, TheFirstThatThisKernelCanDoIsAttached) {
  ObjectSpec spec = alternatives();
  ASSERT_TRUE(spec.prefer({"by_session", "by_multi", "by_kprobe"}));
  LoadReport loaded;
  auto object = Object::load(std::move(spec), {}, &loaded);
  ASSERT_TRUE(object) << object.error().message();
  AttachReport report;
  auto links = attach_all(*object, {}, &report);
  ASSERT_TRUE(links) << links.error().message();
  ASSERT_EQ(links->size(), 1U);
  static_cast<void>(::getpgid(0));
  EXPECT_GT(value_of(*object, "hits").value(), 0U);
  const u64 expected = test::is_before(5, 18) ? 3 : test::is_before(6, 10) ? 2 : 1;
  EXPECT_EQ(value_of(*object, "way").value(), expected) << test::this_release();
  EXPECT_EQ(report.notes.size(), expected - 1);
  EXPECT_EQ(object->map("commands") == nullptr, test::is_before(6, 1));
  if (expected == 3) {
    EXPECT_THAT(loaded.programs.at(0).error->message(), HasSubstr("section kprobe.session needs Linux 6.10"));
  }
  ASSERT_TRUE(detach_all(*links));
  const u64 before = value_of(*object, "hits").value();
  static_cast<void>(::getpgid(0));
  EXPECT_EQ(value_of(*object, "hits").value(), before);
}

TEST(Links, APinnedLinkIsListedDescribedAndDetachedByItsPin) {
  if (test::is_before(5, 8)) {
    GTEST_SKIP() << "Linux " << test::this_release() << " does not describe links";
  }
  ObjectSpec spec = alternatives();
  spec.find_program("seen")->autoload = true;
  auto object = Object::load(std::move(spec));
  ASSERT_TRUE(object) << object.error().message();
  const std::string pin = "/sys/fs/bpf/seen";
  {
    auto links = attach_all(*object);
    ASSERT_TRUE(links) << links.error().message();
    ASSERT_TRUE(links->at(0).pin(pin));
    EXPECT_EQ(links->at(0).pin("/sys/fs/bpf/again").error().code(), Errc::invalid);
  }
  auto link = Link::open_pinned(pin);
  ASSERT_TRUE(link) << link.error().message();
  const auto info = link->info();
  ASSERT_TRUE(info) << info.error().message();
  EXPECT_EQ(info->type, BPF_LINK_TYPE_RAW_TRACEPOINT);
  EXPECT_EQ(info->target, "raw tracepoint sys_enter");
  const auto ids = link_ids();
  ASSERT_TRUE(ids);
  EXPECT_NE(std::ranges::find(*ids, info->id), ids->end());
  const auto by_id = Link::open_id(info->id);
  ASSERT_TRUE(by_id) << by_id.error().message();
  ASSERT_TRUE(link->detach());
  EXPECT_LT(::access(pin.c_str(), F_OK), 0);
}

}  // namespace
}  // namespace skep::rows
