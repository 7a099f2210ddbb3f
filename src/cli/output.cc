#include "cli/output.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <climits>
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

/// Whether `fd` takes something within this time; negative: however long it takes.
bool takes_some(int fd, std::chrono::milliseconds within) {
  pollfd wanted{.fd = fd, .events = POLLOUT, .revents = 0};
  return ::poll(&wanted, 1, static_cast<int>(within.count())) > 0;
}

/// Writes some of `text` and takes it away from there. False, with errno: it cannot be written.
bool write_some(int fd, std::string_view& text, std::size_t most) {
  const ssize_t written = ::write(fd, text.data(), std::min(text.size(), most));
  if (written < 0 && errno == EAGAIN) {  // somebody else who has it open made it so
    takes_some(fd, std::chrono::milliseconds(-1));
    return true;
  }
  if (written <= 0) {
    return written < 0 && errno == EINTR;
  }
  text.remove_prefix(static_cast<std::size_t>(written));
  return true;
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    if (!write_some(fd, text, text.size())) {
      return false;
    }
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

void Output::wait_until(std::function<bool()> is_over) {
  is_over_ = std::move(is_over);
}

bool Output::has_room() const {
  constexpr std::chrono::milliseconds look_every{100};
  constexpr std::chrono::milliseconds grace{500};
  std::chrono::milliseconds left = grace;
  while (!takes_some(STDOUT_FILENO, look_every)) {
    if (is_over_() && (left -= look_every).count() <= 0) {
      return false;
    }
  }
  return true;
}

bool Output::write_out(std::string_view text) {
  if (!is_over_) {
    return write_all(STDOUT_FILENO, text);
  }
  while (!text.empty() && !reader_is_gone_) {
    if (!has_room()) {
      reader_is_gone_ = true;
      write_all(STDERR_FILENO, "skep: nobody reads standard output; what is left is not shown\n");
    } else if (!write_some(STDOUT_FILENO, text, PIPE_BUF)) {  // as much as does not wait again
      return false;
    }
  }
  return true;
}

void Output::flush() {
  if (!reader_is_gone_ && !write_out(buffer_)) {
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
