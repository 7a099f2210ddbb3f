#include "attach/prog_attach.h"

#include <cerrno>

#include "base/duplicate.h"
#include "base/result.h"
#include "skep/program.h"
#include "skep/uapi/flags.h"

namespace skep::attach {
namespace {

/// The number that the kernel takes for the target.
int target_of(const ProgAttachment& how) {
  return how.target ? how.target.raw() : 0;
}

/// What is said about the position when a program comes; one that takes another's place is refused with it.
constexpr u32 position_flags = BPF_F_BEFORE | BPF_F_AFTER | BPF_F_ID | BPF_F_LINK;

class AttachedProg final : public Attachment {
 public:
  AttachedProg(kernel::Kernel& kernel, ProgAttachment how, Fd program)
      : kernel_(kernel), how_(std::move(how)), program_(std::move(program)) {}
  ~AttachedProg() override {
    if (program_) {
      (void)detach();
    }
  }

  Result<void> detach() override {
    const Fd program = std::move(program_);
    return kernel::prog_detach(kernel_,
                               {.target = target_of(how_), .prog_fd = program.raw(), .type = how_.type});
  }
  void release() override { program_.reset(); }
  kernel::Kernel* kernel() const override { return &kernel_; }

  Result<void> update(const Program& replacement) override {
    if (how_.replace == ProgAttachment::Replace::cannot) {
      return Attachment::update(replacement);
    }
    SKEP_TRY(Fd program, duplicate(replacement.fd()));
    const bool by_name = how_.replace == ProgAttachment::Replace::by_name;
    SKEP_CHECK(kernel::prog_attach(
        kernel_, {.target = target_of(how_),
                  .prog_fd = program.raw(),
                  .type = how_.type,
                  .flags = (how_.flags & ~(BPF_F_REPLACE | position_flags)) | (by_name ? BPF_F_REPLACE : 0),
                  .replace_fd = by_name ? program_.raw() : -1}));
    program_ = std::move(program);
    return {};
  }

 private:
  kernel::Kernel& kernel_;
  ProgAttachment how_;
  Fd program_;
};

}  // namespace

Result<std::unique_ptr<Attachment>> attach_prog(const Program& program, ProgAttachment how) {
  kernel::Kernel& kernel = program.kernel();
  SKEP_TRY(Fd copy, duplicate(program.fd()));
  SKEP_CHECK(kernel::prog_attach(kernel, {.target = target_of(how),
                                          .prog_fd = copy.raw(),
                                          .type = how.type,
                                          .flags = how.flags,
                                          .replace_fd = how.replace_fd,
                                          .relative = how.position.relative,
                                          .expected_revision = how.position.expected_revision}));
  return std::make_unique<AttachedProg>(kernel, std::move(how), std::move(copy));
}

}  // namespace skep::attach
