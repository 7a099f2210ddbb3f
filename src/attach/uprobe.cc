#include "skep/uprobe.h"

#include <array>
#include <cerrno>

#include "attach/by_section.h"
#include "attach/refusal.h"
#include "attach/uprobe_event.h"
#include "attach/user_place.h"
#include "base/result.h"
#include "kernel/link.h"
#include "skep/uapi/flags.h"

namespace skep {
namespace {

std::string_view noun(UprobePoint point) {
  return point == UprobePoint::function_end ? "uretprobe " : "uprobe ";
}

/// What an old kernel lacks, from the release that it says it is.
Result<Fd> explain_multi(const Program& program, const AttachOptions& options, Result<Fd> link,
                         std::string_view text) {
  const int why = link ? 0 : link.error().sys_errno();
  const bool is_session = program.traits().expected_attach_type == BPF_TRACE_UPROBE_SESSION;
  const host::Release since = is_session ? host::Release{6, 13} : host::Release{6, 6};
  const auto release = attach::facts_for(program, options).release();
  if (why == EINVAL && release && *release < since) {
    return fail(Errc::unsupported,
                cat(text, ": ", is_session ? "uprobe.session" : "uprobe.multi", " needs Linux ",
                    host::text_of(since), "; this is Linux ", host::text_of(*release)));
  }
  if (why == EOPNOTSUPP) {
    return fail(Errc::unsupported,
                cat(text, ": the kernel needs CONFIG_UPROBE_EVENTS and CONFIG_BPF_EVENTS"));
  }
  if (!link) {
    return std::unexpected(
        attach::with_reason(std::move(link).error(), attach::facts_for(program, options), options,
                            {.noun = "uprobe.multi", .since = since, .rights_of = BPF_PROG_TYPE_KPROBE})
            .within(text));
  }
  return link;
}

Result<void> check_lengths(const UprobeMultiTarget& target, std::size_t places) {
  for (const auto& [what, count] : {std::pair("cookies", target.cookies.size()),
                                    std::pair("semaphores", target.semaphore_offsets.size())}) {
    if (count != 0 && (count != places || !target.pattern.empty())) {
      return fail(Errc::invalid, cat(target.path, ": want ", what,
                                     " for each of the places, which are not named by a pattern; have ",
                                     count, " for ", places));
    }
  }
  return {};
}

/// A session also replaces return addresses, which the runtime of Go does not bear.
Result<void> refuse_go_sessions(const host::Executable& file, std::string_view text) {
  if (file.is_go()) {
    return fail(
        Errc::unsupported,
        cat(text,
            ": is a Go program: its runtime moves stacks and stops the process when it finds a return "
            "address that a session has replaced; attach uprobe.multi at the functions, and uprobe "
            "with \"+returns\" behind the function at their return instructions"));
  }
  return {};
}

}  // namespace

Result<Link> attach_uprobe(const Program& program, const UprobeTarget& target, const AttachOptions& options) {
  SKEP_TRY(const attach::UserPlaces places, attach::find_place(target));
  std::vector<Link> links;
  for (const u64 offset : places.offsets) {
    const attach::UprobeEvent want{.path = places.file_path,
                                   .offset = offset,
                                   .semaphore_offset = target.semaphore_offset,
                                   .is_return = target.point == UprobePoint::function_end,
                                   .pid = attach::resolve_pid(target.pid),
                                   .method = target.method};
    SKEP_TRY_IN(places.text, auto attachment,
                attach::attach_uprobe_event(program, want, target.cookie, options));
    attachment->hold(places.file);
    links.emplace_back(std::move(attachment), cat(noun(target.point), places.text));
  }
  return attach::combine(std::move(links), cat(noun(target.point), places.text));
}

Result<Link> attach_uprobe_multi(const Program& program, const UprobeMultiTarget& target,
                                 const AttachOptions& options) {
  if (target.point == UprobePoint::return_insns) {
    return fail(Errc::invalid,
                "return instructions: attach each function by attach_uprobe(), or give their offsets");
  }
  SKEP_TRY(const attach::UserPlaces places, attach::find_places(target));
  SKEP_CHECK(check_lengths(target, places.offsets.size()));
  const bool is_session = program.traits().expected_attach_type == BPF_TRACE_UPROBE_SESSION;
  const bool is_return = target.point == UprobePoint::function_end && !is_session;
  const s32 pid = attach::resolve_pid(target.pid);
  const std::string text = cat(is_session  ? "uprobe session "
                               : is_return ? "uretprobes "
                                           : "uprobes ",
                               places.text);
  if (is_session) {
    SKEP_CHECK(refuse_go_sessions(*places.file, text));
  }
  auto made = kernel::link_create_uprobe_multi(
      program.kernel(),
      {.prog_fd = program.fd().raw(), .type = is_session ? BPF_TRACE_UPROBE_SESSION : BPF_TRACE_UPROBE_MULTI},
      {.path = places.file_path.c_str(),
       .offsets = places.offsets,
       .ref_ctr_offsets = target.semaphore_offsets,
       .cookies = target.cookies,
       .flags = is_return ? u32{BPF_F_UPROBE_MULTI_RETURN} : 0,
       .pid = pid < 0 ? 0 : static_cast<u32>(pid)});
  SKEP_TRY(Fd link, explain_multi(program, options, std::move(made), text));
  auto attachment = std::make_unique<attach::KernelLink>(program.kernel(), std::move(link));
  attachment->hold(places.file);
  return Link(std::move(attachment), text);
}

Result<std::shared_ptr<const void>> hold_user_file(const std::string& path) {
  return attach::open_user_file(path);
}

Result<std::vector<UserFunction>> list_functions(const std::string& path, std::string_view pattern) {
  SKEP_TRY(const auto file, attach::open_user_file(path));
  SKEP_TRY(auto functions, file->match_functions(pattern));
  std::vector<UserFunction> listed;
  listed.reserve(functions.size());
  for (host::Function& function : functions) {
    listed.push_back({.name = std::move(function.name),
                      .offset = function.offset,
                      .size = function.size,
                      .source = std::string(host::name_of(function.source))});
  }
  return listed;
}

namespace attach {
namespace {

Result<Link> single(const Program& program, std::string_view text, const AttachOptions& options) {
  SKEP_TRY(const UprobeTarget target, parse_uprobe_target(text));
  return attach_uprobe(program, target, options);
}

Result<Link> single_return(const Program& program, std::string_view text, const AttachOptions& options) {
  SKEP_TRY(UprobeTarget target, parse_uprobe_target(text));
  if (target.function.empty()) {
    return fail(Errc::invalid, cat("want PATH:FUNCTION for a return probe, have '", text, "'"));
  }
  target.point = target.point == UprobePoint::entry ? UprobePoint::function_end : target.point;
  return attach_uprobe(program, target, options);
}

Result<Link> multi_at(const Program& program, std::string_view text, UprobePoint point,
                      const AttachOptions& options) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size()) {
    return fail(Errc::invalid, cat("want PATH:PATTERN, have '", text, "'"));
  }
  return attach_uprobe_multi(program,
                             {.path = std::string(text.substr(0, colon)),
                              .pattern = std::string(text.substr(colon + 1)),
                              .point = point},
                             options);
}

Result<Link> multi(const Program& program, std::string_view text, const AttachOptions& options) {
  return multi_at(program, text, UprobePoint::entry, options);
}

Result<Link> multi_return(const Program& program, std::string_view text, const AttachOptions& options) {
  return multi_at(program, text, UprobePoint::function_end, options);
}

constexpr auto rows = std::to_array<SectionRow>({
    {"uprobe", single},
    {"uprobe.s", single},
    {"uretprobe", single_return},
    {"uretprobe.s", single_return},
    {"uprobe.multi", multi},
    {"uprobe.multi.s", multi},
    {"uretprobe.multi", multi_return},
    {"uretprobe.multi.s", multi_return},
    {"uprobe.session", multi},
    {"uprobe.session.s", multi},
});

}  // namespace

std::span<const SectionRow> uprobe_sections() {
  return rows;
}

}  // namespace attach
}  // namespace skep
