// A network for tests: what rtnetlink keeps of devices, XDP, clsact, filters and routes, behind FakeKernel's sockets.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "attach/netlink_message.h"
#include "kernel/fake_kernel.h"
#include "skep/types.h"

namespace skep::test {

/// Answers requests of netlink sockets. Install it once per kernel, and tell it the ids of the programs.
class FakeNetwork {
 public:
  struct Filter {
    std::string kind;
    u32 program_id = 0;
    u32 action_index = 0;  ///< matchall: of the action with the program
  };
  /// device, parent, priority, handle
  using FilterKey = std::tuple<u32, u32, u32, u32>;

  std::map<std::string, u32> devices{{"eth0", 2}, {"veth7", 7}};
  std::map<u32, u32> xdp;  ///< device to the program in its driver
  std::set<u32> clsact;
  std::set<u32> ingress;  ///< devices that have the older discipline in clsact's place
  std::map<FilterKey, Filter> filters;
  std::vector<std::string> routes;
  std::map<std::string, std::vector<std::byte>> route_texts;  ///< of each route: what it was made with
  /// Devices of other network namespaces: the namespace's id to index and program of one named "moved". A namespace with none answers EPERM.
  std::map<s32, std::map<u32, u32>> elsewhere;
  bool one_namespace = false;  ///< procfs tells the namespace, so that sockets are shared
  std::map<u16, std::pair<int, std::string>> refusals;  ///< type of message to errno and text
  bool knows_expected = true;                           ///< XDP_FLAGS_REPLACE (Linux 5.7)
  std::vector<std::vector<std::byte>> requests;         ///< all, in order

  void install(kernel::FakeKernel& kernel);
  /// The id that a program's descriptor, or a copy of it, stands for.
  void know(int prog_fd, u32 id);
  u32 id_of(int fd) const;

  /// Takes everything away.
  void forget();
  bool is_empty() const { return xdp.empty() && clsact.empty() && filters.empty() && routes.empty(); }

 private:
  std::optional<s64> call(kernel::FakeCall& call);
  void answer(std::span<const std::byte> request);
  int handle(const attach::NetlinkMessage& message, u32 sequence);
  int get_link(const attach::NetlinkMessage& message, u32 sequence);
  int set_link(const attach::NetlinkMessage& message);
  int change_qdisc(const attach::NetlinkMessage& message, u32 sequence);
  int change_filter(const attach::NetlinkMessage& message, u32 sequence);
  int get_filter(const attach::NetlinkMessage& message, u32 sequence);
  void tell_filter(const FilterKey& key, const Filter& filter, u32 sequence);
  int change_route(const attach::NetlinkMessage& message);
  void list_routes(u32 sequence);
  int replace_action(const attach::NetlinkMessage& message);
  void list_namespaces(u32 sequence);
  int list_elsewhere(s32 space, u32 sequence);

  std::map<u64, u32> ids_;  // by inode of the descriptor's file
  std::deque<std::vector<std::byte>> answers_;
};

}  // namespace skep::test
