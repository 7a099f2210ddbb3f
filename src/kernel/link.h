// Links: attachments as objects. BPF_LINK_CREATE has one function per family of attach types, because each family reads its own inner arm.
// Update and detach are at the end. Older ways to attach: raw_tracepoint.h, and prog_attach in prog.h.
#pragma once

#include "kernel/call.h"
#include "skep/uapi/attach_type.h"

namespace skep::kernel {

/// What every link is made of.
struct LinkCreate {
  int prog_fd = -1;  ///< the program; for struct_ops the map
  bpf_attach_type type{};
  int target_fd = -1;  ///< cgroup, namespace, perf event, socket map or program; -1 where there is no target
  u32 ifindex = 0;     ///< the target of XDP, tcx and netkit
  u32 flags = 0;       ///< XDP: mode; tcx, netkit and cgroup: BPF_F_BEFORE, BPF_F_AFTER, ...
};

namespace link_detail {

inline bpf_attr_link_create head(const LinkCreate& want) {
  auto attr = zeroed<bpf_attr_link_create>();
  attr.prog_fd = static_cast<u32>(want.prog_fd);
  attr.target_fd = want.target_fd >= 0 ? static_cast<u32>(want.target_fd) : want.ifindex;
  attr.attach_type = want.type;
  attr.flags = want.flags;
  return attr;
}

inline Result<Fd> create(Kernel& kernel, bpf_attr_link_create& attr, u32 bytes) {
  return descriptor(kernel.bpf(BPF_LINK_CREATE, &attr, bytes), [&] {
    return cat("create link at ", name_of(attach_type_names, static_cast<bpf_attach_type>(attr.attach_type)));
  });
}

}  // namespace link_detail

/// SKEP_ATTR_END for a field of an inner arm; all inner arms begin where target_btf_id does.
#define SKEP_LINK_END(arm, field)                                                  \
  static_cast<::skep::u32>(offsetof(::skep::bpf_attr_link_create, target_btf_id) + \
                           offsetof(::skep::bpf_attr_link_##arm, field) +          \
                           sizeof(::skep::bpf_attr_link_##arm::field))

/// A link without an inner arm: XDP, network namespaces, socket maps, cgroups before 6.18, struct_ops, and freplace or tracing without cookie.
/// Errors (of this and all below): denied, not_found, busy (the place takes one program and has one), kernel.
inline Result<Fd> link_create(Kernel& kernel, const LinkCreate& want) {
  auto attr = link_detail::head(want);
  return link_detail::create(kernel, attr, SKEP_ATTR_END(link_create, flags));
}

/// A link of an iterator; `target` narrows the walk, null walks everything.
inline Result<Fd> link_create_iter(Kernel& kernel, const LinkCreate& want, const bpf_iter_link_info* target) {
  auto attr = link_detail::head(want);
  attr.iter.iter_info = address_of(target);
  attr.iter.iter_info_len = target != nullptr ? u32{sizeof *target} : 0;
  return link_detail::create(kernel, attr, SKEP_LINK_END(iter, iter_info_len));
}

/// A link on a perf event (5.15): kprobe, uprobe, tracepoint, perf_event programs.
inline Result<Fd> link_create_perf_event(Kernel& kernel, const LinkCreate& want, u64 cookie) {
  auto attr = link_detail::head(want);
  attr.perf_event.bpf_cookie = cookie;
  return link_detail::create(kernel, attr, SKEP_LINK_END(perf_event, bpf_cookie));
}

/// Many kernel functions. Fill `symbols` or `addresses`; `cookies` is empty or as long.
struct KprobeMulti {
  std::span<const char* const> symbols;
  std::span<const u64> addresses;
  std::span<const u64> cookies;
  u32 flags = 0;  ///< BPF_F_KPROBE_MULTI_RETURN
};

/// A link at many kernel functions (5.18).
inline Result<Fd> link_create_kprobe_multi(Kernel& kernel, const LinkCreate& want, const KprobeMulti& at) {
  auto attr = link_detail::head(want);
  attr.kprobe_multi.flags = at.flags;
  attr.kprobe_multi.cnt = static_cast<u32>(at.symbols.empty() ? at.addresses.size() : at.symbols.size());
  attr.kprobe_multi.syms = address_of(static_cast<const void*>(at.symbols.data()));
  attr.kprobe_multi.addrs = address_of(at.addresses.data());
  attr.kprobe_multi.cookies = address_of(at.cookies.data());
  return link_detail::create(kernel, attr, SKEP_LINK_END(kprobe_multi, cookies));
}

/// A link of an fentry, fexit, fmod_ret, freplace or LSM program with a cookie (6.0); for freplace `target_btf_id` is the function in the program at
/// target_fd, 0 otherwise.
inline Result<Fd> link_create_tracing(Kernel& kernel, const LinkCreate& want, u32 target_btf_id, u64 cookie) {
  auto attr = link_detail::head(want);
  attr.tracing.target_btf_id = target_btf_id;
  attr.tracing.cookie = cookie;
  // Before 6.0 the kernel knows the id alone; it takes the longer block as long as the cookie is 0.
  return link_detail::create(kernel, attr, SKEP_LINK_END(tracing, cookie));
}

/// Where among the users of a packet hook.
struct NetfilterHook {
  u32 family = 0;  ///< NFPROTO_IPV4 or NFPROTO_IPV6
  u32 hook = 0;    ///< NF_INET_*
  s32 priority = 0;
  u32 flags = 0;  ///< BPF_F_NETFILTER_IP_DEFRAG
};

/// A link at a packet hook (6.4).
inline Result<Fd> link_create_netfilter(Kernel& kernel, const LinkCreate& want, const NetfilterHook& at) {
  auto attr = link_detail::head(want);
  attr.netfilter.pf = at.family;
  attr.netfilter.hooknum = at.hook;
  attr.netfilter.priority = at.priority;
  attr.netfilter.flags = at.flags;
  return link_detail::create(kernel, attr, SKEP_LINK_END(netfilter, flags));
}

/// A position in a list of programs.
struct ListPosition {
  u32 relative = 0;           ///< the program or link to stand by: a descriptor, or an id with BPF_F_ID
  u64 expected_revision = 0;  ///< 0: whatever it is
};

/// A link at a device's traffic control (6.6).
inline Result<Fd> link_create_tcx(Kernel& kernel, const LinkCreate& want, const ListPosition& at) {
  auto attr = link_detail::head(want);
  attr.tcx.relative_fd = at.relative;
  attr.tcx.expected_revision = at.expected_revision;
  return link_detail::create(kernel, attr, SKEP_LINK_END(relative, expected_revision));
}

/// A link at a netkit device (6.7).
inline Result<Fd> link_create_netkit(Kernel& kernel, const LinkCreate& want, const ListPosition& at) {
  auto attr = link_detail::head(want);
  attr.netkit.relative_fd = at.relative;
  attr.netkit.expected_revision = at.expected_revision;
  return link_detail::create(kernel, attr, SKEP_LINK_END(relative, expected_revision));
}

/// A link at a cgroup with a position (6.18).
inline Result<Fd> link_create_cgroup(Kernel& kernel, const LinkCreate& want, const ListPosition& at) {
  auto attr = link_detail::head(want);
  attr.cgroup.relative_fd = at.relative;
  attr.cgroup.expected_revision = at.expected_revision;
  return link_detail::create(kernel, attr, SKEP_LINK_END(relative, expected_revision));
}

/// Many places of one file. `ref_ctr_offsets` and `cookies` are empty or as long as `offsets`.
struct UprobeMulti {
  const char* path = nullptr;
  std::span<const u64> offsets;
  std::span<const u64> ref_ctr_offsets;  ///< USDT semaphores
  std::span<const u64> cookies;
  u32 flags = 0;     ///< BPF_F_UPROBE_MULTI_RETURN, BPF_F_UPROBE_MULTI_PATH_FD
  u32 pid = 0;       ///< this process alone; 0: all
  int path_fd = -1;  ///< with BPF_F_UPROBE_MULTI_PATH_FD (7.2)
};

/// A link at many places of a file (6.6).
inline Result<Fd> link_create_uprobe_multi(Kernel& kernel, const LinkCreate& want, const UprobeMulti& at) {
  auto attr = link_detail::head(want);
  attr.uprobe_multi.path = address_of(at.path);
  attr.uprobe_multi.offsets = address_of(at.offsets.data());
  attr.uprobe_multi.ref_ctr_offsets = address_of(at.ref_ctr_offsets.data());
  attr.uprobe_multi.cookies = address_of(at.cookies.data());
  attr.uprobe_multi.cnt = static_cast<u32>(at.offsets.size());
  attr.uprobe_multi.flags = at.flags;
  attr.uprobe_multi.pid = at.pid;
  attr.uprobe_multi.path_fd = at.path_fd >= 0 ? static_cast<u32>(at.path_fd) : 0;
  return link_detail::create(kernel, attr, SKEP_LINK_END(uprobe_multi, path_fd));
}

/// A link at many functions known by BTF id (7.2); `cookies` is empty or as long as `ids`.
inline Result<Fd> link_create_tracing_multi(Kernel& kernel, const LinkCreate& want, std::span<const u32> ids,
                                            std::span<const u64> cookies) {
  auto attr = link_detail::head(want);
  attr.tracing_multi.ids = address_of(ids.data());
  attr.tracing_multi.cookies = address_of(cookies.data());
  attr.tracing_multi.cnt = static_cast<u32>(ids.size());
  return link_detail::create(kernel, attr, SKEP_LINK_END(tracing_multi, cnt));
}

/// Parameters of BPF_LINK_UPDATE.
struct LinkUpdate {
  int link_fd = -1;
  int new_fd = -1;  ///< the program, or for struct_ops the map
  u32 flags = 0;    ///< BPF_F_REPLACE
  int old_fd = -1;  ///< what it must hold now, with BPF_F_REPLACE
};

/// BPF_LINK_UPDATE. Errors: denied (EPERM: it holds another than old_fd), kernel (EINVAL: this kind cannot be updated; ENOLINK: detached).
inline Result<void> link_update(Kernel& kernel, const LinkUpdate& want) {
  auto attr = zeroed<bpf_attr_link_update>();
  attr.link_fd = static_cast<u32>(want.link_fd);
  attr.new_prog_fd = static_cast<u32>(want.new_fd);
  attr.flags = want.flags;
  attr.old_prog_fd = want.old_fd >= 0 ? static_cast<u32>(want.old_fd) : 0;
  return done(kernel.bpf(BPF_LINK_UPDATE, &attr, SKEP_ATTR_END(link_update, old_prog_fd)), "update a link");
}

/// BPF_LINK_DETACH: now, by force (5.9). Errors: kernel (EOPNOTSUPP: not this kind).
inline Result<void> link_detach(Kernel& kernel, int link_fd) {
  auto attr = zeroed<bpf_attr_link_detach>();
  attr.link_fd = static_cast<u32>(link_fd);
  return done(kernel.bpf(BPF_LINK_DETACH, &attr, SKEP_ATTR_END(link_detach, link_fd)), "detach a link");
}

}  // namespace skep::kernel
