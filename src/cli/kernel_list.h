// Options that name kernels which are not here: --kernel LIST, --btf FILE|DIR.
#pragma once

#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/status.h"
#include "skep/error.h"

namespace skep::cli {

/// The releases of every --kernel, each of which may hold several between commas.
std::vector<std::string> wanted_releases(const Arguments& arguments);

/// Where `btf fetch` keeps the types of kernels and `check` finds them when nothing else is said: the directory `btf` in what tools/vm takes for its cache,
/// ${SKEP_CACHE:-${XDG_CACHE_HOME:-~/.cache}/skep}. Errors: invalid (no HOME).
Result<std::string> archive_folder();

/// What an error of needs::read_kernels() means: names that fit nothing are the command line's fault.
Status status_of_kernels(const Error& error);

}  // namespace skep::cli
