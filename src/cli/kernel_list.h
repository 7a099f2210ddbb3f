// Options that name kernels which are not here: --kernel LIST, --btf FILE|DIR.
#pragma once

#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/status.h"

namespace skep::cli {

/// The releases of every --kernel, each of which may hold several between commas.
std::vector<std::string> wanted_releases(const Arguments& arguments);

/// What an error of needs::read_kernels() means: names that fit nothing are the command line's fault.
Status status_of_kernels(const Error& error);

}  // namespace skep::cli
