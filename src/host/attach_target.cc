#include "host/attach_target.h"

#include "base/result.h"
#include "btf/names.h"

namespace skep::host {
namespace {

struct Form {
  std::string_view prefix;  ///< of the kernel's name
  btf::Kind kind;
  std::string_view noun;
};

Form form_of(bpf_attach_type type) {
  switch (type) {
    case BPF_TRACE_RAW_TP: return {"btf_trace_", btf::Kind::typedef_, "tracepoint"};
    case BPF_LSM_MAC:
    case BPF_LSM_CGROUP: return {"bpf_lsm_", btf::Kind::func, "security hook"};
    case BPF_TRACE_ITER: return {"bpf_iter_", btf::Kind::func, "iterator"};
    default: return {"", btf::Kind::func, "function"};
  }
}

}  // namespace

std::optional<u32> find_own(const btf::Btf& types, std::string_view name, btf::Kind kind) {
  if (btf::essential_name(name) != name) {  // essential() knows no such names
    const auto id = types.find(name, kind);
    return id && *id >= types.first_id() ? id : std::nullopt;
  }
  for (const u32 id : types.essential(name)) {
    const btf::Type type = types.type(id);
    if (type.kind() == kind && type.name() == name) {
      return id;
    }
  }
  return std::nullopt;
}

std::vector<std::string> near_names(const btf::Btf& types, btf::Kind kind, std::string_view prefix,
                                    std::string_view name) {
  // Only what is about as long and begins alike: edit distance over every name of the kernel would take seconds.
  std::vector<std::string_view> candidates;
  for (u32 id = types.first_id(); id < types.type_count() && !name.empty(); ++id) {
    const btf::Type type = types.type(id);
    if (type.kind() != kind || !type.name().starts_with(prefix)) {
      continue;
    }
    const std::string_view bare = type.name().substr(prefix.size());
    const bool is_near = bare.size() + 2 >= name.size() && name.size() + 2 >= bare.size();
    if (is_near && !bare.empty() && bare.front() == name.front()) {
      candidates.push_back(bare);
    }
  }
  return nearest(name, candidates);
}

std::optional<u32> seek_attach_target(const btf::Btf& kernel_types, bpf_attach_type type,
                                      std::string_view name) {
  const Form form = form_of(type);
  const std::string whole = cat(form.prefix, name);
  return kernel_types.base() == nullptr ? kernel_types.find(whole, form.kind)
                                        : find_own(kernel_types, whole, form.kind);
}

Result<u32> find_attach_target(const btf::Btf& kernel_types, bpf_attach_type type, std::string_view name) {
  const Form form = form_of(type);
  if (name.empty()) {
    return fail(Errc::invalid, cat("want the name of a kernel ", form.noun, " to attach to, have none"));
  }
  if (const auto id = seek_attach_target(kernel_types, type, name)) {
    return *id;
  }
  const std::vector<std::string> near = near_names(kernel_types, form.kind, form.prefix, name);
  return fail(Errc::not_found,
              cat(kernel_types.base() == nullptr ? "this kernel" : "it", " has no ", form.noun, " '", name,
                  "'", near.empty() ? std::string() : cat("; near it are: ", join(near, ", "))));
}

}  // namespace skep::host
