// Which options of the kernel's configuration each kind of program, map and helper depends on. Private to this layer.
#pragma once

#include <string>
#include <vector>

#include "skep/needs.h"

namespace skep::needs {

/// The options for a program's type and attach type.
std::vector<std::string_view> config_of(const ProgramSpec& program);
/// For a map's type; empty for most.
std::vector<std::string_view> config_of(bpf_map_type type);
/// For a helper; empty for most.
std::vector<std::string_view> config_of_helper(u32 id);

/// Adds `name` to `names` unless it is there.
void add_once(std::vector<std::string>& names, std::string_view name);

}  // namespace skep::needs
