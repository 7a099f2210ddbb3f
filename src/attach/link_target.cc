#include "attach/link_target.h"

#include <net/if.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "btf/btf.h"
#include "host/facts.h"
#include "kernel/ids.h"
#include "kernel/info.h"
#include "skep/uapi/attach_type.h"
#include "skep/uapi/flags.h"
#include "skep/uapi/link_type.h"

namespace skep::attach {
namespace {

constexpr u32 longest_name = 4096;

/// Asks again with room for a text. `place` sets where the text goes.
template <class Place>
std::string ask_text(kernel::Kernel& kernel, const Fd& link, const Place& place) {
  std::vector<char> text(longest_name);
  auto ask = kernel::zeroed<bpf_link_info>();
  place(ask, kernel::address_of(text.data()), longest_name);
  const auto answer = kernel::link_info(kernel, link.raw(), ask);
  return answer ? std::string(until_nul({text.data(), text.size()})) : std::string();
}

std::string attach_type_text(u32 type) {
  const std::string_view name = name_of(attach_type_names, static_cast<bpf_attach_type>(type));
  return name.empty() ? cat("attach type ", type) : std::string(name);
}

std::string device_text(u32 ifindex) {
  std::array<char, IF_NAMESIZE> name{};
  if (ifindex == 0) {
    return "a device that has gone";
  }
  // The kernel does not tell the network namespace, and in another than this process's the number is another device's.
  return ::if_indextoname(ifindex, name.data()) != nullptr
             ? cat("device ", ifindex, " (", name.data(), " here)")
             : cat("device ", ifindex);
}

std::string with_offset(std::string name, u64 offset) {
  return offset == 0 ? name : cat(name, "+", hex(offset));
}

std::string perf_text(kernel::Kernel& kernel, const Fd& link, const bpf_link_info& first) {
  const auto& event = first.perf_event;
  switch (event.type) {
    case BPF_PERF_EVENT_UPROBE:
    case BPF_PERF_EVENT_URETPROBE:
      return cat(event.type == BPF_PERF_EVENT_UPROBE ? "uprobe " : "uretprobe ",
                 with_offset(ask_text(kernel, link,
                                      [](bpf_link_info& ask, u64 at, u32 room) {
                                        ask.perf_event.uprobe.file_name = at;
                                        ask.perf_event.uprobe.name_len = room;
                                      }),
                             event.uprobe.offset));
    case BPF_PERF_EVENT_KPROBE:
    case BPF_PERF_EVENT_KRETPROBE: {
      const std::string name = ask_text(kernel, link, [](bpf_link_info& ask, u64 at, u32 room) {
        ask.perf_event.kprobe.func_name = at;
        ask.perf_event.kprobe.name_len = room;
      });
      return cat(event.type == BPF_PERF_EVENT_KPROBE ? "kprobe " : "kretprobe ",
                 name.empty() ? hex(event.kprobe.addr) : with_offset(name, event.kprobe.offset));
    }
    case BPF_PERF_EVENT_TRACEPOINT:
      return cat("tracepoint ", ask_text(kernel, link, [](bpf_link_info& ask, u64 at, u32 room) {
                   ask.perf_event.tracepoint.tp_name = at;
                   ask.perf_event.tracepoint.name_len = room;
                 }));
    case BPF_PERF_EVENT_EVENT:
      return cat("perf event, type ", event.event.type, ", config ", hex(event.event.config));
    default: return "perf event";  // before 6.6
  }
}

/// The name of a function in the types of the kernel or of a module.
std::string typed_name(kernel::Kernel& kernel, u32 btf_id, u32 type_id) {
  const auto btf = kernel::open_id(kernel, kernel::ObjectKind::btf, btf_id);
  std::array<char, 64> name{};
  if (btf) {
    auto ask = kernel::zeroed<bpf_btf_info>();
    ask.name = kernel::address_of(name.data());
    ask.name_len = name.size();
    const auto answer = kernel::btf_info(kernel, btf->raw(), ask);
    if (!answer || answer->kernel_btf == 0) {
      return cat("function ", type_id, " of the program with BTF ", btf_id);
    }
  }
  const host::Facts facts(std::string(), {}, &kernel);
  const std::string_view owner = until_nul({name.data(), name.size()});
  const bool is_module = !owner.empty() && owner != "vmlinux";
  const auto types = is_module ? facts.module_btf(owner) : facts.kernel_btf();
  if (!types || type_id >= (*types)->type_count()) {
    return cat("type ", type_id, " of BTF ", btf_id);
  }
  const std::string_view function = (*types)->type(type_id).name();
  return is_module ? cat(owner, ":", function) : std::string(function);
}

std::string uprobes_text(kernel::Kernel& kernel, const Fd& link, const bpf_link_info& info) {
  return cat((info.uprobe_multi.flags & BPF_F_UPROBE_MULTI_RETURN) != 0 ? "uretprobes " : "uprobes ",
             ask_text(kernel, link,
                      [](bpf_link_info& ask, u64 at, u32 room) {
                        ask.uprobe_multi.path = at;
                        ask.uprobe_multi.path_size = room;
                      }),
             ", ", info.uprobe_multi.count, " places");
}

std::string netfilter_text(const bpf_link_info_netfilter& filter) {
  constexpr auto hooks =
      std::to_array<std::string_view>({"prerouting", "local_in", "forward", "local_out", "postrouting"});
  return cat(
      "netfilter ",
      filter.pf == 2    ? "IPv4"
      : filter.pf == 10 ? "IPv6"
                        : cat("family ", filter.pf),
      " ", filter.hooknum < hooks.size() ? std::string(hooks[filter.hooknum]) : cat("hook ", filter.hooknum),
      ", priority ", filter.priority);
}

}  // namespace

std::string link_target(kernel::Kernel& kernel, const Fd& link, const bpf_link_info& info) {
  switch (static_cast<bpf_link_type>(info.type)) {
    case BPF_LINK_TYPE_RAW_TRACEPOINT:
      return cat("raw tracepoint ", ask_text(kernel, link, [](bpf_link_info& ask, u64 at, u32 room) {
                   ask.raw_tracepoint.tp_name = at;
                   ask.raw_tracepoint.tp_name_len = room;
                 }));
    case BPF_LINK_TYPE_TRACING: {
      const std::string type = attach_type_text(info.tracing.attach_type);
      return info.tracing.target_btf_id == 0
                 ? type
                 : cat(type, " ", typed_name(kernel, info.tracing.target_obj_id, info.tracing.target_btf_id));
    }
    case BPF_LINK_TYPE_CGROUP:
      return cat(attach_type_text(info.cgroup.attach_type), " cgroup ", info.cgroup.cgroup_id);
    case BPF_LINK_TYPE_ITER:
      return cat("iterator ", ask_text(kernel, link, [](bpf_link_info& ask, u64 at, u32 room) {
                   ask.iter.target_name = at;
                   ask.iter.target_name_len = room;
                 }));
    case BPF_LINK_TYPE_NETNS:
      return cat(attach_type_text(info.netns.attach_type), " network namespace ", info.netns.netns_ino);
    case BPF_LINK_TYPE_XDP: return cat("xdp ", device_text(info.xdp.ifindex));
    case BPF_LINK_TYPE_PERF_EVENT: return perf_text(kernel, link, info);
    case BPF_LINK_TYPE_KPROBE_MULTI:
      return cat((info.kprobe_multi.flags & BPF_F_KPROBE_MULTI_RETURN) != 0 ? "kretprobes" : "kprobes", ", ",
                 info.kprobe_multi.count, " functions");
    case BPF_LINK_TYPE_STRUCT_OPS: return cat("struct_ops map ", info.struct_ops.map_id);
    case BPF_LINK_TYPE_NETFILTER: return netfilter_text(info.netfilter);
    case BPF_LINK_TYPE_TCX:
      return cat(attach_type_text(info.tcx.attach_type), " ", device_text(info.tcx.ifindex));
    case BPF_LINK_TYPE_NETKIT:
      return cat(attach_type_text(info.netkit.attach_type), " ", device_text(info.netkit.ifindex));
    case BPF_LINK_TYPE_UPROBE_MULTI: return uprobes_text(kernel, link, info);
    case BPF_LINK_TYPE_SOCKMAP:
      return cat(attach_type_text(info.sockmap.attach_type), " map ", info.sockmap.map_id);
    case BPF_LINK_TYPE_TRACING_MULTI:
      return cat(attach_type_text(info.tracing_multi.attach_type), ", ", info.tracing_multi.count,
                 " functions");
    case BPF_LINK_TYPE_UNSPEC: break;
  }
  return {};
}

}  // namespace skep::attach
