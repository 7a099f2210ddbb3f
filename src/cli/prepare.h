// From a file and the options of load, run and explain to a spec that is ready to load.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/status.h"
#include "skep/object.h"

namespace skep::cli {

/// An error, and what it means to the shell.
struct Failure {
  Status status{};
  Error error;
};

/// Reads `path` and applies --set, --only, --skip, --optional and --first-of. Failures: of reading; usage, when an option names what the object does not have.
std::expected<ObjectSpec, Failure> prepare(const std::string& path, const Arguments& arguments);

/// What --jobs, --log-level, --btf and --kconfig say, as far as the verb has them. Failures: of reading the file that --kconfig names.
std::expected<LoadOptions, Failure> load_options(const Arguments& arguments);

}  // namespace skep::cli
