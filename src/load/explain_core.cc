// The public face of co_re/story.h: every relocation of an object, in its place.
#include <algorithm>

#include "base/result.h"
#include "btf/btf.h"
#include "co_re/patch.h"
#include "co_re/story.h"
#include "insn/print.h"
#include "load/kernel_targets.h"
#include "load/this_machine.h"
#include "object/source_place.h"
#include "skep/core.h"

namespace skep {
namespace {

CoreExplanation place(const ObjectSpec& spec, u32 function, const CoreRelocation& relocation) {
  CoreExplanation made{.function = function, .insn = relocation.insn_index};
  const FunctionSpec& code = spec.functions[function];
  if (made.insn < code.insns.size()) {
    made.insn_before = insn::print(code.insns, made.insn);
  }
  // A million relocations may share one long line, each with its copy.
  constexpr std::size_t longest = 400;
  const object::SourcePlace from = object::source_place(spec, code, made.insn);
  made.file = from.file.substr(0, longest);
  made.line = from.line;
  made.source = from.source.substr(0, longest);
  return made;
}

/// The instruction with the kernel's number; empty when it cannot have it.
std::string patched_text(const FunctionSpec& function, u32 insn, const co_re::Resolution& resolution) {
  constexpr u32 widest = 2;
  const u64 end = std::min<u64>(function.insns.size(), u64{insn} + widest);
  if (insn >= end) {
    return {};
  }
  std::vector<bpf_insn> code(function.insns.begin() + insn,
                             function.insns.begin() + static_cast<std::ptrdiff_t>(end));
  return co_re::patch(code, 0, resolution) ? insn::print(code, 0) : std::string();
}

template <class Tell>
std::vector<CoreExplanation> explain_each(const ObjectSpec& spec, const Tell& tell) {
  std::vector<CoreExplanation> all;
  for (u32 i = 0; spec.btf != nullptr && i < spec.functions.size(); ++i) {
    for (const CoreRelocation& relocation : spec.functions[i].core_relocations) {
      CoreExplanation one = place(spec, i, relocation);
      tell(relocation, one);
      one.headline = co_re::headline(one.story);
      all.push_back(std::move(one));
    }
  }
  return all;
}

}  // namespace

Result<std::vector<CoreExplanation>> explain_core(const ObjectSpec& spec, const LoadOptions& options) {
  if (std::ranges::all_of(spec.functions, [](const auto& f) { return f.core_relocations.empty(); }) ||
      spec.btf == nullptr) {
    return std::vector<CoreExplanation>();
  }
  load::KernelTargets targets(load::facts_for(options));
  SKEP_CHECK(targets.kernel());
  co_re::Relocator relocator(*spec.btf, targets, spec.byte_order);
  for (const FunctionSpec& function : spec.functions) {
    relocator.announce(function.core_relocations);
  }
  return explain_each(spec, [&](const CoreRelocation& relocation, CoreExplanation& one) {
    one.story = co_re::tell(relocator, relocation);
    if (const auto resolution = relocator.resolve(relocation)) {
      one.insn_after = patched_text(spec.functions[one.function], one.insn, **resolution);
    }
  });
}

std::vector<CoreExplanation> describe_core(const ObjectSpec& spec) {
  std::optional<co_re::Types> types;
  return explain_each(spec, [&](const CoreRelocation& relocation, CoreExplanation& one) {
    if (!types) {
      types.emplace(*spec.btf);
    }
    one.story = co_re::tell_local(*types, relocation, spec.byte_order);
  });
}

}  // namespace skep
