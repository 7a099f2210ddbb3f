// `skep attach` for uprobe and USDT programs.
#pragma once

#include <string>

#include "object/section_rules.h"
#include "skep/attach.h"

namespace skep::cli {

/// What the options say; empty: nothing, and the section's word counts.
struct UserOptions {
  std::string path;      ///< --path
  std::string function;  ///< --func: a function (with +OFFSET or +returns), a pattern, or PROVIDER:NAME
  std::string pid;       ///< --pid
};

/// For sections uprobe, uretprobe, their multi forms, and usdt.
bool is_user_probe(const object::SectionRule& rule);

/// Attaches `program` to what its section says, but for what the options say. Errors: invalid, and as attach_uprobe(), attach_uprobe_multi() and attach_usdt().
Result<Link> attach_user(const Program& program, const UserOptions& options);

}  // namespace skep::cli
