#include "attach/prog_attach.h"

#include <cerrno>
#include <optional>

#include "attach/list_place.h"
#include "base/duplicate.h"
#include "base/result.h"
#include "kernel/info.h"
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

/// The id of the program in a place with room for one, 0: it is free. Nothing where this kernel cannot be asked.
Result<std::optional<u32>> occupant(kernel::Kernel& kernel, const ProgAttachment& how) {
  auto list =
      list_programs(kernel, how.asked ? how.asked.raw() : target_of(how), how.type, 0, "look who is there");
  if (!list && list.error().sys_errno() == EINVAL) {
    return std::nullopt;
  }
  if (!list) {
    return std::unexpected(std::move(list).error());
  }
  return list->programs.empty() ? 0 : list->programs.front().program_id;
}

/// Whether a place with room for one is what the caller takes it for: free (`wanted` 0), or with this program in it.
Result<void> check_occupant(kernel::Kernel& kernel, const ProgAttachment& how, u32 wanted) {
  SKEP_TRY(const std::optional<u32> there, occupant(kernel, how));
  if (!there || *there == wanted) {
    return {};
  }
  if (wanted == 0) {
    return fail(Errc::busy, cat("program ", *there, " is attached there already"));
  }
  return *there == 0 ? fail(Errc::not_found, cat("want program ", wanted, " there to replace, have none"))
                     : fail(Errc::busy,
                            cat("want program ", wanted, " there, have ", *there, ", which is left alone"));
}

/// The place has gone, and the program with it (a removed cgroup: ENOENT; an unplugged device: ENODEV), or somebody took the program away (ENOENT): nothing of ours is left.
bool is_gone(const Error& error) {
  return error.sys_errno() == ENOENT || error.sys_errno() == ENODEV || error.code() == Errc::not_found;
}

class AttachedProg final : public Attachment {
 public:
  AttachedProg(kernel::Kernel& kernel, ProgAttachment how, Fd program, u32 program_id)
      : kernel_(kernel), how_(std::move(how)), program_(std::move(program)), program_id_(program_id) {}
  ~AttachedProg() override {
    if (program_) {
      (void)detach();
    }
  }

  Result<void> detach() override {
    const Fd program = std::move(program_);
    auto done = check_ours();
    if (done) {
      done = kernel::prog_detach(kernel_,
                                 {.target = target_of(how_), .prog_fd = program.raw(), .type = how_.type});
    }
    return !done && is_gone(done.error()) ? Result<void>() : std::move(done);
  }
  void release() override { program_.reset(); }
  kernel::Kernel* kernel() const override { return &kernel_; }

  Result<void> update(const Program& replacement) override {
    if (how_.replace == ProgAttachment::Replace::cannot) {
      return Attachment::update(replacement);
    }
    SKEP_TRY(Fd program, duplicate(replacement.fd()));
    SKEP_TRY(const bpf_prog_info info, kernel::prog_info(kernel_, program.raw()));
    SKEP_CHECK(check_ours());
    const bool by_name = how_.replace == ProgAttachment::Replace::by_name;
    SKEP_CHECK(kernel::prog_attach(
        kernel_, {.target = target_of(how_),
                  .prog_fd = program.raw(),
                  .type = how_.type,
                  .flags = (how_.flags & ~(BPF_F_REPLACE | position_flags)) | (by_name ? BPF_F_REPLACE : 0),
                  .replace_fd = by_name ? program_.raw() : -1}));
    program_ = std::move(program);
    program_id_ = info.id;
    return {};
  }

 private:
  /// Where the kernel does not compare programs itself.
  Result<void> check_ours() {
    return how_.replace == ProgAttachment::Replace::over ? check_occupant(kernel_, how_, program_id_)
                                                         : Result<void>();
  }

  kernel::Kernel& kernel_;
  ProgAttachment how_;
  Fd program_;
  u32 program_id_;
};

}  // namespace

Result<std::unique_ptr<Attachment>> attach_prog(const Program& program, ProgAttachment how) {
  kernel::Kernel& kernel = program.kernel();
  SKEP_TRY(Fd copy, duplicate(program.fd()));
  SKEP_TRY(const bpf_prog_info info, kernel::prog_info(kernel, copy.raw()));
  if (how.replace == ProgAttachment::Replace::over) {
    SKEP_CHECK_IN(cat("attach program to ", name_of(attach_type_names, how.type)),
                  check_occupant(kernel, how, how.replaces_id));
  }
  SKEP_CHECK(kernel::prog_attach(kernel, {.target = target_of(how),
                                          .prog_fd = copy.raw(),
                                          .type = how.type,
                                          .flags = how.flags,
                                          .replace_fd = how.replace_fd,
                                          .relative = how.position.relative,
                                          .expected_revision = how.position.expected_revision}));
  return std::make_unique<AttachedProg>(kernel, std::move(how), std::move(copy), info.id);
}

}  // namespace skep::attach
