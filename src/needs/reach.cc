#include "needs/reach.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <unordered_set>

#include "insn/traits.h"
#include "needs/evaluate.h"
#include "needs/state.h"

namespace skep::needs {
namespace {

/// Visits per instruction before the walk gives up.
constexpr u64 most_visits = 64;

/// Walks one program, basic block by basic block, until nothing new is learnt.
class Walk {
 public:
  explicit Walk(const Code& code) : code_(code), reached_(code.insns.size()), block_of_(code.insns.size()) {
    find_blocks();
  }

  std::vector<bool> run() {
    if (code_.insns.empty() || code_.routines.empty()) {
      return reached_;
    }
    State entry;
    enter(0, entry);
    for (u32 i = 1; i < code_.routines.size(); ++i) {
      if (code_.routines[i].is_global && code_.verifies_uncalled_globals) {
        enter(i, {});
      }
    }
    const u64 budget = code_.insns.size() * most_visits + most_visits;
    while (!pending_.empty()) {
      const u32 block = pending_.front();
      pending_.pop_front();
      blocks_[block].is_pending = false;
      walk(block);
      if (visits_ > budget) {
        return std::vector<bool>(code_.insns.size(), true);
      }
    }
    return reached_;
  }

 private:
  struct Block {
    u32 first = 0;
    u32 routine = 0;
    std::optional<State> state;  ///< on entry; nothing: not reached yet
    bool is_pending = false;
  };
  struct Summary {
    std::optional<Value> result;      ///< r0 of every exit seen
    std::unordered_set<u32> callers;  ///< blocks that wait for it
  };

  void find_blocks() {
    const auto count = static_cast<s64>(code_.insns.size());
    std::vector<bool> begins(code_.insns.size());
    const auto mark = [&](s64 at) {
      if (at >= 0 && at < count) {
        begins[static_cast<std::size_t>(at)] = true;
      }
    };
    for (const Routine& routine : code_.routines) {
      mark(routine.first_insn);
    }
    for (s64 i = 0; i < count; ++i) {
      const bpf_insn& insn = code_.insns[static_cast<std::size_t>(i)];
      if (const auto target = insn::jump_target(insn, i)) {
        mark(*target);
        mark(i + 1);
      } else if (insn::is_exit(insn) || insn::is_gotox(insn)) {
        mark(i + 1);
      }
      i += insn::is_ld_imm64(insn) ? 1 : 0;
    }
    u32 routine = 0;
    for (u32 i = 0; i < begins.size(); ++i) {
      while (routine + 1 < code_.routines.size() && code_.routines[routine + 1].first_insn <= i) {
        ++routine;
      }
      if (begins[i] || i == 0) {
        blocks_.push_back({.first = i, .routine = routine, .state = std::nullopt});
      }
      block_of_[i] = static_cast<u32>(blocks_.size() - 1);
    }
    summaries_.resize(code_.routines.size());
    is_everywhere_.resize(code_.routines.size());
  }

  void enter(u32 routine, State state) {
    state.registers[BPF_REG_10] = {.kind = Value::Kind::stack};
    state.slots.clear();
    arrive(code_.routines[routine].first_insn, state);
  }

  /// A path leads to the block that begins at `at`.
  void arrive(s64 at, const State& state) {
    if (at < 0 || at >= static_cast<s64>(code_.insns.size())) {
      return;
    }
    const u32 index = block_of_[static_cast<std::size_t>(at)];
    Block& block = blocks_[index];
    if (block.state) {
      if (!block.state->join(state)) {
        return;
      }
    } else {
      block.state = state;
    }
    enqueue(index);
  }

  void enqueue(u32 index) {
    if (!blocks_[index].is_pending) {
      blocks_[index].is_pending = true;
      pending_.push_back(index);
    }
  }

  void walk(u32 index) {
    State state = *blocks_[index].state;
    const u32 end =
        index + 1 < blocks_.size() ? blocks_[index + 1].first : static_cast<u32>(code_.insns.size());
    for (u32 i = blocks_[index].first; i < end; ++i) {
      ++visits_;
      reached_[i] = true;
      const bpf_insn& insn = code_.insns[i];
      if (insn::is_ld_imm64(insn)) {
        if (i + 1 < code_.insns.size()) {
          reached_[i + 1] = true;
        }
        wide(i, state);
        ++i;
      } else if (insn::is_call(insn)) {
        if (!call(index, i, state)) {
          return;
        }
      } else if (insn::is_exit(insn)) {
        leave(blocks_[index].routine, state.registers[0]);
        return;
      } else if (insn::is_gotox(insn)) {
        arrive_everywhere(blocks_[index].routine);
        return;
      } else if (insn::is_jump(insn)) {
        jump(i, state);
        return;
      } else {
        apply(insn, code_, state);
      }
    }
    arrive(end, state);
  }

  void wide(u32 i, State& state) {
    const bpf_insn& insn = code_.insns[i];
    if (insn.dst_reg >= MAX_BPF_REG || i + 1 >= code_.insns.size()) {
      return;
    }
    Value& result = state.registers[insn.dst_reg];
    const auto known = std::lower_bound(code_.addresses.begin(), code_.addresses.end(), i,
                                        [](const Address& address, u32 at) { return address.insn < at; });
    if (known != code_.addresses.end() && known->insn == i) {
      result = known->bytes.empty() ? Value{.kind = Value::Kind::address}
                                    : Value{.kind = Value::Kind::constant,
                                            .region = static_cast<u32>(known - code_.addresses.begin()),
                                            .number = known->offset};
      return;
    }
    if (insn.src_reg == 0) {
      result = number(insn::imm64(insn, code_.insns[i + 1]));
      return;
    }
    result = {.kind = Value::Kind::address};
    if (const auto routine =
            insn::is_func_addr(insn) ? routine_at(*insn::subprog_target(insn, i)) : std::nullopt) {
      enter(*routine, {});  // a callback: the kernel calls it with arguments of its own
    }
  }

  std::optional<u32> routine_at(s64 at) const {
    const auto found =
        std::lower_bound(code_.routines.begin(), code_.routines.end(), at,
                         [](const Routine& routine, s64 wanted) { return s64{routine.first_insn} < wanted; });
    if (found == code_.routines.end() || s64{found->first_insn} != at) {
      return std::nullopt;
    }
    return static_cast<u32>(found - code_.routines.begin());
  }

  /// False when the callee is not known to return yet: the block is resumed when it is.
  bool call(u32 block, u32 i, State& state) {
    const auto target = insn::subprog_target(code_.insns[i], i);
    const auto routine = target ? routine_at(*target) : std::nullopt;
    if (!routine) {
      forget_after_call(state);
      return true;
    }
    const bool is_global = code_.routines[*routine].is_global;
    State given;
    for (u8 r = BPF_REG_1; r <= BPF_REG_5 && !is_global; ++r) {
      const Value& argument = state.registers[r];
      given.registers[r] =
          argument.kind == Value::Kind::stack ? Value{.kind = Value::Kind::address} : argument;
    }
    enter(*routine, given);
    forget_after_call(state);
    if (is_global) {
      return true;
    }
    Summary& summary = summaries_[*routine];
    summary.callers.insert(block);
    if (!summary.result) {
      return false;
    }
    state.registers[0] = *summary.result;
    return true;
  }

  void leave(u32 routine, const Value& result) {
    Summary& summary = summaries_[routine];
    const Value kept = result.kind == Value::Kind::stack ? Value{} : result;
    if (summary.result && (*summary.result == kept || summary.result->kind == Value::Kind::unknown)) {
      return;
    }
    summary.result = summary.result ? Value{} : kept;
    for (const u32 caller : summary.callers) {
      enqueue(caller);
    }
  }

  void jump(u32 i, const State& state) {
    const bpf_insn& insn = code_.insns[i];
    const s64 target = *insn::jump_target(insn, i);
    if (insn::is_unconditional_jump(insn)) {
      arrive(target, state);
      return;
    }
    std::optional<bool> taken;
    if (!insn::is_may_goto(insn)) {
      taken = is_taken(insn, state);
    }
    // Where `r == number` holds, r is that number.
    const bool learns = BPF_CLASS(insn.code) == BPF_JMP && BPF_SRC(insn.code) == BPF_K &&
                        insn.dst_reg < BPF_REG_10 &&
                        state.registers[insn.dst_reg].kind == Value::Kind::unknown;
    const auto where_equal = [&](u8 op) {
      State equal = state;
      if (learns && BPF_OP(insn.code) == op) {
        equal.registers[insn.dst_reg] = number(static_cast<u64>(s64{insn.imm}));
      }
      return equal;
    };
    if (taken != false) {
      arrive(target, where_equal(BPF_JEQ));
    }
    if (taken != true) {
      arrive(s64{i} + 1, where_equal(BPF_JNE));
    }
  }

  /// A jump through a table: it may lead to any block of its function.
  void arrive_everywhere(u32 routine) {
    if (is_everywhere_[routine]) {
      return;
    }
    is_everywhere_[routine] = true;
    State nothing;
    nothing.registers[BPF_REG_10] = {.kind = Value::Kind::stack};
    for (const Block& block : blocks_) {
      if (block.routine == routine) {
        arrive(block.first, nothing);
      }
    }
  }

  const Code& code_;
  std::vector<bool> reached_;
  std::vector<u32> block_of_;
  std::vector<Block> blocks_;
  std::vector<Summary> summaries_;
  std::vector<bool> is_everywhere_;  // by routine: a jump through a table was met in it
  std::deque<u32> pending_;
  u64 visits_ = 0;
};

}  // namespace

std::vector<bool> reached(const Code& code) {
  return Walk(code).run();
}

}  // namespace skep::needs
