// What `skep run` found: gathered once, told as text or as JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/duration.h"
#include "cli/elements.h"
#include "cli/load.h"
#include "cli/streams.h"
#include "skep/attach.h"

namespace skep::cli {

/// One program's test run.
struct RunOutcome {
  std::string program;
  std::string section;
  bpf_prog_type type{};
  u32 repeat = 1;
  u32 return_value = 0;
  u64 duration_ns = 0;  ///< mean of a run; 0 where the kernel does not measure
  std::optional<Error> error;
};

/// A map after the runs.
struct MapState {
  std::string name;
  bpf_map_type type{};
  MapView view;
  Elements elements;
  std::optional<Error> error;
};

/// A variable after the runs.
struct VariableState {
  const VariableSpec* spec = nullptr;
  std::vector<std::byte> bytes;
  std::optional<Error> error;  ///< why there are no bytes
};

struct RunStory {
  std::vector<RunOutcome> runs;
  std::vector<StreamCount> streams;
  std::vector<MapState> maps;
  std::vector<VariableState> variables;
};

/// Maps, but for those that are streams, and variables as they are now.
void read_state(Object& object, const Streams& streams, u32 limit, RunStory& story);
/// What was done without: remarks on standard error; as JSON, lines of the kind `note`.
void tell_notes(const std::vector<std::string>& notes, Output& out);
/// That attaching failed, as JSON, with what became of each program; for people, those that failed besides. Answers the status.
Status tell_not_attached(const AttachReport& report, const Error& error, const Arguments& arguments,
                         Output& out);
/// What follows when programs are attached: shows what they send until `--for` is over or the user stops it, detaches them, and shows the rest. Tells JSON as lines.
Status run_attached(Object& object, Streams& streams, std::vector<Link> links, const AttachReport& report,
                    Until& until, const Arguments& arguments, Output& out);

/// Maps and variables alone.
void state_text(const RunStory& story, const ObjectSpec& spec, Output& out);
Json state_json(const RunStory& story, const ObjectSpec& spec);

void run_text(const RunStory& story, const ObjectSpec& spec, Output& out);
Json run_json(const RunStory& story, const ObjectSpec& spec);

}  // namespace skep::cli
