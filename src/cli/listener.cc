#include <charconv>
#include <cstring>

#include "base/text.h"
#include "cli/explain.h"
#include "cli/inspect.h"
#include "host/features.h"
#include "insn/print.h"
#include "insn/traits.h"
#include "kernel/narrate.h"

namespace skep::cli {

namespace {

/// The arm of the attributes for one command, as far as the call passed it.
template <class Arm>
Arm arm_of(std::span<const std::byte> attr) {
  Arm arm;
  std::memset(&arm, 0, sizeof arm);
  std::memcpy(&arm, attr.data(), std::min(sizeof arm, attr.size()));
  return arm;
}

template <std::size_t N>
std::string_view name_in(const char (&field)[N]) {
  return until_nul({field, N});
}

CallStory describe_plain(const kernel::CallEvent& event) {
  CallStory story{.call = std::string(kernel::name_of(event.kind))};
  const auto field = [&](std::string_view name, std::string value, std::string_view meaning) {
    story.fields.push_back({std::string(name), std::move(value), std::string(meaning)});
  };
  switch (event.kind) {
    case kernel::CallKind::map_memory:
      if (event.memory.address != nullptr) {
        field("address", hex(reinterpret_cast<std::uintptr_t>(event.memory.address)),
              "where the memory shall be");
      }
      field("bytes", cat(event.memory.bytes, " bytes"), "how much");
      if (event.memory.fd >= 0) {
        field("fd", cat("fd ", event.memory.fd), "whose memory");
      }
      field("access", event.memory.writable ? "read and write" : "read", "what may be done with it");
      break;
    case kernel::CallKind::unmap_memory:
      field("bytes", cat(event.memory.bytes, " bytes"), "how much to give back");
      break;
    case kernel::CallKind::get_memlock:
    case kernel::CallKind::set_memlock:
      field("soft",
            event.memlock.soft == kernel::MemlockLimit::unlimited ? "unlimited"
                                                                  : cat(event.memlock.soft, " bytes"),
            "memory that this process may lock; maps count against it before Linux 5.11");
      break;
    default: field("path", std::string(event.path), "which one"); break;
  }
  return story;
}

/// A call of a helper that became one of another.
bool is_other_helper(const bpf_insn& loaded, const bpf_insn& in_object) {
  constexpr u8 call = BPF_JMP | BPF_CALL;
  return loaded.code == call && loaded.src_reg == 0 && in_object.code == call && in_object.src_reg == 0;
}

}  // namespace

void Listener::tell(const kernel::CallEvent& event) {
  const std::lock_guard lock(mutex_);
  const bool is_bpf = event.kind == kernel::CallKind::bpf || event.kind == kernel::CallKind::bpf_common;
  CallStory story = is_bpf ? describe_bpf(event) : describe_plain(event);
  for (FieldStory& field : story.fields) {
    field.value += name_descriptor(field.value);
  }
  story.result = event.result;
  story.duration_ns = event.duration_ns;
  if (const host::FeatureRow* asked = host::being_probed()) {
    story.subject = cat("(question: does this kernel know ", asked->noun, "?)");
    story.rewrites.clear();
    calls_.push_back(std::move(story));
    return;
  }
  if (event.result >= 0 && !story.subject.empty() &&
      (event.cmd == BPF_MAP_CREATE || event.cmd == BPF_PROG_LOAD || event.cmd == BPF_BTF_LOAD ||
       event.cmd == BPF_OBJ_GET)) {
    descriptors_[event.result] = story.subject;
  }
  calls_.push_back(std::move(story));
}

CallStory Listener::describe_bpf(const kernel::CallEvent& event) {
  CallStory story{.call = "bpf", .command = std::string(name_of(cmd_names, event.cmd))};
  for (const kernel::NarratedField& field :
       kernel::narrate(event.cmd, event.attr_before, kernel::Pointees::alive)) {
    story.fields.push_back({std::string(field.name), field.value, std::string(field.meaning)});
  }
  for (const kernel::NarratedField& field :
       kernel::narrate_results(event.cmd, event.attr_before, event.attr_after)) {
    story.results.push_back({std::string(field.name), field.value, std::string(field.meaning)});
  }
  if (event.cmd == BPF_MAP_CREATE) {
    story.subject = cat("map '", name_in(arm_of<bpf_attr_map_create>(event.attr_before).map_name), "'");
  } else if (event.cmd == BPF_BTF_LOAD) {
    story.subject = "the object's BTF";
  } else if (event.cmd == BPF_PROG_LOAD) {
    const auto attr = arm_of<bpf_attr_prog_load>(event.attr_before);
    const std::string_view name = name_in(attr.prog_name);
    story.subject = cat("program '", name, "'");
    story.rewrites = rewrites_of(
        name, {reinterpret_cast<const bpf_insn*>(static_cast<std::uintptr_t>(attr.insns)), attr.insn_cnt});
  }
  return story;
}

std::vector<Rewrite> Listener::rewrites_of(std::string_view name, std::span<const bpf_insn> loaded) const {
  for (const load::ProgramPlan& plan : plan_.programs) {
    if (plan.insns.size() != loaded.size() || load::kernel_name(spec_.programs[plan.program].name) != name) {
      continue;
    }
    std::vector<Rewrite> rewrites;
    for (u32 at = 0; at < loaded.size(); at += insn::slots(loaded[at])) {
      const load::Origin origin = plan.origin(spec_, at);
      const FunctionSpec& function = spec_.functions[origin.function];
      const bool wide =
          insn::slots(loaded[at]) == 2 && at + 1 < loaded.size() && origin.insn + 1 < function.insns.size();
      const bool same = loaded[at] == function.insns[origin.insn] &&
                        (!wide || loaded[at + 1] == function.insns[origin.insn + 1]);
      if (same) {
        continue;
      }
      rewrites.push_back({.insn = at,
                          .function = function.name,
                          .function_insn = origin.insn,
                          .before = insn::print(function.insns, origin.insn),
                          .after = insn::print(loaded, at),
                          .cause = is_other_helper(loaded[at], function.insns[origin.insn])
                                       ? std::string("a helper that this kernel knows")
                                       : cause_of(plan, origin)});
    }
    return rewrites;
  }
  return {};
}

std::string Listener::cause_of(const load::ProgramPlan& plan, const load::Origin& origin) const {
  if (origin.relocation) {
    return target_text(spec_, spec_.functions[origin.function].relocations[*origin.relocation]);
  }
  const std::string core = plan.core == nullptr ? "" : plan.core->tell(spec_, origin.function, origin.insn);
  return core.empty() ? std::string("the called function lies elsewhere now")
                      : core.substr(0, core.find('\n'));
}

std::string Listener::name_descriptor(std::string_view value) const {
  constexpr std::string_view prefix = "fd ";
  s64 number = -1;
  if (value.starts_with(prefix)) {
    std::from_chars(value.data() + prefix.size(), value.data() + value.size(), number);
  }
  const auto known = descriptors_.find(number);
  return known == descriptors_.end() ? std::string() : cat(" (", known->second, ")");
}

}  // namespace skep::cli
