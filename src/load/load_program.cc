// One program and the verifier's word on it. The first attempt asks for no log, which is the fast way and the only one whose errno can be trusted: with a log
// that does not fit, older kernels answer ENOSPC whatever the cause was.
#include <algorithm>
#include <cerrno>
#include <memory>

#include "base/result.h"
#include "btf/btf.h"
#include "diag/explain.h"
#include "host/denied.h"
#include "insn/traits.h"
#include "kernel/prog.h"
#include "load/section_age.h"
#include "load/steps.h"
#include "skep/uapi/flags.h"

namespace skep::load {
namespace {

constexpr u32 first_log_bytes = u32{1} << 20;
constexpr u32 largest_log_bytes = u32{64} << 20;
/// The most that every kernel takes, for those that do not tell how much they would need (before 6.4).
constexpr u32 blind_log_bytes = (u32{16} << 20) - 1;

template <class Record>
kernel::RecordTable table(const std::vector<Record>& records) {
  if (records.empty()) {
    return {};
  }
  return {
      .records = records.data(), .count = static_cast<u32>(records.size()), .record_bytes = sizeof(Record)};
}

/// Kernels before 5.14 refuse a list of descriptors, though they attach to functions of modules.
std::span<const int> listed_modules(const ProgramCall& call) {
  const bool is_any_called = std::ranges::any_of(
      call.plan.insns, [](const bpf_insn& insn) { return insn::is_call_kfunc(insn) && insn.off != 0; });
  return is_any_called ? std::span<const int>(call.modules.fd_array) : std::span<const int>();
}

kernel::ProgLoad attributes(const ProgramCall& call) {
  const ProgramSpec& program = call.session.spec.programs[call.plan.program];
  kernel::ProgLoad want{.type = program.type,
                        .expected_attach_type = call.plan.expected_attach_type,
                        .name = call.plan.has_name ? std::string_view(program.name) : std::string_view(),
                        .insns = call.plan.insns,
                        .license = call.session.spec.license.c_str(),
                        .flags = call.plan.flags,
                        .kern_version = call.session.spec.kernel_version,
                        .attach_btf_id = call.plan.attach_btf_id,
                        .attach_fd = call.prepared.attach_fd,
                        .fd_array = listed_modules(call),
                        .token_fd = call.session.token_fd};
  want.flags |= want.token_fd >= 0 ? u32{BPF_F_TOKEN_FD} : 0u;
  if (call.plan.attach_module) {
    want.attach_fd = call.modules.fds[*call.plan.attach_module].raw();
  }
  if (call.btf_fd >= 0) {
    want.func_info = table(call.plan.func_info);
    want.line_info = table(call.plan.line_info);
    want.btf_fd = want.func_info.count + want.line_info.count != 0 ? call.btf_fd : -1;
  }
  return want;
}

struct Logged {
  Result<Fd> fd;
  VerifierLog log;
  bool fits = true;
  u32 true_bytes = 0;
};

Logged load_with_log(const ProgramCall& call, u32 level, u32 bytes) {
  // Not value-initialised: pages that the kernel does not write are never touched.
  const std::unique_ptr<char[]> buffer(new char[bytes]);
  buffer[0] = '\0';
  kernel::ProgLog log{.buffer = {buffer.get(), bytes}, .level = level};
  Logged made{.fd = kernel::prog_load(call.session.kernel, attributes(call), &log)};
  made.true_bytes = log.true_bytes;
  made.fits = log.true_bytes <= bytes && (made.fd || made.fd.error().sys_errno() != ENOSPC);
  made.log = {.text = std::string(until_nul({buffer.get(), bytes})),
              .true_bytes = log.true_bytes,
              .truncated = !made.fits};
  return made;
}

/// The same attempt with a log, and once more with a larger one when the first did not hold it.
Logged load_with_whole_log(const ProgramCall& call, u32 level) {
  Logged made = load_with_log(call, level, first_log_bytes);
  if (!made.fits && !made.fd) {
    const u32 wanted = made.true_bytes == 0 ? blind_log_bytes : std::min(made.true_bytes, largest_log_bytes);
    made = load_with_log(call, level, wanted);
  }
  return made;
}

std::string_view btf_strings(const btf::Btf& btf) {
  const ByteView bytes(btf.bytes(), std::endian::native);
  const auto header = bytes.record<sizeof(btf_header)>(0);
  if (!header) {
    return {};
  }
  const u64 offset = u64{header->at<offsetof(btf_header, hdr_len), u32>()} +
                     header->at<offsetof(btf_header, str_off), u32>();
  const auto strings = bytes.slice(offset, header->at<offsetof(btf_header, str_len), u32>());
  return strings ? strings->chars() : std::string_view();
}

/// What each descriptor in the program stands for: "map 'hits'", or the variable that lies at the offset in a data section.
class SlotNames {
 public:
  explicit SlotNames(const ObjectSpec& spec) : spec_(spec) {
    for (const VariableSpec& variable : spec.variables) {
      by_place_.push_back(&variable);
    }
    std::sort(by_place_.begin(), by_place_.end(),
              [](const auto* a, const auto* b) { return place(*a) < place(*b); });
  }
  std::string text(const MapSlot& slot) const {
    const MapSpec& map = spec_.maps[slot.map];
    if (slot.kind == MapSlot::Kind::fd) {
      return cat("map '", map.name, "'");
    }
    std::string offset = cat(map.section, "+", slot.offset);
    const auto after =
        std::upper_bound(by_place_.begin(), by_place_.end(), std::pair(slot.map, slot.offset),
                         [](const auto& wanted, const auto* variable) { return wanted < place(*variable); });
    if (after != by_place_.begin()) {
      const VariableSpec& before = **(after - 1);
      if (before.map == slot.map && slot.offset - before.offset < before.size_bytes) {
        return cat("variable '", before.name, "' (", offset, ")");
      }
    }
    return offset;
  }

 private:
  static std::pair<u32, u32> place(const VariableSpec& variable) { return {variable.map, variable.offset}; }

  const ObjectSpec& spec_;
  std::vector<const VariableSpec*> by_place_;
};

Error explain(const ProgramCall& call, const Error& cause, VerifierLog log) {
  const ObjectSpec& spec = call.session.spec;
  const ProgramSpec& program = spec.programs[call.plan.program];
  std::vector<diag::LoadedFunction> functions;
  for (const Piece& piece : call.plan.pieces) {
    const FunctionSpec& function = spec.functions[piece.function];
    functions.push_back({.first_insn = piece.first_insn,
                         .name = function.name,
                         .section = function.section,
                         .section_offset = function.section_offset});
  }
  const SlotNames names(spec);
  std::vector<diag::InsnNote> notes;
  for (const MapSlot& slot : call.plan.map_slots) {
    notes.push_back({.insn = slot.insn, .text = names.text(slot)});
  }
  const diag::LoadedProgram loaded{
      .program = program.name,
      .section = program.section,
      .insns = call.plan.insns,
      .functions = functions,
      .line_info = call.plan.line_info,
      .btf_strings = spec.btf != nullptr ? btf_strings(*spec.btf) : std::string_view(),
      .notes = notes};
  diag::Explanation explanation = diag::explain(loaded, cause.sys_errno(), log);
  if (explanation.place && explanation.place->insn < call.plan.insns.size()) {
    explanation.cause = call.plan.cause(spec, explanation.place->insn);
  }
  std::string text = diag::summary(explanation);
  if (cause.sys_errno() == EPERM) {
    text = cat(text, "\n  rights: ",
               host::explain_denied({.what = host::DeniedCall::What::prog_load, .prog_type = program.type}));
  }
  auto age = older_than_section(call.session.facts, program.section);
  if (!age && cause.sys_errno() == EINVAL && log.text.empty()) {
    age = option_of_section(call.session.facts, program.section);
  }
  if (age && cause.sys_errno() != EPERM) {
    text = cat(text, "\n  ", *age);
    Error made(Errc::unsupported, std::move(text), cause.sys_errno());
    return log.text.empty() ? std::move(made) : std::move(made).with_log(std::move(log));
  }
  if (log.text.empty()) {
    return Error(cause.code(), std::move(text), cause.sys_errno());
  }
  const Errc code = cause.sys_errno() == EPERM ? Errc::denied : Errc::verifier;
  return Error(code, std::move(text), cause.sys_errno()).with_log(std::move(log));
}

}  // namespace

ProgramOutcome load_program(const ProgramCall& call) {
  const u32 level = call.session.options.log_level;
  if (level != 0) {
    Logged first = load_with_whole_log(call, level);
    if (first.fd) {
      return {.fd = std::move(*first.fd), .log = std::move(first.log)};
    }
    if (first.fits || first.fd.error().sys_errno() != ENOSPC) {
      return {.error = explain(call, first.fd.error(), std::move(first.log))};
    }
  }
  auto plain = kernel::prog_load(call.session.kernel, attributes(call));
  if (plain) {
    return {.fd = std::move(*plain)};
  }
  const Error cause = std::move(plain).error();
  if (cause.sys_errno() == ENOMEM) {
    return {.error = explain(call, cause, {})};
  }
  Logged second = load_with_whole_log(call, 1);
  if (second.fd) {
    return {
        .fd = std::move(*second.fd),
        .note = cat("program '", call.session.spec.programs[call.plan.program].name, "': refused once with ",
                    errno_name(cause.sys_errno()), " and accepted when asked again")};
  }
  return {.error = explain(call, cause, std::move(second.log))};
}

}  // namespace skep::load
