// struct_ops: what is attached is the table that has the program.
#include "skep/struct_ops.h"

#include <arpa/inet.h>
#include <linux/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>

#include "base/result.h"
#include "kernel/rows/row.h"

namespace skep::rows {
namespace {

/// A connection over the loopback device with the row's congestion control.
void connect_once(Stage&) {
  const Fd server(::socket(AF_INET, SOCK_STREAM, 0));
  const Fd client(::socket(AF_INET, SOCK_STREAM, 0));
  ::ifreq loopback{};
  std::strcpy(loopback.ifr_name, "lo");
  loopback.ifr_flags = IFF_UP;
  static_cast<void>(::ioctl(server.raw(), SIOCSIFFLAGS, &loopback));
  ::sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t bytes = sizeof address;
  constexpr std::string_view name = "skep_row";
  // What fails here shows in the counter that does not rise.
  if (::bind(server.raw(), reinterpret_cast<::sockaddr*>(&address), bytes) == 0 &&
      ::listen(server.raw(), 1) == 0 &&
      ::getsockname(server.raw(), reinterpret_cast<::sockaddr*>(&address), &bytes) == 0 &&
      ::setsockopt(client.raw(), IPPROTO_TCP, TCP_CONGESTION, name.data(), name.size()) == 0) {
    static_cast<void>(::connect(client.raw(), reinterpret_cast<::sockaddr*>(&address), bytes));
  }
}

Result<Link> attach_table(Stage& stage, std::string_view name) {
  Map* map = stage.object.map(name);
  if (map == nullptr) {
    return fail(Errc::not_found, cat("no map '", name, "'"));
  }
  return attach_struct_ops(*map);
}

Result<void> create(ObjectSpec& spec, std::string_view name) {
  spec.find_map(name)->autocreate = true;
  return {};
}

const RowList rows({
    {.section = "struct_ops",
     .object = "struct_ops",
     .program = "control_init",
     .attach = [](Stage& stage) { return attach_table(stage, "control"); },
     .trigger = connect_once,
     .prepare = [](ObjectSpec& spec) { return create(spec, "control"); },
     .with = {"control_ssthresh", "control_avoid", "control_undo"}},
    {.section = "struct_ops.s",
     .object = "struct_ops",
     .program = "scheduler_init",
     .attach = [](Stage& stage) { return attach_table(stage, "scheduler"); },
     .trigger = [](Stage&) {},
     .prepare = [](ObjectSpec& spec) { return create(spec, "scheduler"); },
     .config = "CONFIG_SCHED_CLASS_EXT"},
});

}  // namespace
}  // namespace skep::rows
