#include "skep/link.h"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "attach/attachment.h"
#include "attach/link_target.h"
#include "base/result.h"
#include "kernel/ids.h"
#include "kernel/info.h"
#include "kernel/kind.h"
#include "kernel/obj.h"
#include "load/this_machine.h"

namespace skep {
namespace {

const Fd no_descriptor;

/// The link's number; nothing where the kernel does not tell.
std::optional<u32> id_of(kernel::Kernel& kernel, const Fd& link) {
  const auto info = kernel::link_info(kernel, link.raw());
  return info ? std::optional(info->id) : std::nullopt;
}

/// Whether the kernel still has the link. The reference of a removed pin is dropped somewhat later (after an RCU grace period, and in newer kernels by a worker), so it is asked for a while.
/// Without the right to ask (EPERM) the answer is no.
bool is_held_elsewhere(kernel::Kernel& kernel, u32 id) {
  constexpr std::chrono::milliseconds longest{1000};
  for (std::chrono::milliseconds wait{1}; kernel::open_id(kernel, kernel::ObjectKind::link, id); wait *= 2) {
    if (wait > longest) {
      return true;
    }
    std::this_thread::sleep_for(wait);
  }
  return false;
}

/// Whether what is pinned at `path` is this link. No: nothing is there, or what somebody else pinned. Where the kernel does not tell links apart (before 5.8) a link is taken for this one.
Result<bool> is_pinned_at(kernel::Kernel& kernel, const Fd& link, const std::string& path) {
  const auto there = kernel::obj_get(kernel, {.path = path.c_str()});
  if (!there) {
    return there.error().sys_errno() == ENOENT ? Result<bool>(false) : std::unexpected(there.error().clone());
  }
  if (!kernel::check_kind(kernel, there->raw(), kernel::ObjectKind::link)) {
    return false;
  }
  const auto ours = id_of(kernel, link);
  const auto its = id_of(kernel, *there);
  return !ours || !its || *ours == *its;
}

std::unexpected<Error> not_attached(std::string_view place, std::string_view wanted) {
  return fail(Errc::invalid, cat(wanted, " a link: ", place, " is detached"));
}

}  // namespace

Link::Link(std::unique_ptr<attach::Attachment> attachment, std::string place)
    : attachment_(std::move(attachment)), process_(::getpid()), place_(std::move(place)) {}

Link::Link(Link&& other) noexcept
    : attachment_(std::move(other.attachment_)),
      process_(other.process_),
      place_(std::move(other.place_)),
      pin_path_(std::move(other.pin_path_)) {}

Link& Link::operator=(Link&& other) noexcept {
  if (this != &other) {
    drop();
    attachment_ = std::move(other.attachment_);
    process_ = other.process_;
    place_ = std::move(other.place_);
    pin_path_ = std::move(other.pin_path_);
  }
  return *this;
}

Link::~Link() {
  drop();
}

void Link::drop() {
  if (attachment_ != nullptr && process_ != ::getpid()) {
    attachment_->abandon();
  } else if (attachment_ != nullptr && !pin_path_.empty()) {
    attachment_->leave_to_pin();
  }
  attachment_.reset();
}

const Fd& Link::fd() const {
  const Fd* link = attachment_ != nullptr ? attachment_->link_fd() : nullptr;
  return link != nullptr ? *link : no_descriptor;
}

Result<void> Link::detach() {
  if (attachment_ == nullptr) {
    return {};
  }
  const bool had_pin = !pin_path_.empty();
  Result<void> unpinned = had_pin ? unpin() : Result<void>();
  const auto ended = std::exchange(attachment_, nullptr);
  if (!unpinned) {
    ended->leave_to_pin();  // which may well be there still
  }
  kernel::Kernel* const kernel = ended->kernel();
  const auto id = had_pin && ended->is_borrowed() ? id_of(*kernel, *ended->link_fd()) : std::nullopt;
  auto detached = ended->detach();
  // A link that others made and that cannot be forced off is gone all the same when its pin was the last to hold it.
  if (!detached && ended->is_borrowed() && had_pin && unpinned &&
      detached.error().code() == Errc::unsupported) {
    if (id && is_held_elsewhere(*kernel, *id)) {
      return fail(Errc::unsupported,
                  cat(place_, ": the pin is removed, but link ", *id,
                      " stays attached: somebody else holds it (another pin or an open descriptor), and this "
                      "kind cannot be detached by force"));
    }
    detached = {};
  }
  SKEP_CHECK_IN(place_, std::move(unpinned));
  SKEP_CHECK_IN(place_, std::move(detached));
  return {};
}

void Link::release() {
  if (attachment_ != nullptr) {
    attachment_->release();
    attachment_.reset();
  }
}

Result<void> Link::pin(const std::string& path) {
  if (attachment_ == nullptr) {
    return not_attached(place_, "pin");
  }
  if (!pin_path_.empty()) {
    return fail(Errc::invalid, cat(place_, ": pin at ", path, ": it is pinned at ", pin_path_));
  }
  if (!fd()) {
    return fail(Errc::unsupported, cat(place_, ": pin at ", path,
                                       ": the kernel has no link object for it that could be pinned"));
  }
  SKEP_CHECK_IN(place_, kernel::obj_pin(*attachment_->kernel(), {.fd = fd().raw(), .path = path.c_str()}));
  pin_path_ = path;
  return {};
}

Result<void> Link::unpin() {
  if (pin_path_.empty() || attachment_ == nullptr) {
    return fail(Errc::invalid, cat(place_, ": unpin: it is not pinned"));
  }
  kernel::Kernel& kernel = *attachment_->kernel();
  SKEP_TRY_IN(cat(place_, ": unpin"), const bool is_ours, is_pinned_at(kernel, fd(), pin_path_));
  if (is_ours) {
    SKEP_CHECK_IN(place_, kernel::obj_unpin(kernel, pin_path_.c_str()));
  }
  pin_path_.clear();
  return {};
}

Result<void> Link::update(const Program& replacement) {
  if (attachment_ == nullptr) {
    return not_attached(place_, "update");
  }
  SKEP_CHECK_IN(place_, attachment_->update(replacement));
  return {};
}

Result<LinkInfo> Link::info() const {
  if (attachment_ == nullptr) {
    return not_attached(place_, "describe");
  }
  if (!fd()) {
    return fail(Errc::unsupported,
                cat(place_, ": the kernel has no link object for it that could be described"));
  }
  kernel::Kernel& kernel = *attachment_->kernel();
  auto info = kernel::link_info(kernel, fd().raw());
  if (!info) {
    const bool is_old = info.error().sys_errno() == EINVAL;
    Error error = std::move(info).error().within(place_);
    return std::unexpected(is_old
                               ? Error(Errc::unsupported, cat(error.message(), "; needs Linux 5.8"), EINVAL)
                               : std::move(error));
  }
  return LinkInfo{.id = info->id,
                  .type = static_cast<bpf_link_type>(info->type),
                  .program_id = info->prog_id,
                  .target = attach::link_target(kernel, fd(), *info)};
}

kernel::Kernel* Link::kernel() const {
  return attachment_ != nullptr ? attachment_->kernel() : nullptr;
}

std::unique_ptr<attach::Attachment> Link::take() {
  if (attachment_ != nullptr && !pin_path_.empty()) {
    attachment_->leave_to_pin();
  }
  pin_path_.clear();
  return std::move(attachment_);
}

Result<Link> Link::open_pinned(kernel::Kernel& kernel, const std::string& path) {
  SKEP_TRY(Fd fd, kernel::obj_get(kernel, {.path = path.c_str()}));
  SKEP_CHECK_IN(path, kernel::check_kind(kernel, fd.raw(), kernel::ObjectKind::link));
  Link link(std::make_unique<attach::BorrowedLink>(kernel, std::move(fd)), path);
  link.pin_path_ = path;
  return link;
}

Result<Link> Link::open_id(kernel::Kernel& kernel, u32 id) {
  SKEP_TRY(Fd fd, kernel::open_id(kernel, kernel::ObjectKind::link, id));
  return Link(std::make_unique<attach::BorrowedLink>(kernel, std::move(fd)), cat("link ", id));
}

Result<Link> Link::open_pinned(const std::string& path) {
  return open_pinned(load::this_kernel(), path);
}

Result<Link> Link::open_id(u32 id) {
  return open_id(load::this_kernel(), id);
}

Result<std::vector<u32>> link_ids(kernel::Kernel& kernel) {
  std::vector<u32> ids;
  u32 after = 0;
  while (true) {
    SKEP_TRY(const std::optional<u32> next, kernel::next_id(kernel, kernel::ObjectKind::link, after));
    if (!next) {
      return ids;
    }
    ids.push_back(after = *next);
  }
}

Result<std::vector<u32>> link_ids() {
  return link_ids(load::this_kernel());
}

}  // namespace skep
