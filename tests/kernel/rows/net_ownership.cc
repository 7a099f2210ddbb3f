// What is ours and what is not, on a real kernel: places with room for one program, filters, routes and devices that have changed hands, and places that have gone.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "attach/netlink.h"
#include "kernel/rows/behaviour.h"
#include "kernel/rows/network.h"
#include "load/this_machine.h"
#include "skep/cgroup.h"
#include "skep/lwt.h"
#include "skep/netns.h"
#include "skep/tc.h"
#include "skep/xdp.h"

namespace skep::rows {
namespace {

using Below = CgroupTarget::Below;
constexpr bpf_attach_type hook = BPF_CGROUP_INET4_CONNECT;

TEST(Ownership, ACgroupWithRoomForOneKeepsWhoIsThere) {
  const auto path = empty_cgroup("single");
  SKEP_OK(path);
  Object objects[] = {load("cgroup", {"connect4"}), load("cgroup", {"connect4"}),
                      load("cgroup", {"connect4"})};
  const Program& first = *objects[0].program("connect4");
  const Program& second = *objects[1].program("connect4");
  const Program& third = *objects[2].program("connect4");
  auto its = attach_cgroup(first, {.path = *path, .below = Below::override_});
  SKEP_OK(its);
  const auto taken = attach_cgroup(second, {.path = *path, .below = Below::override_});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code(), Errc::busy);
  EXPECT_TRUE(taken.error().message().contains(cat("program ", id_of(first)))) << taken.error().message();
  const auto link = attach_cgroup(second, {.path = *path});
  ASSERT_FALSE(link) << "the flags differ";
  EXPECT_EQ(link.error().code(), Errc::busy) << link.error().message();
  EXPECT_TRUE(link.error().message().contains(
      cat("program ", id_of(first), " is attached there with BPF_F_ALLOW_OVERRIDE")))
      << link.error().message();
  auto mine = attach_cgroup(second, {.path = *path, .below = Below::override_, .replaces = &first});
  SKEP_OK(mine);
  EXPECT_EQ(its->detach().error().code(), Errc::busy);
  EXPECT_EQ(ids(query_cgroup(*path, hook)), std::vector{id_of(second)});
  SKEP_OK(mine->update(third));
  EXPECT_EQ(ids(query_cgroup(*path, hook)), std::vector{id_of(third)});
  SKEP_OK(mine->detach());
  EXPECT_TRUE(ids(query_cgroup(*path, hook)).empty());
}

TEST(Ownership, ACgroupAboveThatLeavesNoRoomIsNamed) {
  const auto path = empty_cgroup("above");
  SKEP_OK(path);
  const std::string below = *path + "/below";
  ASSERT_TRUE(::mkdir(below.c_str(), 0755) == 0 || errno == EEXIST);
  Object objects[] = {load("cgroup", {"connect4"}), load("cgroup", {"connect4"})};
  const Program& first = *objects[0].program("connect4");
  auto alone = attach_cgroup(first, {.path = *path, .below = Below::none});
  SKEP_OK(alone);
  const auto link = attach_cgroup(*objects[1].program("connect4"), {.path = below});
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().code(), Errc::busy);
  EXPECT_TRUE(link.error().message().contains(cat("program ", id_of(first), " is attached to ", *path)))
      << link.error().message();
  ASSERT_EQ(::rmdir(below.c_str()), 0);
  ASSERT_EQ(::rmdir(path->c_str()), 0);
  SKEP_OK(alone->detach());
}

TEST(Ownership, ProgramsOfACgroupThatHasGoneAreDetached) {
  const auto path = empty_cgroup("removed");
  SKEP_OK(path);
  Object object = load("cgroup", {"connect4"});
  auto attached =
      attach_cgroup(*object.program("connect4"), {.path = *path, .way = CgroupTarget::Way::prog_attach});
  SKEP_OK(attached);
  ASSERT_EQ(::rmdir(path->c_str()), 0);
  SKEP_OK(attached->detach());
}

TEST(Ownership, TheLastFilterTakesClsactAway) {
  SKEP_OK(make_veth());
  Object object = load("net", {"tc_old", "tc_oldest"});
  const TcHook place{.device = {.name = "row0"}};
  static_cast<void>(destroy_clsact(place.device));
  auto first = attach_tc(*object.program("tc_old"), {.hook = place});
  SKEP_OK(first);
  auto second = attach_tc(*object.program("tc_oldest"), {.hook = place});
  SKEP_OK(second);
  SKEP_OK(first->detach());
  EXPECT_EQ(query_tc(place)->size(), 1U);
  SKEP_OK(second->detach());
  const auto made = create_clsact(place.device);
  SKEP_OK(made);
  EXPECT_TRUE(*made) << "it had gone";
  SKEP_OK(destroy_clsact(place.device));
}

TEST(Ownership, AnActionsProgramIsReplacedInItsFilter) {
  SKEP_OK(make_veth());
  Object objects[] = {load("net", {"tc_action"}), load("net", {"tc_action"})};
  const Program& first = *objects[0].program("tc_action");
  const Program& second = *objects[1].program("tc_action");
  const TcHook place{.device = {.name = "row0"}};
  TcTarget target{.hook = place, .priority = 11, .handle = 1};
  auto link = attach_tc_action(first, target);
  if (!link && link.error().code() == Errc::unsupported) {
    GTEST_SKIP() << link.error().message();
  }
  SKEP_OK(link);
  ASSERT_EQ(query_tc(place)->size(), 1U);
  SKEP_OK(link->update(second));
  ASSERT_EQ(query_tc(place)->size(), 1U);
  EXPECT_EQ(query_tc(place)->at(0).program_id, id_of(second));
  target.replace = true;
  auto over = attach_tc_action(first, target);
  SKEP_OK(over);
  EXPECT_EQ(query_tc(place)->at(0).program_id, id_of(first));
  EXPECT_EQ(link->detach().error().code(), Errc::busy);
  SKEP_OK(over->detach());
  EXPECT_TRUE(query_tc(place)->empty());
}

TEST(Ownership, ARouteGoesWithItsProgramAlone) {
  SKEP_OK(make_veth());
  Object objects[] = {load("net", {"route_xmit"}), load("net", {"route_xmit"})};
  const Program& mine = *objects[0].program("route_xmit");
  const Program& other = *objects[1].program("route_xmit");
  for (const char* destination : {"10.77.0.0/24", "fc00:77::/64"}) {
    RouteTarget target{.destination = destination, .device = {.name = "row0"}};
    auto link = attach_lwt(mine, target);
    SKEP_OK(link);
    SKEP_OK(link->update(other));
    SKEP_OK(link->update(mine));
    target.replace = true;
    auto over = attach_lwt(other, target);
    SKEP_OK(over);
    static_cast<void>(link->detach());
    target.replace = false;
    const auto again = attach_lwt(mine, target);
    ASSERT_FALSE(again) << destination << ": the other's route is there";
    EXPECT_EQ(again.error().code(), Errc::busy);
    SKEP_OK(over->detach());
    auto fresh = attach_lwt(mine, target);
    SKEP_OK(fresh);
  }
}

/// Moves a device of this namespace to a new one, which is returned: it lasts as long as somebody holds it.
Result<Fd> move_away(std::string_view device) {
  constexpr u16 IFLA_NET_NS_FD = 28;
  const Fd here(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  SKEP_ASSERT(::unshare(CLONE_NEWNET) == 0);
  Fd there(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  SKEP_ASSERT(::setns(here.raw(), CLONE_NEWNET) == 0);
  SKEP_TRY(const auto netlink, attach::Netlink::route(skep::load::this_kernel()));
  attach::NetlinkWriter request(attach::RTM_NEWLINK, 0);
  request.fixed(attach::ifinfomsg{})
      .text(attach::IFLA_IFNAME, device)
      .number(IFLA_NET_NS_FD, u32(there.raw()));
  SKEP_CHECK(netlink->tell(request, cat("move ", device)));
  return there;
}

TEST(Ownership, ADeviceThatMovesTakesItsProgramAlong) {
  SKEP_OK(make_veth("move0", "move1"));
  Object object = load("net", {"xdp_plain", "tc_old"});
  const Program& program = *object.program("xdp_plain");
  auto on_device = attach_xdp(
      program, {.device = {.name = "move1"}, .mode = XdpMode::generic, .way = XdpTarget::Way::netlink});
  SKEP_OK(on_device);
  auto filter = attach_tc(*object.program("tc_old"), {.hook = {.device = {.name = "move1"}}});
  SKEP_OK(filter);
  const auto there = move_away("move1");
  SKEP_OK(there);
  SKEP_OK(filter->detach());
  const auto done = on_device->detach();
  ASSERT_FALSE(done) << "it still runs";
  EXPECT_EQ(done.error().code(), Errc::busy);
  EXPECT_TRUE(done.error().message().contains(cat("program ", id_of(program), " still runs on device ")) &&
              done.error().message().contains("(move1)"))
      << done.error().message();
  SKEP_OK(remove_device("move0"));
}

TEST(Ownership, ASecondFlowDissectorIsBusy) {
  Object objects[] = {load("net", {"dissector"}), load("net", {"dissector"})};
  auto first = attach_flow_dissector(*objects[0].program("dissector"), {});
  SKEP_OK(first);
  const auto second = attach_flow_dissector(*objects[1].program("dissector"), {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), Errc::busy) << second.error().message();
}

}  // namespace
}  // namespace skep::rows
