// Program types, helpers, instructions: by programs that the verifier refuses whatever the answer is. A type that the kernel does not know is refused without a word, before the
// verifier comes; a helper or an instruction in the verifier's words for it.
#include <cerrno>
#include <chrono>
#include <thread>

#include "base/result.h"
#include "host/attach_target.h"
#include "host/denied.h"
#include "insn/build.h"
#include "kernel/prog.h"
#include "needs/config.h"
#include "needs/insn_set.h"
#include "needs/since.h"
#include "skep/uapi/flags.h"
#include "skep/uapi/helpers.h"
#include "survey/survey.h"

namespace skep::survey {
namespace {

/// Reads a register that nothing was written to: no kernel takes it.
constexpr bpf_insn refused = insn::mov64_reg(0, 6);

Refusal load(kernel::Kernel& kernel, const kernel::ProgLoad& want) {
  std::array<char, std::size_t{16} << 10> text;
  text[0] = '\0';
  kernel::ProgLog log{.buffer = text, .level = 1};
  const auto fd = kernel::prog_load(kernel, want, &log);
  return {.sys_errno = fd ? 0 : fd.error().sys_errno(),
          .log = std::string(until_nul({text.data(), text.size()}))};
}

/// What a type's programs must be loaded with beyond code.
kernel::ProgLoad program(const Subject& subject, bpf_prog_type type, std::span<const bpf_insn> insns) {
  kernel::ProgLoad want{.type = type, .insns = insns, .license = "GPL"};
  const auto attach_to = [&](bpf_attach_type attach, std::string_view name) {
    want.expected_attach_type = attach;
    if (subject.types != nullptr) {
      want.attach_btf_id = host::find_attach_target(*subject.types, attach, name).value_or(0);
    }
  };
  switch (type) {
    case BPF_PROG_TYPE_CGROUP_SOCK: want.expected_attach_type = BPF_CGROUP_INET_SOCK_CREATE; break;
    case BPF_PROG_TYPE_CGROUP_SOCK_ADDR: want.expected_attach_type = BPF_CGROUP_INET4_BIND; break;
    case BPF_PROG_TYPE_CGROUP_SOCKOPT: want.expected_attach_type = BPF_CGROUP_GETSOCKOPT; break;
    case BPF_PROG_TYPE_SK_LOOKUP: want.expected_attach_type = BPF_SK_LOOKUP; break;
    case BPF_PROG_TYPE_NETFILTER: want.expected_attach_type = BPF_NETFILTER; break;
    case BPF_PROG_TYPE_TRACING: attach_to(BPF_TRACE_RAW_TP, "sched_switch"); break;
    case BPF_PROG_TYPE_LSM: attach_to(BPF_LSM_MAC, "file_open"); break;
    case BPF_PROG_TYPE_SYSCALL: want.flags = BPF_F_SLEEPABLE; break;
    default: break;
  }
  return want;
}

std::string denied(bpf_prog_type type) {
  return host::explain_denied({.what = host::DeniedCall::What::prog_load, .prog_type = type});
}

std::string config_text(bpf_prog_type type) {
  ProgramSpec program;
  program.type = type;
  const auto options = needs::config_of(program);
  return options.empty() ? std::string() : std::string(options.front());
}

/// Many thousand refusals cost the kernel memory that it gives back when it comes to it.
class Pace {
 public:
  void step() {
    if (++steps_ % 64 == 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

 private:
  u32 steps_ = 0;
};

/// Whether the verifier, asked about a call of a helper, knows none that this program may call.
bool is_no_helper(std::string_view log) {
  for (const std::string_view words : {"unknown func", "invalid func", "cannot use helper"}) {
    if (log.find(words) != std::string_view::npos) {
      return true;
    }
  }
  return false;
}

struct InsnRow {
  std::array<bpf_insn, 3> code;  ///< the one asked about last
  std::string_view goes_on;      ///< the verifier's words when it has taken that one
};

constexpr std::string_view went_on = "R6 !read_ok";
constexpr bpf_insn nothing = insn::mov64_imm(0, 1);
constexpr bpf_insn slot = insn::st_mem(BPF_DW, 10, -8, 0);

constexpr auto insn_rows = std::to_array<InsnRow>({
    {{nothing, nothing, insn::jump_imm(BPF_JLT, 0, 1, 0)}, went_on},
    {{nothing, nothing, insn::jump32_imm(BPF_JEQ, 0, 1, 0)}, went_on},
    {{nothing, slot, insn::atomic(BPF_DW, BPF_ADD | BPF_FETCH, 10, 0, -8)}, went_on},
    {{nothing, nothing, insn::make(BPF_ALU64 | BPF_DIV | BPF_K, 0, 0, 1, 2)}, went_on},
    {{nothing, nothing, insn::movsx64_reg(0, 0, 8)}, went_on},
    {{nothing, slot, insn::ldx_memsx(BPF_B, 0, 10, -8)}, went_on},
    {{nothing, nothing, insn::make(BPF_ALU64 | BPF_END, 0, 0, 0, 16)}, went_on},
    {{nothing, nothing, insn::jump_long(0)}, went_on},
    {{nothing, nothing, insn::make(BPF_ALU64 | BPF_MOV | BPF_X, 0, 0, 1, 1)}, "arena"},
    {{nothing, nothing, insn::make(BPF_JMP | BPF_JCOND, 0, 0, 0, 0)}, went_on},
    {{nothing, slot, insn::atomic(BPF_DW, BPF_LOAD_ACQ, 0, 10, -8)}, went_on},
    {{nothing, nothing, insn::make(BPF_JMP | BPF_JA | BPF_X, 0, 0, 0, 0)}, "jump table"},
});

}  // namespace

std::vector<Ability> program_types(const Subject& subject) {
  constexpr bpf_insn insns[] = {refused, insn::exit_insn()};
  std::vector<Ability> found;
  for (const auto& [type, name] : prog_type_names) {
    if (type == BPF_PROG_TYPE_UNSPEC) {
      continue;
    }
    const Release since = needs::since(needs::program_types_since, type);
    const Refusal answer = load(subject.kernel, program(subject, type, insns));
    if (!answer.log.empty() || answer.sys_errno == 0) {
      found.push_back(ability(std::string(name), Has::yes, since, {}));
    } else if (answer.sys_errno == EPERM) {
      found.push_back(ability(std::string(name), Has::unknown, since, denied(type)));
    } else if (answer.sys_errno == EINVAL) {
      found.push_back(
          ability(std::string(name), Has::no, since, why_missing(subject, since, config_text(type))));
    } else {
      found.push_back(ability(std::string(name), Has::unknown, since, errno_name(answer.sys_errno)));
    }
  }
  return found;
}

std::vector<ProgramHelpers> helpers(const Subject& subject, const std::vector<Ability>& types) {
  std::vector<ProgramHelpers> all;
  Pace pace;
  for (const Ability& known : types) {
    const bpf_prog_type type = from_name(prog_type_names, known.name).value_or(BPF_PROG_TYPE_UNSPEC);
    ProgramHelpers found{.type = type};
    if (type == BPF_PROG_TYPE_EXT || type == BPF_PROG_TYPE_STRUCT_OPS) {
      found.why = type == BPF_PROG_TYPE_EXT ? "those of the program that it extends"
                                            : "each table of functions has its own";
    } else if (known.has != Has::yes) {
      found.why = known.why;
    } else {
      for (const HelperRow& row : helper_table) {
        if (row.id == BPF_FUNC_unspec) {
          continue;
        }
        const bpf_insn insns[] = {insn::call_helper(row.id), refused, insn::exit_insn()};
        const Refusal answer = load(subject.kernel, program(subject, type, insns));
        pace.step();
        if (answer.log.find("must provide btf_id") != std::string::npos) {
          found.why = "needs the kernel's BTF";
          break;
        }
        if (!answer.log.empty() && !is_no_helper(answer.log)) {
          found.names.emplace_back(row.name);
        }
      }
    }
    all.push_back(std::move(found));
  }
  return all;
}

std::vector<Ability> instructions(const Subject& subject) {
  std::vector<Ability> found;
  for (const InsnRow& row : insn_rows) {
    const needs::InsnFeature feature = needs::feature_of(row.code.back());
    const bpf_insn insns[] = {row.code[0], row.code[1], row.code[2], refused, insn::exit_insn()};
    const Refusal answer = load(subject.kernel, program(subject, BPF_PROG_TYPE_SOCKET_FILTER, insns));
    std::string name = cat(feature.name, " (v", feature.cpu, ")");
    if (answer.log.find(row.goes_on) != std::string::npos) {
      found.push_back(ability(std::move(name), Has::yes, feature.since, {}));
    } else if (answer.sys_errno == EPERM) {
      found.push_back(
          ability(std::move(name), Has::unknown, feature.since, denied(BPF_PROG_TYPE_SOCKET_FILTER)));
    } else if (answer.log.empty()) {
      found.push_back(ability(std::move(name), Has::unknown, feature.since, errno_name(answer.sys_errno)));
    } else {
      found.push_back(
          ability(std::move(name), Has::no, feature.since, why_missing(subject, feature.since, {})));
    }
  }
  return found;
}

}  // namespace skep::survey
