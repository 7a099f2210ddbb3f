// Reading a whole file, with errors a person can act on.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace skep {

/// A file in memory, page-aligned and read-only: mapped for regular files, read otherwise (procfs, sysfs, pipes). Who shortens a mapped file kills the process that reads on (SIGBUS). Move-only.
class FileBytes {
 public:
  FileBytes() = default;
  FileBytes(FileBytes&& other) noexcept;
  FileBytes& operator=(FileBytes&& other) noexcept;
  ~FileBytes();

  std::span<const std::byte> span() const { return {data_, size_}; }
  std::size_t size() const { return size_; }

  /// Opens and maps or reads `path`. Errors: not_found (no such file), denied (no permission), invalid (a directory, an empty file),
  /// kernel (other).
  static Result<FileBytes> open(const std::string& path);
  /// The same of a regular file only: what else there is (a named pipe that nobody writes to, a terminal) is refused and never waited for. Of files
  /// that others than root and this user may write, those of up to 64 MiB are read, not mapped: they may be shortened at any time. Errors: as open(); invalid (no regular file).
  static Result<FileBytes> open_regular(const std::string& path);

 private:
  static Result<FileBytes> read_whole(const std::string& path, bool must_be_regular);

  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  bool mapped_ = false;
  std::vector<std::byte> owned_;
};

/// Says that a pass over all of `part`, of a mapped file or other memory, follows: its pages are mapped at once, which costs less than the faults of touching each. Does nothing
/// where the kernel cannot (before 5.14).
void map_at_once(std::span<const std::byte> part);

/// The text of a small file (procfs, sysfs, configuration). Errors: as FileBytes::open, but an empty file is an empty text.
Result<std::string> read_text(const std::string& path);

/// Replaces `path` by `bytes`. Errors: denied, kernel.
Result<void> write_file(const std::string& path, std::span<const std::byte> bytes);

}  // namespace skep
