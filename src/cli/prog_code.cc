#include "cli/prog_code.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "base/file.h"
#include "cli/kallsyms.h"
#include "insn/print.h"
#include "insn/traits.h"
#include "load/kernel_types.h"

namespace skep::cli {

namespace {

/// What the kernel tells of a program beside its summary.
struct Code {
  std::vector<bpf_insn> insns;
  std::vector<bpf_func_info> functions;
  std::vector<bpf_line_info> lines;
  std::shared_ptr<const btf::Btf> btf;
};

Result<Code> fetch(kernel::Kernel& kernel, const LiveProgram& program) {
  const bpf_prog_info& counts = program.info;
  Code code;
  code.insns.resize(counts.xlated_prog_len / sizeof(bpf_insn));
  code.functions.resize(counts.nr_func_info);
  code.lines.resize(counts.nr_line_info);
  auto ask = kernel::zeroed<bpf_prog_info>();
  ask.xlated_prog_len = static_cast<u32>(code.insns.size() * sizeof(bpf_insn));
  ask.xlated_prog_insns = kernel::address_of(code.insns.data());
  ask.nr_func_info = counts.nr_func_info;
  ask.func_info_rec_size = sizeof(bpf_func_info);
  ask.func_info = kernel::address_of(code.functions.data());
  ask.nr_line_info = counts.nr_line_info;
  ask.line_info_rec_size = sizeof(bpf_line_info);
  ask.line_info = kernel::address_of(code.lines.data());
  SKEP_TRY(const bpf_prog_info info, kernel::prog_info(kernel, program.fd.raw(), ask));
  if (info.xlated_prog_insns == 0 || code.insns.empty()) {
    return fail(Errc::denied,
                cat("program ", info.id,
                    ": the kernel does not show its instructions: that takes CAP_PERFMON and CAP_BPF, "
                    "and kernel.kptr_restrict below 2"));
  }
  code.functions.resize(std::min<std::size_t>(code.functions.size(), info.nr_func_info));
  code.lines.resize(std::min<std::size_t>(code.lines.size(), info.nr_line_info));
  code.btf = load::kernel_types(kernel, info.btf_id);
  return code;
}

/// In machine code a call's distance stands in `off` and `imm` counts subprograms; put it back where the instruction set has it.
void restore_calls(std::vector<bpf_insn>& insns) {
  for (bpf_insn& insn : insns) {
    if (insn::is_call_subprog(insn) && insn.off != 0) {
      insn.imm = insn.off;
      insn.off = 0;
    }
  }
}

std::string function_at(const Code& code, s64 insn) {
  for (const bpf_func_info& function : code.functions) {
    if (function.insn_off == insn && code.btf != nullptr && function.type_id < code.btf->type_count()) {
      return std::string(code.btf->type(function.type_id).name());
    }
  }
  return {};
}

/// Names for what instructions refer to.
class Names {
 public:
  Names(kernel::Kernel& kernel, const Code& code) : kernel_(kernel), code_(code) {
    std::vector<s32> calls;
    for (const bpf_insn& insn : code.insns) {
      if (insn::is_call_helper(insn)) {
        calls.push_back(insn.imm);
      }
    }
    if (calls.empty()) {
      return;
    }
    if (const auto text = read_text("/proc/kallsyms")) {
      calls_ = call_names(*text, calls);
    }
  }

  std::string operator()(const insn::Reference& reference) {
    using Kind = insn::Reference::Kind;
    switch (reference.kind) {
      case Kind::map_fd: return cat("map[", map(reference.imm), "]");
      case Kind::map_value: return cat("map[", map(reference.imm), "][0]+", reference.offset);
      case Kind::helper: {
        const auto call = calls_.find(reference.imm);
        return call == calls_.end() ? cat("address ", reference.imm) : call->second;
      }
      case Kind::subprog:
      case Kind::subprog_addr: {
        const s64 target = static_cast<s64>(reference.index) + 1 + reference.imm;
        const std::string name = function_at(code_, target);
        return name.empty() ? std::string()
                            : cat("pc", reference.imm < 0 ? "" : "+", reference.imm, " <", name, ">");
      }
      default: return {};
    }
  }

 private:
  std::string map(s32 id) {
    auto [at, is_new] = maps_.try_emplace(id);
    if (is_new) {
      const auto map = open_map(kernel_, {.how = "id", .what = std::to_string(id)});
      at->second = map ? cat("id ", id, " '", map->name(), "'") : cat("id ", id);
    }
    return at->second;
  }

  kernel::Kernel& kernel_;
  const Code& code_;
  std::map<s32, std::string> calls_;
  std::map<s32, std::string> maps_;
};

void add_source(LiveLine& line, const Code& code) {
  const auto at = std::ranges::lower_bound(code.lines, line.insn, {}, &bpf_line_info::insn_off);
  if (at == code.lines.end() || at->insn_off != line.insn || code.btf == nullptr) {
    return;
  }
  const auto text = [&](u32 offset) {
    return code.btf->has_string(offset) ? code.btf->string(offset) : std::string_view{};
  };
  line.file = text(at->file_name_off);
  line.source = trim(text(at->line_off));
  line.line = BPF_LINE_INFO_LINE_NUM(at->line_col);
}

}  // namespace

Result<std::vector<LiveLine>> read_code(kernel::Kernel& kernel, const LiveProgram& program) {
  SKEP_TRY(Code code, fetch(kernel, program));
  restore_calls(code.insns);
  Names names(kernel, code);
  std::vector<LiveLine> lines;
  for (u32 at = 0; at < code.insns.size(); at += insn::slots(code.insns[at])) {
    LiveLine line{.insn = at, .opcode = code.insns[at].code};
    line.text =
        insn::print(code.insns, at, [&](const insn::Reference& reference) { return names(reference); });
    line.function = function_at(code, at);
    add_source(line, code);
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace skep::cli
