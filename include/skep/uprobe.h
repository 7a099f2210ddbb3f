// Uprobes: programs that run when a user process comes to a place in its code, or leaves a function. Functions are found by .dynsym, .symtab, .gnu_debugdata, debug files
// (by build id and .gnu_debuglink), Go's own table, and C++ names as people write them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "skep/attach.h"
#include "skep/kprobe.h"

namespace skep {

/// When the program runs.
enum class UprobePoint : u8 {
  entry,         ///< at the place itself
  function_end,  ///< when the function returns: the kernel replaces its return address. Refused for Go, whose runtime moves stacks and would stop the process
  return_insns,  ///< at each of the function's return instructions, found by reading its code (x86-64, arm64): safe for Go
};

/// One place in a program or library.
struct UprobeTarget {
  std::string
      path;  ///< "/usr/bin/bash"; "bash" and "libc.so.6" are looked for as a shell and the dynamic loader do; "base.apk!/lib/x86_64/libx.so" is a library in an archive
  std::string
      function;    ///< "readline", "f@VERSION", "ns::Type::run"; empty: `offset` is an offset in the file
  u64 offset = 0;  ///< bytes behind the function's begin
  UprobePoint point = UprobePoint::entry;
  s32 pid = -1;    ///< this process alone; 0: the caller's; -1: all, also those that start later
  u64 cookie = 0;  ///< what bpf_get_attach_cookie() answers; since Linux 5.15
  u64 semaphore_offset =
      0;  ///< the file offset of a counter (u16) that is 1 higher while the probe is there; 0: none; since Linux 4.20
  ProbeMethod method = ProbeMethod::automatic;
};

/// Attaches a program of section uprobe, uretprobe, or their sleepable forms. Errors: not_found (no such file or function; with the nearest names and where was looked), invalid (several
/// functions have this name; not a program or library), unsupported (a return probe on Go; what this kernel lacks), denied, kernel. Since Linux 4.1 (tracefs), 4.17.
Result<Link> attach_uprobe(const Program& program, const UprobeTarget& target,
                           const AttachOptions& options = {});

/// Many places of one file, by one link. Either `pattern`, or `functions`, or `offsets`.
struct UprobeMultiTarget {
  std::string path;                    ///< as in UprobeTarget
  std::string pattern;                 ///< "malloc*": * and ? as in file names
  std::vector<std::string> functions;  ///< or these
  std::vector<u64> offsets;            ///< or these offsets in the file
  std::vector<u64> semaphore_offsets;  ///< empty, or one for each place (not with `pattern`)
  std::vector<u64> cookies;            ///< empty, or one for each place (not with `pattern`)
  UprobePoint point = UprobePoint::
      entry;     ///< entry or function_end; programs of uprobe.session run at both, whatever stands here
  s32 pid = -1;  ///< as in UprobeTarget
};

/// Attaches a program of section uprobe.multi, uretprobe.multi, uprobe.session, or their sleepable forms. Errors: as attach_uprobe(). Since Linux 6.6, sessions since 6.13.
Result<Link> attach_uprobe_multi(const Program& program, const UprobeMultiTarget& target,
                                 const AttachOptions& options = {});

/// A function in a program or library.
struct UserFunction {
  std::string name;    ///< as the file has it (C++: mangled)
  u64 offset = 0;      ///< in the file
  u64 size = 0;        ///< in bytes; 0: not told
  std::string source;  ///< ".dynsym", ".symtab", ".gnu_debugdata", "debug file", ".gopclntab"
};

/// The functions of `path` (as in UprobeTarget) that `pattern` fits, by offset. Errors: not_found, malformed, truncated, denied, unsupported.
Result<std::vector<UserFunction>> list_functions(const std::string& path, std::string_view pattern = "*");

/// Opens `path` (as in UprobeTarget), or finds it open, and keeps it so as long as somebody holds the result. A link to a place in a file does the same, so this is for programs that look for
/// one function after another without being attached yet, and do not want to read the file each time. A file that is held stays mapped, and must not be shortened: who looks
/// into it then is killed by SIGBUS. (Files of up to 64 MiB that others than root and this user may write are copied instead.) Errors: as list_functions(), but for not_found: no such file.
Result<std::shared_ptr<const void>> hold_user_file(const std::string& path);

}  // namespace skep
