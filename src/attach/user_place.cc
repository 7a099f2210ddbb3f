#include "attach/user_place.h"

#include <unistd.h>

#include <charconv>

#include "base/result.h"
#include "host/binary_path.h"

namespace skep::attach {
namespace {

constexpr std::string_view go_reason =
    " is a Go program: its runtime moves stacks and stops the process when it finds a return address that a "
    "return probe has replaced. Probe its return "
    "instructions instead: UprobePoint::return_insns, or \"+returns\" behind the function in the section";

std::optional<u64> parse_offset(std::string_view text) {
  const bool is_hex = text.starts_with("0x") || text.starts_with("0X");
  text.remove_prefix(is_hex ? 2 : 0);
  u64 number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, is_hex ? 16 : 10);
  return error == std::errc() && end == text.data() + text.size() && !text.empty() ? std::optional(number)
                                                                                   : std::nullopt;
}

bool begins_with_digit(std::string_view text) {
  return !text.empty() && text.front() >= '0' && text.front() <= '9';
}

Result<void> refuse_go_returns(const host::Executable& file, std::string_view function) {
  if (file.is_go()) {
    return fail(Errc::unsupported, cat("return probe on ", function, ": ", file.path(), go_reason));
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<const host::Executable>> open_user_file(const std::string& path) {
  SKEP_TRY(const std::string found, host::find_binary(path));
  return host::Executable::open(found);
}

s32 resolve_pid(s32 pid) {
  return pid == 0 ? getpid() : pid < 0 ? -1 : pid;
}

Result<UserPlaces> find_place(const UprobeTarget& target) {
  UserPlaces places;
  const std::string more = target.offset == 0 ? std::string() : cat("+", hex(target.offset));
  SKEP_TRY(places.file, open_user_file(target.path));
  places.file_path = places.file->file();
  if (target.function.empty()) {
    if (target.point == UprobePoint::return_insns) {
      return fail(Errc::invalid, "return instructions are found in a function: name one");
    }
    places.text = cat(places.file->path(), ":", hex(target.offset));
    if (target.point == UprobePoint::function_end) {
      SKEP_CHECK(refuse_go_returns(*places.file, hex(target.offset)));
    }
    places.offsets.push_back(target.offset + places.file->offset_in_file());
    return places;
  }
  SKEP_TRY(const host::Function function, places.file->find_function(target.function));
  places.text = cat(places.file->path(), ":", target.function, more);
  if (target.point == UprobePoint::entry) {
    places.offsets.push_back(function.offset + target.offset);
    return places;
  }
  if (target.offset != 0) {
    return fail(Errc::invalid, cat(target.function, more,
                                   ": a function returns as a whole; want no offset for a return probe"));
  }
  if (target.point == UprobePoint::function_end) {
    SKEP_CHECK(refuse_go_returns(*places.file, target.function));
    places.offsets.push_back(function.offset);
    return places;
  }
  SKEP_TRY(places.offsets, places.file->return_offsets(function));
  places.text += "+returns";
  if (places.offsets.empty()) {
    return fail(Errc::not_found, cat(places.text, ": the function has no return instruction"));
  }
  return places;
}

Result<UserPlaces> find_places(const UprobeMultiTarget& target) {
  UserPlaces places;
  SKEP_TRY(places.file, open_user_file(target.path));
  places.file_path = places.file->file();
  const u64 ways = (target.pattern.empty() ? 0U : 1U) + (target.functions.empty() ? 0U : 1U) +
                   (target.offsets.empty() ? 0U : 1U);
  if (ways != 1) {
    return fail(Errc::invalid,
                cat(target.path, ": want a pattern, or functions, or offsets; have ", ways, " of these"));
  }
  if (!target.pattern.empty()) {
    SKEP_TRY(const auto functions, places.file->match_functions(target.pattern));
    for (const host::Function& function : functions) {
      places.offsets.push_back(function.offset);
    }
    places.text = cat(places.file->path(), ":", target.pattern);
  }
  for (const std::string& name : target.functions) {
    SKEP_TRY(const host::Function function, places.file->find_function(name));
    places.offsets.push_back(function.offset);
  }
  for (const u64 offset : target.offsets) {
    places.offsets.push_back(offset + places.file->offset_in_file());
  }
  if (places.text.empty()) {
    places.text = cat(places.file->path(), ", ", places.offsets.size(),
                      places.offsets.size() == 1 ? " place" : " places");
  }
  if (target.point == UprobePoint::function_end) {
    SKEP_CHECK(refuse_go_returns(*places.file, places.text));
  }
  return places;
}

Result<UprobeTarget> parse_uprobe_target(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size()) {
    return fail(Errc::invalid,
                cat("want PATH:FUNCTION, PATH:FUNCTION+OFFSET or PATH:OFFSET, have '", text, "'"));
  }
  UprobeTarget target{.path = std::string(text.substr(0, colon))};
  std::string_view place = text.substr(colon + 1);
  if (begins_with_digit(place)) {
    const auto offset = parse_offset(place);
    if (!offset) {
      return fail(Errc::invalid, cat("want an offset in the file, have '", place, "'"));
    }
    target.offset = *offset;
    return target;
  }
  if (const std::size_t plus = place.rfind('+'); plus != std::string_view::npos && plus != 0) {
    const std::string_view behind = place.substr(plus + 1);
    const auto offset = parse_offset(behind);
    if (behind == "returns") {
      target.point = UprobePoint::return_insns;
    } else if (offset) {
      target.offset = *offset;
    } else if (begins_with_digit(behind)) {
      return fail(Errc::invalid, cat("want a number or 'returns' behind the +, have '", behind, "'"));
    }
    place = offset || behind == "returns" ? place.substr(0, plus) : place;  // else "operator+" and its like
  }
  target.function = place;
  return target;
}

}  // namespace skep::attach
