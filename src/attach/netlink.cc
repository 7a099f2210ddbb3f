#include "attach/netlink.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <map>
#include <tuple>

namespace skep::attach {

namespace {

// The kernel's largest dump datagram is 32 KiB.
constexpr std::size_t datagram_bytes = 64 << 10;
// What one answer may consist of: far more filters or devices than any machine has.
constexpr std::size_t answer_bytes = 64 << 20;
constexpr int dump_tries = 4;
// The kernel answers from within send(); waiting is for a machine that is stuck.
constexpr timeval patience{.tv_sec = 30, .tv_usec = 0};

/// The network namespace that this thread is in: its inode as a text, or nothing where procfs is not mounted.
std::string current_namespace(kernel::Kernel& kernel) {
  std::array<char, 64> text{};
  const int length = kernel.read_link("/proc/thread-self/ns/net", text.data(), text.size());
  return length > 0 ? std::string(text.data(), static_cast<std::size_t>(length)) : std::string();
}

/// By kernel, network namespace and process: a child of fork(2) would get its parent's answers.
struct Shared {
  std::mutex mutex;
  std::map<std::tuple<kernel::Kernel*, std::string, pid_t>, std::weak_ptr<Netlink>> sockets;
};

Shared& shared() {
  static Shared all;
  return all;
}

}  // namespace

Result<NetlinkAttributes> NetlinkReply::attributes(std::size_t fixed_bytes) const {
  SKEP_TRY_IN(cat("netlink message of type ", type), const ByteView rest,
              ByteView(payload, std::endian::native).from((fixed_bytes + 3) & ~std::size_t{3}));
  return NetlinkAttributes::parse(rest);
}

Result<Fd> Netlink::open_socket(kernel::Kernel& kernel, int protocol) {
  const int raw = kernel.open_socket(AF_NETLINK_, SOCK_RAW, protocol);
  if (raw < 0) {
    return fail_errno(-raw, "open a netlink socket");
  }
  Fd socket(raw);
  // All three are refinements that older kernels lack: texts of errors, answers without the request in them, and an end to waiting.
  const int one = 1;
  (void)kernel.set_socket_option(
      raw, {.level = SOL_NETLINK_, .name = NETLINK_EXT_ACK, .value = &one, .value_bytes = sizeof one});
  (void)kernel.set_socket_option(
      raw, {.level = SOL_NETLINK_, .name = NETLINK_CAP_ACK, .value = &one, .value_bytes = sizeof one});
  (void)kernel.set_socket_option(
      raw, {.level = SOL_SOCKET, .name = SO_RCVTIMEO, .value = &patience, .value_bytes = sizeof patience});
  return socket;
}

Netlink::Netlink(kernel::Kernel& kernel, int protocol, std::string space, Fd fd)
    : kernel_(kernel),
      protocol_(protocol),
      space_(std::move(space)),
      process_(::getpid()),
      fd_(std::move(fd)) {}

Result<void> Netlink::become_ours() {
  if (::getpid() == process_ || space_.empty() || current_namespace(kernel_) != space_) {
    return {};
  }
  SKEP_TRY(fd_, open_socket(kernel_, protocol_));
  process_ = ::getpid();
  return {};
}

Result<std::shared_ptr<Netlink>> Netlink::route(kernel::Kernel& kernel) {
  const std::string space = current_namespace(kernel);
  if (space.empty()) {
    SKEP_TRY(Fd socket, open_socket(kernel, NETLINK_ROUTE));
    return std::make_shared<Netlink>(kernel, NETLINK_ROUTE, space, std::move(socket));
  }
  const std::lock_guard lock(shared().mutex);
  std::erase_if(shared().sockets, [](const auto& entry) { return entry.second.expired(); });
  std::weak_ptr<Netlink>& known = shared().sockets[{&kernel, space, ::getpid()}];
  if (auto netlink = known.lock()) {
    return netlink;
  }
  SKEP_TRY(Fd socket, open_socket(kernel, NETLINK_ROUTE));
  auto netlink = std::make_shared<Netlink>(kernel, NETLINK_ROUTE, space, std::move(socket));
  known = netlink;
  return netlink;
}

Result<std::shared_ptr<Netlink>> Netlink::generic(kernel::Kernel& kernel) {
  SKEP_TRY(Fd socket, open_socket(kernel, NETLINK_GENERIC));
  return std::make_shared<Netlink>(kernel, NETLINK_GENERIC, std::string(), std::move(socket));
}

/// One request and what has come of its answer.
struct Netlink::Round {
  std::string_view subject;
  std::vector<NetlinkReply>& replies;
  std::size_t bytes = 0;
  bool dump = false;
  bool interrupted = false;
};

/// Takes the messages of one datagram; true when the answer is complete.
Result<bool> Netlink::take(ByteView datagram, Round& round) {
  SKEP_TRY_IN(round.subject, const auto messages, split_datagram(datagram));
  for (const NetlinkMessage& message : messages) {
    if (message.sequence != sequence_) {
      continue;  // the rest of an answer that somebody gave up on
    }
    round.interrupted |= (message.flags & NLM_F_DUMP_INTR) != 0 && round.dump;
    if (message.type == NLMSG_ERROR || message.type == NLMSG_DONE) {
      // Some kernels end a dump with a bare NLMSG_DONE.
      if (message.type == NLMSG_DONE && message.payload.size() < 4) {
        return true;
      }
      SKEP_TRY_IN(round.subject, const NetlinkAnswer answer, parse_answer(message));
      if (answer.sys_errno == 0) {
        return true;
      }
      return answer.text.empty() ? fail_errno(answer.sys_errno, std::string(round.subject))
                                 : fail_errno(answer.sys_errno, cat(round.subject, ": ", answer.text));
    }
    if (message.type == NLMSG_NOOP) {
      continue;
    }
    round.bytes += message.payload.size();
    if (round.bytes > answer_bytes) {
      return fail(Errc::malformed,
                  cat(round.subject, ": the answer is longer than ", answer_bytes, " bytes"));
    }
    const auto payload = message.payload.span();
    round.replies.push_back({.type = message.type, .payload = {payload.begin(), payload.end()}});
  }
  return false;
}

/// Sends and receives; false: the dump was interrupted.
Result<bool> Netlink::one_try(NetlinkWriter& request, std::string_view subject,
                              std::vector<NetlinkReply>& replies) {
  replies.clear();
  buffer_.resize(datagram_bytes);
  Round round{.subject = subject, .replies = replies};
  const auto bytes = request.finish(++sequence_);
  round.dump = request.is_dump();
  if (const s64 sent = kernel_.send(fd_.raw(), bytes.data(), bytes.size(), 0); sent < 0) {
    return fail_errno(static_cast<int>(-sent), std::string(subject));
  }
  while (true) {
    const s64 got = kernel_.receive(fd_.raw(), buffer_.data(), buffer_.size(), MSG_TRUNC);
    if (got == -EINTR) {
      continue;
    }
    if (got < 0) {
      return fail_errno(static_cast<int>(-got), cat(subject, ": wait for the answer"));
    }
    if (static_cast<std::size_t>(got) > buffer_.size()) {
      return fail(Errc::truncated,
                  cat(subject, ": want a datagram of at most ", buffer_.size(), " bytes, have ", got));
    }
    SKEP_TRY(const bool complete,
             take(ByteView(buffer_.data(), static_cast<std::size_t>(got), std::endian::native), round));
    if (complete) {
      return !round.interrupted;
    }
  }
}

Result<std::vector<NetlinkReply>> Netlink::ask(NetlinkWriter& request, std::string_view subject) {
  const std::lock_guard lock(mutex_);
  SKEP_CHECK(become_ours());
  std::vector<NetlinkReply> replies;
  for (int attempt = 0; attempt < dump_tries; ++attempt) {
    SKEP_TRY(const bool whole, one_try(request, subject, replies));
    if (whole) {
      return replies;
    }
  }
  return fail(Errc::busy, cat(subject, ": it changed each of the ", dump_tries, " times that it was read"));
}

Result<void> Netlink::tell(NetlinkWriter& request, std::string_view subject) {
  SKEP_CHECK(ask(request, subject));
  return {};
}

}  // namespace skep::attach
