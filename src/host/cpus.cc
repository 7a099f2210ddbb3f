#include "host/cpus.h"

#include <charconv>
#include <optional>

#include "base/file.h"
#include "base/result.h"

namespace skep::host {
namespace {

constexpr u32 most_cpus = 1U << 20;

std::optional<u32> whole_number(std::string_view text) {
  u32 number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc{} || end != text.data() + text.size() || number >= most_cpus) {
    return std::nullopt;
  }
  return number;
}

/// Calls `take` with the first and last number of every range.
template <class Take>
Result<void> each_range(std::string_view text, const Take& take) {
  const std::string_view list = trim(until_nul(text));
  u32 next = 0;  // the smallest number that may still come
  for (const std::string_view piece : split(list, ',')) {
    const std::size_t dash = piece.find('-');
    const auto first = whole_number(piece.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : whole_number(piece.substr(dash + 1));
    if (!first || !last || *last < *first || *first < next) {
      return fail(Errc::malformed,
                  cat("want a list of CPUs such as '0-3,5', have '", list.substr(0, 80), "'"));
    }
    take(*first, *last);
    next = *last + 1;
  }
  if (next == 0) {
    return fail(Errc::malformed, "want a list of CPUs such as '0-3,5', have an empty text");
  }
  return {};
}

}  // namespace

Result<u32> parse_cpu_list(std::string_view text) {
  u32 count = 0;
  SKEP_CHECK(each_range(text, [&](u32 first, u32 last) { count += last - first + 1; }));
  return count;
}

Result<std::vector<u32>> parse_cpu_numbers(std::string_view text) {
  std::vector<u32> numbers;
  SKEP_CHECK(each_range(text, [&](u32 first, u32 last) {
    for (u32 cpu = first; cpu <= last; ++cpu) {
      numbers.push_back(cpu);
    }
  }));
  return numbers;
}

Result<u32> read_possible_cpus(const std::string& root) {
  const std::string path = cat(root, "/sys/devices/system/cpu/possible");
  SKEP_TRY(const std::string text, read_text(path));
  SKEP_TRY_IN(path, const u32 count, parse_cpu_list(text));
  return count;
}

Result<std::vector<u32>> read_online_cpus(const std::string& root) {
  const std::string path = cat(root, "/sys/devices/system/cpu/online");
  SKEP_TRY(const std::string text, read_text(path));
  SKEP_TRY_IN(path, auto numbers, parse_cpu_numbers(text));
  return numbers;
}

}  // namespace skep::host
