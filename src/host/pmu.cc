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

Result<ProbeSource> read_source(const std::string& folder) {
  ProbeSource made;
  const std::string path = cat(folder, "/type");
  SKEP_TRY(const std::string text, read_text(path));
  const auto type = number(trim(text));
  if (!type) {
    return fail(Errc::malformed, cat(path, ": want a number, have '", trim(text).substr(0, 40), "'"));
  }
  made.type = *type;
  SKEP_TRY(made.return_bit, first_bit(cat(folder, "/format/retprobe")));
  if (const auto shift = first_bit(cat(folder, "/format/ref_ctr_offset"))) {
    made.semaphore_shift = *shift;
    made.has_semaphores = true;
  }
  return made;
}

}  // namespace

Result<ProbeSource> probe_source(const std::string& root, std::string_view kind) {
  static std::mutex lock;
  static std::map<std::string, ProbeSource, std::less<>> known;
  const std::string folder = cat(root, "/sys/bus/event_source/devices/", kind);
  const std::scoped_lock held(lock);
  if (const auto found = known.find(folder); found != known.end()) {
    return found->second;
  }
  SKEP_TRY(const ProbeSource source, read_source(folder));
  known.emplace(folder, source);
  return source;
}

}  // namespace skep::host
