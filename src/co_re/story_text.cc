#include "co_re/kinds.h"
#include "co_re/story.h"

namespace skep {

std::string_view name_of(CoreOutcome outcome) {
  switch (outcome) {
    case CoreOutcome::kept: return "kept";
    case CoreOutcome::changed: return "changed";
    case CoreOutcome::absent: return "absent";
    case CoreOutcome::poison: return "poison";
    case CoreOutcome::error: return "error";
    case CoreOutcome::unknown: return "unknown";
  }
  std::unreachable();
}

}  // namespace skep

namespace skep::co_re {

namespace {

std::string number_text(u64 number) {
  return std::to_string(static_cast<s64>(number));
}

}  // namespace

std::string kind_text(u32 kind) {
  const std::string_view name = skep::name_of(static_cast<bpf_core_relo_kind>(kind));
  return name.empty() ? cat("kind ", kind) : std::string(name);
}

std::string layout_text(const Layout& layout, u32 kind) {
  if (layout.value) {
    return cat(*layout.value, " in ", layout.type);
  }
  const std::string size = layout.bytes == 0 ? std::string() : cat(layout.bytes, " bytes");
  if (family_of(kind) != Family::field) {
    return size.empty() ? layout.type : cat(layout.type, ", ", size);
  }
  const std::string bits = layout.bitfield_bits == 0 ? std::string() : cat(layout.bitfield_bits, " bits");
  std::string place = cat("offset ", layout.offset_bits / 8);
  if (layout.bitfield_bits != 0) {
    place = cat("bit ", layout.offset_bits);
  }
  const std::string& extent = bits.empty() ? size : bits;
  return cat(layout.type, extent.empty() ? "" : ", ", extent, " at ", place);
}

std::string headline(const Story& story) {
  const std::string head = cat(kind_text(story.kind), " of ", story.what);
  switch (story.outcome) {
    case CoreOutcome::kept:
      return cat(head, ": ", number_text(story.after), story.reason.empty() ? "" : ", but ", story.reason);
    case CoreOutcome::changed:
      return cat(head, ": ", number_text(story.before), " -> ", number_text(story.after),
                 story.reason.empty() ? "" : ", but ", story.reason);
    case CoreOutcome::absent: return cat(head, ": 0 (", story.reason, ")");
    case CoreOutcome::poison: return cat(head, ": not on this kernel (", story.reason, ")");
    case CoreOutcome::unknown: return cat(head, ": ", number_text(story.before), " in the object");
    case CoreOutcome::error: break;
  }
  return story.reason.starts_with(story.what) ? cat(kind_text(story.kind), " of ", story.reason)
                                              : cat(head, ": ", story.reason);
}

std::string full_text(const Story& story, std::string_view indent) {
  std::string text = headline(story);
  if (story.local) {
    text += cat("\n", indent, "the object: ", layout_text(*story.local, story.kind));
  }
  for (const CandidateStory& candidate : story.candidates) {
    text += cat("\n", indent, candidate.target, ", type ", candidate.type_id, " (", candidate.type, "): ");
    text += candidate.fits && candidate.layout ? layout_text(*candidate.layout, story.kind)
            : candidate.fits                   ? std::string("fits")
                                               : candidate.why_not;
  }
  return text;
}

}  // namespace skep::co_re
