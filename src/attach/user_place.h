// From what a user calls a place in a program or library to a file and offsets in it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/executable.h"
#include "skep/uprobe.h"

namespace skep::attach {

/// The file that `path` means, open. Errors: not_found, and as host::Executable::open().
Result<std::shared_ptr<const host::Executable>> open_user_file(const std::string& path);

/// Places in one file.
struct UserPlaces {
  std::shared_ptr<const host::Executable>
      file;                  ///< null for offsets in a file that nobody needs to understand
  std::string file_path;     ///< what the kernel is told
  std::vector<u64> offsets;  ///< in that file
  std::string text;          ///< "/usr/bin/bash:readline+0x10"
};

/// Where `target` is: one offset, or for return instructions several. Errors: as attach_uprobe().
Result<UserPlaces> find_place(const UprobeTarget& target);
/// The same for many. Errors: as attach_uprobe_multi().
Result<UserPlaces> find_places(const UprobeMultiTarget& target);

/// "uprobe/PATH:FUNCTION+OFFSET", "PATH:0x1234", "PATH:FUNCTION+returns": the parts of a section's target. Errors: invalid.
Result<UprobeTarget> parse_uprobe_target(std::string_view text);

/// -1 for all, the caller's own for 0.
s32 resolve_pid(s32 pid);

}  // namespace skep::attach
