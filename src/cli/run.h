// What `skep run` found: gathered once, told as text or as JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/elements.h"
#include "cli/load.h"

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
};

struct RunStory {
  std::vector<RunOutcome> runs;
  std::vector<MapState> maps;
  std::vector<VariableState> variables;
};

void run_text(const RunStory& story, const ObjectSpec& spec, Output& out);
Json run_json(const RunStory& story, const ObjectSpec& spec);

}  // namespace skep::cli
