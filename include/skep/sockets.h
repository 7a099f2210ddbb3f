// Sockets: programs on one socket, on a group that shares a port, and on the sockets of a map.
#pragma once

#include "skep/net.h"
#include "skep/uapi/attach_type.h"

namespace skep {

/// Attaches a program of section socket to a socket: it sees what the socket is about to receive and says how many bytes of it stay. `socket_fd` must stay open as long as the
/// Link is to detach it: when it has become another socket's number by then, nothing is done. The filter goes with the socket. A later one takes its place, and the Link takes off whichever is there. Errors: invalid (no socket), denied (the socket's filter is locked), kernel. Since Linux 3.19.
Result<Link> attach_socket_filter(const Program& program, int socket_fd, const AttachOptions& options = {});
/// Attaches a program of section sk_reuseport (or a socket filter that returns an index) to the group of sockets that `socket_fd` belongs to (SO_REUSEPORT). Detaching needs Linux 5.3 (SO_DETACH_REUSEPORT_BPF): before, the program goes with the group.
/// Errors: invalid (no socket, or not in a group), unsupported (needs Linux 4.19), denied, kernel.
Result<Link> attach_reuseport(const Program& program, int socket_fd, const AttachOptions& options = {});

/// Where in a map of sockets.
struct SockmapTarget {
  const Map* map = nullptr;  ///< a SOCKMAP or SOCKHASH; need not outlive the Link
  std::optional<bpf_attach_type>
      type;  ///< which hook, where the section leaves it open (sk_skb); absent: what the program was loaded for
};

/// Attaches a program (sections sk_msg, sk_skb/stream_parser, sk_skb/stream_verdict, sk_skb/verdict, sk_skb) to the sockets of a map, those that are put in later. By link since Linux 6.10, else
/// by BPF_PROG_ATTACH, which lasts as long as the map. Errors: invalid (another type of map; no hook named), busy (the map has one of this kind; before Linux 5.15 it cannot be asked, and the new program takes the
/// other's place), unsupported, denied, kernel.
Result<Link> attach_sockmap(const Program& program, const SockmapTarget& target,
                            const AttachOptions& options = {});
/// The programs of a map's hook. Errors: unsupported (needs Linux 5.15), denied, kernel.
Result<ProgramList> query_sockmap(const Map& map, bpf_attach_type type);

/// Attaches a program of section lirc_mode2 to an infra-red receiver ("/dev/lirc0"). Errors: not_found (no such device), unsupported (needs CONFIG_BPF_LIRC_MODE2), busy (it has 64 programs), invalid (no receiver), denied, kernel. Since
/// Linux 4.18.
Result<Link> attach_lirc(const Program& program, const std::string& device,
                         const AttachOptions& options = {});

}  // namespace skep
