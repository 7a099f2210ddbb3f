#include "cli/series.h"

#include <algorithm>

#include "base/result.h"
#include "base/text.h"

namespace skep::cli {

namespace {

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 4 &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_series(std::string_view text) {
  const std::size_t dot = text.find('.');
  return dot != std::string_view::npos && is_number(text.substr(0, dot)) && is_number(text.substr(dot + 1));
}

}  // namespace

Result<std::vector<std::string>> parse_series(std::string_view list) {
  std::vector<std::string> series;
  while (true) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const std::string_view one = trim(list.substr(0, comma));
    if (!is_series(one)) {
      return fail(Errc::invalid, cat("want kernel series such as 5.10,6.1, have '", one, "'"));
    }
    if (std::ranges::find(series, one) == series.end()) {
      series.emplace_back(one);
    }
    if (comma == list.size()) {
      return series;
    }
    list.remove_prefix(comma + 1);
  }
}

}  // namespace skep::cli
