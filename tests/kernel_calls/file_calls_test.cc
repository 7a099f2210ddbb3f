// Files, perf events, sockets and epoll: the real kernel does them, the fake one models them, the tracing one tells of them.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/perf_event.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/text.h"
#include "kernel/dry_kernel.h"
#include "kernel/fake_kernel.h"
#include "kernel/host_kernel.h"
#include "kernel/tracing_kernel.h"
#include "skep/error.h"
#include "skep/fd.h"
#include "support/descriptors.h"

namespace skep::kernel {
namespace {

using namespace std::string_view_literals;

s64 write_text(Kernel& kernel, int fd, std::string_view text) {
  return kernel.write_file(fd, text.data(), text.size());
}

std::string read_all(Kernel& kernel, int fd) {
  std::string whole;
  std::array<char, 8> part{};
  for (s64 got = 1; got > 0; whole.append(part.data(), static_cast<std::size_t>(std::max<s64>(got, 0)))) {
    got = kernel.read_file(fd, part.data(), part.size());
  }
  return whole;
}

TEST(HostKernel, ReadsAndWritesFiles) {
  HostKernel kernel;
  const std::string path = cat("/tmp/skep-file-calls-", ::getpid());
  const std::size_t before = test::open_descriptors();
  {
    Fd out(kernel.open_file(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600));
    ASSERT_TRUE(out);
    EXPECT_GE(out.raw(), 3);
    EXPECT_EQ(::fcntl(out.raw(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    EXPECT_EQ(write_text(kernel, out.raw(), "some bytes of text"), 18);
    Fd in(kernel.open_file(path.c_str(), O_RDONLY, 0));
    EXPECT_EQ(read_all(kernel, in.raw()), "some bytes of text");
    int waiting = -1;
    EXPECT_EQ(kernel.control(in.raw(), FIONREAD, reinterpret_cast<std::uintptr_t>(&waiting)), 0);
    EXPECT_EQ(waiting, 0);
  }
  EXPECT_EQ(kernel.unlink(path.c_str()), 0);
  EXPECT_EQ(kernel.open_file(path.c_str(), O_RDONLY, 0), -ENOENT);
  EXPECT_EQ(kernel.read_file(-1, nullptr, 0), -EBADF);
  EXPECT_EQ(kernel.write_file(-1, nullptr, 0), -EBADF);
  EXPECT_EQ(kernel.control(-1, FIONREAD, 0), -EBADF);
  EXPECT_EQ(test::open_descriptors(), before);
}

TEST(HostKernel, SendsReceivesAndWaits) {
  HostKernel kernel;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = cat("skep-file-calls-", ::getpid());
  name.copy(address.sun_path + 1, sizeof address.sun_path - 1);
  const auto bytes = static_cast<u32>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  const Fd there(kernel.open_socket(AF_UNIX, SOCK_DGRAM, 0));
  const Fd here(kernel.open_socket(AF_UNIX, SOCK_DGRAM, 0));
  ASSERT_EQ(kernel.bind_socket(there.raw(), reinterpret_cast<const sockaddr*>(&address), bytes), 0);
  EXPECT_EQ(kernel.bind_socket(here.raw(), reinterpret_cast<const sockaddr*>(&address), bytes), -EADDRINUSE);
  const int room = 4096;
  EXPECT_EQ(
      kernel.set_socket_option(
          there.raw(), {.level = SOL_SOCKET, .name = SO_RCVBUF, .value = &room, .value_bytes = sizeof room}),
      0);
  const Fd poll(kernel.epoll_create());
  epoll_event event{.events = EPOLLIN, .data = {.u64 = 7}};
  ASSERT_EQ(kernel.epoll_control(poll.raw(), EPOLL_CTL_ADD, there.raw(), &event), 0);
  epoll_event seen{};
  EXPECT_EQ(kernel.epoll_wait(poll.raw(), &seen, 1, 0), 0);
  ASSERT_EQ(::connect(here.raw(), reinterpret_cast<const sockaddr*>(&address), bytes), 0);
  EXPECT_EQ(kernel.send(here.raw(), "hello", 5, 0), 5);
  ASSERT_EQ(kernel.epoll_wait(poll.raw(), &seen, 1, 1000), 1);
  EXPECT_EQ(u64{seen.data.u64}, 7U);
  std::array<char, 16> text{};
  EXPECT_EQ(kernel.receive(there.raw(), text.data(), text.size(), 0), 5);
  EXPECT_STREQ(text.data(), "hello");
  EXPECT_EQ(kernel.receive(there.raw(), text.data(), text.size(), MSG_DONTWAIT), -EAGAIN);
}

TEST(HostKernel, OpensAPerfEventOfThisProcess) {
  HostKernel kernel;
  perf_event_attr attr{};
  attr.size = sizeof attr;
  attr.type = PERF_TYPE_SOFTWARE;
  attr.config = PERF_COUNT_SW_DUMMY;
  attr.disabled = 1;
  attr.exclude_kernel = 1;
  const int raw = kernel.perf_event_open(attr, {.pid = 0});
  if (raw == -EACCES || raw == -EPERM || raw == -ENOSYS) {
    GTEST_SKIP() << "perf_event_open is not permitted here: " << errno_name(-raw);
  }
  const Fd event(raw);
  ASSERT_GE(raw, 3);
  EXPECT_EQ(::fcntl(raw, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
  EXPECT_EQ(kernel.control(raw, PERF_EVENT_IOC_ENABLE, 0), 0);
  attr.type = 12345;
  EXPECT_EQ(kernel.perf_event_open(attr, {.pid = 0}), -ENOENT);
}

TEST(FakeKernel, FilesAreWhatTheTestSays) {
  FakeKernel kernel;
  kernel.files["/sys/kernel/tracing/kprobe_events"] = "p:old do_exit\n";
  EXPECT_EQ(kernel.open_file("/absent", O_RDONLY, 0), -ENOENT);
  const auto append = [&](std::string_view line) {
    const Fd fd(kernel.open_file("/sys/kernel/tracing/kprobe_events", O_WRONLY | O_APPEND, 0));
    return write_text(kernel, fd.raw(), line);
  };
  EXPECT_EQ(append("p:new do_fork\n"), 14);
  EXPECT_EQ(kernel.files["/sys/kernel/tracing/kprobe_events"], "p:old do_exit\np:new do_fork\n");
  EXPECT_EQ(append("-:old\n"), 6);
  EXPECT_EQ(kernel.files["/sys/kernel/tracing/kprobe_events"], "p:new do_fork\n");
  EXPECT_EQ(append("-:ne\n"), 5);
  EXPECT_EQ(kernel.files["/sys/kernel/tracing/kprobe_events"], "p:new do_fork\n");
  const Fd in(kernel.open_file("/sys/kernel/tracing/kprobe_events", O_RDONLY, 0));
  EXPECT_EQ(read_all(kernel, in.raw()), "p:new do_fork\n");
  EXPECT_EQ(kernel.read_file(-1, nullptr, 1), -EBADF);
}

TEST(FakeKernel, EveryNewCallFailsOnDemandAndIsRecorded) {
  FakeKernel kernel;
  perf_event_attr attr{};
  attr.size = sizeof attr;
  attr.config = 77;
  const Fd event(kernel.perf_event_open(attr, {.pid = -1, .cpu = 2}));
  ASSERT_TRUE(event);
  EXPECT_EQ(kernel.calls().back().place.cpu, 2);
  perf_event_attr recorded{};
  std::memcpy(&recorded, kernel.calls().back().data.data(), sizeof recorded);
  EXPECT_EQ(recorded.config, 77U);
  EXPECT_EQ(kernel.control(event.raw(), 5, 6), 0);
  EXPECT_EQ(kernel.control(0, 5, 6), -EBADF);
  kernel.fail_kind(CallKind::control, 0, EINVAL);
  EXPECT_EQ(kernel.control(event.raw(), 5, 6), -EINVAL);

  const Fd socket(kernel.open_socket(AF_NETLINK, SOCK_RAW, 0));
  EXPECT_EQ(kernel.send(socket.raw(), "ab", 2, 0), 2);
  std::array<char, 8> room{};
  EXPECT_EQ(kernel.receive(socket.raw(), room.data(), room.size(), 0), -EAGAIN);
  kernel.messages.push_back({std::byte{'x'}, std::byte{'y'}});
  EXPECT_EQ(kernel.receive(socket.raw(), room.data(), 1, 0), 1);
  EXPECT_EQ(room[0], 'x');
  kernel.on_call = [](FakeCall& call) -> std::optional<s64> {
    return call.kind == CallKind::send ? std::optional<s64>(-ENOBUFS) : std::nullopt;
  };
  EXPECT_EQ(kernel.send(socket.raw(), "ab", 2, 0), -ENOBUFS);
  EXPECT_EQ(kernel.calls().back().result, -ENOBUFS);
  const Fd poll(kernel.epoll_create());
  EXPECT_EQ(kernel.epoll_control(poll.raw(), EPOLL_CTL_ADD, event.raw(), nullptr), 0);
  EXPECT_EQ(kernel.epoll_wait(poll.raw(), nullptr, 0, 0), 0);
}

TEST(TracingKernel, TellsOfFilesEventsAndSockets) {
  FakeKernel inner;
  inner.files["/a"] = "text";
  std::vector<std::string> told;
  TracingKernel kernel(inner, [&](const CallEvent& event) {
    told.push_back(cat(name_of(event.kind), " ", event.path, " ", event.data.size(), " ", event.request, " ",
                       event.argument, " ", event.result < 3 || event.result > 9 ? event.result : 3));
  });
  const Fd file(kernel.open_file("/a", O_RDWR, 0));
  std::array<char, 8> room{};
  kernel.read_file(file.raw(), room.data(), room.size());
  kernel.write_file(file.raw(), "ab", 2);
  kernel.control(file.raw(), 11, 12);
  perf_event_attr attr{};
  attr.size = sizeof attr;
  const Fd event(kernel.perf_event_open(attr, {}));
  kernel.send(event.raw(), "abc", 3, 0);
  kernel.receive(event.raw(), room.data(), room.size(), 0);
  kernel.epoll_control(event.raw(), EPOLL_CTL_DEL, file.raw(), nullptr);
  ASSERT_EQ(told.size(), 8U);
  EXPECT_TRUE(told[0].starts_with("open /a 0 0 0 "));
  EXPECT_EQ(told[1], "read  4 0 0 3");
  EXPECT_EQ(told[2], "write  2 0 0 2");
  EXPECT_EQ(told[3], "ioctl  0 11 12 0");
  EXPECT_TRUE(told[4].starts_with("perf_event_open  0 0 0 "));
  EXPECT_EQ(told[5], "send  3 0 0 3");
  EXPECT_EQ(told[6], "recv  0 0 0 -11");
  EXPECT_EQ(told[7], "epoll_ctl  0 2 0 0");
}

TEST(DryKernel, ReadsFilesButWritesNothing) {
  DryKernel kernel;
  const std::string path = cat("/tmp/skep-dry-", ::getpid());
  const Fd out(kernel.open_file(path.c_str(), O_WRONLY | O_CREAT, 0600));
  EXPECT_TRUE(out);
  EXPECT_EQ(write_text(kernel, out.raw(), "text"), 4);
  EXPECT_LT(::access(path.c_str(), F_OK), 0);
  const Fd in(kernel.open_file("/proc/self/comm", O_RDONLY, 0));
  EXPECT_FALSE(read_all(kernel, in.raw()).empty());
  perf_event_attr attr{};
  const Fd event(kernel.perf_event_open(attr, {}));
  EXPECT_TRUE(event);
  EXPECT_EQ(kernel.control(event.raw(), 1, 1), 0);
}

}  // namespace
}  // namespace skep::kernel
