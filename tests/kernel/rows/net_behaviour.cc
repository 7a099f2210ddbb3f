// What the rows do not show of the network families: lists and their order, replacing, asking, and places that go away. On a real kernel.
#include <gtest/gtest.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>

#include "base/result.h"
#include "base/text.h"
#include "host/release.h"
#include "kernel/info.h"
#include "kernel/rows/behaviour.h"
#include "kernel/rows/network.h"
#include "skep/cgroup.h"
#include "skep/object.h"
#include "skep/tc.h"
#include "skep/xdp.h"

namespace skep::rows {
namespace {

TEST(Network, XdpByNetlinkIsToldReplacedAndTakenAway) {
  SKEP_OK(make_veth());
  Object object = load("net", {"xdp_plain", "xdp_frags"});
  const Program& first = *object.program("xdp_plain");
  const Program& second = *object.program("xdp_frags");
  const XdpTarget target{
      .device = {.name = "row1"}, .mode = XdpMode::generic, .way = XdpTarget::Way::netlink};
  auto link = attach_xdp(first, target);
  SKEP_OK(link);
  EXPECT_EQ(query_xdp({.name = "row1"})->generic_id, id_of(first));
  const auto taken = attach_xdp(second, target);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code(), Errc::busy);
  EXPECT_TRUE(taken.error().message().contains(cat("it runs program ", id_of(first), " (generic)")))
      << taken.error().message();
  SKEP_OK(link->update(second));
  EXPECT_EQ(query_xdp({.name = "row1"})->generic_id, id_of(second));
  EXPECT_EQ(detach_xdp({.name = "row1"}, XdpMode::generic, &first).error().code(), Errc::busy);
  SKEP_OK(link->detach());
  EXPECT_FALSE(query_xdp({.name = "row1"})->is_attached());
  EXPECT_EQ(detach_xdp({.name = "row1"}).error().code(), Errc::not_found);
}

TEST(Network, TheKernelSaysWhatADriverCanDo) {
  SKEP_OK(make_veth());
  const auto features = query_xdp_features({.name = "row0"});
  if (is_before({6, 3})) {
    ASSERT_FALSE(features);
    EXPECT_EQ(features.error().code(), Errc::unsupported);
    EXPECT_TRUE(features.error().message().contains("needs Linux 6.3")) << features.error().message();
    return;
  }
  SKEP_OK(features);
  EXPECT_TRUE(features->basic() && features->redirect()) << features->bits;
  EXPECT_FALSE(features->hardware_offload());
}

TEST(Network, AnAbsentDeviceIsToldWithTheNearestNames) {
  SKEP_OK(make_veth());
  Object object = load("net", {"xdp_plain"});
  const auto link = attach_xdp(*object.program("xdp_plain"), {.device = {.name = "rwo0"}});
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().code(), Errc::not_found);
  EXPECT_TRUE(link.error().message().contains("did you mean row0")) << link.error().message();
}

TEST(Network, FiltersHavePlacesAndAreReplacedInThem) {
  SKEP_OK(make_veth());
  Object object = load("net", {"tc_old", "tc_oldest"});
  const Program& first = *object.program("tc_old");
  const Program& second = *object.program("tc_oldest");
  const TcHook hook{.device = {.name = "row0"}};
  const TcTarget target{.hook = hook, .priority = 7, .handle = 3};
  auto link = attach_tc(first, target);
  SKEP_OK(link);
  auto other = attach_tc(second, {.hook = hook});
  SKEP_OK(other);
  const auto listed = query_tc(hook);
  SKEP_OK(listed);
  ASSERT_EQ(listed->size(), 2U);
  EXPECT_EQ(listed->at(0).priority, 7U);
  EXPECT_EQ(listed->at(0).handle, 3U);
  EXPECT_EQ(listed->at(0).program_id, id_of(first));
  EXPECT_EQ(attach_tc(second, target).error().sys_errno(), EEXIST);
  SKEP_OK(link->update(second));
  EXPECT_EQ(query_tc(hook)->at(0).program_id, id_of(second));
  TcTarget over = target;
  over.replace = true;
  auto third = attach_tc(first, over);
  SKEP_OK(third);
  const auto gone = link->detach();
  ASSERT_FALSE(gone) << "its place has another program";
  EXPECT_EQ(query_tc(hook)->size(), 2U);
  SKEP_OK(third->detach());
  SKEP_OK(other->detach());
  EXPECT_TRUE(query_tc(hook)->empty());
  const auto made = create_clsact({.name = "row0"});
  SKEP_OK(made);
  SKEP_OK(destroy_clsact({.name = "row0"}));
}

TEST(Network, TcxRunsProgramsInTheOrderThatIsAskedFor) {
  SKEP_OK(make_veth());
  Object object = load("net", {"tcx_ingress", "tc_ingress", "tc_old", "tc_oldest"});
  const Program& a = *object.program("tcx_ingress");
  const Program& b = *object.program("tc_ingress");
  const Program& c = *object.program("tc_old");
  const NetDevice device{.name = "row1"};
  auto first = attach_tcx(a, {.device = device});
  if (is_before({6, 6})) {
    ASSERT_FALSE(first);
    EXPECT_TRUE(first.error().message().contains("needs Linux 6.6")) << first.error().message();
    const auto filter = attach_tcx(a, {.device = device, .or_clsact = true});
    SKEP_OK(filter);
    EXPECT_EQ(filter->place(), "tc ingress on row1");
    return;
  }
  SKEP_OK(first);
  const auto before = query_tcx(device, TcDirection::ingress);
  SKEP_OK(before);
  auto second = attach_tcx(
      b,
      {.device = device, .place = {.where = ListPlace::Where::first, .expected_revision = before->revision}});
  SKEP_OK(second);
  auto third =
      attach_tcx(c, {.device = device, .place = {.where = ListPlace::Where::after, .link = &*second}});
  SKEP_OK(third);
  EXPECT_EQ(ids(query_tcx(device, TcDirection::ingress)), (std::vector{id_of(b), id_of(c), id_of(a)}));
  const auto stale = attach_tcx(c, {.device = device, .place = {.expected_revision = before->revision}});
  ASSERT_FALSE(stale);
  EXPECT_EQ(stale.error().sys_errno(), ESTALE);
  EXPECT_TRUE(stale.error().message().contains(cat("want revision ", before->revision, ", have ")))
      << stale.error().message();
  const Program& d = *object.program("tc_oldest");
  SKEP_OK(first->update(d));
  const auto info = first->info();
  SKEP_OK(info);
  EXPECT_EQ(info->program_id, id_of(d));
  EXPECT_TRUE(info->target.starts_with("tcx_ingress device ") && info->target.ends_with(" (row1 here)"))
      << info->target;
}

TEST(Network, ACgroupsProgramsAreListedOrderedAndReplaced) {
  const auto path = empty_cgroup("behaviour");
  SKEP_OK(path);
  Object object = load("cgroup", {"connect4", "bind4"});
  const Program& first = *object.program("connect4");
  using Way = CgroupTarget::Way;
  auto link = attach_cgroup(first, {.path = *path});
  SKEP_OK(link);
  Object again = load("cgroup", {"connect4"});
  const Program& second = *again.program("connect4");
  auto attached = attach_cgroup(second, {.path = *path, .way = Way::prog_attach});
  SKEP_OK(attached);
  EXPECT_EQ(ids(query_cgroup(*path, BPF_CGROUP_INET4_CONNECT)), (std::vector{id_of(first), id_of(second)}));
  Object more = load("cgroup", {"connect4"});
  const Program& third = *more.program("connect4");
  SKEP_OK(attached->update(third));
  EXPECT_EQ(ids(query_cgroup(*path, BPF_CGROUP_INET4_CONNECT)), (std::vector{id_of(first), id_of(third)}));
  // Debian's 6.12 has the order of later kernels.
  const bool has_order = query_cgroup(*path, BPF_CGROUP_INET4_CONNECT)->revision != 0;
  EXPECT_TRUE(has_order || is_before({6, 18}));
  const auto front = attach_cgroup(second, {.path = *path, .place = {.where = ListPlace::Where::first}});
  if (!has_order) {
    ASSERT_FALSE(front);
    EXPECT_TRUE(front.error().message().contains("needs Linux 6.18")) << front.error().message();
  } else {
    SKEP_OK(front);
    EXPECT_EQ(ids(query_cgroup(*path, BPF_CGROUP_INET4_CONNECT)),
              (std::vector{id_of(second), id_of(first), id_of(third)}));
  }
  SKEP_OK(attached->detach());
  EXPECT_EQ(attach_cgroup(first, {.path = "/sys/fs/cgroup/none"}).error().code(), Errc::not_found);
  EXPECT_EQ(attach_cgroup(first, {.path = "/tmp"}).error().code(), Errc::invalid);
}

/// What `act` returns, from a process without any right.
std::string without_rights(const std::function<std::string()>& act) {
  int ends[2];
  SKEP_ASSERT(::pipe(ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    static_cast<void>(::setresuid(65534, 65534, 65534));
    const std::string text = act();
    static_cast<void>(::write(ends[1], text.data(), text.size()));
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string text(4096, '\0');
  const auto got = ::read(ends[0], text.data(), text.size());
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return text;
}

TEST(Network, WithoutRightsTheErrorNamesThem) {
  SKEP_OK(make_veth());
  Object object = load("net", {"tc_old"});
  // Newer kernels let whoever has a program's descriptor attach it to XDP by link; netlink asks for rights on all of them.
  const std::string text = without_rights([&] {
    const auto link = attach_tc(*object.program("tc_old"), {.hook = {.device = {.name = "row1"}}});
    return link ? std::string("attached") : link.error().message();
  });
  EXPECT_TRUE(text.contains("EPERM") && text.contains("CAP_NET_ADMIN")) << text;
}

TEST(Network, PlacesThatGoAwayAreNoErrorToLeave) {
  SKEP_OK(make_veth("gone0", "gone1"));
  const auto path = empty_cgroup("gone");
  SKEP_OK(path);
  Object object = load("net", {"xdp_plain", "tc_old"});
  Object cgroups = load("cgroup", {"connect4"});
  auto xdp =
      attach_xdp(*object.program("xdp_plain"), {.device = {.name = "gone0"}, .mode = XdpMode::generic});
  SKEP_OK(xdp);
  auto on_device =
      attach_xdp(*object.program("xdp_plain"),
                 {.device = {.name = "gone1"}, .mode = XdpMode::generic, .way = XdpTarget::Way::netlink});
  SKEP_OK(on_device);
  auto filter = attach_tc(*object.program("tc_old"), {.hook = {.device = {.name = "gone1"}}});
  SKEP_OK(filter);
  auto cgroup = attach_cgroup(*cgroups.program("connect4"), {.path = *path});
  SKEP_OK(cgroup);
  SKEP_OK(remove_device("gone0"));
  ASSERT_EQ(::rmdir(path->c_str()), 0);
  EXPECT_EQ(xdp->info()->target, "xdp a device that has gone");
  SKEP_OK(xdp->detach());
  SKEP_OK(on_device->detach());
  SKEP_OK(filter->detach());
  SKEP_OK(cgroup->detach());
}

}  // namespace
}  // namespace skep::rows
