// Looking for one name in a string table, which may have many megabytes: whoever asks for one function reads all of it once.
#pragma once

#include <string_view>
#include <vector>

#include "skep/types.h"

namespace skep::elf {

/// Where in `strings` the name `name` begins and ends with its NUL; the ends of longer names, which tables share, among them. `name` is not empty and has no NUL; `strings` have at
/// most 4 GiB. Time grows with the table, whatever is in it.
std::vector<u32> find_terminated(std::string_view strings, std::string_view name);

}  // namespace skep::elf
