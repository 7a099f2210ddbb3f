#include "skep/usdt.h"

#include <elf.h>

#include <algorithm>
#include <array>
#include <set>

#include "attach/by_section.h"
#include "attach/mappings.h"
#include "attach/uprobe_event.h"
#include "attach/usdt_maps.h"
#include "attach/user_place.h"
#include "base/result.h"
#include "elf/file.h"
#include "host/usdt_args.h"
#include "host/usdt_notes.h"
#include "kernel/link.h"

namespace skep {
namespace {

/// The machines whose programs this one runs.
constexpr std::array<u16, 2> machines{
#if defined(__x86_64__)
    EM_X86_64, EM_386
#elif defined(__aarch64__)
    EM_AARCH64, EM_ARM
#elif defined(__s390x__)
    EM_S390, EM_S390
#elif defined(__riscv)
    EM_RISCV, EM_RISCV
#elif defined(__powerpc64__)
    EM_PPC64, EM_PPC64
#else
    EM_NONE, EM_NONE
#endif
};

/// "gc-start" for "gc__start": as DTrace writes names of probes in sources.
std::string as_in_sources(std::string_view name) {
  std::string text;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool is_dash = name.substr(i).starts_with("__");
    text += is_dash ? '-' : name[i];
    i += is_dash ? 1 : 0;
  }
  return text;
}

std::unexpected<Error> fail_no_probe(const host::Executable& file, const UsdtTarget& target,
                                     const std::vector<host::UsdtNote>& notes) {
  std::set<std::string> names;
  for (const host::UsdtNote& note : notes) {
    names.insert(cat(note.provider, ":", note.name));
  }
  constexpr std::size_t most_listed = 20;
  const std::string wanted = cat(target.provider, ":", target.name);
  const std::vector<std::string_view> views(names.begin(), names.end());
  std::vector<std::string> told = nearest(wanted, views);
  const bool is_near = !told.empty();
  if (!is_near) {
    told.assign(names.begin(),
                std::next(names.begin(), static_cast<std::ptrdiff_t>(std::min(most_listed, names.size()))));
  }
  return fail(Errc::not_found, cat(file.path(), ": no USDT probe ", wanted,
                                   is_near ? "; did you mean " : "; there is: ", join(told, ", "),
                                   !is_near && names.size() > most_listed ? ", …" : "", is_near ? "?" : ""));
}

Result<std::vector<host::UsdtNote>> find_notes(const host::Executable& file, const UsdtTarget& target) {
  SKEP_TRY(const std::vector<host::UsdtNote> all, host::read_usdt_notes(file));
  std::vector<host::UsdtNote> found;
  for (const host::UsdtNote& note : all) {
    if (note.provider == target.provider &&
        (note.name == target.name || as_in_sources(note.name) == target.name)) {
      found.push_back(note);
    }
  }
  if (found.empty()) {
    return fail_no_probe(file, target, all);
  }
  for (const host::UsdtNote& note : found) {
    if (!note.problem.empty()) {
      return fail(Errc::malformed, cat(file.path(), ": the note of ", target.provider, ":", target.name,
                                       " cannot be used: ", note.problem));
    }
  }
  return found;
}

/// One place of the probe, and the number of what is known of its arguments.
struct Place {
  u64 offset = 0;
  u64 semaphore_offset = 0;
  u64 cookie = 0;
};

/// All that is needed to attach.
struct Attempt {
  const Program& program;
  const UsdtTarget& target;
  const AttachOptions& options;
  std::shared_ptr<const host::Executable> file;
  std::string text;
  attach::UsdtLease lease;
};

/// Tells the program by addresses which place has which number. Returns in how many processes, or nothing for programs that are always at the same address.
Result<std::optional<u64>> set_addresses(Attempt& attempt, const std::vector<host::UsdtNote>& notes,
                                         const std::vector<Place>& places) {
  if (attempt.file->image().type() == ET_EXEC) {
    for (std::size_t i = 0; i < notes.size(); ++i) {
      SKEP_CHECK(attempt.lease.set_address(notes[i].address, static_cast<u32>(places[i].cookie)));
    }
    return std::nullopt;
  }
  SKEP_TRY(const auto mappings, attach::find_mappings(attempt.options.root, attempt.file->file(),
                                                      attach::resolve_pid(attempt.target.pid)));
  std::set<s32> processes;
  for (const attach::Mapping& mapping : mappings) {
    for (const Place& place : places) {
      if (place.offset >= mapping.offset && place.offset - mapping.offset < mapping.bytes) {
        SKEP_CHECK(attempt.lease.set_address(mapping.address + (place.offset - mapping.offset),
                                             static_cast<u32>(place.cookie)));
        processes.insert(mapping.pid);
      }
    }
  }
  if (processes.empty()) {
    return fail(Errc::unsupported, cat("this kernel has no BPF cookies (since Linux 5.15), so that arguments "
                                       "are only known in processes that run already, and no process ",
                                       "that can be looked into has mapped ", attempt.file->file()));
  }
  return processes.size();
}

/// What the kernel is to be told of each place.
Result<std::vector<Place>> make_places(Attempt& attempt, const std::vector<host::UsdtNote>& notes) {
  std::vector<Place> places;
  for (const host::UsdtNote& note : notes) {
    Place place{
        .offset = note.offset, .semaphore_offset = note.semaphore_offset, .cookie = attempt.target.cookie};
    if (!attempt.lease.is_empty()) {
      SKEP_TRY(const attach::UsdtSpec spec, attach::make_usdt_spec(attempt.file->image().machine(),
                                                                   note.arguments, attempt.target.cookie));
      SKEP_TRY(place.cookie, attempt.lease.number_of(spec));
    }
    places.push_back(place);
  }
  if (attempt.lease.is_empty() ||
      !attach::facts_for(attempt.program, attempt.options).lacks(host::Feature::attach_cookie)) {
    return places;
  }
  SKEP_TRY(const auto processes, set_addresses(attempt, notes, places));
  if (processes) {
    attempt.text += cat(" (without cookies: arguments are known in the ", *processes,
                        *processes == 1 ? " process that runs it" : " processes that run it", ")");
  }
  for (Place& place : places) {
    place.cookie = 0;
  }
  return places;
}

Result<Link> attach_multi(Attempt& attempt, const std::vector<Place>& places) {
  std::vector<u64> offsets;
  std::vector<u64> semaphores;
  std::vector<u64> cookies;
  for (const Place& place : places) {
    offsets.push_back(place.offset);
    semaphores.push_back(place.semaphore_offset);
    cookies.push_back(place.cookie);
  }
  const bool has_semaphores = std::ranges::any_of(semaphores, [](u64 offset) { return offset != 0; });
  const s32 pid = attach::resolve_pid(attempt.target.pid);
  SKEP_TRY(
      Fd link,
      kernel::link_create_uprobe_multi(
          attempt.program.kernel(), {.prog_fd = attempt.program.fd().raw(), .type = BPF_TRACE_UPROBE_MULTI},
          {.path = attempt.file->file().c_str(),
           .offsets = offsets,
           .ref_ctr_offsets = has_semaphores ? std::span<const u64>(semaphores) : std::span<const u64>(),
           .cookies = cookies,
           .pid = pid < 0 ? 0 : static_cast<u32>(pid)}));
  attach::Undo undo = [lease = attempt.lease]() mutable { return lease.end(); };
  auto attachment =
      std::make_unique<attach::KernelLink>(attempt.program.kernel(), std::move(link), std::move(undo));
  attachment->hold(attempt.file);
  return Link(std::move(attachment), attempt.text);
}

Result<Link> attach_each(Attempt& attempt, const std::vector<Place>& places) {
  std::vector<Link> links;
  for (const Place& place : places) {
    const attach::UprobeEvent want{.path = attempt.file->file(),
                                   .offset = place.offset,
                                   .semaphore_offset = place.semaphore_offset,
                                   .pid = attach::resolve_pid(attempt.target.pid)};
    // Links end from the last to the first: with the first the numbers are free again.
    attach::Undo undo;
    if (links.empty()) {
      undo = [lease = attempt.lease]() mutable { return lease.end(); };
    }
    SKEP_TRY(auto attachment, attach::attach_uprobe_event(attempt.program, want, place.cookie,
                                                          attempt.options, std::move(undo)));
    attachment->hold(attempt.file);
    links.emplace_back(std::move(attachment), attempt.text);
  }
  return attach::combine(std::move(links), attempt.text);
}

}  // namespace

Result<Link> attach_usdt(const Program& program, const UsdtTarget& target, const AttachOptions& options) {
  SKEP_TRY(const auto file, attach::open_user_file(target.path));
  const std::string text = cat("usdt ", file->path(), ":", target.provider, ":", target.name);
  if (std::ranges::find(machines, file->image().machine()) == machines.end()) {
    return fail(Errc::unsupported, cat(text, ": a program for ", elf::machine_name(file->image().machine()),
                                       ", which this machine does not run"));
  }
  SKEP_TRY(const std::vector<host::UsdtNote> notes, find_notes(*file, target));
  SKEP_TRY_IN(text, attach::UsdtLease lease, attach::lease_usdt_maps(program));
  Attempt attempt{.program = program,
                  .target = target,
                  .options = options,
                  .file = file,
                  .text = text,
                  .lease = std::move(lease)};
  auto places = make_places(attempt, notes);
  auto link = !places ? Result<Link>(std::unexpected(std::move(places).error()))
              : program.traits().expected_attach_type == BPF_TRACE_UPROBE_MULTI
                  ? attach_multi(attempt, *places)
                  : attach_each(attempt, *places);
  if (!link) {
    const auto ended = attempt.lease.end();
    static_cast<void>(ended);
    return std::unexpected(std::move(link).error().within(text));
  }
  return link;
}

Result<std::vector<UsdtProbe>> list_usdt(const std::string& path) {
  SKEP_TRY(const auto file, attach::open_user_file(path));
  SKEP_TRY(const std::vector<host::UsdtNote> notes, host::read_usdt_notes(*file));
  std::vector<UsdtProbe> probes;
  for (const host::UsdtNote& note : notes) {
    UsdtProbe probe{.provider = note.provider,
                    .name = note.name,
                    .address = note.address,
                    .offset = note.offset,
                    .semaphore_offset = note.semaphore_offset,
                    .problem = note.problem,
                    .arguments = {}};
    for (const host::UsdtArgument& argument :
         host::parse_usdt_arguments(file->image().machine(), note.arguments)) {
      probe.arguments.push_back(
          {.bytes = argument.bytes,
           .is_signed = argument.is_signed,
           .is_readable = argument.place != host::UsdtPlace::unknown && argument.symbol.empty(),
           .text = host::describe(argument)});
    }
    probes.push_back(std::move(probe));
  }
  return probes;
}

namespace attach {
namespace {

Result<Link> by_section_text(const Program& program, std::string_view text, const AttachOptions& options) {
  const std::size_t second = text.rfind(':');
  const std::size_t first =
      second == std::string_view::npos || second == 0 ? second : text.rfind(':', second - 1);
  if (first == std::string_view::npos || first == 0 || first + 1 >= second || second + 1 == text.size()) {
    return fail(Errc::invalid, cat("want PATH:PROVIDER:NAME, have '", text, "'"));
  }
  return attach_usdt(program,
                     {.path = std::string(text.substr(0, first)),
                      .provider = std::string(text.substr(first + 1, second - first - 1)),
                      .name = std::string(text.substr(second + 1))},
                     options);
}

constexpr auto rows = std::to_array<SectionRow>({
    {"usdt", by_section_text},
    {"usdt.s", by_section_text},
});

}  // namespace

std::span<const SectionRow> usdt_sections() {
  return rows;
}

}  // namespace attach
}  // namespace skep
