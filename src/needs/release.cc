#include <charconv>

#include "base/text.h"
#include "skep/needs.h"

namespace skep::needs {

std::optional<Release> parse_release(std::string_view text) {
  Release release;
  const char* const end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, release.version);
  if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '.' || release.version == 0) {
    return std::nullopt;
  }
  if (std::from_chars(first.ptr + 1, end, release.patchlevel).ec != std::errc{}) {
    return std::nullopt;
  }
  return release;
}

std::string to_text(Release release) {
  return release.is_known() ? cat(release.version, ".", release.patchlevel) : "unknown";
}

std::string_view name_of(NeedKind kind) {
  switch (kind) {
    case NeedKind::program_type: return "program_type";
    case NeedKind::attach_type: return "attach_type";
    case NeedKind::program_flag: return "program_flag";
    case NeedKind::map_type: return "map_type";
    case NeedKind::map_flag: return "map_flag";
    case NeedKind::map_field: return "map_field";
    case NeedKind::helper: return "helper";
    case NeedKind::kernel_function: return "kernel_function";
    case NeedKind::kernel_variable: return "kernel_variable";
    case NeedKind::instruction: return "instruction";
    case NeedKind::feature: return "feature";
  }
  std::unreachable();
}

}  // namespace skep::needs
