#include "load/pins.h"

#include <algorithm>
#include <cerrno>

#include "kernel/obj.h"

namespace skep::load {
namespace {

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  return slash == std::string::npos ? std::string(".")
         : slash == 0               ? std::string("/")
                                    : path.substr(0, slash);
}

/// Outside of bpf file systems the errno is EPERM or, at /sys/fs/bpf with nothing mounted there, ENOENT: neither says what is wrong.
Error naming_the_file_system(kernel::Kernel& kernel, Error error, const std::string& directory) {
  if (error.sys_errno() != EPERM && error.sys_errno() != ENOENT) {
    return error;
  }
  const auto on_bpf = kernel::is_bpf_filesystem(kernel, directory.c_str());
  if (!on_bpf || *on_bpf) {
    return error;
  }
  return Error(
      Errc::kernel,
      cat(error.message(), ": ", directory, " is not on a bpf file system (mount -t bpf bpf /sys/fs/bpf)"),
      error.sys_errno());
}

}  // namespace

std::string pin_name(std::string_view name) {
  std::string text(name);
  std::ranges::replace(text, '.', '_');
  return text;
}

PinTransaction::~PinTransaction() {
  // What cannot be taken back cannot be helped here; the error that led to this is the one to tell.
  for (auto pin = pins_.rbegin(); pin != pins_.rend(); ++pin) {
    kernel_.unlink(pin->c_str());
  }
  for (auto directory = directories_.rbegin(); directory != directories_.rend(); ++directory) {
    kernel_.remove_directory(directory->c_str());
  }
}

Result<void> PinTransaction::make_directories(const std::string& directory) {
  auto made = kernel::make_pin_directory(kernel_, directory.c_str());
  if (!made && made.error().code() == Errc::not_found) {
    const std::string parent = parent_of(directory);
    if (parent == directory || parent == ".") {
      return std::unexpected(std::move(made).error());
    }
    SKEP_CHECK(make_directories(parent));
    made = kernel::make_pin_directory(kernel_, directory.c_str());
  }
  if (!made) {
    return std::unexpected(naming_the_file_system(kernel_, std::move(made).error(), parent_of(directory)));
  }
  if (*made) {
    directories_.push_back(directory);
  }
  return {};
}

Result<void> PinTransaction::pin(int fd, const std::string& path) {
  auto done = kernel::obj_pin(kernel_, {.fd = fd, .path = path.c_str()});
  if (!done && done.error().code() == Errc::not_found) {
    SKEP_CHECK(make_directories(parent_of(path)));
    done = kernel::obj_pin(kernel_, {.fd = fd, .path = path.c_str()});
  }
  if (!done) {
    return std::unexpected(naming_the_file_system(kernel_, std::move(done).error(), parent_of(path)));
  }
  pins_.push_back(path);
  return {};
}

void PinTransaction::commit() {
  pins_.clear();
  directories_.clear();
}

}  // namespace skep::load
