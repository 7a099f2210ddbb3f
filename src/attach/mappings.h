// Where processes have mapped a file: on kernels without BPF cookies the address of a probe is all that a program can tell it by.
#pragma once

#include <string>
#include <vector>

#include "skep/error.h"
#include "skep/types.h"

namespace skep::attach {

/// One executable part of a file in a process.
struct Mapping {
  s32 pid = 0;
  u64 address = 0;
  u64 bytes = 0;
  u64 offset = 0;  ///< in the file
};

/// The executable mappings of the file at `path` in process `pid`, or in all (-1) that can be looked into; procfs is under `root`. Errors: not_found (no such file or process), denied.
Result<std::vector<Mapping>> find_mappings(const std::string& root, const std::string& path, s32 pid);

}  // namespace skep::attach
