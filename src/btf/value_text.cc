#include <charconv>

#include "btf/value.h"

namespace skep::btf {

namespace {

/// A C string literal; whatever is not printable ASCII is an octal escape, which ends after three digits whatever follows.
std::string quoted(std::string_view text) {
  std::string literal = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      literal.append(1, '\\').append(1, c);
    } else if (c == '\n') {
      literal.append("\\n");
    } else if (c == '\t') {
      literal.append("\\t");
    } else if (byte >= 0x20 && byte < 0x7f) {
      literal.push_back(c);
    } else {
      literal.push_back('\\');
      literal.push_back(static_cast<char>('0' + (byte >> 6)));
      literal.push_back(static_cast<char>('0' + (byte >> 3 & 7)));
      literal.push_back(static_cast<char>('0' + (byte & 7)));
    }
  }
  return literal.append("\"");
}

/// The shortest text that reads back as the same number.
std::string text_of(double number) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  return {digits.data(), end};
}

struct Printer {
  std::string& out;
  u32 most_elements;

  void operator()(s64 number) { out.append(cat(number)); }
  void operator()(u64 number) { out.append(cat(number)); }
  void operator()(bool truth) { out.append(truth ? "true" : "false"); }
  void operator()(double number) { out.append(text_of(number)); }
  void operator()(const std::string& text) { out.append(quoted(text)); }
  void operator()(const Word& word) { out.append(word.text); }
  void operator()(const Value::List& list) {
    out.append("{");
    for (std::size_t i = 0; i < list.size(); ++i) {
      out.append(i == 0 ? "" : ", ");
      if (i >= most_elements) {
        out.append("...");
        break;
      }
      std::visit(*this, list[i].data);
    }
    out.append("}");
  }
  void operator()(const Value::Fields& fields) {
    out.append("{");
    std::string_view separator;
    for (const Field& field : fields) {
      out.append(separator).append(".").append(field.name).append(" = ");
      std::visit(*this, field.value.data);
      separator = ", ";
    }
    out.append("}");
  }
};

}  // namespace

std::string to_text(const Value& value, u32 most_elements) {
  std::string out;
  std::visit(Printer{out, most_elements}, value.data);
  return out;
}

}  // namespace skep::btf
