#include "attach/attachment.h"

#include <linux/perf_event.h>

#include <cerrno>
#include <utility>

#include "base/result.h"
#include "kernel/info.h"
#include "kernel/link.h"
#include "skep/program.h"

namespace skep::attach {
namespace {

Result<void> undo_once(Undo& undo) {
  if (!undo) {
    return {};
  }
  return std::exchange(undo, nullptr)();
}

/// Destructors have nobody to tell.
void ignore(const Result<void>&) {}

/// Whether links of this kind have an update at all. Those that have none answer EINVAL, as others do to a program of another type.
bool can_be_updated(kernel::Kernel& kernel, const Fd& link) {
  const auto info = kernel::link_info(kernel, link.raw());
  if (!info) {
    return true;  // before 5.8; cgroups have it since 5.7
  }
  switch (static_cast<bpf_link_type>(info->type)) {
    case BPF_LINK_TYPE_RAW_TRACEPOINT:
    case BPF_LINK_TYPE_TRACING:
    case BPF_LINK_TYPE_PERF_EVENT:
    case BPF_LINK_TYPE_KPROBE_MULTI:
    case BPF_LINK_TYPE_UPROBE_MULTI:
    case BPF_LINK_TYPE_TRACING_MULTI:
    case BPF_LINK_TYPE_NETFILTER: return false;
    default: return true;
  }
}

Result<void> update_link(kernel::Kernel& kernel, const Fd& link, const Program& replacement) {
  if (auto done = kernel::link_update(kernel, {.link_fd = link.raw(), .new_fd = replacement.fd().raw()});
      !done) {
    const int why = done.error().sys_errno();
    Error error = std::move(done).error().within(cat("program '", replacement.name(), "'"));
    if (why == EOPNOTSUPP || (why == EINVAL && !can_be_updated(kernel, link))) {
      return std::unexpected(Error(
          Errc::unsupported,
          cat(error.message(), "; the kernel cannot put another program in the place of this kind"), why));
    }
    return std::unexpected(why == EINVAL ? std::move(error).with_code(Errc::invalid) : std::move(error));
  }
  return {};
}

}  // namespace

Result<void> Attachment::update(const Program& replacement) {
  return fail(Errc::unsupported, cat("program '", replacement.name(),
                                     "': the kernel cannot put another program in the place of this kind"));
}

KernelLink::~KernelLink() {
  link_.reset();
  ignore(undo_once(undo_));
}

Result<void> KernelLink::detach() {
  link_.reset();
  return undo_once(undo_);
}

void KernelLink::release() {
  static_cast<void>(link_.release());
  undo_ = nullptr;
}

void KernelLink::abandon() {
  link_.reset();
  undo_ = nullptr;
}

Result<void> KernelLink::update(const Program& replacement) {
  return update_link(kernel_, link_, replacement);
}

Result<void> BorrowedLink::detach() {
  auto done = kernel::link_detach(kernel_, link_.raw());
  link_.reset();
  if (!done && done.error().sys_errno() == EOPNOTSUPP) {
    Error error = std::move(done).error();
    return std::unexpected(
        Error(Errc::unsupported,
              cat(error.message(), "; this kind goes when its pins and descriptors have gone"), EOPNOTSUPP));
  }
  return done;
}

Result<void> BorrowedLink::update(const Program& replacement) {
  return update_link(kernel_, link_, replacement);
}

PerfEvents::~PerfEvents() {
  ignore(detach());
}

Result<void> PerfEvents::detach() {
  Result<void> first;
  while (!events_.empty()) {
    const int raw = kernel_.control(events_.back().raw(), PERF_EVENT_IOC_DISABLE, 0);
    if (raw < 0 && first) {
      first = fail_errno(-raw, "stop a perf event");
    }
    events_.pop_back();
  }
  auto undone = undo_once(undo_);
  return first ? std::move(undone) : std::move(first);
}

void PerfEvents::release() {
  for (Fd& event : events_) {
    static_cast<void>(event.release());
  }
  events_.clear();
  undo_ = nullptr;
}

void PerfEvents::abandon() {
  events_.clear();
  undo_ = nullptr;
}

Several::~Several() {
  ignore(detach());
}

Result<void> Several::detach() {
  Result<void> first;
  while (!parts_.empty()) {
    auto done = parts_.back()->detach();
    if (!done && first) {
      first = std::move(done);
    }
    parts_.pop_back();
  }
  return first;
}

void Several::release() {
  for (const auto& part : parts_) {
    part->release();
  }
  parts_.clear();
}

void Several::abandon() {
  for (const auto& part : parts_) {
    part->abandon();
  }
  parts_.clear();
}

const Fd* Several::link_fd() const {
  return parts_.size() == 1 ? parts_.front()->link_fd() : nullptr;
}

kernel::Kernel* Several::kernel() const {
  return parts_.empty() ? nullptr : parts_.front()->kernel();
}

Result<void> Several::update(const Program& replacement) {
  for (const auto& part : parts_) {
    SKEP_CHECK(part->update(replacement));
  }
  return {};
}

Undoable::~Undoable() {
  ignore(undo_once(undo_));
}

Result<void> Undoable::detach() {
  return undo_once(undo_);
}

Result<void> Undoable::update(const Program& replacement) {
  return replace_ ? replace_(replacement) : Attachment::update(replacement);
}

Link make_kernel_link(kernel::Kernel& kernel, Fd link, std::string place) {
  return Link(std::make_unique<KernelLink>(kernel, std::move(link)), std::move(place));
}

Link make_undoable_link(Undo undo, std::string place) {
  return Link(std::make_unique<Undoable>(std::move(undo)), std::move(place));
}

Link combine(std::vector<Link> links, std::string place) {
  if (links.size() == 1) {
    return std::move(links.front());
  }
  std::vector<std::unique_ptr<Attachment>> parts;
  for (Link& link : links) {
    parts.push_back(link.take());
  }
  return Link(std::make_unique<Several>(std::move(parts)), std::move(place));
}

}  // namespace skep::attach
