#include "attach/list_place.h"

#include <cerrno>

#include "base/result.h"
#include "kernel/prog.h"
#include "skep/uapi/flags.h"

namespace skep::attach {
namespace {

/// The anchor's descriptor or id into `at`. False: there is none.
Result<bool> set_anchor(const ListPlace& place, KernelPlace& at) {
  const int anchors = int{place.program != nullptr} + int{place.link != nullptr} +
                      int{place.program_id != 0} + int{place.link_id != 0};
  if (anchors > 1) {
    return fail(Errc::invalid,
                cat("position in a list: want one program or link to stand by, have ", anchors));
  }
  if (place.program != nullptr) {
    at.position.relative = static_cast<u32>(place.program->fd().raw());
  } else if (place.link != nullptr) {
    if (!place.link->fd()) {
      return fail(Errc::invalid, cat("position in a list: ", place.link->place(),
                                     " is no link of the kernel's to stand by"));
    }
    at.position.relative = static_cast<u32>(place.link->fd().raw());
    at.flags |= BPF_F_LINK;
  } else if (place.program_id != 0) {
    at.position.relative = place.program_id;
    at.flags |= BPF_F_ID;
  } else if (place.link_id != 0) {
    at.position.relative = place.link_id;
    at.flags |= BPF_F_ID | BPF_F_LINK;
  }
  return anchors == 1;
}

bool is_unknown(const Result<void>& done) {
  return !done && (done.error().sys_errno() == EINVAL || done.error().sys_errno() == E2BIG);
}

}  // namespace

Result<KernelPlace> kernel_place(const ListPlace& place) {
  using Where = ListPlace::Where;
  KernelPlace at{.flags = 0, .position = {.relative = 0, .expected_revision = place.expected_revision}};
  SKEP_TRY(const bool has_anchor, set_anchor(place, at));
  const bool wants_anchor = place.where == Where::before || place.where == Where::after;
  if (has_anchor != wants_anchor) {
    return fail(Errc::invalid, wants_anchor
                                   ? "position in a list: want a program or link to stand by, have none"
                                   : "position in a list: first and last stand by no other program");
  }
  switch (place.where) {
    case Where::last: break;
    case Where::first:
    case Where::before: at.flags |= BPF_F_BEFORE; break;
    case Where::after: at.flags |= BPF_F_AFTER; break;
  }
  return at;
}

Result<ProgramList> list_programs(kernel::Kernel& kernel, int target, bpf_attach_type type, u32 query_flags,
                                  std::string_view subject) {
  std::vector<u32> ids(64);
  while (true) {
    std::vector<u32> links(ids.size());
    std::vector<u32> flags(ids.size());
    kernel::ProgQuery query{.target = target,
                            .type = type,
                            .flags = query_flags,
                            .prog_ids = ids,
                            .prog_attach_flags = {},
                            .link_ids = links,
                            .link_attach_flags = {}};
    // An effective list has no flags to tell; kernels before 6.6 refuse to be asked for links, and those before 6.0 for flags.
    query.prog_attach_flags = query_flags != 0 ? std::span<u32>() : std::span<u32>(flags);
    auto done = kernel::prog_query(kernel, query);
    if (is_unknown(done)) {
      query.link_ids = {};
      done = kernel::prog_query(kernel, query);
    }
    if (is_unknown(done)) {
      query.prog_attach_flags = {};
      done = kernel::prog_query(kernel, query);
    }
    SKEP_CHECK_IN(subject, std::move(done));
    if (query.count > ids.size()) {
      ids.assign(query.count + 8, 0);
      continue;
    }
    ProgramList list{.programs = {}, .revision = query.revision};
    for (u32 i = 0; i < query.count; ++i) {
      const u32 all = query.attach_flags;
      list.programs.push_back(
          {.program_id = ids[i], .link_id = links[i], .flags = flags[i] != 0 ? flags[i] : all});
    }
    return list;
  }
}

Error with_list(Error error, kernel::Kernel& kernel, int target, bpf_attach_type type,
                const ListPlace& place) {
  const int why = error.sys_errno();
  if (why == ESTALE) {
    if (const auto now = list_programs(kernel, target, type, 0, "ask for the revision")) {
      return Error(
          Errc::kernel,
          cat(error.message(), "; want revision ", place.expected_revision, ", have ", now->revision), why);
    }
  }
  const bool by_other = place.where == ListPlace::Where::before || place.where == ListPlace::Where::after;
  if (why == ENOENT && by_other) {
    return Error(Errc::not_found,
                 cat(error.message(), "; the program or link to stand by is not in the list"), why);
  }
  return error;
}

}  // namespace skep::attach
