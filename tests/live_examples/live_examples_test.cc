// The examples that attach, each with what makes it tell something, in a guest: they see, and forbid, what happens on the whole machine.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "live_examples/running.h"
#include "skep/fd.h"
#include "support/permitted.h"
#include "support/release.h"

namespace skep::test {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

std::vector<std::string> example(const std::string& name, std::vector<std::string> words = {}) {
  words.insert(words.begin(), SKEP_BUILD_DIR "/examples/" + name);
  return words;
}

/// Starts an example, calls `act` as soon as it is attached, and interrupts it.
template <class Act>
Finished watch(const std::vector<std::string>& words, const Act& act) {
  Running running(words);
  if (!running.prints("attached: ")) {
    return running.finish();
  }
  act();
  return running.interrupt();
}

sockaddr_in loopback(u16 port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

/// A UDP socket that receives on a port of the loopback device, and waits for at most so long.
Fd receiver(u16 port, std::chrono::seconds patience) {
  Fd made(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  EXPECT_EQ(::bind(made.raw(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  const timeval limit{.tv_sec = patience.count(), .tv_usec = 0};
  EXPECT_EQ(::setsockopt(made.raw(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
  return made;
}

void send_datagram(u16 port) {
  const Fd from(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  EXPECT_EQ(
      ::sendto(from.raw(), "12345678", 8, 0, reinterpret_cast<const sockaddr*>(&address), sizeof address), 8);
}

class LiveExamples : public testing::Test {
 protected:
  void SetUp() override {
    if (!in_guest()) {
      GTEST_SKIP() << "it would attach to hooks of the whole machine: for guests alone";
    }
  }
};

TEST_F(LiveExamples, ExecsnoopPrintsWhatIsStarted) {
  const Finished told = watch(example("execsnoop"), [] { run_silently({"/bin/true"}); });
  EXPECT_TRUE(told.succeeded()) << told.text;
  EXPECT_THAT(told.text, HasSubstr(" true             /bin/true\n"));
  EXPECT_THAT(told.text, HasSubstr(" " + std::to_string(::getpid()) + " ")) << "the parent";
}

TEST_F(LiveExamples, ForEndsAnExample) {
  Running running(example("execsnoop", {"--for", "0.5"}));
  const Finished told = running.finish();
  EXPECT_TRUE(told.succeeded()) << told.text;
  EXPECT_THAT(told.text, HasSubstr("PATH\n"));
}

TEST_F(LiveExamples, SyslatCountsEachCallAndDrawsThem) {
  const Finished told = watch(example("syslat", {std::to_string(SYS_getpgid)}), [] {
    for (int i = 0; i < 1000; ++i) {
      static_cast<void>(::syscall(SYS_getpgid, 0));
    }
  });
  EXPECT_TRUE(told.succeeded()) << told.text;
  EXPECT_THAT(told.text, HasSubstr(" |#"));
  EXPECT_THAT(told.text, testing::EndsWith("\n1000 system calls\n"));
}

TEST_F(LiveExamples, XdpdropDropsOnePortAndCountsAll) {
  const Fd unwanted = receiver(9999, std::chrono::seconds(1));
  const Fd wanted = receiver(9998, std::chrono::seconds(20));
  char bytes[16];
  const Finished told = watch(example("xdpdrop", {"lo", "9999"}), [&] {
    for (int i = 0; i < 5; ++i) {
      send_datagram(9999);
    }
    for (int i = 0; i < 3; ++i) {
      send_datagram(9998);
      EXPECT_EQ(::recv(wanted.raw(), bytes, sizeof bytes, 0), 8);
    }
    EXPECT_EQ(::recv(unwanted.raw(), bytes, sizeof bytes, 0), -1);
  });
  EXPECT_TRUE(told.succeeded()) << told.text;
  EXPECT_THAT(told.text, HasSubstr("UDP                 8 packets          400 bytes\n"));
  EXPECT_THAT(told.text, HasSubstr("dropped             5 packets\n"));
  send_datagram(9999);
  EXPECT_EQ(::recv(unwanted.raw(), bytes, sizeof bytes, 0), 8) << "it is detached";
}

/// The class of service of the next packet that comes, or -1.
int receive_service(const Fd& socket) {
  char bytes[16];
  char control[64];
  iovec into{.iov_base = bytes, .iov_len = sizeof bytes};
  msghdr message{};
  message.msg_iov = &into;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  if (::recvmsg(socket.raw(), &message, 0) < 0) {
    return -1;
  }
  const cmsghdr* found = CMSG_FIRSTHDR(&message);
  return found != nullptr && found->cmsg_type == IP_TOS ? static_cast<unsigned char>(*CMSG_DATA(found)) : -1;
}

TEST_F(LiveExamples, TcmarkMarksOnePort) {
  const bool has_clsact =
      std::filesystem::exists("/sys/module/sch_ingress") && std::filesystem::exists("/sys/module/cls_bpf");
  if (test::is_before(6, 6) && !has_clsact) {
    GTEST_SKIP() << "Linux " << test::this_release()
                 << " has no tcx links, and neither has this guest the modules sch_ingress and cls_bpf";
  }
  const Fd marked = receiver(9997, std::chrono::seconds(20));
  const Fd other = receiver(9996, std::chrono::seconds(20));
  const int on = 1;
  for (const Fd* socket : {&marked, &other}) {
    EXPECT_EQ(::setsockopt(socket->raw(), IPPROTO_IP, IP_RECVTOS, &on, sizeof on), 0);
  }
  const Finished told = watch(example("tcmark", {"lo", "9997"}), [&] {
    send_datagram(9997);
    send_datagram(9996);
    EXPECT_EQ(receive_service(marked), 46 << 2);
    EXPECT_EQ(receive_service(other), 0);
  });
  EXPECT_TRUE(told.succeeded()) << told.text;
  EXPECT_THAT(told.text, testing::EndsWith("marked 1 packets, 50 bytes\n"));
}

TEST_F(LiveExamples, ConnectsLogsBothFamilies) {
  const Finished told = watch(example("connects"), [] {
    const Fd stream(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in nobody = loopback(9);
    EXPECT_EQ(::connect(stream.raw(), reinterpret_cast<const sockaddr*>(&nobody), sizeof nobody), -1);
    const Fd datagrams(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_in6 local{};
    local.sin6_family = AF_INET6;
    local.sin6_addr = in6addr_loopback;
    local.sin6_port = htons(53);
    static_cast<void>(::connect(datagrams.raw(), reinterpret_cast<const sockaddr*>(&local), sizeof local));
  });
  EXPECT_TRUE(told.succeeded()) << told.text;
  EXPECT_THAT(told.text, HasSubstr(" tcp    127.0.0.1 port 9\n"));
  EXPECT_THAT(told.text, HasSubstr(" udp    ::1 port 53\n"));
}

bool can_open(const char* path) {
  const Fd file(::open(path, O_RDONLY | O_CLOEXEC));
  return file.raw() >= 0;
}

TEST_F(LiveExamples, FileguardForbidsOneFile) {
  constexpr const char* secret = "/tmp/secret";
  constexpr const char* other = "/tmp/other";
  std::ofstream(secret) << "42";
  std::ofstream(other) << "0";
  const Finished told = watch(example("fileguard", {secret}), [&] {
    EXPECT_FALSE(can_open(secret)) << "although we are root";
    EXPECT_TRUE(can_open(other));
  });
  EXPECT_TRUE(told.succeeded()) << told.text;
  EXPECT_THAT(told.text,
              HasSubstr(std::to_string(::getpid()) + " (test_live_examp) may not open /tmp/secret\n"));
  EXPECT_TRUE(can_open(secret)) << "it is detached";
}

TEST_F(LiveExamples, LookupsPrintsNamesAndResults) {
  const Finished told = watch(example("lookups"), [] {
    addrinfo numeric{};
    numeric.ai_flags = AI_NUMERICHOST;
    addrinfo* found = nullptr;
    ASSERT_EQ(::getaddrinfo("127.0.0.1", nullptr, &numeric, &found), 0);
    ::freeaddrinfo(found);
    EXPECT_EQ(::getaddrinfo("no.such.name", nullptr, &numeric, &found), EAI_NONAME);
  });
  EXPECT_TRUE(told.succeeded()) << told.text;
  EXPECT_THAT(told.text, HasSubstr("  127.0.0.1\n"));
  EXPECT_THAT(told.text, HasSubstr("  no.such.name: Name or service not known\n"));
}

struct Mishap {};

TEST_F(LiveExamples, ThrowsPrintsTheTypesOfExceptions) {
  const Finished told = watch(example("throws"), [] {
    EXPECT_THROW(throw std::runtime_error("so it goes"), std::runtime_error);
    EXPECT_THROW(throw Mishap(), Mishap);
  });
  EXPECT_TRUE(told.succeeded()) << told.text;
  EXPECT_THAT(told.text, HasSubstr(" std::runtime_error\n"));
  EXPECT_THAT(told.text, HasSubstr(" skep::test::(anonymous namespace)::Mishap\n"));
}

TEST_F(LiveExamples, ProfileNamesWhatTheKernelDoes) {
  const Finished told = watch(example("profile"), [] {
    const Fd zeroes(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
    std::vector<char> into(1 << 20);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
    while (std::chrono::steady_clock::now() < end) {
      EXPECT_GT(::read(zeroes.raw(), into.data(), into.size()), 0);
    }
  });
  EXPECT_TRUE(told.succeeded()) << told.text;
  EXPECT_THAT(told.text, HasSubstr(" times:\n    "));
  EXPECT_THAT(told.text, HasSubstr("\n    vfs_read\n"));
  EXPECT_THAT(told.text, Not(HasSubstr("    ?\n")));
}

TEST_F(LiveExamples, TasksListsProcesses) {
  Running running(example("tasks"));
  const Finished told = running.finish();
  EXPECT_TRUE(told.succeeded()) << told.text;
  EXPECT_THAT(told.text, HasSubstr("     PID   PARENT PRIO NAME\n       1        0 "));
  char line[64];
  std::snprintf(line, sizeof line, "\n%8d %8d  120 test_live_examp\n", ::getpid(), ::getppid());
  EXPECT_THAT(told.text, HasSubstr(line));
}

TEST_F(LiveExamples, TcprenoSendsByItsOwnRules) {
  Running running(example("tcpreno", {"2"}));
  const Finished told = running.finish();
  EXPECT_TRUE(told.succeeded()) << told.text;
  EXPECT_THAT(
      told.text,
      MatchesRegex("attached: [^\n]*\n2097152 bytes arrived; [1-9][0-9]* packets acknowledged, [0-9]+ "
                   "losses, at most [1-9][0-9]* packets under way\n"));
}

TEST_F(LiveExamples, FifoschedSchedulesAll) {
  SKEP_SKIP_BEFORE(6, 16, "is configured without CONFIG_SCHED_CLASS_EXT");
  const Finished told = watch(example("fifosched"), [] {
    for (int i = 0; i < 5; ++i) {
      run_silently({"/bin/true"});
    }
  });
  EXPECT_TRUE(told.succeeded()) << told.text;
  EXPECT_THAT(
      told.text,
      MatchesRegex("attached: [^\n]*\nenabled: [1-9][0-9]* times a task was queued, [1-9][0-9]* times "
                   "one was taken from the queue\n"));
  std::string state;
  std::ifstream("/sys/kernel/sched_ext/state") >> state;
  EXPECT_EQ(state, "disabled");
}

TEST_F(LiveExamples, OnKernelsWithoutSchedulersFifoschedSaysWhatIsMissing) {
  if (!is_before(6, 16)) {
    GTEST_SKIP() << "this kernel has them";
  }
  Running running(example("fifosched"));
  const Finished told = running.finish();
  EXPECT_FALSE(told.succeeded());
  EXPECT_THAT(told.text, testing::AllOf(testing::StartsWith("error: "), HasSubstr("CONFIG_SCHED_CLASS_EXT")));
}

}  // namespace
}  // namespace skep::test
