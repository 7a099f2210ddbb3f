#include "skep/iterator.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "attach/attachment.h"
#include "attach/by_section.h"
#include "attach/cgroup_directory.h"
#include "attach/refusal.h"
#include "base/result.h"
#include "kernel/iter.h"
#include "kernel/link.h"

namespace skep {
namespace attach {
namespace {

/// The kernel's form of a target; the descriptor of a cgroup must live until the link is made.
struct Narrowed {
  bpf_iter_link_info info{};
  Fd cgroup;
  bool is_narrowed = false;
};

Result<Narrowed> narrow(kernel::Kernel& kernel, const IteratorTarget& target) {
  Narrowed made;
  const int count = (target.map != nullptr ? 1 : 0) + (target.thread != 0 ? 1 : 0) +
                    (target.process != 0 ? 1 : 0) + (target.cgroup.empty() ? 0 : 1);
  if (count > 1) {
    return fail(Errc::invalid,
                cat("want at most one of a map, a thread, a process and a control group, have ", count));
  }
  made.is_narrowed = count == 1;
  if (target.map != nullptr) {
    made.info.map.map_fd = static_cast<u32>(target.map->fd().raw());
  } else if (target.thread != 0) {
    made.info.task.tid = target.thread;
  } else if (target.process != 0) {
    made.info.task.pid = target.process;
  } else if (!target.cgroup.empty()) {
    SKEP_TRY(made.cgroup, open_cgroup(kernel, target.cgroup));
    made.info.cgroup.cgroup_fd = static_cast<u32>(made.cgroup.raw());
    made.info.cgroup.order = static_cast<bpf_cgroup_iter_order>(target.cgroup_order);
  }
  return made;
}

/// What can narrow an iterator.
enum class Narrower : u8 { nothing, map, task, cgroup };

struct IteratorRow {
  std::string_view name;
  Narrower narrower;
};

// An iterator that is not here may be a newer kernel's, which knows best what goes with it.
constexpr auto iterators = std::to_array<IteratorRow>({
    {"bpf_map_elem", Narrower::map},
    {"bpf_sk_storage_map", Narrower::map},
    {"sockmap", Narrower::map},
    {"task", Narrower::task},
    {"task_file", Narrower::task},
    {"task_vma", Narrower::task},
    {"cgroup", Narrower::cgroup},
    {"bpf_link", Narrower::nothing},
    {"bpf_map", Narrower::nothing},
    {"bpf_prog", Narrower::nothing},
    {"ipv6_route", Narrower::nothing},
    {"ksym", Narrower::nothing},
    {"netlink", Narrower::nothing},
    {"tcp", Narrower::nothing},
    {"udp", Narrower::nothing},
    {"unix", Narrower::nothing},
});

std::string_view text_of(Narrower narrower) {
  switch (narrower) {
    case Narrower::map: return "a map";
    case Narrower::task: return "a thread or process";
    case Narrower::cgroup: return "a control group";
    case Narrower::nothing: break;
  }
  return "no target";
}

bool wants_map(std::string_view iterator) {
  const auto row = std::ranges::find(iterators, iterator, &IteratorRow::name);
  return row != iterators.end() && row->narrower == Narrower::map;
}

/// Linux has one union for all targets and reads the part of the iterator: what is meant for another would be taken for a number of its own, or for nothing.
Result<void> check_fits(std::string_view iterator, const IteratorTarget& target) {
  const auto row = std::ranges::find(iterators, iterator, &IteratorRow::name);
  if (row == iterators.end()) {
    return {};
  }
  for (const auto& [is_given, narrower] :
       {std::pair(target.map != nullptr, Narrower::map),
        std::pair(target.thread != 0 || target.process != 0, Narrower::task),
        std::pair(!target.cgroup.empty(), Narrower::cgroup)}) {
    if (is_given && narrower != row->narrower) {
      return fail(Errc::invalid,
                  cat("want ", text_of(row->narrower), " for this iterator, have ", text_of(narrower)));
    }
  }
  return {};
}

Needs needs_of(const IteratorTarget& target) {
  if (target.thread != 0 || target.process != 0) {
    return {.noun = "an iterator over one thread or process",
            .since = {6, 1},
            .rights_of = BPF_PROG_TYPE_TRACING};
  }
  if (!target.cgroup.empty()) {
    const bool are_children = target.cgroup_order == IteratorTarget::CgroupOrder::children;
    return {.noun = are_children ? "an iterator over the children of a control group"
                                 : "an iterator over control groups",
            .since = are_children ? host::Release{7, 0} : host::Release{6, 1},
            .rights_of = BPF_PROG_TYPE_TRACING};
  }
  return {.noun = "iterators",
          .since = {5, 8},
          .config = "CONFIG_BPF_SYSCALL",
          .rights_of = BPF_PROG_TYPE_TRACING};
}

}  // namespace
}  // namespace attach

Result<Link> attach_iterator(const Program& program, const IteratorTarget& target,
                             const AttachOptions& options) {
  const std::string& iterator = program.traits().attach_target;
  const std::string noun = cat("iter ", iterator);
  if (attach::wants_map(iterator) && target.map == nullptr) {
    return fail(Errc::invalid, cat(noun, ": walks the elements of one map; say which (IteratorTarget::map)"));
  }
  SKEP_CHECK_IN(noun, attach::check_fits(iterator, target));
  if (target.thread != 0 || target.process != 0) {
    // Older kernels do not refuse such a target: they walk all tasks.
    const host::Facts facts = attach::facts_for(program, options);
    const attach::Needs needs = attach::needs_of(target);
    if (attach::is_before(facts, needs.since)) {
      return fail(Errc::unsupported, cat(noun, ": ", needs.noun, ": needs Linux ", host::text_of(needs.since),
                                         " (this is ", host::text_of(*facts.release()), ")"));
    }
  }
  SKEP_TRY_IN(noun, const attach::Narrowed at, attach::narrow(program.kernel(), target));
  auto link =
      kernel::link_create_iter(program.kernel(), {.prog_fd = program.fd().raw(), .type = BPF_TRACE_ITER},
                               at.is_narrowed ? &at.info : nullptr);
  if (!link) {
    const host::Facts facts = attach::facts_for(program, options);
    return std::unexpected(
        attach::with_reason(std::move(link).error(), facts, options, attach::needs_of(target)).within(noun));
  }
  return attach::make_kernel_link(program.kernel(), *std::move(link), noun);
}

Result<IteratorReader> IteratorReader::open(const Link& link) {
  if (!link.fd()) {
    return fail(Errc::invalid, cat(link.place(), ": want the link of an iterator, have ",
                                   link.is_attached() ? "one without a descriptor" : "one that is detached"));
  }
  kernel::Kernel& kernel = *link.kernel();
  auto file = kernel::iter_create(kernel, link.fd().raw());
  if (!file) {
    Error error = std::move(file).error().within(link.place());
    return std::unexpected(
        error.sys_errno() == EINVAL
            ? Error(Errc::invalid, cat(error.message(), "; want the link of an iterator"), EINVAL)
            : std::move(error));
  }
  return IteratorReader(kernel, *std::move(file));
}

Result<std::optional<std::string>> IteratorReader::next() {
  constexpr std::size_t piece_bytes = std::size_t{64} << 10;
  constexpr int most_interruptions = 1000;
  std::string piece(piece_bytes, '\0');
  s64 got = -EINTR;
  for (int tries = 0; (got == -EINTR || got == -EAGAIN) && tries < most_interruptions; ++tries) {
    got = kernel_->read_file(file_.raw(), piece.data(), piece.size());
  }
  if (got < 0) {
    return fail_errno(static_cast<int>(-got), "read an iterator");
  }
  if (got == 0) {
    return std::optional<std::string>();
  }
  piece.resize(static_cast<std::size_t>(got));
  return std::optional(std::move(piece));
}

Result<std::string> read_iterator(const Link& link) {
  SKEP_TRY(IteratorReader reader, IteratorReader::open(link));
  std::string whole;
  while (true) {
    SKEP_TRY_IN(link.place(), const auto piece, reader.next());
    if (!piece) {
      return whole;
    }
    whole += *piece;
  }
}

namespace attach {
namespace {

Result<Link> by_section(const Program& program, std::string_view, const AttachOptions& options) {
  return attach_iterator(program, {}, options);
}

constexpr auto rows = std::to_array<SectionRow>({
    {"iter", by_section},
    {"iter.s", by_section},
});

}  // namespace

std::span<const SectionRow> iterator_sections() {
  return rows;
}

}  // namespace attach
}  // namespace skep
