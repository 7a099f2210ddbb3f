#include "fake_network.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "attach/netlink_numbers.h"
#include "base/result.h"
#include "skep/uapi/flags.h"

namespace skep::test {
namespace {

using namespace attach;

u64 inode_of(int fd) {
  struct stat facts{};
  return ::fstat(fd, &facts) < 0 ? 0 : facts.st_ino;
}

template <class Fixed>
Fixed fixed_of(const NetlinkMessage& message) {
  Fixed part;
  SKEP_ASSERT(message.payload.size() >= sizeof part);
  std::memcpy(&part, message.payload.data(), sizeof part);
  return part;
}

NetlinkAttributes attributes_of(const NetlinkMessage& message, std::size_t skip) {
  return NetlinkAttributes::parse(message.payload.from(skip).value()).value();
}

/// The name that a route's program was given.
std::string program_on(const NetlinkAttributes& route) {
  const auto hook = route.nested(RTA_ENCAP).value().nested(LWT_BPF_XMIT).value();
  return std::string(hook.text(LWT_BPF_PROG_NAME));
}

}  // namespace

void FakeNetwork::install(kernel::FakeKernel& kernel) {
  kernel.on_call = [this](kernel::FakeCall& each) { return call(each); };
}

void FakeNetwork::know(int prog_fd, u32 id) {
  ids_[inode_of(prog_fd)] = id;
}

void FakeNetwork::forget() {
  xdp.clear();
  clsact.clear();
  ingress.clear();
  filters.clear();
  routes.clear();
  route_texts.clear();
}

u32 FakeNetwork::id_of(int fd) const {
  const auto found = ids_.find(inode_of(fd));
  return found != ids_.end() ? found->second : 0;
}

std::optional<s64> FakeNetwork::call(kernel::FakeCall& call) {
  if (call.kind == kernel::CallKind::send) {
    requests.push_back(call.data);
    answer(call.data);
    return static_cast<s64>(call.data.size());
  }
  if (call.kind == kernel::CallKind::receive && !answers_.empty()) {
    call.data = std::move(answers_.front());
    answers_.pop_front();
    return static_cast<s64>(call.data.size());
  }
  if (call.kind == kernel::CallKind::read_link && call.text == "/proc/thread-self/ns/net") {
    // Without a name for the namespace each operation has a socket of its own.
    return one_namespace ? 8 : -ENOENT;
  }
  return std::nullopt;
}

void FakeNetwork::answer(std::span<const std::byte> request) {
  answers_.clear();
  const auto messages = split_datagram({request, std::endian::native}).value();
  for (const NetlinkMessage& message : messages) {
    std::string text;
    int failure = 0;
    if (const auto refused = refusals.find(message.type); refused != refusals.end()) {
      failure = refused->second.first;
      text = refused->second.second;
    } else {
      failure = handle(message, message.sequence);
    }
    if ((message.flags & NLM_F_ACK) == 0 && failure == 0) {
      NetlinkWriter done(NLMSG_DONE, NLM_F_MULTI);
      done.fixed(s32{0});
      const auto bytes = done.finish(message.sequence);
      answers_.emplace_back(bytes.begin(), bytes.end());
      continue;
    }
    const u16 flags = NLM_F_CAPPED | (text.empty() ? u16{0} : NLM_F_ACK_TLVS);
    NetlinkWriter answer(NLMSG_ERROR, flags | NLM_F_CREATE);
    answer.fixed(s32{-failure})
        .fixed(std::array<u32, 4>{static_cast<u32>(request.size()), message.type, message.sequence, 0});
    if (!text.empty()) {
      answer.text(NLMSGERR_ATTR_MSG, text);
    }
    const auto bytes = answer.finish(message.sequence);
    answers_.emplace_back(bytes.begin(), bytes.end());
  }
}

int FakeNetwork::handle(const NetlinkMessage& message, u32 sequence) {
  switch (message.type) {
    case RTM_GETLINK: return get_link(message, sequence);
    case RTM_SETLINK: return set_link(message);
    case RTM_NEWQDISC:
    case RTM_DELQDISC:
    case RTM_GETQDISC: return change_qdisc(message, sequence);
    case RTM_NEWTFILTER:
    case RTM_DELTFILTER: return change_filter(message, sequence);
    case RTM_GETTFILTER: return get_filter(message, sequence);
    case RTM_NEWACTION: return replace_action(message);
    case RTM_GETROUTE: list_routes(sequence); return 0;
    case RTM_GETNSID: list_namespaces(sequence); return 0;
    case RTM_NEWROUTE:
    case RTM_DELROUTE: return change_route(message);
    default: return EOPNOTSUPP;
  }
}

int FakeNetwork::get_link(const NetlinkMessage& message, u32 sequence) {
  const auto head = fixed_of<ifinfomsg>(message);
  const std::string wanted(attributes_of(message, sizeof head).text(IFLA_IFNAME));
  if (const auto space = attributes_of(message, sizeof head).number<s32>(IFLA_TARGET_NETNSID)) {
    return list_elsewhere(*space, sequence);
  }
  bool found = false;
  for (const auto& [name, index] : devices) {
    const bool all = (message.flags & NLM_F_ACK) == 0;
    if (!all && (head.index != 0 ? static_cast<u32>(head.index) != index : wanted != name)) {
      continue;
    }
    found = true;
    NetlinkWriter reply(RTM_NEWLINK, NLM_F_CREATE);
    reply.fixed(ifinfomsg{.index = static_cast<s32>(index)}).text(IFLA_IFNAME, name);
    if (const auto program = xdp.find(index); program != xdp.end()) {
      reply.open(IFLA_XDP)
          .number(IFLA_XDP_ATTACHED, XDP_ATTACHED_DRV)
          .number(IFLA_XDP_DRV_PROG_ID, program->second)
          .close();
    }
    const auto bytes = reply.finish(sequence);
    answers_.emplace_back(bytes.begin(), bytes.end());
  }
  return found ? 0 : ENODEV;
}

int FakeNetwork::set_link(const NetlinkMessage& message) {
  const auto head = fixed_of<ifinfomsg>(message);
  const auto wanted = attributes_of(message, sizeof head).nested(IFLA_XDP).value();
  const u32 flags = wanted.number<u32>(IFLA_XDP_FLAGS).value_or(0);
  const u32 index = static_cast<u32>(head.index);
  const u32 there = xdp.contains(index) ? xdp[index] : 0;
  if (std::ranges::none_of(devices, [&](const auto& device) { return device.second == index; })) {
    return ENODEV;
  }
  if ((flags & XDP_FLAGS_REPLACE) != 0) {
    if (!knows_expected) {
      return EINVAL;
    }
    if (id_of(wanted.number<s32>(IFLA_XDP_EXPECTED_FD).value_or(-1)) != there) {
      return EEXIST;
    }
  }
  if ((flags & XDP_FLAGS_UPDATE_IF_NOEXIST) != 0 && there != 0) {
    return EBUSY;
  }
  const s32 fd = wanted.number<s32>(IFLA_XDP_FD).value_or(-1);
  xdp.erase(index);
  if (fd >= 0) {
    xdp[index] = id_of(fd);
  }
  return 0;
}

int FakeNetwork::change_qdisc(const NetlinkMessage& message, u32 sequence) {
  const u32 index = static_cast<u32>(fixed_of<tcmsg>(message).index);
  if (message.type == RTM_NEWQDISC) {
    return !ingress.contains(index) && clsact.insert(index).second ? 0 : EEXIST;
  }
  if (message.type == RTM_DELQDISC) {
    return clsact.erase(index) != 0 ? 0 : EINVAL;
  }
  if (!ingress.contains(index) && !clsact.contains(index)) {
    return ENOENT;
  }
  NetlinkWriter reply(RTM_NEWQDISC, 0);
  reply.fixed(tcmsg{.index = static_cast<s32>(index), .handle = TC_H_CLSACT_HANDLE, .parent = TC_H_CLSACT});
  reply.text(TCA_KIND, ingress.contains(index) ? "ingress" : "clsact");
  const auto bytes = reply.finish(sequence);
  answers_.emplace_back(bytes.begin(), bytes.end());
  return 0;
}

void FakeNetwork::tell_filter(const FilterKey& key, const Filter& filter, u32 sequence) {
  const auto& [index, parent, priority, handle] = key;
  NetlinkWriter reply(RTM_NEWTFILTER, NLM_F_CREATE);
  reply.fixed(tcmsg{
      .index = static_cast<s32>(index), .handle = handle, .parent = parent, .info = priority << 16 | 0x300});
  reply.text(TCA_KIND, filter.kind).open(TCA_OPTIONS);
  if (filter.kind == "matchall") {
    reply.open(TCA_MATCHALL_ACT).open(1).text(TCA_ACT_KIND, "bpf").open(TCA_ACT_OPTIONS);
    reply.attribute(TCA_ACT_BPF_PARMS, bytes_of(tc_act_bpf{.index = filter.action_index}));
    reply.number(TCA_ACT_BPF_ID, filter.program_id).close().close().close();
  } else {
    reply.number(TCA_BPF_ID, filter.program_id).text(TCA_BPF_NAME, "probe");
  }
  reply.close();
  const auto bytes = reply.finish(sequence);
  answers_.emplace_back(bytes.begin(), bytes.end());
}

int FakeNetwork::change_filter(const NetlinkMessage& message, u32 sequence) {
  const auto head = fixed_of<tcmsg>(message);
  const auto wanted = attributes_of(message, sizeof head);
  FilterKey key{static_cast<u32>(head.index), head.parent, head.info >> 16, head.handle};
  if (!clsact.contains(std::get<0>(key))) {
    return EINVAL;
  }
  if (message.type == RTM_DELTFILTER) {
    return filters.erase(key) != 0 ? 0 : ENOENT;
  }
  if (std::get<2>(key) == 0) {
    std::get<2>(key) = 0xc000;
  }
  if (std::get<3>(key) == 0) {
    std::get<3>(key) = 1;
  }
  if ((message.flags & NLM_F_EXCL) != 0 && filters.contains(key)) {
    return EEXIST;
  }
  const auto options = wanted.nested(TCA_OPTIONS).value();
  const std::string kind(wanted.text(TCA_KIND));
  if (kind == "matchall") {
    // There is one such filter at a priority, and it cannot be replaced.
    if (filters.contains(key)) {
      return EEXIST;
    }
    const auto action = options.nested(TCA_MATCHALL_ACT).value().nested(1).value();
    const s32 fd = action.nested(TCA_ACT_OPTIONS).value().number<s32>(TCA_ACT_BPF_FD).value_or(-1);
    filters[key] = {
        .kind = kind, .program_id = id_of(fd), .action_index = static_cast<u32>(filters.size()) + 1};
  } else {
    filters[key] = {.kind = kind, .program_id = id_of(options.number<s32>(TCA_BPF_FD).value_or(-1))};
  }
  tell_filter(key, filters[key], sequence);
  return 0;
}

int FakeNetwork::replace_action(const NetlinkMessage& message) {
  const auto action = attributes_of(message, sizeof(tcamsg)).nested(TCA_ACT_TAB).value().nested(1).value();
  const auto options = action.nested(TCA_ACT_OPTIONS).value();
  const u32 index = options.find(TCA_ACT_BPF_PARMS)->read<u32>(0).value();
  for (auto& [key, filter] : filters) {
    if (filter.action_index == index && index != 0) {
      filter.program_id = id_of(options.number<s32>(TCA_ACT_BPF_FD).value_or(-1));
      return (message.flags & NLM_F_REPLACE) != 0 ? 0 : EEXIST;
    }
  }
  return ENOENT;
}

void FakeNetwork::list_namespaces(u32 sequence) {
  for (const auto& [space, devices_there] : elsewhere) {
    NetlinkWriter reply(RTM_NEWNSID, 0);
    reply.fixed(rtgenmsg{}).number(NETNSA_NSID, space);
    const auto bytes = reply.finish(sequence);
    answers_.emplace_back(bytes.begin(), bytes.end());
  }
}

int FakeNetwork::list_elsewhere(s32 space, u32 sequence) {
  const auto found = elsewhere.find(space);
  if (found == elsewhere.end() || found->second.empty()) {
    return found == elsewhere.end() ? EINVAL : EPERM;
  }
  for (const auto& [index, program_id] : found->second) {
    NetlinkWriter reply(RTM_NEWLINK, 0);
    reply.fixed(ifinfomsg{.index = static_cast<s32>(index)}).text(IFLA_IFNAME, "moved");
    reply.open(IFLA_XDP).number(IFLA_XDP_SKB_PROG_ID, program_id).close();
    const auto bytes = reply.finish(sequence);
    answers_.emplace_back(bytes.begin(), bytes.end());
  }
  return 0;
}

int FakeNetwork::get_filter(const NetlinkMessage& message, u32 sequence) {
  const auto head = fixed_of<tcmsg>(message);
  const bool all = (message.flags & NLM_F_ACK) == 0;
  bool found = false;
  for (const auto& [key, filter] : filters) {
    const auto& [index, parent, priority, handle] = key;
    if (index != static_cast<u32>(head.index) || parent != head.parent ||
        (!all && (priority != head.info >> 16 || handle != head.handle))) {
      continue;
    }
    found = true;
    tell_filter(key, filter, sequence);
  }
  return found || all ? 0 : ENOENT;
}

int FakeNetwork::change_route(const NetlinkMessage& message) {
  const auto head = fixed_of<rtmsg>(message);
  const auto wanted = attributes_of(message, sizeof head);
  const ByteView* destination = wanted.find(RTA_DST);
  SKEP_ASSERT(destination != nullptr);
  std::string key =
      cat(std::string(destination->chars()), "/", u32{head.destination_bits}, " ",
          wanted.number<u32>(RTA_OIF).value_or(0), " ", wanted.number<u32>(RTA_PRIORITY).value_or(0));
  const auto found = std::find(routes.begin(), routes.end(), key);
  if (message.type == RTM_DELROUTE) {
    if (found == routes.end()) {
      return ESRCH;
    }
    // IPv4 deletes the route with this program, told by its name, where the request has one.
    const auto had =
        NetlinkAttributes::parse(ByteView(route_texts[key], std::endian::native).from(sizeof head).value());
    if (head.family == 2 && !program_on(wanted).empty() && program_on(wanted) != program_on(*had)) {
      return ESRCH;
    }
    route_texts.erase(key);
    routes.erase(found);
    return 0;
  }
  if (found == routes.end() || (message.flags & NLM_F_EXCL) == 0) {
    const auto text = message.payload.span();
    route_texts[key] = {text.begin(), text.end()};
  }
  if (found != routes.end()) {
    return (message.flags & NLM_F_EXCL) != 0 ? EEXIST : 0;
  }
  routes.push_back(std::move(key));
  return 0;
}

void FakeNetwork::list_routes(u32 sequence) {
  for (const auto& [key, text] : route_texts) {
    NetlinkWriter reply(RTM_NEWROUTE, 0);
    rtmsg head;
    std::memcpy(&head, text.data(), sizeof head);
    reply.fixed(head);
    const auto attributes =
        NetlinkAttributes::parse(ByteView(text, std::endian::native).from(sizeof head).value()).value();
    for (const NetlinkAttribute& attribute : attributes.all()) {
      reply.attribute(attribute.type, attribute.payload.span());
    }
    const auto bytes = reply.finish(sequence);
    answers_.emplace_back(bytes.begin(), bytes.end());
  }
}

}  // namespace skep::test
