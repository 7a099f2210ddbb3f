#include "attach/cgroup_policy.h"

#include <cerrno>
#include <filesystem>
#include <optional>

#include "attach/list_place.h"
#include "base/text.h"
#include "skep/fd.h"
#include "skep/uapi/flags.h"

namespace skep::attach {
namespace {

constexpr u32 sharing = BPF_F_ALLOW_MULTI | BPF_F_ALLOW_OVERRIDE;
constexpr int deepest = 64;

/// What a cgroup's own programs have in common.
struct Own {
  u32 program_id = 0;
  u32 flags = 0;
  bool is_single = false;
};

enum class Asked : u8 { has_some, has_none, unknown };

Asked ask(kernel::Kernel& kernel, const std::string& path, bpf_attach_type type, Own& own) {
  const int raw = kernel.open_directory(path.c_str());
  if (raw < 0) {
    return Asked::unknown;
  }
  const Fd cgroup(raw);
  const auto list = list_programs(kernel, cgroup.raw(), type, 0, "look for the reason");
  if (!list) {
    return Asked::unknown;  // EBADF: above the root of the hierarchy
  }
  if (list->programs.empty()) {
    return Asked::has_none;
  }
  own = {.program_id = list->programs.front().program_id,
         .flags = list->programs.front().flags & sharing,
         .is_single = list->programs.size() == 1};
  return Asked::has_some;
}

std::string_view way_of(u32 flags) {
  return (flags & BPF_F_ALLOW_MULTI) != 0      ? "with BPF_F_ALLOW_MULTI"
         : (flags & BPF_F_ALLOW_OVERRIDE) != 0 ? "with BPF_F_ALLOW_OVERRIDE"
                                               : "without BPF_F_ALLOW_MULTI and BPF_F_ALLOW_OVERRIDE";
}

std::string plain(const std::string& path) {
  std::string text = std::filesystem::path(path).lexically_normal().string();
  if (text.size() > 1 && text.ends_with('/')) {
    text.pop_back();
  }
  return text;
}

/// The reason in words; empty: none was found.
std::string reason(kernel::Kernel& kernel, const std::string& path, bpf_attach_type type, u32 flags) {
  Own own;
  const Asked here = ask(kernel, path, type, own);
  if (here == Asked::unknown) {
    return {};
  }
  if (here == Asked::has_some && own.flags != flags) {
    return cat("program ", own.program_id, " is attached there ", way_of(own.flags),
               ", so that one attached ", way_of(flags), " has no place");
  }
  std::string above = path;
  for (int step = 0; step < deepest; ++step) {
    above += "/..";
    const Asked asked = ask(kernel, above, type, own);
    if (asked == Asked::unknown || (asked == Asked::has_some && (own.flags & BPF_F_ALLOW_MULTI) != 0)) {
      return {};
    }
    if (asked == Asked::has_some && own.is_single) {
      return own.flags != 0 ? std::string()
                            : cat("program ", own.program_id, " is attached to ", plain(above), " ",
                                  way_of(own.flags), ", so that cgroups below can have none");
    }
  }
  return {};
}

}  // namespace

Error with_cgroup_policy(Error error, kernel::Kernel& kernel, const std::string& path, bpf_attach_type type,
                         u32 flags) {
  if (error.sys_errno() != EPERM) {
    return error;
  }
  const std::string why = reason(kernel, path, type, flags);
  return why.empty() ? std::move(error) : Error(Errc::busy, cat(error.message(), "; ", why), EPERM);
}

}  // namespace skep::attach
