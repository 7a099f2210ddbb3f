// Talking to the kernel over netlink: one socket per network namespace, shared by whatever needs it.
#pragma once

#include <sys/types.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "attach/netlink_message.h"
#include "kernel/kernel.h"
#include "skep/fd.h"

namespace skep::attach {

/// One message of an answer. Owns its bytes.
struct NetlinkReply {
  u16 type = 0;
  std::vector<std::byte> payload;

  /// What follows the fixed part, as attributes. Errors: truncated, malformed. Borrows this.
  Result<NetlinkAttributes> attributes(std::size_t fixed_bytes) const;
  /// The fixed part. Errors: truncated.
  template <class Fixed>
  Result<Fixed> fixed() const {
    if (payload.size() < sizeof(Fixed)) {
      return fail(Errc::truncated, cat("netlink message of type ", type, ": want ", sizeof(Fixed),
                                       " bytes, have ", payload.size()));
    }
    Fixed part;
    std::memcpy(&part, payload.data(), sizeof part);
    return part;
  }
};

/// A netlink socket. It stays in the network namespace that it was opened in, so whoever keeps one can undo there what it did, wherever its thread has gone.
/// Thread-safe: one request at a time.
class Netlink {
 public:
  /// A socket of NETLINK_ROUTE in the namespace of this thread: the one that somebody in this process holds already, or a new one. Errors: denied, kernel.
  static Result<std::shared_ptr<Netlink>> route(kernel::Kernel& kernel);
  /// A new socket of NETLINK_GENERIC. Errors: denied, kernel.
  static Result<std::shared_ptr<Netlink>> generic(kernel::Kernel& kernel);

  /// `space` names the network namespace that `fd` was opened in; empty: not known.
  Netlink(kernel::Kernel& kernel, int protocol, std::string space, Fd fd);

  /// Sends a request and waits for the kernel's answer: the messages before its acknowledgement, or before the end of a dump. `subject` says what is tried, for errors;
  /// they carry the kernel's own words. A dump that was interrupted by a change is asked for again, a few times.
  /// Errors: denied, not_found, busy, kernel (errno), malformed and truncated (an answer that makes no sense).
  Result<std::vector<NetlinkReply>> ask(NetlinkWriter& request, std::string_view subject);
  /// ask() for those who expect nothing but the acknowledgement.
  Result<void> tell(NetlinkWriter& request, std::string_view subject);

  kernel::Kernel& kernel() const { return kernel_; }

 private:
  struct Round;
  static Result<Fd> open_socket(kernel::Kernel& kernel, int protocol);
  /// In a child of fork(2): a socket of its own, as long as it is in the same namespace. In another the inherited one has to do.
  Result<void> become_ours();
  Result<bool> one_try(NetlinkWriter& request, std::string_view subject, std::vector<NetlinkReply>& replies);
  Result<bool> take(ByteView datagram, Round& round);

  kernel::Kernel& kernel_;
  int protocol_;
  std::string space_;
  pid_t process_;
  Fd fd_;
  std::mutex mutex_;
  std::vector<std::byte> buffer_;
  u32 sequence_ = 0;
};

}  // namespace skep::attach
