// The cgroup family: this process is in a cgroup of its own, and does what each hook is for.
#include "skep/cgroup.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/result.h"
#include "kernel/rows/network.h"
#include "kernel/rows/row.h"

namespace skep::rows {
namespace {

/// What a row does not care about: its effect is looked at.
template <class T>
void ignore(const Result<T>&) {}

template <bpf_attach_type Type>
Result<Link> attach_at(Stage& stage) {
  SKEP_CHECK(raise_loopback());
  SKEP_TRY(const std::string path, own_cgroup());
  return attach_cgroup(stage.program, {.path = path, .type = Type});
}

Result<Link> attach(Stage& stage) {
  SKEP_CHECK(raise_loopback());
  SKEP_TRY(const std::string path, own_cgroup());
  return attach_cgroup(stage.program, {.path = path});
}

template <int Family>
void udp(Stage&) {
  ignore(udp_round(Family));
}
template <int Family>
void connected(Stage&) {
  ignore(udp_connected(Family));
}
void datagrams(Stage&) {
  ignore(unix_round());
}
void tcp(Stage&) {
  ignore(tcp_pair());
}
void read_sysctl(Stage&) {
  const Fd file(::open("/proc/sys/kernel/ostype", O_RDONLY | O_CLOEXEC));
  char text[16];
  static_cast<void>(::read(file.raw(), text, sizeof text));
}
void open_device(Stage&) {
  const Fd file(::open("/dev/null", O_RDWR | O_CLOEXEC));
}
void socket_options(Stage&) {
  const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  int value = 1;
  socklen_t bytes = sizeof value;
  ::setsockopt(socket.raw(), SOL_SOCKET, SO_REUSEADDR, &value, bytes);
  ::getsockopt(socket.raw(), SOL_SOCKET, SO_REUSEADDR, &value, &bytes);
}

using Trigger = void (*)(Stage&);

Row row(std::string_view section, std::string_view program, Trigger trigger,
        Result<Link> (*how)(Stage&) = attach) {
  return {.section = section,
          .object = "cgroup",
          .program = program,
          .attach = how,
          .trigger = trigger,
          .config = "CONFIG_CGROUP_BPF"};
}

const RowList rows({
    row("cgroup_skb/ingress", "skb_ingress", udp<AF_INET>),
    row("cgroup_skb/egress", "skb_egress", udp<AF_INET>),
    row("cgroup/skb", "skb", udp<AF_INET>, attach_at<BPF_CGROUP_INET_EGRESS>),
    row("cgroup/sock", "sock", udp<AF_INET>),
    row("cgroup/sock_create", "sock_create", udp<AF_INET>),
    row("cgroup/sock_release", "sock_release", udp<AF_INET>),
    row("cgroup/post_bind4", "post_bind4", udp<AF_INET>),
    row("cgroup/post_bind6", "post_bind6", udp<AF_INET6>),
    row("cgroup/bind4", "bind4", udp<AF_INET>),
    row("cgroup/bind6", "bind6", udp<AF_INET6>),
    row("cgroup/connect4", "connect4", connected<AF_INET>),
    row("cgroup/connect6", "connect6", connected<AF_INET6>),
    row("cgroup/connect_unix", "connect_unix", datagrams),
    row("cgroup/sendmsg4", "sendmsg4", udp<AF_INET>),
    row("cgroup/sendmsg6", "sendmsg6", udp<AF_INET6>),
    row("cgroup/sendmsg_unix", "sendmsg_unix", datagrams),
    row("cgroup/recvmsg4", "recvmsg4", udp<AF_INET>),
    row("cgroup/recvmsg6", "recvmsg6", udp<AF_INET6>),
    row("cgroup/recvmsg_unix", "recvmsg_unix", datagrams),
    row("cgroup/getpeername4", "getpeername4", connected<AF_INET>),
    row("cgroup/getpeername6", "getpeername6", connected<AF_INET6>),
    row("cgroup/getpeername_unix", "getpeername_unix", datagrams),
    row("cgroup/getsockname4", "getsockname4", connected<AF_INET>),
    row("cgroup/getsockname6", "getsockname6", connected<AF_INET6>),
    row("cgroup/getsockname_unix", "getsockname_unix", datagrams),
    row("cgroup/sysctl", "sysctl", read_sysctl),
    row("cgroup/getsockopt", "getsockopt", socket_options),
    row("cgroup/setsockopt", "setsockopt", socket_options),
    row("cgroup/dev", "dev", open_device),
    row("sockops", "tcp_events", tcp),
});

}  // namespace
}  // namespace skep::rows
