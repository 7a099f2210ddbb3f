#include "host/tracefs.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <filesystem>

#include "base/file.h"
#include "base/result.h"

namespace skep::host {
namespace {

constexpr std::array<std::string_view, 2> mount_points = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};

bool is_there(const std::string& path) {
  struct stat facts{};
  return ::stat(path.c_str(), &facts) == 0;
}

/// Neither empty, nor with a slash, nor a dot that leads elsewhere.
bool is_event_name(std::string_view name) {
  return !name.empty() && name.find('/') == std::string_view::npos && name != "." && name != "..";
}

std::string near_text(std::string_view wanted, const std::vector<std::string>& names, std::string_view what) {
  const std::vector<std::string> near = nearest(wanted, {names.begin(), names.end()});
  return near.empty() ? std::string() : cat("; ", what, " near it are: ", join(near, ", "));
}

std::unexpected<Error> no_such_event(const std::string& root, std::string_view category,
                                     std::string_view name) {
  const std::vector<std::string> siblings = tracepoints(root, category);
  if (siblings.empty()) {
    const std::vector<std::string> categories = tracepoints(root, {});
    return fail(Errc::not_found, cat("this kernel has no tracepoints of the category '", category, "'",
                                     near_text(category, categories, "categories")));
  }
  return fail(Errc::not_found, cat("this kernel has no tracepoint '", category, "/", name, "'",
                                   near_text(name, siblings, "tracepoints")));
}

}  // namespace

Result<std::string> find_tracefs(const std::string& root) {
  bool is_denied = false;
  for (const std::string_view point : mount_points) {
    std::string folder = cat(root, point);
    if (is_there(cat(folder, "/events"))) {
      return folder;
    }
    is_denied = is_denied || errno == EACCES || errno == EPERM;
  }
  if (is_denied) {
    return fail(
        Errc::denied,
        "tracefs (/sys/kernel/tracing) cannot be looked into: that takes root, or CAP_DAC_READ_SEARCH");
  }
  return fail(Errc::not_found,
              "tracefs is not mounted at /sys/kernel/tracing nor /sys/kernel/debug/tracing; "
              "mount it with: mount -t tracefs nodev /sys/kernel/tracing");
}

Result<u64> tracepoint_id(const std::string& root, std::string_view category, std::string_view name) {
  if (!is_event_name(category) || !is_event_name(name)) {
    return fail(Errc::invalid, cat("want a tracepoint as CATEGORY/NAME such as 'sched/sched_switch', have '",
                                   category, "/", name, "'"));
  }
  SKEP_TRY(const std::string tracefs, find_tracefs(root));
  const std::string path = cat(tracefs, "/events/", category, "/", name, "/id");
  const auto text = read_text(path);
  if (!text) {
    if (text.error().code() == Errc::not_found) {
      return no_such_event(root, category, name);
    }
    return std::unexpected(text.error().clone());
  }
  const std::string_view digits = trim(*text);
  u64 id = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), id);
  if (failure != std::errc{} || end != digits.data() + digits.size()) {
    return fail(Errc::malformed, cat(path, ": want a number, have '", digits.substr(0, 40), "'"));
  }
  return id;
}

std::vector<std::string> tracepoints(const std::string& root, std::string_view category) {
  std::vector<std::string> names;
  const auto tracefs = find_tracefs(root);
  if (!tracefs) {
    return names;
  }
  std::error_code failure;
  for (std::filesystem::directory_iterator entry(cat(*tracefs, "/events/", category), failure), end;
       !failure && entry != end; entry.increment(failure)) {
    if (entry->is_directory(failure)) {
      names.push_back(entry->path().filename().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string text_of(const ProbeLine& probe) {
  return cat(probe.is_return ? "r:" : "p:", probe.group, "/", probe.event, " ", probe.place);
}

std::string removal_of(const ProbeLine& probe) {
  return cat("-:", probe.group, "/", probe.event);
}

u64 own_pid_namespace() {
  struct stat facts{};
  return ::stat("/proc/self/ns/pid", &facts) == 0 ? u64{facts.st_ino} : 0;
}

std::string unused_event_name(std::string_view hint) {
  static std::atomic<u32> next;
  constexpr std::size_t longest = 63;
  std::string name = cat("p", ::getpid(), "_", hex(own_pid_namespace()).substr(2), "_",
                         next.fetch_add(1, std::memory_order_relaxed), "_");
  for (const char letter : hint) {
    const bool is_plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                          (letter >= '0' && letter <= '9');
    name += is_plain ? letter : '_';
  }
  name.resize(std::min(name.size(), longest));
  return name;
}

std::optional<EventOwner> owner_of_event(std::string_view event) {
  EventOwner owner;
  u64 number = 0;
  const auto take = [&event](char before, u64& value, int base) {
    if (!event.starts_with(before)) {
      return false;
    }
    const char* const end = event.data() + event.size();
    const auto [stop, failure] = std::from_chars(event.data() + 1, end, value, base);
    event = event.substr(static_cast<std::size_t>(stop - event.data()));
    return failure == std::errc{};
  };
  if (!take('p', owner.pid, 10) || !take('_', owner.pid_namespace, 16) || !take('_', number, 10) ||
      !event.starts_with('_')) {
    return std::nullopt;
  }
  owner.hint = event.substr(1);
  return owner;
}

}  // namespace skep::host
