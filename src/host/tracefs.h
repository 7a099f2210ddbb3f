// The tracing file system: events that can be attached to, their numbers, and probes made by writing lines of text (the way before Linux 4.17, and where perf has no source for them).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "skep/error.h"
#include "skep/types.h"

namespace skep::host {

/// Where tracefs is mounted under `root`: <root>/sys/kernel/tracing or <root>/sys/kernel/debug/tracing.
/// Errors: not_found (neither is mounted; says how to), denied (it cannot be looked into).
Result<std::string> find_tracefs(const std::string& root);

/// The number of the event `category`/`name`, for perf_event_attr::config.
/// Errors: not_found (with the nearest events, or the nearest categories), denied, malformed; and as find_tracefs().
Result<u64> tracepoint_id(const std::string& root, std::string_view category, std::string_view name);

/// The events of a category, or all categories when it is empty; sorted. Nothing where they cannot be read.
std::vector<std::string> tracepoints(const std::string& root, std::string_view category);

/// A probe as a line of kprobe_events or uprobe_events.
struct ProbeLine {
  bool is_return = false;
  std::string group = "skep";  ///< letters, digits and '_'
  std::string event;           ///< as unused_event_name() makes it
  std::string place;           ///< "do_unlinkat+0x10", "nf_tables:f", "/bin/sh:0x1234"
};
/// "p:skep/f_0 do_unlinkat+0x10": adds the probe when written (appended).
std::string text_of(const ProbeLine& probe);
/// "-:skep/f_0": removes it.
std::string removal_of(const ProbeLine& probe);

/// Whose an event is, by its name: a process's number counts in its PID namespace alone, which procfs tells by an inode.
struct EventOwner {
  u64 pid_namespace = 0;
  u64 pid = 0;
  std::string_view hint;  ///< what unused_event_name() was given, cut and spelled as names can be
};
/// The inode of this process's PID namespace; 0 where procfs does not tell.
u64 own_pid_namespace();
/// A name for a new event that no other process has, and that this one has not used: "p<pid>_<namespace, hexadecimal>_<number>_<hint>", at most 63 characters; what names may not have becomes '_'.
std::string unused_event_name(std::string_view hint);
/// The owner in a name of that form; none in others.
std::optional<EventOwner> owner_of_event(std::string_view event);

}  // namespace skep::host
