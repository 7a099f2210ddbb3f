// From the name of a program or library to its file, as a shell and the dynamic loader would find it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace skep::host {

/// Where to look. The environment is read when it is left out.
struct BinarySearch {
  std::vector<std::string> program_directories;
  std::vector<std::string> library_directories;

  /// PATH, LD_LIBRARY_PATH, and the directories that programs and libraries are in on every system (with Debian's by architecture).
  static BinarySearch of_environment();
};

/// True for what is named as a shared library is: "libc.so.6".
bool is_library_name(std::string_view name);

/// The file that `name` means: itself when it has a slash; a library or else a program by search. Behind "!/" may stand the name of a file in an archive, which stays.
/// Errors: not_found, which tells where it was looked for.
Result<std::string> find_binary(std::string_view name, const BinarySearch& search);
/// The same with BinarySearch::of_environment().
Result<std::string> find_binary(std::string_view name);

}  // namespace skep::host
