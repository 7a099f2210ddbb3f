// Targets that a section does not say, from options of the command line.
#pragma once

#include <optional>
#include <string_view>

#include "cli/arguments.h"
#include "skep/attach.h"

namespace skep::cli {

/// Attaches a program to what the options say of its kind (a network device for XDP and tc, a cgroup, ...); nothing where they say nothing of it.
/// Errors: as the attach function that does it.
Result<std::optional<Link>> attach_to_target(Object& object, const Program& program,
                                             const Arguments& arguments);

/// Whether the options say something for programs of this section.
bool has_target(std::string_view section, const Arguments& arguments);

}  // namespace skep::cli
