// One socket, groups of sockets, and infra-red receivers: what is attached through a descriptor of the user's.
#include "skep/sockets.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "attach/by_section.h"
#include "attach/prog_attach.h"
#include "attach/refusal.h"
#include "base/result.h"

namespace skep {
namespace {

// Source: asm-generic/socket.h; the distribution's libc may not know the last.
constexpr int attach_bpf = 50;
constexpr int detach_filter = 27;
constexpr int attach_reuseport_ebpf = 52;
constexpr int detach_reuseport_bpf = 68;

/// Which socket a descriptor is open on: the numbers of its inode. Nothing: on none.
using SocketIdentity = std::optional<std::pair<dev_t, ino_t>>;

SocketIdentity identity_of(int fd) {
  struct stat facts{};
  return ::fstat(fd, &facts) == 0 ? SocketIdentity({facts.st_dev, facts.st_ino}) : std::nullopt;
}

/// A program that is set on a socket by one option and taken off by another. The descriptor is the user's: by the time of detaching it may be closed, and its number another socket's.
class OnSocket final : public attach::Attachment {
 public:
  struct Options {
    int set;
    int take_off;
  };
  OnSocket(kernel::Kernel& kernel, int socket, Options options)
      : kernel_(kernel), socket_(socket), identity_(identity_of(socket)), options_(options) {}
  ~OnSocket() override {
    if (attached_) {
      (void)detach();
    }
  }

  /// Errors: kernel.
  Result<void> set(int prog_fd) {
    const int raw = kernel_.set_socket_option(
        socket_,
        {.level = SOL_SOCKET, .name = options_.set, .value = &prog_fd, .value_bytes = sizeof prog_fd});
    if (raw < 0) {
      return fail_errno(-raw, cat("set the program of socket ", socket_));
    }
    attached_ = true;
    return {};
  }
  Result<void> detach() override {
    attached_ = false;
    if (!is_same_socket()) {
      return {};  // closed, and the program went with it
    }
    const int none = 0;
    const int raw = kernel_.set_socket_option(
        socket_,
        {.level = SOL_SOCKET, .name = options_.take_off, .value = &none, .value_bytes = sizeof none});
    // ENOENT: the socket has no program any more.
    if (raw == -ENOPROTOOPT) {
      return std::unexpected(
          Error(Errc::unsupported,
                cat("take the program off socket ", socket_,
                    ": it goes with the sockets of the group; SO_DETACH_REUSEPORT_BPF: needs Linux 5.3"),
                ENOPROTOOPT));
    }
    if (raw < 0 && raw != -ENOENT) {
      return fail_errno(-raw, cat("take the program off socket ", socket_));
    }
    return {};
  }
  void release() override { attached_ = false; }
  kernel::Kernel* kernel() const override { return &kernel_; }
  Result<void> update(const Program& replacement) override {
    return is_same_socket() ? set(replacement.fd().raw())
                            : fail(Errc::invalid, cat("set the program of socket ", socket_,
                                                      ": it was closed, and the program went with it"));
  }

 private:
  bool is_same_socket() const { return identity_ && identity_of(socket_) == identity_; }

  kernel::Kernel& kernel_;
  int socket_;
  SocketIdentity identity_;
  Options options_;
  bool attached_ = false;
};

Result<Link> attach_to_socket(const Program& program, int socket_fd, OnSocket::Options how, std::string place,
                              const AttachOptions& options, const attach::Needs& needs) {
  auto attached = std::make_unique<OnSocket>(program.kernel(), socket_fd, how);
  if (auto done = attached->set(program.fd().raw()); !done) {
    const int why = done.error().sys_errno();
    Error error = std::move(done).error().within(place);
    if (why == EBADF || why == ENOTSOCK) {
      return std::unexpected(Error(Errc::invalid, cat(error.message(), "; want a socket"), why));
    }
    if (why == EINVAL && how.set == attach_reuseport_ebpf &&
        !attach::is_before(attach::facts_for(program, options), needs.since)) {
      return std::unexpected(
          Error(Errc::invalid,
                cat(error.message(), "; want a socket with SO_REUSEPORT, and a program that is meant for it"),
                why));
    }
    return std::unexpected(
        attach::with_reason(std::move(error), attach::facts_for(program, options), options, needs));
  }
  return Link(std::move(attached), std::move(place));
}

}  // namespace

Result<Link> attach_socket_filter(const Program& program, int socket_fd, const AttachOptions& options) {
  return attach_to_socket(program, socket_fd, {.set = attach_bpf, .take_off = detach_filter},
                          cat("filter of socket ", socket_fd), options,
                          {.noun = "programs on sockets", .since = {3, 19}});
}

Result<Link> attach_reuseport(const Program& program, int socket_fd, const AttachOptions& options) {
  return attach_to_socket(
      program, socket_fd, {.set = attach_reuseport_ebpf, .take_off = detach_reuseport_bpf},
      cat("reuseport group of socket ", socket_fd), options, {.noun = "sk_reuseport", .since = {4, 19}});
}

Result<Link> attach_lirc(const Program& program, const std::string& device, const AttachOptions& options) {
  kernel::Kernel& kernel = program.kernel();
  const int raw = kernel.open_file(device.c_str(), O_RDWR, 0);
  if (raw < 0) {
    return fail_errno(-raw, cat("infra-red receiver ", device));
  }
  auto attached = attach::attach_prog(program, {.target = Fd(raw), .type = BPF_LIRC_MODE2});
  if (!attached) {
    Error error = std::move(attached).error().within(cat("lirc_mode2 on ", device));
    if (error.sys_errno() == E2BIG) {
      return std::unexpected(std::move(error).with_code(Errc::busy));
    }
    if (error.sys_errno() == EINVAL) {
      return std::unexpected(Error(
          Errc::invalid,
          cat(error.message(), "; want a receiver (/dev/lirc*), and a kernel with CONFIG_BPF_LIRC_MODE2"),
          EINVAL));
    }
    return std::unexpected(
        attach::with_reason(std::move(error), attach::facts_for(program, options), options,
                            {.noun = "lirc_mode2", .since = {4, 18}, .config = "CONFIG_BPF_LIRC_MODE2"}));
  }
  return Link(std::move(*attached), cat("lirc_mode2 on ", device));
}

}  // namespace skep
