#include "host/mangled_parts.h"

#include <algorithm>
#include <vector>

namespace skep::host {

namespace {

constexpr u64 endless = u64{1} << 40;
constexpr std::size_t most_references = 4096;
constexpr std::size_t most_reference_bytes = 10;

bool is_digit(char letter) {
  return letter >= '0' && letter <= '9';
}

/// The number that `digits` begins with, of at most 6 digits.
u64 leading_number(std::string_view digits) {
  u64 number = 0;
  for (std::size_t i = 0; i < digits.size() && i < 6 && is_digit(digits[i]); ++i) {
    number = number * 10 + static_cast<u64>(digits[i] - '0');
  }
  return number;
}

/// How many parts everything up to some place of the name has.
struct Parts {
  u64 all = 0;                 // each template parameter stands for what the template has as its argument
  u64 without_parameters = 0;  // each is one part
};

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  u64 read() {
    for (std::size_t at = 0; at < text_.size() && sum_.all < endless; ++at) {
      read_number(at);
      ++sum_.all;
      ++sum_.without_parameters;
      const std::size_t end = end_of_reference(at);
      digits_end_ = is_surely_reference(at, end) ? end : digits_end_;
      if (text_[at] == 'S' && end != 0) {
        refer_back(at, end);
      } else if (text_[at] == 'T' && end != 0) {
        sum_.all *= 2;
        has_parameters_ = true;
      }
      arguments_follow_ |= has_parameters_ && (text_[at] == 'I' || text_[at] == 'J');
    }
    return std::min(endless, repeated(parts()));
  }

 private:
  /// Digits may be the length of the name that follows. What looks like a reference in there may be one or not.
  void read_number(std::size_t at) {
    if (!is_digit(text_[at]) || at < digits_end_ || (at != 0 && is_digit(text_[at - 1]))) {
      return;
    }
    const std::size_t behind = std::min(text_.find_first_not_of("0123456789", at), text_.size());
    const u64 length = behind - at > 6 ? text_.size() : leading_number(text_.substr(at));
    name_end_ = std::max(name_end_, u64{behind} + length);
  }

  /// Behind "S_", "S1A_", "T_", "T12_" at `at`; 0 when there is none. Numbers that go on for longer than any that means something are taken for references too.
  std::size_t end_of_reference(std::size_t at) const {
    const std::string_view marks = text_[at] == 'S' ? std::string_view("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
                                   : text_[at] == 'T' ? std::string_view("0123456789")
                                                      : std::string_view();
    const std::string_view near = text_.substr(at, most_reference_bytes);
    const std::size_t end = marks.empty() ? std::string_view::npos : near.find_first_not_of(marks, 1);
    if (end == std::string_view::npos) {
      return !marks.empty() && near.size() == most_reference_bytes ? at + near.size() : 0;
    }
    return near[end] == '_' ? at + end + 1 : 0;
  }

  /// Whether the digits in it cannot be the length of a name: it does not lie in a name, and its letter does not end what names follow (the operators aS, lS and rS; DT).
  bool is_surely_reference(std::size_t at, std::size_t end) const {
    const char before = at == 0 ? '\0' : text_[at - 1];
    return end != 0 && at >= name_end_ && text_[end - 1] == '_' && before != 'a' && before != 'l' &&
           before != 'r' && before != 'D';
  }

  void refer_back(std::size_t at, std::size_t end) {
    std::size_t number = 0;
    for (std::size_t i = at + 1; i + 1 < end; ++i) {
      const char letter = text_[i];
      const auto digit = static_cast<std::size_t>(is_digit(letter) ? letter - '0' : letter - 'A' + 10);
      number = std::min(number * 36 + digit, most_references);
    }
    number = end - at == 2 ? 0 : std::min(number + 1, most_references);
    if (end <= name_end_ || text_[end - 1] != '_') {
      sum_ = {.all = 2 * sum_.all, .without_parameters = 2 * sum_.without_parameters};
      return;
    }
    // Things are numbered as they end. Thing 5 has ended where the first reference to it, or to a later one, stands: it has no more parts than all up to there.
    while (ended_.size() <= number) {
      ended_.push_back(sum_);
    }
    sum_.all += ended_[number].all;
    sum_.without_parameters += ended_[number].without_parameters;
  }

  u64 count(std::string_view mark) const {
    u64 found = 0;
    for (std::size_t at = text_.find(mark); at != std::string_view::npos; at = text_.find(mark, at + 1)) {
      ++found;
    }
    return found;
  }

  /// Arguments that stand behind a parameter, or in functions within functions, can be meant by any parameter: each may have as many parts as all.
  u64 parts() const {
    const u64 functions = count("Z");
    if (!has_parameters_ || (functions == 0 && !arguments_follow_)) {
      return sum_.all;
    }
    u64 product = sum_.without_parameters;
    for (u64 i = 0; i < functions + 1 && product < endless; ++i) {
      product *= std::min(sum_.without_parameters, endless >> 20);
    }
    return product;
  }

  /// Parameter packs are written out once for each of their arguments, also within each other; what converts to a type is read twice.
  u64 repeated(u64 parts) const {
    const u64 packs = has_parameters_ ? count("Dp") + count("sp") + count("sZ") : 0;
    for (u64 i = 0; i < packs && parts < endless; ++i) {
      parts *= text_.size();
    }
    for (u64 i = 0; i < count("cv") && parts < endless; ++i) {
      parts *= 4;
    }
    return parts;
  }

  std::string_view text_;
  u64 name_end_ = 0;            // before here may be a name
  std::size_t digits_end_ = 0;  // before here digits are no length
  Parts sum_;
  std::vector<Parts> ended_;  // by their numbers
  bool has_parameters_ = false;
  bool arguments_follow_ = false;
};

}  // namespace

u64 most_parts(std::string_view mangled) {
  return Reader(mangled.substr(std::min<std::size_t>(mangled.size(), 2))).read();
}

}  // namespace skep::host
