#include "base/text.h"

#include <algorithm>
#include <numeric>

namespace skep {

namespace text_detail {

std::string join(std::initializer_list<std::string_view> pieces) {
  std::size_t bytes = 0;
  for (const std::string_view piece : pieces) {
    bytes += piece.size();
  }
  std::string whole;
  whole.reserve(bytes);
  for (const std::string_view piece : pieces) {
    whole.append(piece);
  }
  return whole;
}

}  // namespace text_detail

std::string hex(u64 number) {
  std::array<char, 18> digits{'0', 'x'};
  const auto end = std::to_chars(digits.data() + 2, digits.data() + digits.size(), number, 16).ptr;
  return {digits.data(), end};
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string whole;
  for (const std::string& part : parts) {
    if (!whole.empty()) {
      whole.append(separator);
    }
    whole.append(part);
  }
  return whole;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> fields;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    fields.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return fields;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view white = " \t\r\n\v\f";
  const std::size_t first = text.find_first_not_of(white);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(white) - first + 1);
}

std::string_view until_nul(std::string_view text) {
  return text.substr(0, std::min(text.find('\0'), text.size()));
}

namespace {

/// Letters to insert, remove, replace, or swap with their neighbour.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
    before_last.swap(last);
    last.swap(row);
  }
  return last.back();
}

}  // namespace

std::vector<std::string> nearest(std::string_view wanted, const std::vector<std::string_view>& names,
                                 std::size_t most) {
  constexpr std::size_t longest = 128;  // distance costs length squared; no name of ours is longer
  if (wanted.size() > longest) {
    return {};
  }
  std::vector<std::pair<std::size_t, std::string_view>> ranked;
  for (const std::string_view name : names) {
    const bool contains = wanted.size() >= 3 && name.find(wanted) != std::string_view::npos;
    const std::size_t distance = name.size() > longest ? longest : edit_distance(wanted, name);
    const bool is_another = distance >= std::max(wanted.size(), name.size());  // no letter in common
    if (contains || (!is_another && distance <= std::max<std::size_t>(1, wanted.size() / 3))) {
      ranked.emplace_back(distance, name);
    }
  }
  std::sort(ranked.begin(), ranked.end());  // by distance, then by name
  std::vector<std::string> best;
  for (std::size_t i = 0; i < std::min(most, ranked.size()); ++i) {
    best.emplace_back(ranked[i].second);
  }
  return best;
}

}  // namespace skep
