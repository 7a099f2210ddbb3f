// The network families on a fake machine: which calls are made, what is left, and what is said.
#include <sys/socket.h>

#include <cerrno>

#include "attach/list_place.h"
#include "base/text.h"
#include "kernel/map.h"
#include "net_fixture.h"
#include "skep/cgroup.h"
#include "skep/lwt.h"
#include "skep/netfilter.h"
#include "skep/netns.h"
#include "skep/sockets.h"
#include "skep/tc.h"
#include "skep/uapi/flags.h"
#include "skep/xdp.h"
#include "support/descriptors.h"

namespace skep {
namespace {

using kernel::CallKind;
using test::NetTest;

class Net : public NetTest {
 protected:
  Program xdp() { return program(BPF_PROG_TYPE_XDP, BPF_XDP, "xdp"); }
  Program tc() { return program(BPF_PROG_TYPE_SCHED_CLS, {}, "tc"); }
  Program connect4() {
    return program(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT, "cgroup/connect4");
  }
  bpf_attr_link_create last_link() { return kernel.calls(BPF_LINK_CREATE).back().attributes().link_create; }
};

TEST_F(Net, XdpGoesByLinkToTheDeviceOfThatName) {
  const Program program = xdp();
  {
    auto link = attach_xdp(program, {.device = {.name = "eth0"}, .mode = XdpMode::generic}, on("6.12.0"));
    ASSERT_TRUE(link) << link.error().message();
    EXPECT_EQ(link->place(), "xdp on eth0");
    EXPECT_TRUE(link->fd());
    EXPECT_EQ(last_link().target_ifindex, 2U);
    EXPECT_EQ(last_link().attach_type, BPF_XDP);
    EXPECT_EQ(last_link().flags, XDP_FLAGS_SKB_MODE);
  }
  EXPECT_EQ(network.requests.size(), 1U) << "one question about one device";
}

TEST_F(Net, XdpGoesByNetlinkWhereTheKernelHasNoLinks) {
  const Program program = xdp();
  kernel.fail_command(BPF_LINK_CREATE, 0, EINVAL);
  {
    auto link = attach_xdp(program, {.device = {.name = "eth0"}}, on("5.4.0"));
    ASSERT_TRUE(link) << link.error().message();
    EXPECT_FALSE(link->fd());
    EXPECT_EQ(network.xdp.at(2), id_of(program));
    EXPECT_EQ(link->pin("/sys/fs/bpf/x").error().code(), Errc::unsupported);
    EXPECT_EQ(sockets(), 1U) << "the same socket for every request";
  }
  EXPECT_TRUE(network.is_empty());
}

TEST_F(Net, ALinkThatIsInsistedOnNamesTheReleaseThatHasIt) {
  const Program program = xdp();
  kernel.fail_command(BPF_LINK_CREATE, 0, EINVAL);
  const auto link =
      attach_xdp(program, {.device = {.name = "eth0"}, .way = XdpTarget::Way::link}, on("5.4.0"));
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().code(), Errc::unsupported);
  EXPECT_TRUE(link.error().message().contains("needs Linux 5.9 (this is 5.4)")) << link.error().message();
}

TEST_F(Net, XdpByNetlinkTakesAwayItsOwnProgramAlone) {
  const Program mine = xdp();
  const Program other = xdp();
  for (const bool knows_expected : {true, false}) {
    network.knows_expected = knows_expected;
    auto link = attach_xdp(mine, {.device = {.index = 2}, .way = XdpTarget::Way::netlink}, on("5.4.0"));
    ASSERT_TRUE(link) << link.error().message();
    network.xdp[2] = id_of(other);  // somebody else puts another there
    const auto done = link->detach();
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().sys_errno(), EEXIST) << done.error().message();
    EXPECT_EQ(network.xdp.at(2), id_of(other));
    network.xdp.clear();
  }
}

TEST_F(Net, XdpByNetlinkIsDetachedWhereSomebodyTookTheProgramAway) {
  const Program mine = xdp();
  auto link = attach_xdp(mine, {.device = {.index = 2}, .way = XdpTarget::Way::netlink}, on("6.1.0"));
  ASSERT_TRUE(link) << link.error().message();
  network.xdp.clear();
  const auto done = link->detach();
  EXPECT_TRUE(done) << done.error().message();
}

TEST_F(Net, XdpByNetlinkReplacesInOneStep) {
  const Program first = xdp();
  const Program second = xdp();
  auto link = attach_xdp(first, {.device = {.index = 2}, .way = XdpTarget::Way::netlink}, on("6.1.0"));
  ASSERT_TRUE(link);
  ASSERT_TRUE(link->update(second));
  EXPECT_EQ(network.xdp.at(2), id_of(second));
  const auto taken = attach_xdp(first, {.device = {.index = 2}, .way = XdpTarget::Way::netlink}, on("6.1.0"));
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code(), Errc::busy);
  EXPECT_TRUE(taken.error().message().contains(cat("it runs program ", id_of(second), " (native)")))
      << taken.error().message();
  ASSERT_TRUE(link->detach());
  EXPECT_TRUE(network.is_empty());
}

TEST_F(Net, TheKernelsOwnWordsArePartOfTheError) {
  const Program program = xdp();
  network.refusals[attach::RTM_SETLINK] = {EINVAL, "native and generic XDP can't be active at the same time"};
  const auto link =
      attach_xdp(program, {.device = {.index = 2}, .way = XdpTarget::Way::netlink}, on("6.1.0"));
  ASSERT_FALSE(link);
  EXPECT_TRUE(link.error().message().contains("native and generic XDP can't be active at the same time"))
      << link.error().message();
}

TEST_F(Net, ADeviceThatDoesNotExistIsToldWithTheNearestNames) {
  const Program program = xdp();
  const auto link = attach_xdp(program, {.device = {.name = "eth1"}}, on("6.1.0"));
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().code(), Errc::not_found);
  EXPECT_EQ(link.error().message(),
            "network device 'eth1': there is none in this network namespace; did you mean eth0?");
  EXPECT_EQ(attach_xdp(program, {.device = {.index = 99}}, on("6.1.0")).error().code(), Errc::not_found);
  EXPECT_EQ(attach_xdp(program, {}, on("6.1.0")).error().code(), Errc::invalid);
}

TEST_F(Net, OneSocketServesAllWhoHoldIt) {
  const Program program = tc();
  network.one_namespace = true;
  const auto first = attach_tc(program, {.hook = {.device = {.name = "eth0"}}}, on("6.1.0"));
  ASSERT_TRUE(first) << first.error().message();
  const std::size_t before = sockets();
  const auto second = attach_tc(program, {.hook = {.device = {.name = "veth7"}}}, on("6.1.0"));
  ASSERT_TRUE(second) << second.error().message();
  EXPECT_EQ(sockets(), before);
}

TEST_F(Net, AFilterMakesItsHookAndTakesItAwayWithTheLast) {
  network.one_namespace = true;
  const Program program = tc();
  auto first = attach_tc(program, {.hook = {.device = {.name = "eth0"}, .direction = TcDirection::egress}},
                         on("6.1.0"));
  ASSERT_TRUE(first) << first.error().message();
  EXPECT_EQ(first->place(), "tc egress on eth0");
  const test::FakeNetwork::FilterKey key{2, attach::TC_H_CLSACT_EGRESS, 0xc000, 1};
  ASSERT_TRUE(network.filters.contains(key));
  EXPECT_EQ(network.filters.at(key).program_id, id_of(program));
  auto second =
      attach_tc(program, {.hook = {.device = {.name = "eth0"}}, .priority = 5, .handle = 7}, on("6.1.0"));
  ASSERT_TRUE(second);
  EXPECT_TRUE(first->detach());
  EXPECT_TRUE(network.clsact.contains(2)) << "the hook is in use";
  EXPECT_EQ(network.filters.size(), 1U);
  EXPECT_TRUE(second->detach());
  EXPECT_TRUE(network.is_empty()) << "the last to go takes the hook away, whoever made it";
}

TEST_F(Net, AnIngressDisciplineIsNotTakenForClsact) {
  const Program program = tc();
  const TcTarget target{.hook = {.device = {.name = "eth0"}}};
  network.ingress.insert(2);
  const auto link = attach_tc(program, target, on("6.1.0"));
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().code(), Errc::busy);
  EXPECT_TRUE(link.error().message().contains("'ingress'")) << link.error().message();
  network.ingress.clear();
  network.clsact.insert(2);
  EXPECT_TRUE(attach_tc(program, target, on("6.1.0"))) << "somebody else's clsact is as good";
  network.refusals[attach::RTM_GETQDISC] = {EPERM, ""};
  EXPECT_TRUE(attach_tc(program, target, on("6.1.0"))) << "the question may be refused";
}

TEST_F(Net, ADetachedFilterIsNotSomebodyElses) {
  const Program program = tc();
  const Program other = tc();
  auto link =
      attach_tc(program, {.hook = {.device = {.name = "eth0"}}, .priority = 5, .handle = 7}, on("6.1.0"));
  ASSERT_TRUE(link);
  network.filters.begin()->second.program_id = id_of(other);
  const auto done = link->detach();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), Errc::busy);
  EXPECT_EQ(network.filters.size(), 1U);
}

TEST_F(Net, AFilterIsReplacedInItsPlace) {
  const Program first = tc();
  const Program second = tc();
  const TcTarget target{.hook = {.device = {.name = "eth0"}}, .priority = 5, .handle = 7};
  auto link = attach_tc(first, target, on("6.1.0"));
  ASSERT_TRUE(link);
  EXPECT_EQ(attach_tc(second, target, on("6.1.0")).error().sys_errno(), EEXIST);
  ASSERT_TRUE(link->update(second));
  EXPECT_EQ(network.filters.begin()->second.program_id, id_of(second));
  ASSERT_TRUE(link->detach());
  EXPECT_TRUE(network.is_empty());
  EXPECT_EQ(
      attach_tc(first, {.hook = {.device = {.name = "eth0"}}, .replace = true}, on("6.1.0")).error().code(),
      Errc::invalid);
}

TEST_F(Net, WithoutTheModuleTheErrorNamesTheOption) {
  const Program program = tc();
  network.refusals[attach::RTM_NEWTFILTER] = {ENOENT, "TC classifier not found"};
  const auto link = attach_tc(program, {.hook = {.device = {.name = "eth0"}}}, on("6.1.0"));
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().code(), Errc::unsupported);
  EXPECT_TRUE(link.error().message().contains("CONFIG_NET_CLS_BPF")) << link.error().message();
  EXPECT_TRUE(network.is_empty()) << "the hook that was made for it is gone again";
}

TEST_F(Net, TcxStandsWhereItIsTold) {
  const Program program = tc();
  const Program other = tc();
  struct Case {
    ListPlace place;
    u32 flags;
    u32 relative;
  };
  const u32 other_fd = static_cast<u32>(other.fd().raw());
  const Case cases[] = {
      {{}, 0, 0},
      {{.where = ListPlace::Where::first}, BPF_F_BEFORE, 0},
      {{.where = ListPlace::Where::before, .program = &other}, BPF_F_BEFORE, other_fd},
      {{.where = ListPlace::Where::after, .program_id = 9, .expected_revision = 4},
       BPF_F_AFTER | BPF_F_ID,
       9},
      {{.where = ListPlace::Where::after, .link_id = 3}, BPF_F_AFTER | BPF_F_ID | BPF_F_LINK, 3}};
  for (const Case& each : cases) {
    const auto link = attach_tcx(
        program, {.device = {.name = "eth0"}, .direction = TcDirection::egress, .place = each.place},
        on("6.12.0"));
    ASSERT_TRUE(link) << link.error().message();
    EXPECT_EQ(last_link().attach_type, BPF_TCX_EGRESS);
    EXPECT_EQ(last_link().flags, each.flags);
    EXPECT_EQ(last_link().tcx.relative_fd, each.relative);
    EXPECT_EQ(last_link().tcx.expected_revision, each.place.expected_revision);
  }
}

TEST_F(Net, APositionThatMakesNoSenseIsRefusedBeforeAnyCall) {
  const Program other = tc();
  EXPECT_EQ(attach::kernel_place({.where = ListPlace::Where::before}).error().code(), Errc::invalid);
  EXPECT_EQ(attach::kernel_place({.where = ListPlace::Where::first, .program_id = 1}).error().code(),
            Errc::invalid);
  EXPECT_EQ(attach::kernel_place({.where = ListPlace::Where::after, .program = &other, .link_id = 1})
                .error()
                .code(),
            Errc::invalid);
}

TEST_F(Net, TcxBecomesAFilterWhereTheKernelIsOlder) {
  const Program program = tc();
  kernel.on_bpf = [](bpf_cmd cmd, bpf_attr&) {
    return cmd == BPF_LINK_CREATE ? std::optional(-EINVAL) : std::nullopt;
  };
  const auto refused = attach_tcx(program, {.device = {.name = "eth0"}}, on("6.1.0"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Errc::unsupported);
  EXPECT_TRUE(refused.error().message().contains("needs Linux 6.6")) << refused.error().message();
  auto link = attach_tcx(program, {.device = {.name = "eth0"}, .or_clsact = true}, on("6.1.0"));
  ASSERT_TRUE(link) << link.error().message();
  EXPECT_EQ(link->place(), "tc ingress on eth0");
  EXPECT_EQ(network.filters.size(), 1U);
}

TEST_F(Net, ACgroupTakesALinkOrOnOldKernelsAProgram) {
  const Program program = connect4();
  {
    const auto link = attach_cgroup(program, {.path = "/sys/fs/cgroup"}, on("6.1.0"));
    ASSERT_TRUE(link) << link.error().message();
    EXPECT_TRUE(link->fd());
    EXPECT_EQ(last_link().attach_type, BPF_CGROUP_INET4_CONNECT);
  }
  kernel.fail_command(BPF_LINK_CREATE, 0, EINVAL);
  {
    const auto link = attach_cgroup(program, {.path = "/sys/fs/cgroup"}, on("5.4.0"));
    ASSERT_TRUE(link) << link.error().message();
    EXPECT_FALSE(link->fd());
    EXPECT_EQ(kernel.calls(BPF_PROG_ATTACH).back().attributes().prog_attach.attach_flags, BPF_F_ALLOW_MULTI);
  }
  EXPECT_EQ(kernel.calls(BPF_PROG_DETACH).size(), 1U);
}

TEST_F(Net, ANewKernelsRefusalIsNoReasonToFallBack) {
  const Program program = connect4();
  kernel.fail_command(BPF_LINK_CREATE, 0, EINVAL);
  EXPECT_FALSE(attach_cgroup(program, {.path = "/sys/fs/cgroup"}, on("6.1.0")));
  EXPECT_TRUE(kernel.calls(BPF_PROG_ATTACH).empty());
}

TEST_F(Net, ASectionThatLeavesTheHookOpenSaysSo) {
  const Program program = this->program(BPF_PROG_TYPE_CGROUP_SKB, {}, "cgroup/skb");
  const auto link = attach_cgroup(program, {.path = "/sys/fs/cgroup"}, on("6.1.0"));
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().code(), Errc::invalid);
  EXPECT_TRUE(
      attach_cgroup(program, {.path = "/sys/fs/cgroup", .type = BPF_CGROUP_INET_EGRESS}, on("6.1.0")));
  EXPECT_EQ(last_link().attach_type, BPF_CGROUP_INET_EGRESS);
}

TEST_F(Net, APositionIsNotAskedOfAKernelThatWouldPassOverIt) {
  const Program program = connect4();
  u64 revision = 0;
  kernel.on_bpf = [&](bpf_cmd cmd, bpf_attr& attr) -> std::optional<int> {
    if (cmd != BPF_PROG_QUERY) {
      return std::nullopt;
    }
    attr.query.prog_cnt = 0;
    attr.query.revision = revision;
    return 0;
  };
  const CgroupTarget target{.path = "/sys/fs/cgroup", .place = {.where = ListPlace::Where::first}};
  const auto old = attach_cgroup(program, target, on("6.12.0"));
  ASSERT_FALSE(old);
  EXPECT_EQ(old.error().code(), Errc::unsupported);
  EXPECT_TRUE(old.error().message().contains("needs Linux 6.18 (this is 6.12)")) << old.error().message();
  EXPECT_EQ(attach_cgroup(program, {.path = "/sys/fs/cgroup", .preorder = true}, on("6.12.0")).error().code(),
            Errc::unsupported);
  EXPECT_TRUE(kernel.calls(BPF_LINK_CREATE).empty());
  revision = 3;
  EXPECT_TRUE(attach_cgroup(program, target, on("6.18.0")));
  EXPECT_EQ(last_link().flags, BPF_F_BEFORE);
}

TEST_F(Net, ASocketsProgramIsSetAndTakenOffByOptions) {
  const Program program = this->program(BPF_PROG_TYPE_SOCKET_FILTER, {}, "socket");
  const int raw = kernel.open_socket(AF_INET, SOCK_DGRAM, 0);
  ASSERT_GE(raw, 0);
  const Fd socket(raw);
  {
    const auto link = attach_socket_filter(program, raw);
    ASSERT_TRUE(link) << link.error().message();
    EXPECT_EQ(kernel.calls().back().request, 50U);
  }
  EXPECT_EQ(kernel.calls().back().request, 27U);
}

TEST_F(Net, NetfilterKnowsWhichPrioritiesAreTheKernels) {
  const Program program = this->program(BPF_PROG_TYPE_NETFILTER, BPF_NETFILTER, "netfilter");
  EXPECT_EQ(attach_netfilter(program, {.priority = INT32_MIN}).error().code(), Errc::invalid);
  EXPECT_EQ(attach_netfilter(program, {.priority = -500, .defrag = true}).error().code(), Errc::invalid);
  const auto link = attach_netfilter(
      program,
      {.family = NetfilterTarget::Family::ipv6, .hook = NetfilterTarget::Hook::forward, .priority = 3});
  ASSERT_TRUE(link) << link.error().message();
  EXPECT_EQ(link->place(), "netfilter ip6 forward at priority 3");
  EXPECT_EQ(last_link().netfilter.pf, 10U);
  EXPECT_EQ(last_link().netfilter.hooknum, 2U);
}

TEST_F(Net, ARouteIsMadeOnceAndGoesWithItsLink) {
  const Program program = this->program(BPF_PROG_TYPE_LWT_XMIT, {}, "lwt_xmit");
  auto link = attach_lwt(program, {.destination = "10.1.0.0/16", .device = {.name = "eth0"}, .headroom = 32},
                         on("6.1.0"));
  ASSERT_TRUE(link) << link.error().message();
  EXPECT_EQ(network.routes.size(), 1U);
  EXPECT_EQ(attach_lwt(program, {.destination = "10.1.2.3/16", .device = {.name = "eth0"}}, on("6.1.0"))
                .error()
                .code(),
            Errc::busy)
      << "bits beyond the length do not count";
  ASSERT_TRUE(link->detach());
  EXPECT_TRUE(network.is_empty());
  for (const char* bad : {"", "10.1.0.0/33", "10.1.0", "fc00::/129", "10.1.0.0/-1", "10.1.0.0/"}) {
    EXPECT_EQ(
        attach_lwt(program, {.destination = bad, .device = {.name = "eth0"}}, on("6.1.0")).error().code(),
        Errc::invalid)
        << bad;
  }
}

TEST_F(Net, AnIpv6RouteHasTheMetricThatTheKernelWouldGiveIt) {
  const Program program = this->program(BPF_PROG_TYPE_LWT_XMIT, {}, "lwt_xmit");
  auto link = attach_lwt(program, {.destination = "fc00::/64", .device = {.name = "eth0"}}, on("6.1.0"));
  ASSERT_TRUE(link) << link.error().message();
  ASSERT_EQ(network.routes.size(), 1U);
  EXPECT_TRUE(network.routes.front().ends_with(" 1024"));
  ASSERT_TRUE(link->detach());
  EXPECT_TRUE(network.is_empty());
  EXPECT_EQ(
      attach_lwt(program, {.destination = "fc00::/64", .device = {.name = "eth0"}, .gateway = "fc01::1/64"},
                 on("6.1.0"))
          .error()
          .code(),
      Errc::invalid);
}

using Attach = Result<Link> (*)(const Program&, const AttachOptions&, const Map&);

/// One family's attachment, for the test of faults.
struct Family {
  const char* name;
  bpf_prog_type type;
  bpf_attach_type hook;
  Attach attach;
};

using P = const Program&;
using O = const AttachOptions&;
using M = const Map&;
const NetDevice eth0{.name = "eth0"};
constexpr bpf_attach_type none{};

// clang-format off: one family per line
const Family families[] = {
    {"xdp", BPF_PROG_TYPE_XDP, BPF_XDP, [](P p, O o, M) { return attach_xdp(p, {.device = eth0}, o); }},
    {"xdp by netlink", BPF_PROG_TYPE_XDP, BPF_XDP, [](P p, O o, M) { return attach_xdp(p, {.device = eth0, .way = XdpTarget::Way::netlink}, o); }},
    {"tc", BPF_PROG_TYPE_SCHED_CLS, none, [](P p, O o, M) { return attach_tc(p, {.hook = {.device = eth0}}, o); }},
    {"tc action", BPF_PROG_TYPE_SCHED_ACT, none, [](P p, O o, M) { return attach_tc_action(p, {.hook = {.device = eth0}}, o); }},
    {"tcx", BPF_PROG_TYPE_SCHED_CLS, none, [](P p, O o, M) { return attach_tcx(p, {.device = eth0}, o); }},
    {"netkit", BPF_PROG_TYPE_SCHED_CLS, BPF_NETKIT_PEER, [](P p, O o, M) { return attach_netkit(p, {.device = eth0}, o); }},
    {"cgroup", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT, [](P p, O o, M) { return attach_cgroup(p, {.path = "/sys/fs/cgroup"}, o); }},
    {"cgroup by attach", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT, [](P p, O o, M) { return attach_cgroup(p, {.path = "/sys/fs/cgroup", .way = CgroupTarget::Way::prog_attach}, o); }},
    {"sk_lookup", BPF_PROG_TYPE_SK_LOOKUP, BPF_SK_LOOKUP, [](P p, O o, M) { return attach_sk_lookup(p, {.space = "/netns"}, o); }},
    {"sockmap", BPF_PROG_TYPE_SK_MSG, BPF_SK_MSG_VERDICT, [](P p, O o, M m) { return attach_sockmap(p, {.map = &m}, o); }},
    {"netfilter", BPF_PROG_TYPE_NETFILTER, BPF_NETFILTER, [](P p, O o, M) { return attach_netfilter(p, {}, o); }},
    {"lirc", BPF_PROG_TYPE_LIRC_MODE2, BPF_LIRC_MODE2, [](P p, O o, M) { return attach_lirc(p, "/dev/lirc0", o); }},
    {"lwt", BPF_PROG_TYPE_LWT_OUT, none, [](P p, O o, M) { return attach_lwt(p, {.destination = "fc00::/64", .device = eth0}, o); }},
};
// clang-format on

TEST_F(Net, WhateverCallFailsNothingIsLeft) {
  auto fd = kernel::map_create(
      kernel, {.type = BPF_MAP_TYPE_SOCKMAP, .key_bytes = 4, .value_bytes = 4, .max_entries = 1});
  ASSERT_TRUE(fd);
  const Map map(kernel, std::move(*fd), {.name = "sockets", .type = BPF_MAP_TYPE_SOCKMAP});
  kernel.files["/netns"] = "";
  kernel.files["/dev/lirc0"] = "";
  const AttachOptions options = on("5.10.0");
  for (const Family& family : families) {
    const Program program = this->program(family.type, family.hook, family.name);
    const std::size_t before = test::open_descriptors();
    bool succeeded = false;
    for (u32 nth = 0; nth < 40 && !succeeded; ++nth) {
      const std::size_t first = kernel.calls().size();
      bool attached = false;
      kernel.fail_call(nth, EPERM);
      {
        const auto link = family.attach(program, options, map);
        attached = link.has_value();
        EXPECT_TRUE(link || link.error().sys_errno() != 0) << family.name << ": " << link.error().message();
      }
      const auto calls = kernel.calls();
      const std::size_t made = calls.size() - first;
      succeeded = attached && made <= nth;
      for (std::size_t unused = made; unused <= nth; ++unused) {
        static_cast<void>(kernel.unlink("/nothing"));  // what was to fail and did not come
      }
      EXPECT_EQ(test::open_descriptors(), before) << family.name << ", call " << nth;
      // Where the answer to a request got lost nobody knows what became of it, and where taking back is what failed it is not taken back.
      const bool knows = succeeded || (!attached && calls.at(first + nth).kind != CallKind::receive);
      EXPECT_TRUE(!knows || network.is_empty()) << family.name << ", call " << nth;
      network.forget();
    }
    EXPECT_TRUE(succeeded) << family.name;
  }
}

}  // namespace
}  // namespace skep
