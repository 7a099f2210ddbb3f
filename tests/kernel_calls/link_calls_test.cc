// Commands on links, ids, info and the small ones: exactly which bytes reach bpf(2), how many, and what a refusal says.
#include <array>
#include <cerrno>

#include "kernel/ids.h"
#include "kernel/info.h"
#include "kernel/iter.h"
#include "kernel/link.h"
#include "kernel/stats.h"
#include "kernel/task_fd.h"
#include "kernel/token.h"
#include "kernel_calls/exact.h"

namespace skep::kernel {
namespace {

bpf_attr_link_create head(u32 prog, u32 target, u32 type) {
  auto attr = zeroed<bpf_attr_link_create>();
  attr.prog_fd = prog;
  attr.target_fd = target;
  attr.attach_type = type;
  return attr;
}

TEST(LinkCreate, RefusalNamesThePlace) {
  FakeKernel kernel;
  kernel.fail_call(0, EBUSY);
  const auto link = link_create(kernel, {.prog_fd = 5, .type = BPF_XDP, .ifindex = 2});
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().code(), Errc::busy);
  EXPECT_EQ(link.error().message(), "create link at xdp: EBUSY (Device or resource busy)");
}

/// Each case fills the fields of its inner arm and says how many bytes are to be passed.
TEST(LinkCreate, EachFamilyPassesItsInnerArm) {
  FakeKernel kernel;
  answer_all(kernel, -EINVAL);
  const std::array<u64, 2> numbers{};
  const std::array<u32, 2> ids{};
  const char* names[] = {"a", "b"};

  EXPECT_FALSE(link_create(kernel, {.prog_fd = 5, .type = BPF_XDP, .ifindex = 2, .flags = 4}));
  auto want = head(5, 2, BPF_XDP);
  want.flags = 4;
  expect_last_call(kernel, BPF_LINK_CREATE, want, 16);

  bpf_iter_link_info target{};
  EXPECT_FALSE(link_create_iter(kernel, {.prog_fd = 5, .type = BPF_TRACE_ITER}, &target));
  want = head(5, 0, BPF_TRACE_ITER);
  want.iter.iter_info = address_of(&target);
  want.iter.iter_info_len = 16;
  expect_last_call(kernel, BPF_LINK_CREATE, want, 28);

  EXPECT_FALSE(link_create_perf_event(kernel, {.prog_fd = 5, .type = BPF_PERF_EVENT, .target_fd = 6}, 7));
  want = head(5, 6, BPF_PERF_EVENT);
  want.perf_event.bpf_cookie = 7;
  expect_last_call(kernel, BPF_LINK_CREATE, want, 24);

  EXPECT_FALSE(link_create_kprobe_multi(kernel, {.prog_fd = 5, .type = BPF_TRACE_KPROBE_MULTI},
                                        {.symbols = names, .cookies = numbers, .flags = 1}));
  want = head(5, 0, BPF_TRACE_KPROBE_MULTI);
  want.kprobe_multi = {
      .flags = 1, .cnt = 2, .syms = address_of(names), .addrs = 0, .cookies = address_of(numbers.data())};
  expect_last_call(kernel, BPF_LINK_CREATE, want, 48);

  EXPECT_FALSE(link_create_tracing(kernel, {.prog_fd = 5, .type = BPF_TRACE_FENTRY, .target_fd = 6}, 8, 9));
  want = head(5, 6, BPF_TRACE_FENTRY);
  want.tracing.target_btf_id = 8;
  want.tracing.cookie = 9;
  expect_last_call(kernel, BPF_LINK_CREATE, want, 32);

  EXPECT_FALSE(link_create_netfilter(kernel, {.prog_fd = 5, .type = BPF_NETFILTER},
                                     {.family = 2, .hook = 1, .priority = -5, .flags = 1}));
  want = head(5, 0, BPF_NETFILTER);
  want.netfilter = {.pf = 2, .hooknum = 1, .priority = -5, .flags = 1};
  expect_last_call(kernel, BPF_LINK_CREATE, want, 32);

  EXPECT_FALSE(
      link_create_uprobe_multi(kernel, {.prog_fd = 5, .type = BPF_TRACE_UPROBE_MULTI},
                               {.path = names[0], .offsets = numbers, .flags = 2, .pid = 3, .path_fd = 4}));
  want = head(5, 0, BPF_TRACE_UPROBE_MULTI);
  want.uprobe_multi = {.path = address_of(names[0]),
                       .offsets = address_of(numbers.data()),
                       .ref_ctr_offsets = 0,
                       .cookies = 0,
                       .cnt = 2,
                       .flags = 2,
                       .pid = 3,
                       .path_fd = 4};
  expect_last_call(kernel, BPF_LINK_CREATE, want, 64);

  EXPECT_FALSE(
      link_create_tracing_multi(kernel, {.prog_fd = 5, .type = BPF_TRACE_FENTRY_MULTI}, ids, numbers));
  want = head(5, 0, BPF_TRACE_FENTRY_MULTI);
  want.tracing_multi = {.ids = address_of(ids.data()), .cookies = address_of(numbers.data()), .cnt = 2};
  expect_last_call(kernel, BPF_LINK_CREATE, want, 36);
}

TEST(LinkCreate, PlacesWithAListPassAPosition) {
  using Create = Result<Fd> (*)(Kernel&, const LinkCreate&, const ListPosition&);
  const std::pair<bpf_attach_type, Create> cases[] = {
      {BPF_TCX_INGRESS, link_create_tcx},
      {BPF_NETKIT_PEER, link_create_netkit},
      {BPF_CGROUP_SYSCTL, link_create_cgroup},
  };
  for (const auto& [type, create] : cases) {
    FakeKernel kernel;
    answer_all(kernel, -EINVAL);
    EXPECT_FALSE(create(kernel, {.prog_fd = 5, .type = type, .target_fd = 6},
                        {.relative = 7, .expected_revision = 8}));
    auto want = head(5, 6, type);
    want.tcx.relative_fd = 7;
    want.tcx.expected_revision = 8;
    expect_last_call(kernel, BPF_LINK_CREATE, want, 32);
  }
}

TEST(Link, UpdateAndDetachPassTheirArm) {
  FakeKernel kernel;
  answer_all(kernel, 0);
  ASSERT_TRUE(link_update(kernel, {.link_fd = 5, .new_fd = 6, .flags = 4, .old_fd = 7}));
  auto want = zeroed<bpf_attr_link_update>();
  want.link_fd = 5;
  want.new_prog_fd = 6;
  want.flags = 4;
  want.old_prog_fd = 7;
  expect_last_call(kernel, BPF_LINK_UPDATE, want, 16);
  ASSERT_TRUE(link_detach(kernel, 5));
  expect_last_call(kernel, BPF_LINK_DETACH, bpf_attr_link_detach{.link_fd = 5}, 4);
}

TEST(SmallCommands, PassExactlyTheirArm) {
  FakeKernel kernel;
  ASSERT_TRUE(iter_create(kernel, 5));
  expect_last_call(kernel, BPF_ITER_CREATE, bpf_attr_iter_create{.link_fd = 5, .flags = 0}, 8);
  ASSERT_TRUE(enable_stats(kernel, BPF_STATS_RUN_TIME));
  expect_last_call(kernel, BPF_ENABLE_STATS, bpf_attr_enable_stats{.type = 0}, 4);
  ASSERT_TRUE(token_create(kernel, 5));
  expect_last_call(kernel, BPF_TOKEN_CREATE, bpf_attr_token_create{.flags = 0, .bpffs_fd = 5}, 8);
}

TEST(TaskFd, BringsBackTheName) {
  FakeKernel kernel;
  kernel.on_bpf = [](bpf_cmd, bpf_attr& attr) {
    std::strcpy(reinterpret_cast<char*>(attr.task_fd_query.buf), "do_nanosleep");
    attr.task_fd_query.fd_type = BPF_FD_TYPE_KPROBE;
    attr.task_fd_query.prog_id = 9;
    return 0;
  };
  const auto found = task_fd_query(kernel, 100, 7);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->name, "do_nanosleep");
  EXPECT_EQ(found->type, BPF_FD_TYPE_KPROBE);
  EXPECT_EQ(found->prog_id, 9U);
  EXPECT_EQ(kernel.calls().back().attr.size(), 48U);
}

TEST(Ids, EachKindHasItsCommands) {
  const std::tuple<ObjectKind, bpf_cmd, bpf_cmd, std::string_view> kinds[] = {
      {ObjectKind::prog, BPF_PROG_GET_NEXT_ID, BPF_PROG_GET_FD_BY_ID, "open program with id 8: "},
      {ObjectKind::map, BPF_MAP_GET_NEXT_ID, BPF_MAP_GET_FD_BY_ID, "open map with id 8: "},
      {ObjectKind::btf, BPF_BTF_GET_NEXT_ID, BPF_BTF_GET_FD_BY_ID, "open BTF with id 8: "},
      {ObjectKind::link, BPF_LINK_GET_NEXT_ID, BPF_LINK_GET_FD_BY_ID, "open link with id 8: "},
  };
  for (const auto& [kind, next, open, subject] : kinds) {
    FakeKernel kernel;
    kernel.on_bpf = [](bpf_cmd, bpf_attr& attr) {
      attr.get_id.next_id = 8;
      return 0;
    };
    EXPECT_EQ(next_id(kernel, kind, 7).value(), 8U);
    auto want = zeroed<bpf_attr_get_id>();
    want.start_id = 7;
    expect_last_call(kernel, next, want, 8);
    kernel.fail_call(0, ENOENT);
    EXPECT_EQ(next_id(kernel, kind, 8).value(), std::nullopt);
    kernel.fail_call(0, ENOENT);
    const auto fd = open_id(kernel, kind, 8, 16);
    ASSERT_FALSE(fd);
    EXPECT_TRUE(fd.error().message().starts_with(subject)) << fd.error().message();
    want.start_id = 8;
    want.open_flags = 16;
    expect_last_call(kernel, open, want, 12);
  }
}

TEST(Ids, ATokenGoesIntoTheLastField) {
  FakeKernel kernel;
  answer_all(kernel, -EPERM);
  EXPECT_FALSE(open_btf_with_token(kernel, 8, 1U << 16, 4));
  auto want = zeroed<bpf_attr_get_id>();
  want.btf_id = 8;
  want.open_flags = 1U << 16;
  want.fd_by_id_token_fd = 4;
  expect_last_call(kernel, BPF_BTF_GET_FD_BY_ID, want, 16);
}

TEST(Info, AsksWithTheSizeOfTheStruct) {
  FakeKernel kernel;
  answer_all(kernel, -EBADF);
  const auto info = map_info(kernel, 5);
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().message(), "describe a map: EBADF (Bad file descriptor)");
  const FakeCall call = kernel.calls().back();
  EXPECT_EQ(call.attr.size(), 16U);
  EXPECT_EQ(call.attributes().info.bpf_fd, 5U);
  EXPECT_EQ(call.attributes().info.info_len, sizeof(bpf_map_info));
}

}  // namespace
}  // namespace skep::kernel
