// What the kernel's own types tell, without any rights: the numbers of its enums, and which functions are tagged for programs to call.
#include <algorithm>

#include "base/text.h"
#include "needs/since.h"
#include "skep/uapi/flags.h"
#include "skep/uapi/link_type.h"
#include "survey/survey.h"

namespace skep::survey {
namespace {

using btf::Kind;

constexpr auto links_since = std::to_array<needs::SinceRow<bpf_link_type>>({
    {BPF_LINK_TYPE_RAW_TRACEPOINT, {5, 5}},
    {BPF_LINK_TYPE_TRACING, {5, 5}},
    {BPF_LINK_TYPE_CGROUP, {5, 7}},
    {BPF_LINK_TYPE_ITER, {5, 8}},
    {BPF_LINK_TYPE_NETNS, {5, 8}},
    {BPF_LINK_TYPE_XDP, {5, 9}},
    {BPF_LINK_TYPE_PERF_EVENT, {5, 15}},
    {BPF_LINK_TYPE_KPROBE_MULTI, {5, 18}},
    {BPF_LINK_TYPE_STRUCT_OPS, {6, 0}},
    {BPF_LINK_TYPE_NETFILTER, {6, 4}},
    {BPF_LINK_TYPE_TCX, {6, 6}},
    {BPF_LINK_TYPE_UPROBE_MULTI, {6, 6}},
    {BPF_LINK_TYPE_NETKIT, {6, 7}},
    {BPF_LINK_TYPE_SOCKMAP, {6, 10}},
    {BPF_LINK_TYPE_TRACING_MULTI, {7, 2}},
});

/// The values of an enum of the kernel, without the one that only counts them.
std::optional<std::set<s64>> values_of(const Subject& subject, std::string_view name) {
  const auto id = subject.types == nullptr ? std::nullopt : subject.types->find(name, Kind::enum_);
  if (!id) {
    return std::nullopt;
  }
  std::set<s64> values;
  const btf::Type type = subject.types->type(*id);
  for (u32 i = 0; i < type.vlen(); ++i) {
    const btf::Enumerator one = type.enumerator(i);
    if (one.name.find("MAX_BPF_") == std::string_view::npos) {
      values.insert(one.value);
    }
  }
  return values;
}

/// By the kernel's word where there is one, else by its release.
Ability judge(const Subject& subject, std::string name, std::optional<bool> is_there, Release since) {
  if (is_there) {
    return ability(std::move(name), *is_there ? Has::yes : Has::no, since,
                   *is_there                 ? std::string()
                   : subject.release < since ? why_missing(subject, since, {})
                                             : std::string("its types do not name it"));
  }
  if (!since.is_known() || !subject.release.is_known()) {
    return ability(std::move(name), Has::unknown, since, "this kernel does not tell its types");
  }
  const bool is_new_enough = subject.release >= since;
  return ability(std::move(name), is_new_enough ? Has::yes : Has::no, since,
                 is_new_enough ? std::string() : why_missing(subject, since, {}));
}

template <class Names, class Since>
std::vector<Ability> by_enum(const Subject& subject, std::string_view kernel_enum, const Names& names,
                             const Since& since) {
  const auto values = values_of(subject, kernel_enum);
  std::vector<Ability> found;
  for (const auto& [value, name] : names) {
    const std::optional<bool> is_there =
        values ? std::optional(values->contains(static_cast<s64>(value))) : std::nullopt;
    found.push_back(judge(subject, std::string(name), is_there, since(value)));
  }
  return found;
}

/// Flags are enumerators of enums without names.
std::optional<std::set<std::string_view>> flag_names(const Subject& subject) {
  if (subject.types == nullptr) {
    return std::nullopt;
  }
  std::set<std::string_view> names;
  for (u32 id = 1; id < subject.types->type_count(); ++id) {
    const btf::Type type = subject.types->type(id);
    if (type.kind() != Kind::enum_ || type.name_offset() != 0) {
      continue;
    }
    for (u32 i = 0; i < type.vlen(); ++i) {
      const std::string_view name = type.enumerator(i).name;
      if (!name.starts_with("BPF_F_")) {
        break;
      }
      names.insert(name);
    }
  }
  return names.empty() ? std::nullopt : std::optional(std::move(names));
}

template <class Rows, class Since>
std::vector<Ability> by_flag(const Subject& subject, const Rows& rows, const Since& since_table) {
  const auto names = flag_names(subject);
  std::vector<Ability> found;
  for (const FlagRow& row : rows) {
    const Release since = needs::since(since_table, static_cast<u32>(row.bit));
    // Some flags are macros in the kernel, which leave no trace in its types.
    const bool is_named = names && names->contains(row.name);
    found.push_back(
        judge(subject, std::string(row.name), is_named ? std::optional(true) : std::nullopt, since));
  }
  return found;
}

void add_functions(const btf::Btf& types, std::string_view module, std::vector<KernelFunction>& found) {
  for (u32 id = types.first_id(); id < types.type_count(); ++id) {
    const btf::Type tag = types.type(id);
    if (tag.kind() == Kind::decl_tag && tag.component_index() < 0 && tag.name() == "bpf_kfunc") {
      found.push_back({.name = std::string(types.type(tag.type_id()).name()), .module = std::string(module)});
    }
  }
}

}  // namespace

std::vector<Ability> attach_types(const Subject& subject) {
  return by_enum(subject, "bpf_attach_type", attach_type_names,
                 [](bpf_attach_type type) { return needs::since(needs::attach_types_since, type); });
}

std::vector<Ability> link_types(const Subject& subject) {
  auto all = by_enum(subject, "bpf_link_type", link_type_names,
                     [](bpf_link_type type) { return needs::since(links_since, type); });
  std::erase_if(all, [](const Ability& one) { return one.name == "unspec"; });
  return all;
}

std::vector<Ability> map_flags(const Subject& subject) {
  return by_flag(subject, map_create_flags, needs::map_flags_since);
}

std::vector<Ability> program_flags(const Subject& subject) {
  return by_flag(subject, prog_load_flags, needs::program_flags_since);
}

void kernel_functions(const Subject& subject, KernelFeatures& features) {
  if (subject.types == nullptr) {
    features.functions_why = "this kernel does not tell its types";
    return;
  }
  add_functions(*subject.types, {}, features.functions);
  if (features.functions.empty()) {
    features.functions_why = "its types do not say which functions programs may call (before Linux 6.9)";
    return;
  }
  if (const auto names = subject.facts.module_names()) {
    for (const std::string& module : *names) {
      if (const auto types = subject.facts.module_btf(module)) {
        add_functions(**types, module, features.functions);
      }
    }
  }
  std::ranges::sort(features.functions, {}, &KernelFunction::name);
}

}  // namespace skep::survey
