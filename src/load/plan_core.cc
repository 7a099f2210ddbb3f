#include "load/plan_core.h"

#include <algorithm>
#include <deque>
#include <optional>

#include "base/result.h"
#include "btf/btf.h"
#include "co_re/patch.h"
#include "co_re/relocator.h"
#include "co_re/story.h"
#include "insn/traits.h"
#include "load/kernel_targets.h"
#include "object/source_place.h"

namespace skep::load {
namespace {

/// One function of the object.
struct Code {
  bool is_reached = false;
  bool is_changed = false;
  std::vector<bpf_insn> insns;  // when it has relocations
  std::optional<Error> error;
};

/// Marks what the programs to be loaded call, directly or not, and what they take the address of.
void mark_reached(const ObjectSpec& spec, std::vector<Code>& functions) {
  std::vector<u32> pending;
  const auto reach = [&](u32 function) {
    if (function < functions.size() && !functions[function].is_reached) {
      functions[function].is_reached = true;
      pending.push_back(function);
    }
  };
  for (const ProgramSpec& program : spec.programs) {
    if (program.autoload) {
      reach(program.function);
    }
  }
  while (!pending.empty()) {
    const u32 at = pending.back();
    pending.pop_back();
    for (const Relocation& relocation : spec.functions[at].relocations) {
      if (relocation.kind == RelocationKind::subprogram_call ||
          relocation.kind == RelocationKind::subprogram_address) {
        reach(relocation.target);
      }
    }
  }
}

/// "instruction 12 (prog.c:33)".
std::string place_text(const ObjectSpec& spec, const FunctionSpec& function, u32 insn) {
  const object::SourcePlace place = object::source_place(spec, function, insn);
  return place.file.empty() ? cat("instruction ", insn)
                            : cat("instruction ", insn, " (", place.file, ":", place.line, ")");
}

}  // namespace

struct CoreCode::State {
  explicit State(const host::Facts& facts) : targets(facts) {}

  KernelTargets targets;
  std::shared_ptr<const btf::Btf> types;  // the object's
  std::mutex lock;                        // of what follows
  std::optional<co_re::Relocator> relocator;
  std::vector<Code> functions;

  Result<void> relocate(const ObjectSpec& spec, const FunctionSpec& function, Code& code) {
    code.insns = function.insns;
    code.is_changed = true;
    for (const CoreRelocation& relocation : function.core_relocations) {
      const auto frame = [&] {
        return cat("function '", function.name, "': CO-RE relocation of ",
                   place_text(spec, function, relocation.insn_index));
      };
      SKEP_TRY_IN(frame(), const co_re::Resolution* resolution, relocator->resolve(relocation));
      SKEP_TRY_IN(cat(frame(), ": ", access_text(relocator->local(), resolution->local)),
                  const co_re::Patched done, co_re::patch(code.insns, relocation.insn_index, *resolution));
      static_cast<void>(done);
    }
    return {};
  }
};

CoreCode::CoreCode(const ObjectSpec& spec, const host::Facts& facts)
    : state_(std::make_unique<State>(facts)) {
  State& state = *state_;
  state.functions.resize(spec.functions.size());
  mark_reached(spec, state.functions);
  const auto has_work = [&](std::size_t i) {
    return state.functions[i].is_reached && !spec.functions[i].core_relocations.empty();
  };
  for (std::size_t i = 0; i < spec.functions.size(); ++i) {
    if (!has_work(i)) {
      continue;
    }
    if (spec.btf == nullptr) {
      state.functions[i].error.emplace(
          Errc::malformed,
          cat("function '", spec.functions[i].name, "' has CO-RE relocations, and the object no types"));
      continue;
    }
    if (!state.relocator) {
      state.types = spec.btf;
      state.relocator.emplace(*state.types, state.targets, std::endian::native);
    }
    state.relocator->announce(spec.functions[i].core_relocations);
  }
  for (std::size_t i = 0; state.relocator && i < spec.functions.size(); ++i) {
    if (has_work(i)) {
      if (auto done = state.relocate(spec, spec.functions[i], state.functions[i]); !done) {
        state.functions[i].error = std::move(done).error();
      }
    }
  }
}

CoreCode::~CoreCode() = default;

Result<std::span<const bpf_insn>> CoreCode::code(const ObjectSpec& spec, u32 function) const {
  const Code& code = state_->functions[function];
  if (code.error) {
    return std::unexpected(code.error->clone());
  }
  return std::span<const bpf_insn>(code.is_changed ? code.insns : spec.functions[function].insns);
}

std::string CoreCode::tell(const ObjectSpec& spec, u32 function, u32 insn) const {
  const std::scoped_lock held(state_->lock);
  const std::vector<bpf_insn>& before = spec.functions[function].insns;
  const auto& relocations = spec.functions[function].core_relocations;
  const u32 first = insn > 0 && insn::is_ld_imm64(before[insn - 1]) ? insn - 1 : insn;  // its first half
  const auto relocation = std::ranges::lower_bound(relocations, first, {}, &CoreRelocation::insn_index);
  if (!state_->relocator || relocation == relocations.end() || relocation->insn_index != first) {
    return {};
  }
  const co_re::Story story = co_re::tell(*state_->relocator, *relocation);
  const Code& code = state_->functions[function];
  const bool is_poisoned = insn < code.insns.size() && is_poison(code.insns[insn]);
  return cat("CO-RE ", is_poisoned ? co_re::full_text(story, "    ") : co_re::headline(story));
}

}  // namespace skep::load
