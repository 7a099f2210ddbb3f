// Which function attaches the programs of which section. Each family has a list of rows; by_section.cc joins them.
#pragma once

#include <span>
#include <string_view>

#include "host/facts.h"
#include "skep/attach.h"

namespace skep::attach {

/// One row of object::section_rules that can be attached by its section's text.
struct SectionRow {
  std::string_view rule;  ///< SectionRule::name
  /// `target` is what follows the rule's name and a '/': never empty unless the rule has no target.
  Result<Link> (*attach)(const Program& program, std::string_view target, const AttachOptions& options);
};

/// kprobe and ksyscall (kprobe.cc), kprobe.multi and its kin (kprobe_multi.cc).
std::span<const SectionRow> kprobe_sections();
std::span<const SectionRow> kprobe_multi_sections();
/// tp (tracepoint.cc).
std::span<const SectionRow> tracepoint_sections();
/// fentry, fexit, fmod_ret, fsession, tp_btf, lsm, and the multi forms (tracing.cc); freplace (freplace.cc).
std::span<const SectionRow> tracing_sections();
std::span<const SectionRow> freplace_sections();
/// iter (iterator.cc).
std::span<const SectionRow> iterator_sections();
/// raw_tp and its kin (raw_tracepoint.cc).
std::span<const SectionRow> raw_tracepoint_sections();
/// uprobe, uretprobe and their multi forms (uprobe.cc); usdt (usdt.cc).
std::span<const SectionRow> uprobe_sections();
std::span<const SectionRow> usdt_sections();

/// struct_ops, which are attached through their maps (struct_ops.cc).
std::span<const SectionRow> struct_ops_sections();

/// The row for a section, or null.
const SectionRow* find_section_row(std::string_view rule);

/// What is known of the machine that `program` is loaded on: `options.facts`, or this machine's.
host::Facts facts_for(const Program& program, const AttachOptions& options);

}  // namespace skep::attach
