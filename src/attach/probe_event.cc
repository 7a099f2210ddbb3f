#include "attach/probe_event.h"

#include <fcntl.h>
#include <linux/perf_event.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/file.h"
#include "base/result.h"

namespace skep::attach {
namespace {

/// Adds one line to a list of probes. The kernel reads a write as a whole.
Result<void> write_line(kernel::Kernel& kernel, const std::string& path, const std::string& line) {
  const int raw = kernel.open_file(path.c_str(), O_WRONLY | O_APPEND, 0);
  if (raw < 0) {
    return fail_errno(-raw, cat("open ", path));
  }
  const Fd file(raw);
  const std::string whole = line + "\n";
  if (const s64 put = kernel.write_file(file.raw(), whole.data(), whole.size()); put < 0) {
    return fail_errno(static_cast<int>(-put), cat("write '", line, "' to ", path));
  }
  return {};
}

bool is_alive(u64 pid, const std::string& root) {
  struct stat facts{};
  return ::stat(cat(root, "/proc/", pid).c_str(), &facts) == 0;
}

void take_stale_away(kernel::Kernel& kernel, const std::string& path, const std::string& root) {
  const auto text = read_text(path);
  if (!text) {
    return;
  }
  for (const std::string& removal : stale_probes(*text, root)) {
    // Somebody else may have been faster; it is nobody's concern here.
    static_cast<void>(write_line(kernel, path, removal));
  }
}

Result<u64> number_of(const std::string& root, const host::ProbeLine& line) {
  return host::tracepoint_id(root, line.group, line.event);
}

bool is_taken(const std::string& tracefs, const host::ProbeLine& line) {
  struct stat facts{};
  return ::stat(cat(tracefs, "/events/", line.group, "/", line.event).c_str(), &facts) == 0;
}

/// Writes the line, with another name while somebody has that one: a process that had this number before and left its probes, or one of a PID namespace that had the inode of this one.
/// A line of a name that is taken may be refused (EEXIST), or make one event of both places; so the names are looked at first.
Result<host::ProbeLine> add_line(kernel::Kernel& kernel, const std::string& tracefs, const std::string& path,
                                 host::ProbeLine line) {
  constexpr int most_names = 1000;
  const auto owner = host::owner_of_event(line.event);
  const std::string hint(owner ? owner->hint : line.event);
  for (int tries = 1;; ++tries) {
    const bool is_last = tries == most_names;
    if (is_last || !is_taken(tracefs, line)) {
      const auto written = write_line(kernel, path, text_of(line));
      if (written) {
        return line;
      }
      if (is_last || written.error().sys_errno() != EEXIST) {
        return std::unexpected(written.error().clone());
      }
    }
    line.event = host::unused_event_name(hint);
  }
}

}  // namespace

Result<Fd> open_event(kernel::Kernel& kernel, ::perf_event_attr& attr, const kernel::PerfEventPlace& place,
                      std::string_view what) {
  const int raw = kernel.perf_event_open(attr, place);
  if (raw < 0) {
    std::string text(what);
    if (raw == -EACCES || raw == -EPERM) {
      text += " (without CAP_PERFMON kernel.perf_event_paranoid decides";
      text += place.pid > 0 ? ", and the process must be one that this one may trace)" : ")";
    }
    return fail_errno(-raw, std::move(text));
  }
  return Fd(raw);
}

Result<Fd> open_tracepoint(kernel::Kernel& kernel, u64 id, const kernel::PerfEventPlace& place) {
  perf_event_attr attr{};
  attr.size = sizeof attr;
  attr.type = PERF_TYPE_TRACEPOINT;
  attr.config = id;
  return open_event(kernel, attr, place, cat("open a perf event of tracepoint ", id));
}

std::vector<std::string> stale_probes(std::string_view list_text, const std::string& root) {
  std::vector<std::string> removals;
  const u64 here = host::own_pid_namespace();
  for (const std::string_view line : split(list_text, '\n')) {
    // "p:skep/p123_f0000001_0_f f+0", "r16:skep/p123_f0000001_1_f f"
    const std::size_t colon = line.find(':');
    const std::string_view name = colon == std::string_view::npos
                                      ? std::string_view()
                                      : line.substr(colon + 1, line.find(' ') - colon - 1);
    constexpr std::string_view ours = "skep/";
    const auto owner = name.starts_with(ours) ? host::owner_of_event(name.substr(ours.size())) : std::nullopt;
    // Who lives in another namespace cannot be seen from here.
    if (owner && owner->pid_namespace == here && !is_alive(owner->pid, root)) {
      removals.push_back(cat("-:", name));
    }
  }
  return removals;
}

Result<ProbeEvent> make_probe_event(kernel::Kernel& kernel, const std::string& root, std::string_view list,
                                    const host::ProbeLine& wanted, const kernel::PerfEventPlace& place) {
  SKEP_TRY(const std::string tracefs, host::find_tracefs(root));
  const std::string path = cat(tracefs, "/", list);
  take_stale_away(kernel, path, root);
  SKEP_TRY(const host::ProbeLine line, add_line(kernel, tracefs, path, wanted));
  Undo undo = [&kernel, path, line]() { return write_line(kernel, path, removal_of(line)); };
  const auto id = number_of(root, line);
  auto event = id ? open_tracepoint(kernel, *id, place) : std::unexpected(id.error().clone());
  if (!event) {
    // What failed first is what the caller must hear.
    static_cast<void>(undo());
    return std::unexpected(std::move(event).error());
  }
  return ProbeEvent{.event = *std::move(event), .undo = std::move(undo)};
}

}  // namespace skep::attach
