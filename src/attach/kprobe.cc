#include "skep/kprobe.h"

#include <linux/perf_event.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include "attach/attachment.h"
#include "attach/by_section.h"
#include "attach/perf.h"
#include "attach/probe_event.h"
#include "attach/refusal.h"
#include "base/file.h"
#include "base/result.h"
#include "host/kallsyms.h"
#include "host/pmu.h"
#include "host/syscalls.h"

namespace skep {
namespace attach {
namespace {

std::string place_of(const KprobeTarget& target) {
  if (target.function.empty()) {
    return hex(target.address);
  }
  return target.offset == 0 ? target.function : cat(target.function, "+", hex(target.offset));
}

std::string noun_of(const KprobeTarget& target) {
  return cat(target.at_return ? "kretprobe " : "kprobe ", place_of(target));
}

/// "0xffffffff81234560 (nf_tables)", for a list of symbols of one name.
std::string told(const std::vector<host::NamedSymbol>& symbols) {
  constexpr std::size_t most = 8;
  std::vector<std::string> places;
  for (std::size_t i = 0; i < std::min(most, symbols.size()); ++i) {
    const host::NamedSymbol& symbol = symbols[i];
    places.push_back(
        cat(hex(symbol.address), " (", symbol.module.empty() ? "the kernel" : symbol.module, ")"));
  }
  return cat(join(places, ", "), symbols.size() > most ? ", ..." : "");
}

/// The parts of "nf_tables:nft_do_chain"; the module is empty where none is named.
struct ModuleFunction {
  std::string_view module;
  std::string_view name;
};

ModuleFunction parts_of(std::string_view function) {
  const std::size_t colon = function.find(':');
  return colon == std::string_view::npos
             ? ModuleFunction{.module = {}, .name = function}
             : ModuleFunction{.module = function.substr(0, colon), .name = function.substr(colon + 1)};
}

/// None where the list of modules cannot be read.
std::optional<bool> is_loaded(std::string_view module, const std::string& root) {
  const auto text = read_text(cat(root, "/proc/modules"));
  if (!text) {
    return std::nullopt;
  }
  const auto lines = split(*text, '\n');
  return std::ranges::any_of(lines,
                             [&](std::string_view line) { return line.substr(0, line.find(' ')) == module; });
}

/// Why `function` cannot be in the module that is named before it, by the kernel's list of symbols; none where it is, where no module is named, or the list cannot be read.
std::optional<Error> missing_in_module(std::string_view function, const std::string& root) {
  const ModuleFunction want = parts_of(function);
  const std::string path = cat(root, "/proc/kallsyms");
  const auto symbols =
      want.module.empty() ? std::vector<host::NamedSymbol>() : host::symbols_named(path, want.name);
  if (want.module.empty() || !symbols ||
      std::ranges::find(*symbols, want.module, &host::NamedSymbol::module) != symbols->end()) {
    return std::nullopt;
  }
  const std::optional<bool> loaded = is_loaded(want.module, root);
  const std::string what = !loaded   ? cat("is not loaded, or has no function '", want.name, "'")
                           : *loaded ? cat("has no function '", want.name, "'")
                                     : std::string("is not loaded");
  const std::vector<std::string> near =
      symbols->empty() ? host::near_symbols(path, want.name) : std::vector<std::string>();
  const std::string else_where = !symbols->empty() ? cat("; '", want.name, "' is at ", told(*symbols))
                                 : near.empty()    ? std::string()
                                                   : cat("; near it are: ", join(near, ", "));
  return Error(Errc::not_found, cat("module '", want.module, "' ", what, else_where), ENOENT);
}

/// What the kernel's list of symbols says of a name that it did not take.
Error about_the_name(Error error, const KprobeTarget& target, const std::string& root) {
  if (auto missing = missing_in_module(target.function, root)) {
    return *std::move(missing);
  }
  const std::string path = cat(root, "/proc/kallsyms");
  const ModuleFunction parts = parts_of(target.function);
  const std::string_view name = parts.name;
  const auto symbols = host::symbols_named(path, name);
  if (!symbols) {
    return error;
  }
  const int why = error.sys_errno();
  if (symbols->empty()) {
    const std::vector<std::string> near = host::near_symbols(path, name);
    return Error(Errc::not_found,
                 cat("this kernel has no function '", name, "'",
                     near.empty() ? "" : "; near it are: ", join(near, ", ")),
                 why);
  }
  if (symbols->size() > 1 && parts.module.empty()) {
    return Error(
        Errc::invalid,
        cat("the kernel has ", symbols->size(), " functions '", name, "', at ", told(*symbols),
            "; say which: MODULE:FUNCTION, or the address (KprobeTarget::address, or SEC(\"kprobe/0x...\"))"),
        why);
  }
  return Error(Errc::invalid,
               cat(error.message(),
                   "; the function is there and cannot be probed: it is marked so (see kprobes/blacklist in "
                   "debugfs), or has been freed after boot"),
               why);
}

Error why_refused(Error error, const KprobeTarget& target, const host::Facts& facts,
                  const AttachOptions& options) {
  switch (error.sys_errno()) {
    case ENOENT:
    case EADDRNOTAVAIL:
      if (!target.function.empty()) {
        return about_the_name(std::move(error), target, options.root);
      }
      return error;
    case EILSEQ: return Error(Errc::invalid, cat(error.message(), "; no instruction begins there"), EILSEQ);
    case ERANGE:
      return Error(Errc::invalid, cat(error.message(), "; the offset lies beyond the function"), ERANGE);
    case EINVAL:
      if (!target.function.empty() && target.offset == 0) {
        return about_the_name(std::move(error), target, options.root);
      }
      return Error(Errc::invalid, cat(error.message(), "; the kernel does not allow a probe there"), EINVAL);
    default:
      return with_reason(std::move(error), facts, options,
                         {.noun = "kprobes",
                          .since = {4, 1},
                          .config = "CONFIG_KPROBE_EVENTS",
                          .rights_of = BPF_PROG_TYPE_KPROBE});
  }
}

Result<Fd> open_by_perf(kernel::Kernel& kernel, const host::ProbeSource& source, const KprobeTarget& target) {
  perf_event_attr attr{};
  attr.size = sizeof attr;
  attr.type = source.type;
  attr.config = target.at_return ? u64{1} << source.return_bit : 0;
  attr.kprobe_func = target.function.empty() ? 0 : reinterpret_cast<u64>(target.function.c_str());
  attr.probe_offset = target.function.empty() ? target.address : target.offset;
  const int raw = kernel.perf_event_open(attr, {.pid = -1, .cpu = 0});
  if (raw == -EACCES || raw == -EPERM) {
    return fail_errno(
        -raw, "open a perf event for it (that takes CAP_PERFMON, whatever kernel.perf_event_paranoid says)");
  }
  return raw < 0 ? Result<Fd>(fail_errno(-raw, "open a perf event for it")) : Result<Fd>(Fd(raw));
}

Result<std::unique_ptr<Attachment>> by_tracefs(const Program& program, const KprobeTarget& target,
                                               const host::Facts& facts, const AttachOptions& options) {
  // The kernel takes such a line also for a module that is not there, and waits for it.
  if (auto missing = missing_in_module(target.function, options.root)) {
    return std::unexpected(*std::move(missing));
  }
  SKEP_TRY(ProbeEvent probe, make_probe_event(program.kernel(), options.root, "kprobe_events",
                                              {.is_return = target.at_return,
                                               .event = host::unused_event_name(place_of(target)),
                                               .place = place_of(target)}));
  return attach_perf_event(program, std::move(probe.event), target.cookie, facts, std::move(probe.undo));
}

Result<std::unique_ptr<Attachment>> by_either(const Program& program, const KprobeTarget& target,
                                              const host::Facts& facts, const AttachOptions& options) {
  if (target.method != ProbeMethod::tracefs) {
    const auto source = host::probe_source(options.root, "kprobe", {.returns = target.at_return});
    if (source) {
      auto event = open_by_perf(program.kernel(), *source, target);
      if (event) {
        return attach_perf_event(program, *std::move(event), target.cookie, facts);
      }
      // From 6.6 on some look for the whole of "module:function" among the names of symbols. Their tracefs does better.
      const bool may_be_by_name =
          event.error().sys_errno() == ENOENT && !parts_of(target.function).module.empty();
      if (!may_be_by_name || target.method == ProbeMethod::perf) {
        return std::unexpected(std::move(event).error());
      }
      return by_tracefs(program, target, facts, options);
    }
    if (source.error().code() != Errc::not_found) {
      return std::unexpected(source.error().clone());
    }
    if (target.method == ProbeMethod::perf) {
      return fail(Errc::unsupported,
                  "this kernel's perf has no kprobes: needs Linux 4.17 and CONFIG_KPROBE_EVENTS");
    }
  }
  return by_tracefs(program, target, facts, options);
}

}  // namespace
}  // namespace attach

Result<Link> attach_kprobe(const Program& program, const KprobeTarget& target, const AttachOptions& options) {
  const std::string noun = attach::noun_of(target);
  if (target.function.empty() == (target.address == 0)) {
    return fail(Errc::invalid, "kprobe: want the name of a function, or an address: one of the two");
  }
  if (target.at_return && target.offset != 0) {
    return fail(Errc::invalid, cat(noun, ": a function returns as a whole; want no offset"));
  }
  const host::Facts facts = attach::facts_for(program, options);
  auto made = attach::by_either(program, target, facts, options);
  if (!made) {
    return std::unexpected(attach::why_refused(std::move(made).error(), target, facts, options).within(noun));
  }
  return Link(*std::move(made), noun);
}

Result<Link> attach_ksyscall(const Program& program, const KsyscallTarget& target,
                             const AttachOptions& options) {
  const host::Facts facts = attach::facts_for(program, options);
  SKEP_TRY_IN(cat("system call '", target.name, "'"), const std::string function,
              host::syscall_function(facts, target.name));
  SKEP_TRY_IN(
      cat("system call '", target.name, "'"), Link link,
      attach_kprobe(program, {.function = function, .at_return = target.at_return, .cookie = target.cookie},
                    options));
  return link;
}

namespace attach {
namespace {

std::optional<u64> whole_number(std::string_view text) {
  const bool is_hex = text.starts_with("0x");
  const std::string_view digits = text.substr(is_hex ? 2 : 0);
  u64 value = 0;
  const auto [end, failure] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, is_hex ? 16 : 10);
  const bool is_whole = failure == std::errc{} && end == digits.data() + digits.size();
  return is_whole ? std::optional(value) : std::nullopt;
}

/// "do_unlinkat", "do_unlinkat+0x10", "nf_tables:nft_do_chain", "0xffffffff81234560".
Result<KprobeTarget> parse_place(std::string_view text, bool at_return) {
  KprobeTarget target{.at_return = at_return};
  const std::size_t plus = text.find('+');
  const std::string_view name = text.substr(0, plus);
  const auto offset =
      plus == std::string_view::npos ? std::optional<u64>(0) : whole_number(text.substr(plus + 1));
  const auto address = text.starts_with("0x") ? whole_number(text) : std::nullopt;
  const auto is_of_a_name = [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || letter == '_' || letter == '.' || letter == ':' ||
           letter == '$';
  };
  if (address) {
    target.address = *address;
    return target;
  }
  if (name.empty() || !offset || !std::ranges::all_of(name, is_of_a_name)) {
    return fail(Errc::invalid, cat("want a function such as 'do_unlinkat', 'do_unlinkat+0x10' or "
                                   "'nf_tables:nft_do_chain', or an address, have '",
                                   text, "'"));
  }
  target.function = name;
  target.offset = *offset;
  return target;
}

Result<Link> kprobe(const Program& program, std::string_view text, const AttachOptions& options) {
  SKEP_TRY(const KprobeTarget target, parse_place(text, false));
  return attach_kprobe(program, target, options);
}

Result<Link> kretprobe(const Program& program, std::string_view text, const AttachOptions& options) {
  SKEP_TRY(const KprobeTarget target, parse_place(text, true));
  return attach_kprobe(program, target, options);
}

Result<Link> ksyscall(const Program& program, std::string_view text, const AttachOptions& options) {
  return attach_ksyscall(program, {.name = std::string(text)}, options);
}

Result<Link> kretsyscall(const Program& program, std::string_view text, const AttachOptions& options) {
  return attach_ksyscall(program, {.name = std::string(text), .at_return = true}, options);
}

constexpr auto rows = std::to_array<SectionRow>({
    {"kprobe", kprobe},
    {"kretprobe", kretprobe},
    {"ksyscall", ksyscall},
    {"kretsyscall", kretsyscall},
});

}  // namespace

std::span<const SectionRow> kprobe_sections() {
  return rows;
}

}  // namespace attach
}  // namespace skep
