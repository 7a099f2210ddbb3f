#include "host/attach_target.h"

#include <vector>

#include "base/result.h"

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

/// Names of the right form that are about as long: edit distance over every name of the kernel would take seconds.
std::vector<std::string_view> candidates(const btf::Btf& types, const Form& form, std::string_view name) {
  std::vector<std::string_view> found;
  for (u32 id = 1; id < types.type_count(); ++id) {
    const btf::Type type = types.type(id);
    if (type.kind() != form.kind || !type.name().starts_with(form.prefix)) {
      continue;
    }
    const std::string_view bare = type.name().substr(form.prefix.size());
    const bool is_near = bare.size() + 2 >= name.size() && name.size() + 2 >= bare.size();
    if (is_near && !bare.empty() && bare.front() == name.front()) {
      found.push_back(bare);
    }
  }
  return found;
}

}  // namespace

Result<u32> find_attach_target(const btf::Btf& kernel_types, bpf_attach_type type, std::string_view name) {
  const Form form = form_of(type);
  if (name.empty()) {
    return fail(Errc::invalid, cat("want the name of a kernel ", form.noun, " to attach to, have none"));
  }
  const std::string whole = cat(form.prefix, name);
  if (const auto id = kernel_types.find(whole, form.kind)) {
    return *id;
  }
  const std::vector<std::string> near = nearest(name, candidates(kernel_types, form, name));
  return fail(Errc::not_found, cat("this kernel has no ", form.noun, " '", name, "'",
                                   near.empty() ? std::string() : cat("; near it are: ", join(near, ", "))));
}

}  // namespace skep::host
