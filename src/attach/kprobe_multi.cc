#include <algorithm>
#include <array>
#include <cerrno>

#include "attach/attachment.h"
#include "attach/by_section.h"
#include "attach/configured.h"
#include "attach/refusal.h"
#include "base/glob.h"
#include "base/result.h"
#include "host/kallsyms.h"
#include "host/traceable.h"
#include "kernel/link.h"
#include "skep/kprobe.h"
#include "skep/uapi/flags.h"

namespace skep {
namespace attach {
namespace {

/// The functions of a link, as the kernel takes them: addresses, or names where those are not known.
struct Functions {
  std::vector<u64> addresses;
  std::vector<std::string> names;
  std::vector<const char*> pointers;  // into names
  std::size_t count() const { return addresses.empty() ? names.size() : addresses.size(); }
};

void point(Functions& functions) {
  for (const std::string& name : functions.names) {
    functions.pointers.push_back(name.c_str());
  }
}

std::string near_text(const std::vector<std::string>& near) {
  return near.empty() ? std::string() : cat("; near it are: ", join(near, ", "));
}

/// None where the kernel's list has no addresses.
Result<std::vector<u64>> addresses_of(const Glob& pattern, const std::string& root) {
  SKEP_TRY(const auto found, host::find_traceable(root, pattern, host::TraceableList::addresses));
  std::vector<u64> addresses;
  for (const host::TraceableFunction& function : found) {
    if (function.address == 0) {
      return std::vector<u64>();
    }
    addresses.push_back(function.address);
  }
  return addresses;
}

/// What the pattern describes in the kernel's list of traceable functions.
Result<Functions> functions_of(const std::string& pattern, const std::string& root) {
  Functions made;
  const Glob glob(pattern);
  if (!glob.has_wildcards()) {
    // The kernel knows it or does not; reading its list would cost more than asking.
    made.names.push_back(pattern);
    point(made);
    return made;
  }
  SKEP_TRY(auto found, host::find_traceable(root, glob));
  if (found.empty()) {
    return fail(Errc::not_found, cat("no function that can be traced fits '", pattern, "'"));
  }
  for (host::TraceableFunction& function : found) {
    made.names.push_back(std::move(function.name));
  }
  std::sort(made.names.begin(), made.names.end());
  const auto twice = std::unique(made.names.begin(), made.names.end());
  if (twice != made.names.end()) {
    // The kernel takes each name once, and one function of it: only addresses tell them apart.
    SKEP_TRY(made.addresses, addresses_of(glob, root));
    made.names.erase(twice, made.names.end());
  }
  if (!made.addresses.empty()) {
    made.names.clear();
  }
  point(made);
  return made;
}

Result<Functions> listed(const KprobeMultiTarget& target, const std::string& root) {
  const int lists = (target.pattern.empty() ? 0 : 1) + (target.functions.empty() ? 0 : 1) +
                    (target.addresses.empty() ? 0 : 1);
  if (lists != 1) {
    return fail(Errc::invalid, cat("want one of a pattern, names and addresses, have ", lists));
  }
  if (!target.pattern.empty()) {
    if (!target.cookies.empty()) {
      return fail(
          Errc::invalid,
          "cookies go with names or addresses; a pattern does not say in which order its functions come");
    }
    return functions_of(target.pattern, root);
  }
  Functions made{.addresses = target.addresses, .names = target.functions};
  if (!target.cookies.empty() && target.cookies.size() != made.count()) {
    return fail(Errc::invalid,
                cat("want a cookie for each of ", made.count(), " functions, have ", target.cookies.size()));
  }
  point(made);
  return made;
}

/// Which of the names is not traceable, and why.
std::optional<Error> bad_name(const Functions& functions, const std::string& root, int why) {
  for (const std::string& name : functions.names) {
    const auto traceable = host::find_traceable(root, Glob(name));
    if (!traceable || !traceable->empty()) {
      continue;
    }
    const auto symbols = host::symbols_named(cat(root, "/proc/kallsyms"), name);
    const bool is_there = symbols && !symbols->empty();
    return Error(
        Errc::not_found,
        cat(is_there ? "the kernel's function '" : "this kernel has no function '", name,
            is_there ? "' cannot be traced: it is inlined away, marked notrace, or no function at all" : "'",
            near_text(host::near_traceable(root, name))),
        why);
  }
  return std::nullopt;
}

Error why_refused(Error error, const Functions& functions, bool is_session, const host::Facts& facts,
                  const AttachOptions& options) {
  const Needs needs = is_session ? Needs{.noun = "kprobe.session",
                                         .since = {6, 10},
                                         .config = "CONFIG_FPROBE",
                                         .rights_of = BPF_PROG_TYPE_KPROBE}
                                 : Needs{.noun = "kprobe.multi",
                                         .since = {5, 18},
                                         .config = "CONFIG_FPROBE",
                                         .rights_of = BPF_PROG_TYPE_KPROBE};
  const int why = error.sys_errno();
  error = with_configuration(with_reason(std::move(error), facts, options, needs), facts, needs);
  if (error.code() == Errc::unsupported || error.code() == Errc::denied) {
    return error;
  }
  if (why == ESRCH || why == ENOENT || why == EINVAL) {
    // At most a few dozen names are looked up one by one: each look is a pass over the list.
    constexpr std::size_t most = 32;
    if (functions.names.size() <= most) {
      if (auto bad = bad_name(functions, options.root, why)) {
        return *std::move(bad);
      }
    }
    if (!functions.addresses.empty()) {
      return Error(Errc::invalid, cat(error.message(), "; an address is no traceable function's beginning"),
                   why);
    }
  }
  return error;
}

std::string noun_of(const Program& program, const KprobeMultiTarget& target, std::size_t count) {
  const bool is_session = program.traits().expected_attach_type == BPF_TRACE_KPROBE_SESSION;
  const std::string_view kind = is_session         ? "kprobe.session "
                                : target.at_return ? "kretprobe.multi "
                                                   : "kprobe.multi ";
  if (!target.pattern.empty()) {
    return cat(kind, target.pattern, count > 1 ? cat(" (", count, " functions)") : "");
  }
  return target.functions.size() == 1 ? cat(kind, target.functions.front())
                                      : cat(kind, "at ", count, " functions");
}

}  // namespace
}  // namespace attach

Result<Link> attach_kprobe_multi(const Program& program, const KprobeMultiTarget& target,
                                 const AttachOptions& options) {
  const bool is_session = program.traits().expected_attach_type == BPF_TRACE_KPROBE_SESSION;
  if (is_session && target.at_return) {
    return fail(Errc::invalid, "kprobe.session programs run at both ends of a function; want no at_return");
  }
  const host::Facts facts = attach::facts_for(program, options);
  SKEP_TRY_IN(attach::noun_of(program, target, 0), const attach::Functions functions,
              attach::listed(target, options.root));
  const std::string noun = attach::noun_of(program, target, functions.count());
  auto link = kernel::link_create_kprobe_multi(
      program.kernel(),
      {.prog_fd = program.fd().raw(), .type = is_session ? BPF_TRACE_KPROBE_SESSION : BPF_TRACE_KPROBE_MULTI},
      {.symbols = functions.pointers,
       .addresses = functions.addresses,
       .cookies = target.cookies,
       .flags = target.at_return ? BPF_F_KPROBE_MULTI_RETURN : 0});
  if (!link) {
    return std::unexpected(
        attach::why_refused(std::move(link).error(), functions, is_session, facts, options).within(noun));
  }
  return attach::make_kernel_link(program.kernel(), *std::move(link), noun);
}

namespace attach {
namespace {

Result<Link> at_entry(const Program& program, std::string_view target, const AttachOptions& options) {
  return attach_kprobe_multi(program, {.pattern = std::string(target)}, options);
}

Result<Link> at_return(const Program& program, std::string_view target, const AttachOptions& options) {
  return attach_kprobe_multi(program, {.pattern = std::string(target), .at_return = true}, options);
}

constexpr auto rows = std::to_array<SectionRow>({
    {"kprobe.multi", at_entry},
    {"kretprobe.multi", at_return},
    {"kprobe.session", at_entry},
});

}  // namespace

std::span<const SectionRow> kprobe_multi_sections() {
  return rows;
}

}  // namespace attach
}  // namespace skep
