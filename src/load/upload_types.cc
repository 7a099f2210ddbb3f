// BTF: useful to everyone and needed by few, so a kernel that does not take it is not the end.
#include "base/result.h"
#include "btf/btf.h"
#include "host/denied.h"
#include "kernel/btf.h"
#include "load/steps.h"
#include "skep/uapi/flags.h"

namespace skep::load {
namespace {

constexpr std::size_t log_bytes = std::size_t{64} << 10;

/// Map types that cannot exist without a description of their value.
bool needs_types(bpf_map_type type) {
  switch (type) {
    case BPF_MAP_TYPE_SK_STORAGE:
    case BPF_MAP_TYPE_INODE_STORAGE:
    case BPF_MAP_TYPE_TASK_STORAGE:
    case BPF_MAP_TYPE_CGRP_STORAGE:
    case BPF_MAP_TYPE_STRUCT_OPS: return true;
    default: return false;
  }
}

const MapPlan* first_that_needs_types(const LoadPlan& plan) {
  for (const MapPlan& map : plan.maps) {
    if (needs_types(map.creation.type)) {
      return &map;
    }
  }
  return nullptr;
}

/// The kernel's own words about BTF that it refused: the end of its log, on one line.
std::string last_words(kernel::Kernel& kernel, std::span<const std::byte> btf) {
  std::vector<char> text(log_bytes);
  kernel::BtfLoad again{.btf = btf, .log = text, .log_level = 1};
  if (kernel::btf_load(kernel, again)) {
    return {};
  }
  const std::string_view log = trim(until_nul({text.data(), text.size()}));
  constexpr std::size_t enough = 300;
  std::string words(log.size() > enough ? log.substr(log.size() - enough) : log);
  for (char& c : words) {
    c = c == '\n' ? ' ' : c;
  }
  return words;
}

}  // namespace

Result<Fd> upload_types(const Session& session, const LoadPlan& plan) {
  if (plan.types == nullptr) {
    return Fd();
  }
  const std::span<const std::byte> bytes = plan.types->bytes();
  kernel::BtfLoad want{
      .btf = bytes, .token_fd = session.token_fd, .flags = session.token_fd >= 0 ? u32{BPF_F_TOKEN_FD} : 0u};
  auto fd = kernel::btf_load(session.kernel, want);
  if (fd) {
    return fd;
  }
  Error refusal = std::move(fd).error();
  std::string reason = refusal.message();
  if (refusal.sys_errno() == EINVAL || refusal.sys_errno() == E2BIG) {
    if (const std::string words = last_words(session.kernel, bytes); !words.empty()) {
      reason = cat(reason, ": ", words);
    }
  }
  if (const MapPlan* map = first_that_needs_types(plan)) {
    if (refusal.sys_errno() == EPERM) {
      reason = cat(reason, ": ", host::explain_denied({.what = host::DeniedCall::What::btf_load}));
    }
    return std::unexpected(
        Error(refusal.code(),
              cat(reason, "; map '", session.spec.maps[map->map].name, "' cannot do without its types"),
              refusal.sys_errno()));
  }
  session.report.notes.push_back(
      cat("the kernel refused the object's BTF, so it knows no types and source lines: ", reason));
  return Fd();
}

}  // namespace skep::load
