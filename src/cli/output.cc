#include "cli/output.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "base/text.h"
#include "cli/visible.h"

namespace skep::cli {

namespace {

constexpr std::string_view code_of(Style style) {
  switch (style) {
    case Style::plain: return {};
    case Style::title: return "\x1b[1m";
    case Style::name: return "\x1b[36m";
    case Style::type: return "\x1b[33m";
    case Style::number: return "\x1b[35m";
    case Style::comment: return "\x1b[2m";
    case Style::good: return "\x1b[32m";
    case Style::bad: return "\x1b[1;31m";
  }
  return {};
}

/// So much is collected before it is written out.
constexpr std::size_t enough = std::size_t{1} << 16;
constexpr std::string_view end_code = "\x1b[0m";

/// Whether paint() writes this code.
bool is_own_code(std::string_view code) {
  constexpr auto last = static_cast<u8>(Style::bad);
  for (u8 style = 0; style <= last; ++style) {
    if (code == code_of(static_cast<Style>(style))) {
      return true;
    }
  }
  return code == end_code;
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written <= 0) {
      return false;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

std::string Output::paint(Style style, std::string_view text) const {
  const std::string_view code = code_of(style);
  return colour_ == Colour::off || code.empty() || text.empty() ? std::string(text)
                                                                : cat(code, text, end_code);
}

void Output::write(std::string_view text) {
  buffer_ += visible(text, {.is_code = colour_ == Colour::on ? is_own_code : nullptr});
  if (buffer_.size() >= enough) {
    flush();
  }
}

void Output::line(std::string_view text) {
  write(text);
  write("\n");
}

void Output::heading(std::string_view text) {
  line(paint(Style::title, text));
}

void Output::json(const Json& document) {
  json_line(document);
  flush();
}

void Output::json_line(const Json& document) {
  buffer_ += cat(document.text(), "\n");  // which escapes by its own rules
  if (buffer_.size() >= enough) {
    flush();
  }
}

void Output::complain(std::string_view message) {
  flush();
  write_all(STDERR_FILENO, cat("skep: error: ", visible(message), "\n"));
}

void Output::remark(std::string_view message) {
  flush();
  write_all(STDERR_FILENO, cat("skep: ", visible(message), "\n"));
}

void Output::flush() {
  if (!write_all(STDOUT_FILENO, buffer_)) {
    if (errno == EPIPE) {
      reader_is_gone_ = true;
    } else if (lost_ == 0) {
      lost_ = errno;
    }
  }
  buffer_.clear();
}

Output::Colour colour_of_stdout() {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  const bool refused = (no_colour != nullptr && *no_colour != '\0') || terminal == nullptr ||
                       std::string_view(terminal) == "dumb";
  return !refused && isatty(STDOUT_FILENO) == 1 ? Output::Colour::on : Output::Colour::off;
}

}  // namespace skep::cli
