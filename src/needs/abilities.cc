#include "needs/abilities.h"

#include <algorithm>
#include <array>
#include <utility>

#include "needs/since.h"

namespace skep::needs {
namespace {

/// The values of the enum called `name`, but for those that count them (MAX_BPF_ATTACH_TYPE, __BPF_FUNC_MAX_ID).
std::unordered_set<u32> values_of(const btf::Btf& types, std::string_view name) {
  std::unordered_set<u32> values;
  const auto id = types.find(name, btf::Kind::enum_);
  if (!id) {
    return values;
  }
  const btf::Type type = types.type(*id);
  for (u32 i = 0; i < type.vlen(); ++i) {
    const btf::Enumerator one = type.enumerator(i);
    if (one.name.find("MAX") == std::string_view::npos) {
      values.insert(static_cast<u32>(one.value));
    }
  }
  return values;
}

/// The functions tagged as callable by programs.
std::unordered_set<u32> tagged(const btf::Btf& types) {
  std::unordered_set<u32> found;
  for (u32 id = types.first_id(); id < types.type_count(); ++id) {
    const btf::Type type = types.type(id);
    if (type.kind() == btf::Kind::decl_tag && type.component_index() == -1 && type.name() == "bpf_kfunc") {
      found.insert(type.type_id());
    }
  }
  return found;
}

template <class T, std::size_t N>
Release newest(const std::array<SinceRow<T>, N>& table, const std::unordered_set<u32>& values) {
  Release found;
  for (const SinceRow<T>& row : table) {
    if (values.contains(static_cast<u32>(row.value))) {
      found = std::max(found, row.since);
    }
  }
  return found;
}

/// A function that a kernel has if and only if an option was on. Found by comparing the BTF and the configuration of Debian's kernels.
template <class T>
struct Sign {
  T what;
  std::string_view function;
  std::string_view config;
};

// clang-format off
constexpr auto program_signs = std::to_array<Sign<bpf_prog_type>>({
    {BPF_PROG_TYPE_LIRC_MODE2,       "lirc_mode2_func_proto",   "CONFIG_BPF_LIRC_MODE2"},
    {BPF_PROG_TYPE_LWT_IN,           "lwt_in_func_proto",       "CONFIG_LWTUNNEL_BPF"},
    {BPF_PROG_TYPE_LWT_OUT,          "lwt_out_func_proto",      "CONFIG_LWTUNNEL_BPF"},
    {BPF_PROG_TYPE_LWT_XMIT,         "lwt_xmit_func_proto",     "CONFIG_LWTUNNEL_BPF"},
    {BPF_PROG_TYPE_LWT_SEG6LOCAL,    "lwt_seg6local_func_proto", "CONFIG_IPV6_SEG6_BPF"},
    {BPF_PROG_TYPE_CGROUP_DEVICE,    "cgroup_dev_func_proto",   "CONFIG_CGROUP_BPF"},
    {BPF_PROG_TYPE_CGROUP_SYSCTL,    "sysctl_func_proto",       "CONFIG_CGROUP_BPF"},
    {BPF_PROG_TYPE_CGROUP_SOCKOPT,   "cg_sockopt_func_proto",   "CONFIG_CGROUP_BPF"},
    {BPF_PROG_TYPE_CGROUP_SKB,       "cg_skb_func_proto",       "CONFIG_CGROUP_BPF"},
    {BPF_PROG_TYPE_LSM,              "bpf_lsm_func_proto",      "CONFIG_BPF_LSM"},
    {BPF_PROG_TYPE_NETFILTER,        "bpf_nf_func_proto",       "CONFIG_NETFILTER_BPF_LINK"},
    {BPF_PROG_TYPE_SK_LOOKUP,        "sk_lookup_func_proto",    "CONFIG_INET"},
});
constexpr auto map_signs = std::to_array<Sign<bpf_map_type>>({
    {BPF_MAP_TYPE_XSKMAP,            "xsk_map_alloc",           "CONFIG_XDP_SOCKETS"},
    {BPF_MAP_TYPE_SOCKMAP,           "sock_map_alloc",          "CONFIG_NET"},
    {BPF_MAP_TYPE_SOCKHASH,          "sock_hash_alloc",         "CONFIG_NET"},
    {BPF_MAP_TYPE_DEVMAP,            "dev_map_alloc",           "CONFIG_NET"},
    {BPF_MAP_TYPE_STACK_TRACE,       "stack_map_alloc",         "CONFIG_PERF_EVENTS"},
    {BPF_MAP_TYPE_INODE_STORAGE,     "inode_storage_map_alloc", "CONFIG_BPF_LSM"},
});
constexpr auto helper_signs = std::to_array<Sign<u32>>({
    {BPF_FUNC_override_return,       "bpf_override_return",     "CONFIG_BPF_KPROBE_OVERRIDE"},
    {BPF_FUNC_ima_inode_hash,        "bpf_ima_inode_hash",      "CONFIG_IMA"},
    {BPF_FUNC_ima_file_hash,         "bpf_ima_file_hash",       "CONFIG_IMA"},
    {BPF_FUNC_get_cgroup_classid,    "bpf_get_cgroup_classid",  "CONFIG_CGROUP_NET_CLASSID"},
});
constexpr auto attach_signs = std::to_array<Sign<bpf_attach_type>>({
    {BPF_TRACE_KPROBE_MULTI,         "register_fprobe_ips",     "CONFIG_FPROBE"},
    {BPF_TRACE_KPROBE_SESSION,       "register_fprobe_ips",     "CONFIG_FPROBE"},
    {BPF_NETKIT_PRIMARY,             "netkit_xmit",             "CONFIG_NETKIT"},
    {BPF_NETKIT_PEER,                "netkit_xmit",             "CONFIG_NETKIT"},
});
// clang-format on

template <class T, std::size_t N>
std::string_view look(const Abilities& kernel, const std::array<Sign<T>, N>& signs, T what) {
  for (const Sign<T>& sign : signs) {
    if (sign.what == what && kernel.is_whole() && !kernel.has_function(sign.function)) {
      return sign.config;
    }
  }
  return {};
}

}  // namespace

Abilities::Abilities(std::shared_ptr<const btf::Btf> types, Release release)
    : types_(std::move(types)),
      helpers_(values_of(*types_, "bpf_func_id")),
      map_types_(values_of(*types_, "bpf_map_type")),
      prog_types_(values_of(*types_, "bpf_prog_type")),
      attach_types_(values_of(*types_, "bpf_attach_type")),
      // bpf_base_func_proto hands helpers to every kind of program: no kernel with BPF is without it.
      is_whole_(!helpers_.empty() && !prog_types_.empty() && has_function("bpf_base_func_proto")),
      release_(release.is_known() ? release : guess_release(*types_)) {}

template <class T>
bool Abilities::has_value(const std::unordered_set<u32>& values, T value, Release since) const {
  if (!values.empty()) {
    return values.contains(static_cast<u32>(value));
  }
  return !since.is_known() || !release_.is_known() || since <= release_;
}

bool Abilities::has_helper(u32 id) const {
  const HelperRow* row = find_helper(id);
  return has_value(helpers_, id, row == nullptr ? Release{} : parse_release(row->since).value_or(Release{}));
}

bool Abilities::has(bpf_map_type type) const {
  return has_value(map_types_, type, since(map_types_since, type));
}

bool Abilities::has(bpf_prog_type type) const {
  return has_value(prog_types_, type, since(program_types_since, type));
}

bool Abilities::has(bpf_attach_type type) const {
  return has_value(attach_types_, type, since(attach_types_since, type));
}

bool Abilities::may_be_called(u32 function_id) const {
  if (!callable_) {
    callable_ = tagged(*types_);
  }
  return callable_->empty() || callable_->contains(function_id);
}

bool Abilities::has_map_flag(u32 bit) const {
  const Release first = since(map_flags_since, bit);
  return !first.is_known() || !release_.is_known() || first <= release_;
}

Release guess_release(const btf::Btf& types) {
  Release found;
  for (const u32 id : values_of(types, "bpf_func_id")) {
    if (const HelperRow* row = find_helper(id)) {
      found = std::max(found, parse_release(row->since).value_or(Release{}));
    }
  }
  found = std::max(found, newest(map_types_since, values_of(types, "bpf_map_type")));
  found = std::max(found, newest(program_types_since, values_of(types, "bpf_prog_type")));
  return std::max(found, newest(attach_types_since, values_of(types, "bpf_attach_type")));
}

std::string_view left_out(const Abilities& kernel, bpf_prog_type type) {
  return look(kernel, program_signs, type);
}

std::string_view left_out(const Abilities& kernel, bpf_map_type type) {
  return look(kernel, map_signs, type);
}

std::string_view left_out_helper(const Abilities& kernel, u32 id) {
  return look(kernel, helper_signs, id);
}

std::string_view left_out(const Abilities& kernel, bpf_attach_type type) {
  return look(kernel, attach_signs, type);
}

}  // namespace skep::needs
