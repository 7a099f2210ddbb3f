#include "base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <utility>

#include "skep/fd.h"

namespace skep {

FileBytes::FileBytes(FileBytes&& other) noexcept {
  *this = std::move(other);
}

FileBytes& FileBytes::operator=(FileBytes&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(mapped_, other.mapped_);
  std::swap(owned_, other.owned_);
  return *this;
}

FileBytes::~FileBytes() {
  if (mapped_) {
    ::munmap(const_cast<std::byte*>(data_), size_);
  }
}

namespace {

Result<Fd> open_for_reading(const std::string& path, int more_flags = 0) {
  Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | more_flags));
  if (!file) {
    const int cause = errno;
    return fail_errno(cause, cat(path, ": cannot be opened"));
  }
  return file;
}

/// What is left of `file`, into a container of bytes. By way of the stack: of that only the pages that are read into cost anything, while the
/// kernel gives most of its small files a page or less at a time.
template <class Bytes>
Result<Bytes> read_all(const Fd& file, const std::string& path) {
  Bytes bytes;
  constexpr std::size_t step = 64 * 1024;
  constexpr std::size_t most = std::size_t{256} << 20;  // /dev/zero does not end
  std::array<typename Bytes::value_type, step> piece;
  for (;;) {
    const ssize_t got = ::read(file.raw(), piece.data(), step);
    if (got == 0) {
      return bytes;
    }
    if (got < 0 && errno != EINTR) {
      return fail_errno(errno, cat(path, ": cannot be read"));
    }
    bytes.insert(bytes.end(), piece.begin(), piece.begin() + std::max<ssize_t>(got, 0));
    if (bytes.size() > most) {
      return fail(Errc::invalid, cat(path, ": has more than ", most, " bytes and cannot be mapped"));
    }
  }
}

/// Whether nobody but root and this process's user can shorten the file while it is mapped: whoever touches what is gone is killed (SIGBUS).
bool is_trusted(const struct stat& facts) {
  const bool others = (facts.st_mode & S_IWOTH) != 0 ||
                      ((facts.st_mode & S_IWGRP) != 0 && facts.st_gid != 0 && facts.st_gid != ::getegid());
  return (facts.st_uid == 0 || facts.st_uid == ::geteuid()) && !others;
}

constexpr s64 most_copied = s64{64} << 20;

}  // namespace

Result<FileBytes> FileBytes::open(const std::string& path) {
  return read_whole(path, false);
}

Result<FileBytes> FileBytes::open_regular(const std::string& path) {
  return read_whole(path, true);
}

Result<FileBytes> FileBytes::read_whole(const std::string& path, bool must_be_regular) {
  // Opening a named pipe waits for a writer; without blocking its kind can be looked at first.
  SKEP_TRY(const Fd file, open_for_reading(path, must_be_regular ? O_NONBLOCK | O_NOCTTY : 0));
  struct stat facts{};
  if (::fstat(file.raw(), &facts) != 0) {
    return fail_errno(errno, cat(path, ": cannot be looked at"));
  }
  if (S_ISDIR(facts.st_mode)) {
    return fail(Errc::invalid, cat(path, ": is a directory; want a file"));
  }
  if (must_be_regular && !S_ISREG(facts.st_mode)) {
    return fail(Errc::invalid, cat(path, ": is no regular file"));
  }
  FileBytes whole;
  const bool is_copied = must_be_regular && facts.st_size <= most_copied && !is_trusted(facts);
  if (S_ISREG(facts.st_mode) && facts.st_size > 0 && !is_copied) {
    void* at =
        ::mmap(nullptr, static_cast<std::size_t>(facts.st_size), PROT_READ, MAP_PRIVATE, file.raw(), 0);
    if (at != MAP_FAILED) {
      whole.data_ = static_cast<const std::byte*>(at);
      whole.size_ = static_cast<std::size_t>(facts.st_size);
      whole.mapped_ = true;
      return whole;
    }
  }
  SKEP_TRY(whole.owned_, read_all<std::vector<std::byte>>(file, path));
  if (whole.owned_.empty()) {
    return fail(Errc::invalid, cat(path, ": is empty"));
  }
  whole.data_ = whole.owned_.data();
  whole.size_ = whole.owned_.size();
  return whole;
}

void map_at_once(std::span<const std::byte> part) {
  constexpr int populate_read = 22;  // MADV_POPULATE_READ, which older headers lack
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<std::uintptr_t>(part.data());
  const std::uintptr_t before = begin % page;
  // A refusal is no loss: the pages are mapped when they are touched.
  static_cast<void>(::madvise(reinterpret_cast<void*>(begin - before), part.size() + before, populate_read));
}

Result<std::string> read_text(const std::string& path) {
  SKEP_TRY(const Fd file, open_for_reading(path));
  return read_all<std::string>(file, path);
}

Result<void> write_file(const std::string& path, std::span<const std::byte> bytes) {
  Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!file) {
    return fail_errno(errno, cat("create ", path));
  }
  while (!bytes.empty()) {
    const ssize_t put = ::write(file.raw(), bytes.data(), bytes.size());
    if (put < 0 && errno != EINTR) {
      return fail_errno(errno, cat("write ", path));
    }
    bytes = bytes.subspan(put > 0 ? static_cast<std::size_t>(put) : 0);
  }
  return {};
}

}  // namespace skep
