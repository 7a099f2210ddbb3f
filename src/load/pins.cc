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
  SKEP_TRY(const bool is_new, std::move(made));
  if (is_new) {
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
    Error error = std::move(done).error();
    const auto on_bpf =
        error.sys_errno() == EPERM ? kernel::is_bpf_filesystem(kernel_, parent_of(path).c_str()) : true;
    if (on_bpf && !*on_bpf) {
      return std::unexpected(Error(Errc::invalid,
                                   cat(error.message(), ": ", parent_of(path),
                                       " is not on a bpf file system (mount -t bpf bpf /sys/fs/bpf)"),
                                   error.sys_errno()));
    }
    return std::unexpected(std::move(error));
  }
  pins_.push_back(path);
  return {};
}

void PinTransaction::commit() {
  pins_.clear();
  directories_.clear();
}

}  // namespace skep::load
