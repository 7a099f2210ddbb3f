#include "host/denied.h"

#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/text.h"
#include "host/rights.h"
#include "skep/error.h"

namespace skep::host {
namespace {

// Bits of CapEff. Source: uapi/linux/capability.h.
constexpr u32 cap_net_admin = 12;
constexpr u32 cap_sys_admin = 21;
constexpr u32 cap_perfmon = 38;
constexpr u32 cap_bpf = 39;

std::optional<std::string> text_of(const std::string& path) {
  auto text = read_text(path);
  if (!text) {
    return std::nullopt;
  }
  return std::string(trim(*text));
}

template <class T>
std::optional<T> number_in(std::string_view text, int base = 10) {
  T number{};
  const std::string_view digits = trim(text);
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
  if (failure != std::errc{}) {
    return std::nullopt;
  }
  return number;
}

/// The rest of the line that begins with `key`.
std::optional<std::string_view> field(std::string_view text, std::string_view key) {
  for (const std::string_view line : split(text, '\n')) {
    if (line.starts_with(key)) {
      return trim(line.substr(key.size()));
    }
  }
  return std::nullopt;
}

/// Linux 5.8 split CAP_BPF and CAP_PERFMON from CAP_SYS_ADMIN; before, only the latter counts. Unknown counts as new.
bool release_is_before(const std::string& root, u32 major, u32 minor) {
  const auto release = text_of(cat(root, "/proc/sys/kernel/osrelease"));
  if (!release) {
    return false;
  }
  const auto have_major = number_in<u32>(*release);
  const std::size_t dot = release->find('.');
  const auto have_minor =
      dot == std::string::npos ? std::nullopt : number_in<u32>(std::string_view(*release).substr(dot + 1));
  return have_major && have_minor && (*have_major < major || (*have_major == major && *have_minor < minor));
}

std::vector<std::string> missing_capabilities(const DeniedCall& call, u64 effective,
                                              const std::string& root) {
  const auto has = [effective](u32 bit) { return (effective >> bit & 1U) != 0; };
  if (has(cap_sys_admin)) {
    return {};
  }
  if (release_is_before(root, 5, 8)) {
    return {"CAP_SYS_ADMIN"};
  }
  std::vector<std::string> missing;
  if (!has(cap_bpf)) {
    missing.emplace_back("CAP_BPF");
  }
  const bool loads = call.what == DeniedCall::What::prog_load;
  if (loads && needs_perfmon(call.prog_type) && !has(cap_perfmon)) {
    missing.emplace_back("CAP_PERFMON");
  }
  const bool network = (loads && needs_net_admin(call.prog_type)) ||
                       (call.what == DeniedCall::What::map_create && needs_net_admin(call.map_type));
  if (network && !has(cap_net_admin)) {
    missing.emplace_back("CAP_NET_ADMIN");
  }
  return missing;
}

/// True when this process lives in a user namespace other than the first, where capabilities do not count for bpf(2).
bool in_user_namespace(const std::string& root) {
  const auto map = text_of(cat(root, "/proc/self/uid_map"));
  if (!map || map->empty()) {
    return false;
  }
  std::vector<std::string_view> words;
  for (const std::string_view word : split(*map, ' ')) {
    if (!word.empty()) {
      words.push_back(word);
    }
  }
  return words != std::vector<std::string_view>{"0", "0", "4294967295"};
}

void explain_capabilities(const DeniedCall& call, std::string_view status, const std::string& root,
                          std::vector<std::string>& sentences) {
  const auto text = field(status, "CapEff:");
  const auto effective = text ? number_in<u64>(*text, 16) : std::nullopt;
  if (!effective) {
    return;
  }
  const std::vector<std::string> missing = missing_capabilities(call, *effective, root);
  if (!missing.empty()) {
    sentences.push_back(cat("the process lacks ", join(missing, " and "),
                            " (run as root, or give the file these capabilities)"));
    const auto sysctl = text_of(cat(root, "/proc/sys/kernel/unprivileged_bpf_disabled"));
    const bool could_do_without =
        call.what != DeniedCall::What::prog_load || needs_no_bpf_capability(call.prog_type);
    if (sysctl && *sysctl != "0" && could_do_without) {
      sentences.push_back(cat("kernel.unprivileged_bpf_disabled is ", *sysctl,
                              ", so nothing of bpf(2) is open to processes without CAP_BPF"));
    }
  } else if (in_user_namespace(root)) {
    sentences.emplace_back(
        "the process is in a user namespace (a container?), where its capabilities do not count for bpf(2) "
        "without a BPF token");
  }
}

/// Before Linux 5.11 maps and programs count against RLIMIT_MEMLOCK.
void explain_memlock(const std::string& root, std::vector<std::string>& sentences) {
  if (!release_is_before(root, 5, 11)) {
    return;
  }
  const auto limits = text_of(cat(root, "/proc/self/limits"));
  const auto line = limits ? field(*limits, "Max locked memory") : std::nullopt;
  const auto bytes = line ? number_in<u64>(*line) : std::nullopt;
  if (bytes) {
    sentences.push_back(cat("this kernel charges BPF memory to RLIMIT_MEMLOCK, which is ", *bytes,
                            " bytes (raise it: ulimit -l unlimited)"));
  }
}

void explain_lockdown(const DeniedCall& call, const std::string& root, std::vector<std::string>& sentences) {
  const auto lockdown = text_of(cat(root, "/sys/kernel/security/lockdown"));
  if (!lockdown || lockdown->find("[none]") != std::string::npos) {
    return;
  }
  const std::size_t open = lockdown->find('[');
  const std::size_t close = lockdown->find(']');
  if (open == std::string::npos || close == std::string::npos || close < open) {
    return;
  }
  const std::string_view mode = std::string_view(*lockdown).substr(open + 1, close - open - 1);
  const bool traces = call.what == DeniedCall::What::prog_load && needs_perfmon(call.prog_type);
  sentences.push_back(
      cat("kernel lockdown is '", mode, "'",
          traces && mode == "confidentiality" ? ", which forbids programs that read kernel memory" : ""));
}

}  // namespace

std::string explain_denied(const DeniedCall& call, const std::string& root) {
  std::vector<std::string> sentences;
  const auto status = text_of(cat(root, "/proc/self/status"));
  if (status) {
    explain_capabilities(call, *status, root, sentences);
  }
  explain_memlock(root, sentences);
  explain_lockdown(call, root, sentences);
  if (const auto seccomp = status ? field(*status, "Seccomp:") : std::nullopt; seccomp && *seccomp == "2") {
    sentences.emplace_back(
        "the process runs under a seccomp filter, which may forbid bpf(2) (containers do)");
  }
  if (sentences.empty()) {
    return "every right that skep knows of is there; a security module (SELinux, AppArmor) or a BPF LSM "
           "program may have refused it";
  }
  return join(sentences, "; ");
}

}  // namespace skep::host
