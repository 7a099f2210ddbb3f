// A relocation told to people: what the code asks for, what there is on either side, which types were tried and why they did not fit. Made on demand only.
#pragma once

#include <string>

#include "co_re/relocator.h"
#include "skep/core.h"

namespace skep::co_re {

/// The words of the public API.
using Layout = CoreLayout;
using CandidateStory = CoreCandidate;
using Story = CoreStory;

/// Never fails: what goes wrong is part of the story. The answer is that of Relocator::resolve.
Story tell(Relocator& relocator, const CoreRelocation& relocation);

/// The object's side alone: outcome `unknown`, or `error`. `order` is that of the machine which would run the code.
Story tell_local(const Types& local, const CoreRelocation& relocation, std::endian order);

/// "byte_off", "type_exists"; "kind 99" for what is newer than this skep.
std::string kind_text(u32 kind);

/// "byte_off of struct task_struct::mm: 2336 -> 2400", "type_exists of struct foo: 0 (this kernel has no struct foo)".
std::string headline(const Story& story);

/// The headline and, line by line, both layouts and each candidate. No trailing newline; lines after the first begin with `indent`.
std::string full_text(const Story& story, std::string_view indent);

/// "8 bytes at offset 2336, struct mm_struct *".
std::string layout_text(const Layout& layout, u32 kind);

}  // namespace skep::co_re
