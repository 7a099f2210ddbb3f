#include "attach/mappings.h"

#include <sys/stat.h>

#include <charconv>
#include <filesystem>

#include "base/file.h"
#include "base/text.h"

namespace skep::attach {
namespace {

/// The next word of `line`, which is taken off.
std::string_view take_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  const std::string_view word = line.substr(0, line.find(' '));
  line.remove_prefix(word.size());
  return word;
}

u64 number(std::string_view text, int base) {
  u64 value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, base);
  return value;
}

/// "7f00-7f80 r-xp 00001000 fd:01 1234  /usr/lib/x.so": of the file with this inode number and name. The device is not compared: btrfs and overlayfs tell another one here.
void take_line(std::string_view line, u64 inode, std::string_view name, s32 pid,
               std::vector<Mapping>& found) {
  const std::string_view range = take_word(line);
  const std::string_view rights = take_word(line);
  const u64 offset = number(take_word(line), 16);
  take_word(line);
  const u64 have = number(take_word(line), 10);
  const std::string_view path = trim(line);
  const std::size_t dash = range.find('-');
  if (have != inode || !rights.contains('x') || dash == std::string_view::npos ||
      path.substr(path.rfind('/') + 1) != name) {
    return;
  }
  const u64 begin = number(range.substr(0, dash), 16);
  const u64 end = number(range.substr(dash + 1), 16);
  found.push_back({.pid = pid, .address = begin, .bytes = end - begin, .offset = offset});
}

void take_process(const std::string& root, s32 pid, u64 inode, std::string_view name,
                  std::vector<Mapping>& found) {
  const auto text = read_text(cat(root, "/proc/", pid, "/maps"));
  if (text) {
    for (const std::string_view line : split(*text, '\n')) {
      take_line(line, inode, name, pid, found);
    }
  }
}

}  // namespace

Result<std::vector<Mapping>> find_mappings(const std::string& root, const std::string& path, s32 pid) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) {
    return fail_errno(errno, cat(path, ": cannot be found"));
  }
  std::error_code problem;
  const std::string name = std::filesystem::canonical(path, problem).filename().string();
  std::vector<Mapping> found;
  if (pid >= 0) {
    take_process(root, pid, status.st_ino, name, found);
    return found;
  }
  std::filesystem::directory_iterator at(cat(root, "/proc"), problem);
  for (; !problem && at != std::filesystem::directory_iterator(); at.increment(problem)) {
    const std::string entry = at->path().filename().string();
    s32 other = 0;
    const auto [end, error] = std::from_chars(entry.data(), entry.data() + entry.size(), other);
    if (error == std::errc() && end == entry.data() + entry.size()) {
      take_process(root, other, status.st_ino, name, found);
    }
  }
  if (problem) {
    return fail_errno(problem.value(), cat(root, "/proc: cannot be listed"));
  }
  return found;
}

}  // namespace skep::attach
