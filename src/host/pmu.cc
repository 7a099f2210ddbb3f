#include "host/pmu.h"

#include <charconv>
#include <map>
#include <mutex>
#include <optional>

#include "base/file.h"
#include "base/result.h"

namespace skep::host {
namespace {

std::optional<u32> number(std::string_view text) {
  u32 value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_whole = failure == std::errc{} && end == text.data() + text.size();
  return is_whole ? std::optional(value) : std::nullopt;
}

/// The first bit of a field: "config:0", "config:32-63".
Result<u32> first_bit(const std::string& path) {
  SKEP_TRY(const std::string text, read_text(path));
  std::string_view bits = trim(text);
  if (bits.starts_with("config:")) {
    bits.remove_prefix(7);
    if (const auto bit = number(bits.substr(0, bits.find('-'))); bit && *bit < 64) {
      return *bit;
    }
  }
  return fail(Errc::malformed,
              cat(path, ": want a field such as 'config:0', have '", trim(text).substr(0, 40), "'"));
}

Result<u32> whole_number(const std::string& path) {
  SKEP_TRY(const std::string text, read_text(path));
  const auto value = number(trim(text));
  if (!value) {
    return fail(Errc::malformed, cat(path, ": want a number, have '", trim(text).substr(0, 40), "'"));
  }
  return *value;
}

/// What the files say, each read once per process: a lone probe reads but one of them.
class Numbers {
 public:
  Result<u32> get(const std::string& path, Result<u32> (*read)(const std::string&)) {
    const std::scoped_lock held(lock_);
    if (const auto found = known_.find(path); found != known_.end()) {
      return found->second;
    }
    SKEP_TRY(const u32 value, read(path));
    known_.emplace(path, value);
    return value;
  }

 private:
  std::mutex lock_;
  std::map<std::string, u32, std::less<>> known_;
};

}  // namespace

Result<ProbeSource> probe_source(const std::string& root, std::string_view kind, const ProbeNeeds& needs) {
  static Numbers numbers;
  const std::string folder = cat(root, "/sys/bus/event_source/devices/", kind);
  ProbeSource made;
  SKEP_TRY(made.type, numbers.get(cat(folder, "/type"), whole_number));
  if (needs.returns) {
    SKEP_TRY(made.return_bit, numbers.get(cat(folder, "/format/retprobe"), first_bit));
  }
  if (needs.semaphores) {
    if (const auto shift = numbers.get(cat(folder, "/format/ref_ctr_offset"), first_bit)) {
      made.semaphore_shift = *shift;
      made.has_semaphores = true;
    }
  }
  return made;
}

}  // namespace skep::host
