// Runs a loader's program and compares what the two print.
#pragma once

#include <string>
#include <vector>

namespace differential {

/// What a command left behind.
struct Outcome {
  int status = 0;
  std::string text;
};

/// Runs a shell command; `text` is its standard output.
Outcome run(const std::string& command);

/// Runs libbpf_dump or skep_dump.
Outcome dump(const char* loader, const std::string& arguments);

/// The first lines of a unified diff; long ones are cut.
std::string diff(const std::string& libbpf, const std::string& skep);

}  // namespace differential
