#include "load/section_age.h"

#include <algorithm>
#include <array>

#include "object/section_rules.h"

namespace skep::load {
namespace {

struct TypeOption {
  bpf_prog_type type;
  std::string_view option;
};

// Source: linux/bpf_types.h, which has these types behind #ifdef.
constexpr auto options = std::to_array<TypeOption>({
    {BPF_PROG_TYPE_LWT_IN, "CONFIG_LWTUNNEL_BPF"},
    {BPF_PROG_TYPE_LWT_OUT, "CONFIG_LWTUNNEL_BPF"},
    {BPF_PROG_TYPE_LWT_XMIT, "CONFIG_LWTUNNEL_BPF"},
    {BPF_PROG_TYPE_LWT_SEG6LOCAL, "CONFIG_IPV6_SEG6_BPF"},
    {BPF_PROG_TYPE_LIRC_MODE2, "CONFIG_BPF_LIRC_MODE2"},
    {BPF_PROG_TYPE_SK_MSG, "CONFIG_NET_SOCK_MSG"},
    {BPF_PROG_TYPE_SK_SKB, "CONFIG_NET_SOCK_MSG"},
    {BPF_PROG_TYPE_CGROUP_SKB, "CONFIG_CGROUP_BPF"},
    {BPF_PROG_TYPE_CGROUP_SOCK, "CONFIG_CGROUP_BPF"},
    {BPF_PROG_TYPE_CGROUP_SOCK_ADDR, "CONFIG_CGROUP_BPF"},
    {BPF_PROG_TYPE_CGROUP_SOCKOPT, "CONFIG_CGROUP_BPF"},
    {BPF_PROG_TYPE_CGROUP_SYSCTL, "CONFIG_CGROUP_BPF"},
    {BPF_PROG_TYPE_CGROUP_DEVICE, "CONFIG_CGROUP_BPF"},
    {BPF_PROG_TYPE_SOCK_OPS, "CONFIG_CGROUP_BPF"},
    {BPF_PROG_TYPE_LSM, "CONFIG_BPF_LSM"},
    {BPF_PROG_TYPE_NETFILTER, "CONFIG_NETFILTER_BPF_LINK"},
});

}  // namespace

std::optional<std::string> older_than_section(const host::Facts& facts, std::string_view section) {
  const object::SectionRule* rule = object::find_section_rule(section);
  const auto release = facts.release();
  if (rule == nullptr || !release ||
      *release >= host::Release{.major = rule->since.major, .minor = rule->since.minor}) {
    return std::nullopt;
  }
  return cat("section ", rule->name, " needs Linux ", object::text_of(rule->since), ", and this is Linux ",
             host::text_of(*release));
}

std::optional<std::string> option_of_section(const host::Facts& facts, std::string_view section) {
  const object::SectionRule* rule = object::find_section_rule(section);
  const auto* const found =
      rule == nullptr ? options.end() : std::ranges::find(options, rule->prog, &TypeOption::type);
  if (found == options.end()) {
    return std::nullopt;
  }
  const auto config = facts.kernel_config();
  if (config && (*config)->find(cat("\n", found->option, "=")) != std::string::npos) {
    return std::nullopt;
  }
  return cat("section ", rule->name, " needs a kernel with ", found->option);
}

}  // namespace skep::load
