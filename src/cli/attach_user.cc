#include "cli/attach_user.h"

#include <charconv>

#include "attach/user_place.h"
#include "base/result.h"
#include "skep/uprobe.h"
#include "skep/usdt.h"

namespace skep::cli {

namespace {

Result<s32> parse_pid(const std::string& text) {
  s32 pid = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
  if (!text.empty() && (error != std::errc() || end != text.data() + text.size() || pid < 1)) {
    return fail(Errc::invalid, cat("--pid wants the number of a process, not '", text, "'"));
  }
  return pid;
}

/// "PATH:REST" of the section with what the options put in the place of either.
Result<std::string> target_text(const Program& program, const UserOptions& options) {
  const std::string& section = program.traits().section;
  const std::size_t slash = section.find('/');
  const std::string said = slash == std::string::npos ? std::string() : section.substr(slash + 1);
  const std::size_t colon = said.find(':');
  const std::string path = options.path.empty() ? said.substr(0, colon) : options.path;
  const std::string rest = !options.function.empty()    ? options.function
                           : colon == std::string::npos ? std::string()
                                                        : said.substr(colon + 1);
  if (path.empty() || rest.empty()) {
    return fail(Errc::invalid,
                cat("section ", section, " names no ",
                    path.empty() ? "file: give --path FILE" : "function: give --func FUNCTION"));
  }
  return cat(path, ":", rest);
}

}  // namespace

bool is_user_probe(const object::SectionRule& rule) {
  return rule.name.starts_with("uprobe") || rule.name.starts_with("uretprobe") ||
         rule.name.starts_with("usdt");
}

Result<Link> attach_user(const Program& program, const UserOptions& options) {
  const std::string_view section = program.traits().section;
  const bool at_return = section.starts_with("uretprobe");
  SKEP_TRY(const s32 pid, parse_pid(options.pid));
  SKEP_TRY(const std::string text, target_text(program, options));
  const std::size_t colon = text.find(':');
  if (section.starts_with("usdt")) {
    const std::size_t second = text.rfind(':');
    if (second == colon || second + 1 == text.size()) {
      return fail(Errc::invalid, cat("--func wants PROVIDER:NAME, not '", text.substr(colon + 1), "'"));
    }
    return attach_usdt(program, {.path = text.substr(0, colon),
                                 .provider = text.substr(colon + 1, second - colon - 1),
                                 .name = text.substr(second + 1),
                                 .pid = pid});
  }
  const std::string_view kind = section.substr(0, section.find('/'));
  if (kind.contains(".multi") || kind.contains(".session")) {
    return attach_uprobe_multi(program, {.path = text.substr(0, colon),
                                         .pattern = text.substr(colon + 1),
                                         .point = at_return ? UprobePoint::function_end : UprobePoint::entry,
                                         .pid = pid});
  }
  SKEP_TRY(UprobeTarget target, attach::parse_uprobe_target(text));
  target.pid = pid;
  if (at_return && target.point == UprobePoint::entry) {
    target.point = UprobePoint::function_end;
  }
  return attach_uprobe(program, target);
}

}  // namespace skep::cli
