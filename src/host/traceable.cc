#include "host/traceable.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include "base/result.h"
#include "host/tracefs.h"
#include "skep/fd.h"

namespace skep::host {
namespace {

constexpr std::string_view given_up = "__ftrace_invalid_address__";

/// Calls `take` with every line of the file, without its newline.
template <class Take>
Result<void> each_line(const std::string& path, const Fd& file, const Take& take) {
  constexpr std::size_t longest_line = 4096;
  std::array<char, std::size_t{64} << 10> piece;
  std::size_t have = 0;  // of a line that has not ended yet
  for (;;) {
    const ssize_t got = ::read(file.raw(), piece.data() + have, piece.size() - have);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return fail_errno(errno, cat(path, ": cannot be read"));
    }
    std::string_view text(piece.data(), have + static_cast<std::size_t>(got));
    std::size_t end = text.find('\n');
    for (; end != std::string_view::npos; end = text.find('\n')) {
      take(text.substr(0, end));
      text.remove_prefix(end + 1);
    }
    if (got == 0) {
      take(text);
      return {};
    }
    if (text.size() > longest_line) {
      return fail(Errc::malformed, cat(path, ": a line has more than ", longest_line, " characters"));
    }
    text.copy(piece.data(), text.size());
    have = text.size();
  }
}

Result<Fd> open_list(const std::string& path) {
  Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) {
    return fail_errno(errno, cat(path, ": cannot be opened"));
  }
  return file;
}

template <class Take>
Result<void> each_function(const std::string& root, TraceableList list, const Take& take) {
  SKEP_TRY(const std::string tracefs, find_tracefs(root));
  const bool has_addresses = list == TraceableList::addresses;
  std::string path = cat(tracefs, "/available_filter_functions", has_addresses ? "_addrs" : "");
  auto file = open_list(path);
  if (!file && has_addresses && file.error().code() == Errc::not_found) {
    path = cat(tracefs, "/available_filter_functions");
    file = open_list(path);
  }
  if (!file) {
    Error error = std::move(file).error();
    return std::unexpected(
        error.code() == Errc::not_found
            ? Error(Errc::not_found,
                    cat(error.message(), "; the list of traceable functions needs CONFIG_DYNAMIC_FTRACE"),
                    error.sys_errno())
            : std::move(error));
  }
  return each_line(path, *file, [&](std::string_view line) { take(parse_traceable_line(line)); });
}

/// Takes the first word off `text`, and the blanks around what is left.
std::string_view next_word(std::string_view& text) {
  const auto is_blank = [](char letter) { return letter == ' ' || letter == '\t'; };
  const auto end = static_cast<std::size_t>(std::ranges::find_if(text, is_blank) - text.begin());
  const std::string_view word = text.substr(0, end);
  text = end == text.size() ? std::string_view() : trim(text.substr(end));
  return word;
}

}  // namespace

TraceableLine parse_traceable_line(std::string_view line) {
  TraceableLine made;
  std::string_view rest = line;
  std::string_view word = next_word(rest);
  u64 address = 0;
  // A function may be called like a number ("f", "add"): an address is followed by a name. Most lines are a name alone.
  if (!rest.empty() && !rest.starts_with('[')) {
    const auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), address, 16);
    if (failure == std::errc{} && end == word.data() + word.size()) {
      made.address = address;
      word = next_word(rest);
    }
  }
  if (word.empty() || word.starts_with('#') || word.starts_with(given_up)) {
    return {};
  }
  made.name = word;
  if (const std::size_t dot = word.find('.'); dot != std::string_view::npos) {
    made.name = word.substr(0, word.find(".llvm.", dot));
  }
  if (const std::size_t close = rest.find(']'); rest.starts_with('[') && close != std::string_view::npos) {
    made.module = rest.substr(1, close - 1);
  }
  return made;
}

Result<std::vector<TraceableFunction>> find_traceable(const std::string& root, const Glob& pattern,
                                                      TraceableList list) {
  std::vector<TraceableFunction> found;
  SKEP_CHECK(each_function(root, list, [&](const TraceableLine& line) {
    if (!line.name.empty() && pattern.matches(line.name)) {
      found.push_back(
          {.name = std::string(line.name), .module = std::string(line.module), .address = line.address});
    }
  }));
  return found;
}

std::vector<std::string> near_traceable(const std::string& root, std::string_view name) {
  std::vector<std::string> candidates;
  const auto read = each_function(root, TraceableList::names, [&](const TraceableLine& line) {
    const bool is_near = line.name.size() + 2 >= name.size() && name.size() + 2 >= line.name.size();
    if (is_near && !line.name.empty() && !name.empty() && line.name.front() == name.front()) {
      candidates.emplace_back(line.name);
    }
  });
  return read ? nearest(name, {candidates.begin(), candidates.end()}) : std::vector<std::string>();
}

}  // namespace skep::host
