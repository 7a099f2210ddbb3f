// What a Link holds: one way of being attached, and how to end it. The families make these; nobody else needs to know which it is.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "skep/error.h"
#include "skep/fd.h"
#include "skep/link.h"

namespace skep::attach {

/// One attachment. Destroying it detaches, and errors of that are lost; so Link::detach() is there.
class Attachment {
 public:
  Attachment() = default;
  Attachment(const Attachment&) = delete;
  Attachment& operator=(const Attachment&) = delete;
  virtual ~Attachment() = default;

  /// Detaches. Called once; afterwards the destructor does nothing more.
  virtual Result<void> detach() = 0;
  /// Leaves it attached: afterwards the destructor does nothing. What was set up around it stays as well.
  virtual void release() = 0;
  /// A pin keeps it attached when this is gone: the destructor, which comes next, is not to take away what was set up around it.
  virtual void leave_to_pin() {}
  /// In a child of fork(2), which holds copies of its parent's descriptors: lets go of them and undoes nothing. Afterwards the destructor does nothing.
  virtual void abandon() { release(); }
  /// The kernel's link object, or null when it has none.
  virtual const Fd* link_fd() const { return nullptr; }
  /// Whose it is; for pinning and asking.
  virtual kernel::Kernel* kernel() const { return nullptr; }
  /// Whether the kernel keeps it when nobody holds a descriptor: opened by id or path, not made here.
  virtual bool is_borrowed() const { return false; }
  /// Puts another program in its place. What has no way says unsupported.
  virtual Result<void> update(const Program& replacement);

  /// Lets `thing` live as long as this: an open file, which then need not be read again for the next probe.
  void hold(std::shared_ptr<const void> thing) { held_ = std::move(thing); }

 private:
  std::shared_ptr<const void> held_;
};

/// Ends what was set up around an attachment (a probe in tracefs); empty: nothing was.
using Undo = std::function<Result<void>()>;

/// A link object of the kernel; closing its descriptor detaches. `undo` runs after that; when the link is released or left to a pin, never.
class KernelLink final : public Attachment {
 public:
  KernelLink(kernel::Kernel& kernel, Fd link, Undo undo = {})
      : kernel_(kernel), link_(std::move(link)), undo_(std::move(undo)) {}
  ~KernelLink() override;
  Result<void> detach() override;
  void release() override;
  void leave_to_pin() override { undo_ = nullptr; }
  void abandon() override;
  const Fd* link_fd() const override { return &link_; }
  kernel::Kernel* kernel() const override { return &kernel_; }
  Result<void> update(const Program& replacement) override;

 private:
  kernel::Kernel& kernel_;
  Fd link_;
  Undo undo_;
};

/// A link object that somebody else made: opened by path or id. Destroying it lets it be; detach() is by force.
class BorrowedLink final : public Attachment {
 public:
  BorrowedLink(kernel::Kernel& kernel, Fd link) : kernel_(kernel), link_(std::move(link)) {}
  Result<void> detach() override;
  void release() override { link_.reset(); }
  const Fd* link_fd() const override { return &link_; }
  kernel::Kernel* kernel() const override { return &kernel_; }
  bool is_borrowed() const override { return true; }
  Result<void> update(const Program& replacement) override;

 private:
  kernel::Kernel& kernel_;
  Fd link_;
};

/// Perf events that a program was set on by ioctl(2), as before Linux 5.15. They are stopped, closed, and then `undo` runs.
class PerfEvents final : public Attachment {
 public:
  PerfEvents(kernel::Kernel& kernel, std::vector<Fd> events, Undo undo = {})
      : kernel_(kernel), events_(std::move(events)), undo_(std::move(undo)) {}
  ~PerfEvents() override;
  Result<void> detach() override;
  void release() override;
  void abandon() override;

 private:
  kernel::Kernel& kernel_;
  std::vector<Fd> events_;
  Undo undo_;
};

/// Many attachments that are one to the user. Detached from last to first, all of them, whatever fails; the first error is told.
class Several final : public Attachment {
 public:
  explicit Several(std::vector<std::unique_ptr<Attachment>> parts) : parts_(std::move(parts)) {}
  ~Several() override;
  Result<void> detach() override;
  void release() override;
  void abandon() override;
  /// The link of the only part; null when there are more.
  const Fd* link_fd() const override;
  kernel::Kernel* kernel() const override;
  /// One after another: not atomic as a whole. Stops at the first that fails.
  Result<void> update(const Program& replacement) override;

 private:
  std::vector<std::unique_ptr<Attachment>> parts_;
};

/// What is attached by a call and detached by another (BPF_PROG_ATTACH, a netlink filter): `undo` detaches, release() leaves it to the kernel.
class Undoable final : public Attachment {
 public:
  /// `replace`, where given, is what update() does.
  explicit Undoable(Undo undo, std::function<Result<void>(const Program&)> replace = {})
      : undo_(std::move(undo)), replace_(std::move(replace)) {}
  ~Undoable() override;
  Result<void> detach() override;
  void release() override { undo_ = nullptr; }
  Result<void> update(const Program& replacement) override;

 private:
  Undo undo_;
  std::function<Result<void>(const Program&)> replace_;
};

/// Links with those attachments, one line each.
Link make_kernel_link(kernel::Kernel& kernel, Fd link, std::string place);
Link make_undoable_link(Undo undo, std::string place);
/// Many links as one. Of a single one, that one under its own place.
Link combine(std::vector<Link> links, std::string place);

}  // namespace skep::attach
