// Prints where the processes of a control group connect to: connects [--for SECONDS] [CGROUP]
#include <arpa/inet.h>

#include "skep/cgroup.h"
#include "streaming.h"

using skep::u16;
using skep::u32;

namespace {

/// A record, as connects.bpf.c writes it.
struct Event {
  u32 pid;
  u32 protocol;
  u16 port;
  u16 is_ipv6;
  u32 address[4];
  char comm[16];
};

void show(const Event& event) {
  char address[INET6_ADDRSTRLEN] = "";
  ::inet_ntop(event.is_ipv6 != 0 ? AF_INET6 : AF_INET, event.address, address, sizeof address);
  const char* protocol = event.protocol == IPPROTO_TCP   ? "tcp"
                         : event.protocol == IPPROTO_UDP ? "udp"
                                                         : "other";
  std::printf("%-8u %-16.16s %-6s %s port %u\n", event.pid, event.comm, protocol, address, event.port);
}

}  // namespace

int main(int count, char** words) {
  const Told told = read_words(count, words);
  auto object = must(skep::Object::load_file(told.object));
  std::vector<skep::Link> links;
  for (const char* name : {"on_connect4", "on_connect6"}) {
    skep::CgroupTarget target;
    target.path = word_or(told, 0, "/sys/fs/cgroup");
    links.push_back(must(skep::attach_cgroup(must_find(object.program(name), name), target)));
  }
  tell(links);
  std::printf("%-8s %-16s %-6s %s\n", "PID", "NAME", "PROTO", "TO");
  show_records<Event>(must_find(object.map("events"), "events"), told, show);
  return 0;
}
