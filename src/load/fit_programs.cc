// Programs, fitted to a kernel that lacks something they ask for.
#include <array>

#include "load/plan_steps.h"
#include "skep/uapi/flags.h"
#include "skep/uapi/helpers.h"

namespace skep::load {
namespace {

using host::Feature;

/// Helpers that read memory of the kernel or of user space, and the one before them that guesses which it is.
struct Successor {
  bpf_func_id helper{};
  bpf_func_id before{};
};
constexpr auto probe_reads = std::to_array<Successor>({
    {BPF_FUNC_probe_read_kernel, BPF_FUNC_probe_read},
    {BPF_FUNC_probe_read_user, BPF_FUNC_probe_read},
    {BPF_FUNC_probe_read_kernel_str, BPF_FUNC_probe_read_str},
    {BPF_FUNC_probe_read_user_str, BPF_FUNC_probe_read_str},
});

const Successor* newer_probe_read(const bpf_insn& insn) {
  if (insn.code != (BPF_JMP | BPF_CALL) || insn.src_reg != 0) {
    return nullptr;
  }
  for (const Successor& row : probe_reads) {
    if (insn.imm == static_cast<s32>(row.helper)) {
      return &row;
    }
  }
  return nullptr;
}

std::string noun(const ObjectSpec& spec, const ProgramPlan& plan) {
  return cat("program '", spec.programs[plan.program].name, "': ");
}

void replace_probe_reads(const ObjectSpec& spec, const host::Facts& facts, LoadPlan& plan,
                         ProgramPlan& program) {
  u32 replaced = 0;
  for (bpf_insn& insn : program.insns) {
    const Successor* row = newer_probe_read(insn);
    if (row == nullptr) {
      continue;
    }
    if (!facts.lacks(Feature::probe_read_kernel)) {
      return;
    }
    insn.imm = static_cast<s32>(row->before);
    ++replaced;
  }
  if (replaced != 0) {
    plan.notes.push_back(
        cat(noun(spec, program), replaced, replaced == 1 ? " call" : " calls",
            " of bpf_probe_read_kernel and its like made bpf_probe_read or bpf_probe_read_str",
            because_it_lacks(facts, Feature::probe_read_kernel)));
  }
}

bool takes_function_address(const ProgramPlan& program) {
  for (const bpf_insn& insn : program.insns) {
    if (insn.code == (BPF_LD | BPF_DW | BPF_IMM) && insn.src_reg == BPF_PSEUDO_FUNC) {
      return true;
    }
  }
  return false;
}

/// The kernel's own words for it are about something else: it counts functions that it never sees called.
void refuse_callbacks(const ObjectSpec& spec, const host::Facts& facts, ProgramPlan& program) {
  if (program.error || !facts.may_lack(Feature::function_address) || !takes_function_address(program) ||
      !facts.lacks(Feature::function_address)) {
    return;
  }
  const ProgramSpec& wanted = spec.programs[program.program];
  program.error = Error(Errc::unsupported, cat("program '", wanted.name, "' (section '", wanted.section,
                                               "') takes the address of a function (for a callback): ",
                                               host::lacks_text(Feature::function_address, facts.release())));
}

bool is_usdt(const ProgramSpec& program) {
  const std::string_view kind = std::string_view(program.section).substr(0, program.section.find('/'));
  return (kind == "usdt" || kind == "usdt.s") && program.type == BPF_PROG_TYPE_KPROBE &&
         program.expected_attach_type == bpf_attach_type{};
}

void fit_attributes(const ObjectSpec& spec, const host::Facts& facts, LoadPlan& plan, ProgramPlan& program) {
  const ProgramSpec& wanted = spec.programs[program.program];
  if (wanted.type != BPF_PROG_TYPE_STRUCT_OPS) {  // a member's number, which planning found
    program.expected_attach_type = wanted.expected_attach_type;
  }
  program.flags = wanted.flags;
  if (wanted.expected_attach_type_is_optional && wanted.expected_attach_type != bpf_attach_type{} &&
      facts.lacks(Feature::expected_attach_type)) {
    program.expected_attach_type = {};
    plan.notes.push_back(cat(noun(spec, program), "loaded without its attach type",
                             because_it_lacks(facts, Feature::expected_attach_type)));
  }
  // Of two ways to attach, the program is loaded for the better one.
  if (is_usdt(wanted) && facts.has(Feature::uprobe_multi) == host::Tri::yes) {
    program.expected_attach_type = BPF_TRACE_UPROBE_MULTI;
  }
  if ((wanted.flags & BPF_F_XDP_HAS_FRAGS) != 0 && facts.lacks(Feature::xdp_frags)) {
    program.flags &= ~BPF_F_XDP_HAS_FRAGS;
    plan.notes.push_back(
        cat(noun(spec, program),
            "loaded without BPF_F_XDP_HAS_FRAGS, so that it cannot be attached where packets "
            "come in several buffers",
            because_it_lacks(facts, Feature::xdp_frags)));
  }
}

}  // namespace

void fit_programs(const ObjectSpec& spec, const host::Facts& facts, LoadPlan& plan) {
  const bool is_anything = !plan.maps.empty() || !plan.programs.empty();
  const bool has_names = !is_anything || !facts.lacks(Feature::prog_name);
  if (!has_names) {
    plan.notes.push_back(cat("programs and maps have no names", because_it_lacks(facts, Feature::prog_name)));
  }
  for (ProgramPlan& program : plan.programs) {
    program.has_name = has_names;
    replace_probe_reads(spec, facts, plan, program);
    fit_attributes(spec, facts, plan, program);
    refuse_callbacks(spec, facts, program);
  }
  if (is_anything) {
    const host::Tri is_charged = facts.has(Feature::memcg_accounting);
    const auto release = facts.release();
    // Where the kernel will not say (a limit too low for the question itself), raising the limit does no harm.
    plan.raise_memlock =
        is_charged == host::Tri::no || (is_charged == host::Tri::unknown && release &&
                                        *release < host::row_of(Feature::memcg_accounting).since);
  }
}

}  // namespace skep::load
