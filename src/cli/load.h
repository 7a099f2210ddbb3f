// What became of loading one file: gathered once, told as text or as JSON.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "cli/output.h"
#include "cli/status.h"
#include "skep/object.h"

namespace skep::cli {

/// What a test run gave.
struct Ran {
  u32 return_value = 0;
  std::optional<Error> error;
};

/// One program of a file.
struct ProgramFate {
  std::string name;
  std::string section;
  bpf_prog_type type{};
  u32 insns = 0;  ///< as given to the kernel; before that, its own
  bool loaded = false;
  bool skipped = false;
  std::optional<Error> error;
  std::string log;         ///< with --log-level
  std::optional<Ran> run;  ///< with --run, of what the kernel can test-run
};

/// One map of a file, as declared.
struct MapSummary {
  std::string name;
  bpf_map_type type{};
  u32 key_bytes = 0;
  u32 value_bytes = 0;
  u32 max_entries = 0;
  u32 flags = 0;
  MapStyle style{};
};

/// One file's loading.
struct LoadStory {
  std::string file;
  Status status = Status::ok;
  std::optional<Error> error;
  std::vector<ProgramFate> programs;
  std::vector<MapSummary> maps;
  std::vector<std::string> notes;
  std::chrono::microseconds parse_time{};
  std::chrono::microseconds plan_time{};
  std::chrono::microseconds load_time{};
};

/// Describes a spec before loading, then what the report says of it.
void describe_spec(LoadStory& story, const ObjectSpec& spec);
void describe_report(LoadStory& story, LoadReport report);

void story_text(const LoadStory& story, Output& out);
Json story_json(const LoadStory& story);
/// {"code", "errno", "message"}, or null.
Json error_json(const std::optional<Error>& error);

}  // namespace skep::cli
