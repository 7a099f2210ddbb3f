// Switches of the machine that BPF depends on, from procfs and sysfs.
#include "base/file.h"
#include "base/text.h"
#include "survey/survey.h"

namespace skep::survey {
namespace {

struct Meaning {
  std::string_view value;
  std::string_view words;
};

struct Row {
  std::string_view name;
  std::string_view path;
  std::string_view otherwise;  ///< the meaning of values that have no row
  std::array<Meaning, 3> meanings;
};

// clang-format off
constexpr auto rows = std::to_array<Row>({
  {"net.core.bpf_jit_enable", "/proc/sys/net/core/bpf_jit_enable", "",
   {{{"0", "programs are interpreted"}, {"1", "programs are compiled"}, {"2", "programs are compiled, and the code is printed to the kernel's log"}}}},
  {"net.core.bpf_jit_harden", "/proc/sys/net/core/bpf_jit_harden", "",
   {{{"0", "constants stand in the code as they are"}, {"1", "constants of unprivileged users' programs are blinded"}, {"2", "constants of all programs are blinded"}}}},
  {"net.core.bpf_jit_limit", "/proc/sys/net/core/bpf_jit_limit", "bytes of compiled code that unprivileged users may have", {}},
  {"net.core.bpf_jit_kallsyms", "/proc/sys/net/core/bpf_jit_kallsyms", "",
   {{{"0", "programs are not in /proc/kallsyms"}, {"1", "programs are in /proc/kallsyms, for root"}}}},
  {"kernel.unprivileged_bpf_disabled", "/proc/sys/kernel/unprivileged_bpf_disabled", "",
   {{{"0", "processes without CAP_BPF may load socket filters"}, {"1", "bpf(2) needs CAP_BPF, until the next boot"}, {"2", "bpf(2) needs CAP_BPF"}}}},
  {"kernel.bpf_stats_enabled", "/proc/sys/kernel/bpf_stats_enabled", "",
   {{{"0", "run times of programs are not counted"}, {"1", "run times of programs are counted"}}}},
});
// clang-format on

/// "[none] integrity confidentiality": the one in brackets.
std::string chosen(std::string_view text) {
  const std::size_t open = text.find('[');
  const std::size_t close = text.find(']');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
    return {};
  }
  return std::string(text.substr(open + 1, close - open - 1));
}

std::string lockdown_meaning(std::string_view mode) {
  if (mode == "none") {
    return "nothing is locked down";
  }
  if (mode == "integrity") {
    return "programs may not write to user memory";
  }
  return mode == "confidentiality" ? "programs may not read kernel memory" : "";
}

}  // namespace

std::vector<Setting> settings(const std::string& root) {
  std::vector<Setting> all;
  for (const Row& row : rows) {
    Setting one{.name = std::string(row.name)};
    if (const auto text = read_text(cat(root, row.path))) {
      one.value = trim(*text);
      one.meaning = row.otherwise;
      for (const Meaning& meaning : row.meanings) {
        if (meaning.value == one.value && !meaning.words.empty()) {
          one.meaning = meaning.words;
        }
      }
    } else {
      one.meaning = text.error().code() == Errc::denied ? "may not be read without rights"
                                                        : "this kernel has no such switch";
    }
    all.push_back(std::move(one));
  }
  Setting lockdown{.name = "lockdown"};
  if (const auto text = read_text(cat(root, "/sys/kernel/security/lockdown"))) {
    lockdown.value = chosen(*text);
    lockdown.meaning = lockdown_meaning(lockdown.value);
  } else {
    lockdown.meaning = "not known: /sys/kernel/security/lockdown cannot be read";
  }
  all.push_back(std::move(lockdown));
  return all;
}

}  // namespace skep::survey
