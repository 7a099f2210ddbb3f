// What is ours and what is not: places that somebody else has taken, that have gone, that have room for one program alone, and what a child of fork(2) inherits.
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>

#include "attach/attachment.h"
#include "base/text.h"
#include "kernel/map.h"
#include "net_fixture.h"
#include "skep/cgroup.h"
#include "skep/lwt.h"
#include "skep/netns.h"
#include "skep/sockets.h"
#include "skep/tc.h"
#include "skep/uapi/flags.h"
#include "skep/xdp.h"

namespace skep {
namespace {

using kernel::CallKind;
using test::NetTest;

/// A kernel whose places for BPF_PROG_ATTACH have room for one program, and ask nobody who is there.
class Ownership : public NetTest {
 protected:
  Ownership() {
    network.one_namespace = true;
    kernel.on_bpf = [this](bpf_cmd cmd, bpf_attr& attr) { return place(cmd, attr); };
  }

  std::optional<int> place(bpf_cmd cmd, bpf_attr& attr) {
    switch (cmd) {
      case BPF_LINK_CREATE: return has_links ? std::nullopt : std::optional(-EINVAL);
      case BPF_PROG_ATTACH: there = network.id_of(static_cast<int>(attr.prog_attach.attach_bpf_fd)); return 0;
      case BPF_PROG_DETACH:
        if (gone != 0 || there == 0) {
          return gone != 0 ? -gone : -ENOENT;
        }
        there = 0;
        return 0;
      case BPF_PROG_QUERY:
        if (refuses_query != 0 || gone != 0) {
          return -(gone != 0 ? gone : refuses_query);
        }
        attr.query.prog_cnt = there != 0 ? 1 : 0;
        attr.query.attach_flags = flags;
        if (there != 0) {
          *reinterpret_cast<u32*>(static_cast<std::uintptr_t>(attr.query.prog_ids)) = there;
        }
        return 0;
      default: return std::nullopt;
    }
  }
  Program connect4() {
    return program(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT, "cgroup/connect4");
  }
  static CgroupTarget single(const Program* replaces = nullptr) {
    return {.path = "/sys/fs/cgroup/a", .below = CgroupTarget::Below::override_, .replaces = replaces};
  }

  /// Counts as a call, so that a child sees whether it came.
  Result<void> undo() {
    static_cast<void>(kernel.unlink("/undone"));
    return {};
  }

  bool has_links = false;
  u32 there = 0;          // the id of the program in the place
  u32 flags = 0;          // how it was attached
  int gone = 0;           // what the place answers, once it has gone
  int refuses_query = 0;  // what a kernel answers that cannot be asked
};

TEST_F(Ownership, ASinglePlaceIsTakenOnlyFromWhoIsNamed) {
  const Program first = connect4();
  const Program second = connect4();
  there = 4711;
  const auto refused = attach_cgroup(first, single(), on("6.1.0"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Errc::busy);
  EXPECT_TRUE(refused.error().message().contains("program 4711 is attached there already"))
      << refused.error().message();
  EXPECT_EQ(attach_cgroup(first, single(&second), on("6.1.0")).error().code(), Errc::busy);
  EXPECT_EQ(there, 4711U);
  there = 0;
  EXPECT_EQ(attach_cgroup(first, single(&second), on("6.1.0")).error().code(), Errc::not_found);
  auto mine = attach_cgroup(first, single(), on("6.1.0"));
  ASSERT_TRUE(mine) << mine.error().message();
  auto over = attach_cgroup(second, single(&first), on("6.1.0"));
  ASSERT_TRUE(over) << over.error().message();
  EXPECT_EQ(there, id_of(second));
  EXPECT_EQ(kernel.calls(BPF_PROG_ATTACH).back().attributes().prog_attach.attach_flags, BPF_F_ALLOW_OVERRIDE);
  const auto detached = mine->detach();
  ASSERT_FALSE(detached) << "its place has another program";
  EXPECT_EQ(detached.error().code(), Errc::busy);
  EXPECT_EQ(there, id_of(second));
  EXPECT_TRUE(over->detach());
  EXPECT_EQ(there, 0U);
}

TEST_F(Ownership, ASinglePlaceIsUpdatedOnlyWhereItIsOurs) {
  const Program first = connect4();
  const Program second = connect4();
  auto link = attach_cgroup(first, single(), on("6.1.0"));
  ASSERT_TRUE(link) << link.error().message();
  ASSERT_TRUE(link->update(second));
  EXPECT_EQ(there, id_of(second));
  there = 4711;
  EXPECT_EQ(link->update(first).error().code(), Errc::busy);
  EXPECT_EQ(there, 4711U);
  there = 0;
  EXPECT_EQ(link->update(first).error().code(), Errc::not_found);
  EXPECT_TRUE(link->detach()) << "somebody took it away";
}

TEST_F(Ownership, APlaceThatHasGoneIsNoErrorToLeave) {
  const Program program = connect4();
  const Program receiver = this->program(BPF_PROG_TYPE_LIRC_MODE2, BPF_LIRC_MODE2, "lirc_mode2");
  kernel.files["/dev/lirc0"] = "";
  using Attach = std::function<Result<Link>()>;
  const Attach attaches[] = {
      [&] { return attach_cgroup(program, single(), on("6.1.0")); },
      [&] {
        return attach_cgroup(program, {.path = "/sys/fs/cgroup/a", .way = CgroupTarget::Way::prog_attach},
                             on("6.1.0"));
      },
      [&] { return attach_lirc(receiver, "/dev/lirc0", on("6.1.0")); }};
  for (const Attach& attach : attaches) {
    for (const int why : {ENOENT, ENODEV}) {
      auto link = attach();
      ASSERT_TRUE(link) << link.error().message();
      gone = why;
      const auto done = link->detach();
      EXPECT_TRUE(done) << done.error().message();
      gone = there = 0;
    }
  }
}

TEST_F(Ownership, AMapOfSocketsHasOneProgramOfAKind) {
  auto fd = kernel::map_create(
      kernel, {.type = BPF_MAP_TYPE_SOCKMAP, .key_bytes = 4, .value_bytes = 4, .max_entries = 1});
  ASSERT_TRUE(fd);
  const Map map(kernel, std::move(*fd), {.name = "sockets", .type = BPF_MAP_TYPE_SOCKMAP});
  const Program program = this->program(BPF_PROG_TYPE_SK_MSG, BPF_SK_MSG_VERDICT, "sk_msg");
  there = 4711;
  const auto taken = attach_sockmap(program, {.map = &map}, on("6.1.0"));
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code(), Errc::busy);
  EXPECT_EQ(there, 4711U);
  refuses_query = EINVAL;  // before Linux 5.15 nobody can be asked
  EXPECT_TRUE(attach_sockmap(program, {.map = &map}, on("5.10.0")));
}

TEST_F(Ownership, AFlowDissectorIsNotReplacedUnasked) {
  kernel.files["/proc/thread-self/ns/net"] = "";
  const Program program = this->program(BPF_PROG_TYPE_FLOW_DISSECTOR, BPF_FLOW_DISSECTOR, "flow_dissector");
  there = 4711;
  EXPECT_EQ(attach_flow_dissector(program, {}, on("5.4.0")).error().code(), Errc::busy);
  there = 0;
  EXPECT_TRUE(attach_flow_dissector(program, {}, on("5.4.0")));
}

TEST_F(Ownership, ANamespaceWithoutRoomIsBusy) {
  kernel.files["/netns"] = "";
  const Program lookup = program(BPF_PROG_TYPE_SK_LOOKUP, BPF_SK_LOOKUP, "sk_lookup");
  const Program dissector = program(BPF_PROG_TYPE_FLOW_DISSECTOR, BPF_FLOW_DISSECTOR, "flow_dissector");
  kernel.on_bpf = [](bpf_cmd cmd, bpf_attr&) {
    return cmd == BPF_LINK_CREATE ? std::optional(-E2BIG) : std::nullopt;
  };
  const auto many = attach_sk_lookup(lookup, {.space = "/netns"}, on("6.1.0"));
  ASSERT_FALSE(many);
  EXPECT_EQ(many.error().code(), Errc::busy);
  EXPECT_TRUE(many.error().message().contains("it has 64")) << many.error().message();
  EXPECT_EQ(attach_flow_dissector(dissector, {.space = "/netns"}, on("6.1.0")).error().code(), Errc::busy);
}

TEST_F(Ownership, ACgroupThatLeavesNoRoomIsNamedWithItsProgram) {
  struct Case {
    u32 flags;                   // of the program that is there already
    std::size_t above;           // how far above the cgroup it is
    CgroupTarget::Below wanted;  // how the new one is attached
    const char* reason;          // nullptr: it is a matter of rights
  };
  using Below = CgroupTarget::Below;
  const Case cases[] = {
      {BPF_F_ALLOW_OVERRIDE, 0, Below::multi, "is attached there with BPF_F_ALLOW_OVERRIDE"},
      {0, 0, Below::multi, "is attached there without BPF_F_ALLOW_MULTI"},
      {BPF_F_ALLOW_MULTI, 0, Below::multi, nullptr},
      {0, 1, Below::multi, "program 4711 is attached to /sys/fs/cgroup without BPF_F_ALLOW_MULTI"},
      {0, 2, Below::none, "program 4711 is attached to /sys/fs without"},
      {BPF_F_ALLOW_OVERRIDE, 1, Below::multi, nullptr},
      {BPF_F_ALLOW_MULTI, 1, Below::none, nullptr},
  };
  const Program program = connect4();
  std::size_t level = 0;  // of the directory that was opened last
  kernel.on_call = [&level, inner = std::move(kernel.on_call)](kernel::FakeCall& call) {
    if (call.kind == CallKind::open_directory) {
      level = (call.text.size() - call.text.find_last_not_of("./") - 1) / 3;
    }
    return inner(call);
  };
  const Case* row = nullptr;
  kernel.on_bpf = [&](bpf_cmd cmd, bpf_attr& attr) -> std::optional<int> {
    if (cmd == BPF_LINK_CREATE || cmd == BPF_PROG_ATTACH) {
      return -EPERM;
    }
    there = level == row->above ? 4711 : 0;
    return cmd == BPF_PROG_QUERY && level > 3 ? std::optional(-EBADF) : place(cmd, attr);
  };
  for (const Case& each : cases) {
    row = &each;
    flags = each.flags;
    const auto link = attach_cgroup(program, {.path = "/sys/fs/cgroup/a", .below = each.wanted}, on("6.1.0"));
    ASSERT_FALSE(link);
    EXPECT_EQ(link.error().sys_errno(), EPERM);
    EXPECT_EQ(link.error().code(), each.reason != nullptr ? Errc::busy : Errc::denied)
        << link.error().message();
    EXPECT_TRUE(each.reason == nullptr || link.error().message().contains(each.reason))
        << link.error().message();
  }
}

TEST_F(Ownership, AnActionsProgramIsReplacedInItsFilter) {
  const Program first = program(BPF_PROG_TYPE_SCHED_ACT, {}, "action");
  const Program second = program(BPF_PROG_TYPE_SCHED_ACT, {}, "action");
  TcTarget target{.hook = {.device = {.name = "eth0"}}, .priority = 5, .handle = 1};
  auto link = attach_tc_action(first, target, on("6.1.0"));
  ASSERT_TRUE(link) << link.error().message();
  const auto updated = link->update(second);
  ASSERT_TRUE(updated) << updated.error().message();
  EXPECT_EQ(network.filters.begin()->second.program_id, id_of(second));
  target.replace = true;
  auto over = attach_tc_action(first, target, on("6.1.0"));
  ASSERT_TRUE(over) << over.error().message();
  EXPECT_EQ(network.filters.size(), 1U);
  EXPECT_EQ(network.filters.begin()->second.program_id, id_of(first));
  EXPECT_EQ(link->detach().error().code(), Errc::busy) << "its place has another program";
  ASSERT_TRUE(over->detach());
  EXPECT_TRUE(network.is_empty());
  auto fresh = attach_tc_action(first, target, on("6.1.0"));
  ASSERT_TRUE(fresh) << "nothing is there to replace: " << fresh.error().message();
  network.filters.begin()->second.action_index = 0;
  EXPECT_EQ(attach_tc_action(second, target, on("6.1.0")).error().code(), Errc::busy)
      << "a matchall filter without a program";
}

TEST_F(Ownership, ClsactStaysForTheFiltersOfOthers) {
  const Program program = this->program(BPF_PROG_TYPE_SCHED_CLS, {}, "tc");
  auto link = attach_tc(program, {.hook = {.device = {.name = "eth0"}}, .priority = 1}, on("6.1.0"));
  ASSERT_TRUE(link) << link.error().message();
  network.filters[{2, attach::TC_H_CLSACT_EGRESS, 9, 1}] = {.kind = "u32"};
  EXPECT_TRUE(link->detach());
  EXPECT_TRUE(network.clsact.contains(2));
  network.filters.clear();
  auto guest = attach_tc(program, {.hook = {.device = {.name = "eth0"}}}, on("6.1.0"));
  ASSERT_TRUE(guest);
  EXPECT_TRUE(guest->detach());
  EXPECT_TRUE(network.clsact.contains(2)) << "it was there before";
}

TEST_F(Ownership, ANumberThatIsAnotherSocketsByNowIsLetBe) {
  const Program program = this->program(BPF_PROG_TYPE_SOCKET_FILTER, {}, "socket");
  const int raw = kernel.open_socket(AF_INET, SOCK_DGRAM, 0);
  Fd socket(raw);
  auto link = attach_socket_filter(program, raw);
  ASSERT_TRUE(link) << link.error().message();
  Fd other(kernel.open_socket(AF_INET, SOCK_DGRAM, 0));
  ASSERT_EQ(::dup2(other.raw(), raw), raw);
  const std::size_t before = kernel.calls().size();
  EXPECT_EQ(link->update(program).error().code(), Errc::invalid);
  EXPECT_TRUE(link->detach());
  EXPECT_EQ(kernel.calls().size(), before);

  auto again = attach_socket_filter(program, raw);
  ASSERT_TRUE(again) << again.error().message();
  socket.reset();
  EXPECT_TRUE(again->detach()) << "it went with its socket";
}

TEST_F(Ownership, AReuseportGroupKeepsItsProgramOnKernelsThatCannotTakeItOff) {
  const Program program = this->program(BPF_PROG_TYPE_SK_REUSEPORT, {}, "sk_reuseport");
  const Fd socket(kernel.open_socket(AF_INET, SOCK_DGRAM, 0));
  auto link = attach_reuseport(program, socket.raw());
  ASSERT_TRUE(link) << link.error().message();
  kernel.fail_kind(CallKind::set_socket_option, 0, ENOPROTOOPT);
  const auto done = link->detach();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), Errc::unsupported);
  EXPECT_TRUE(done.error().message().contains("needs Linux 5.3")) << done.error().message();
}

TEST_F(Ownership, ADeviceThatMovedTookItsProgramAlong) {
  const Program program = this->program(BPF_PROG_TYPE_XDP, BPF_XDP, "xdp");
  const u32 id = id_of(program);
  struct Case {
    std::map<s32, std::map<u32, u32>> elsewhere;
    const char* error;  // nullptr: none
  };
  const Case cases[] = {
      {{}, nullptr},
      {{{3, {{2, id + 1}}}}, nullptr},                           // that index, another program
      {{{3, {{9, id}}}}, nullptr},                               // that program, on another device
      {{{3, {{9, 1}}}, {5, {{2, id}}}}, "on device 2 (moved)"},  // it
      {{{3, {}}}, "if it was moved"},                            // who knows
  };
  for (const Case& each : cases) {
    network.devices["eth0"] = 2;
    auto link =
        attach_xdp(program, {.device = {.name = "eth0"}, .way = XdpTarget::Way::netlink}, on("6.1.0"));
    ASSERT_TRUE(link) << link.error().message();
    network.devices.erase("eth0");
    network.xdp.clear();
    network.elsewhere = each.elsewhere;
    const auto done = link->detach();
    EXPECT_EQ(done.has_value(), each.error == nullptr);
    EXPECT_TRUE(done || (done.error().code() == Errc::busy && done.error().message().contains(each.error)))
        << done.error().message();
  }
}

TEST_F(Ownership, ARouteThatRunsAnotherProgramIsLetBe) {
  const Program mine = program(BPF_PROG_TYPE_LWT_XMIT, {}, "lwt_xmit");
  const Program other = program(BPF_PROG_TYPE_LWT_XMIT, {}, "lwt_xmit");
  for (const char* destination : {"10.1.0.0/16", "fc00::/64"}) {
    const RouteTarget target{.destination = destination, .device = {.name = "eth0"}};
    auto link = attach_lwt(mine, target, on("6.1.0"));
    ASSERT_TRUE(link) << link.error().message();
    ASSERT_TRUE(link->update(other));
    ASSERT_TRUE(link->update(mine));
    network.forget();  // somebody deletes it and makes one of the same key
    auto its = attach_lwt(other, target, on("6.1.0"));
    ASSERT_TRUE(its) << its.error().message();
    static_cast<void>(link->detach());
    EXPECT_EQ(network.routes.size(), 1U) << destination;
    const auto done = its->detach();
    EXPECT_TRUE(done) << done.error().message();
    EXPECT_TRUE(network.is_empty()) << destination;
  }
}

/// What `act` returns, in a child of this process.
int in_child(const std::function<int()>& act) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::_exit(act());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(Ownership, AChildLetsItsParentsAttachmentsBe) {
  const Program cgroup = connect4();
  const Program tc = program(BPF_PROG_TYPE_SCHED_CLS, {}, "tc");
  const auto child = [&](std::vector<Link> links, const std::function<void(Link&)>& act) {
    return in_child([&] {
      const std::size_t before = kernel.calls().size();
      for (Link& link : links) {
        act(link);
      }
      links.clear();
      return static_cast<int>(kernel.calls().size() - before);
    });
  };
  const auto attach = [&] {
    std::vector<Link> links;
    links.push_back(std::move(*attach_cgroup(cgroup, single(), on("6.1.0"))));
    links.push_back(std::move(*attach_tc(tc, {.hook = {.device = {.name = "eth0"}}}, on("6.1.0"))));
    std::vector<Link> parts;
    parts.push_back(attach::make_undoable_link([this]() { return undo(); }, "a part"));
    parts.push_back(attach::make_undoable_link([this]() { return undo(); }, "a part"));
    links.push_back(attach::combine(std::move(parts), "both"));
    return links;
  };
  EXPECT_EQ(child(attach(), [](Link&) {}), 0) << "destroying them makes no call";
  there = 0;
  network.forget();
  EXPECT_GT(child(attach(), [](Link& link) { EXPECT_TRUE(link.detach()); }), 5) << "detach() is what it says";
}

TEST_F(Ownership, AChildAsksThroughASocketOfItsOwn) {
  const Program program = this->program(BPF_PROG_TYPE_SCHED_CLS, {}, "tc");
  auto link = attach_tc(program, {.hook = {.device = {.name = "eth0"}}}, on("6.1.0"));
  ASSERT_TRUE(link) << link.error().message();
  const std::size_t before = sockets();
  EXPECT_EQ(in_child([&] { return link->detach() ? static_cast<int>(sockets() - before) : -1; }), 1);
  EXPECT_TRUE(link->detach());
  EXPECT_EQ(sockets(), before);
}

}  // namespace
}  // namespace skep
