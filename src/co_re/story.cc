#include "co_re/story.h"

#include "btf/declare.h"
#include "btf/names.h"
#include "co_re/compat.h"
#include "co_re/kinds.h"
#include "co_re/near.h"

namespace skep::co_re {

namespace {

/// "`a`, `b` or `c`".
std::string list_text(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    text += cat(i == 0 ? "" : i + 1 == names.size() ? " or " : ", ", "`", names[i], "`");
  }
  return text;
}

std::optional<Layout> layout_of(const Types& types, const Access& access, u32 kind) {
  Layout layout{.offset_bits = access.offset_bits};
  u32 id = access.root_type_id;
  switch (family_of(kind)) {
    case Family::enumerator: {
      const Step& step = access.steps.front();
      return Layout{.type = type_name(types.btf(), step.type_id),
                    .value = types.type(step.type_id).enumerator(step.index).value};
    }
    case Family::field:
      id = access.steps.back().type_id;
      if (!access.steps.back().name.empty()) {
        const btf::Member member = types.type(id).member(access.steps.back().index);
        id = member.type_id;
        layout.bitfield_bits = member.bitfield_bits;
      }
      break;
    case Family::type: break;
    case Family::unknown: return std::nullopt;
  }
  layout.type =
      types.type(id).is_composite() ? type_name(types.btf(), id) : btf::declaration(types.btf(), id);
  layout.bytes = types.size_bytes(id).value_or(0);
  return layout;
}

class Teller {
 public:
  Teller(Relocator& relocator, const CoreRelocation& relocation)
      : relocator_(relocator), local_(relocator.local()), relocation_(relocation) {}

  Story tell() {
    story_ = tell_local(local_, relocation_, relocator_.order());
    const auto access = read_access(local_, relocation_);
    if (!access) {
      return std::move(story_);
    }
    const auto resolution = relocator_.resolve(relocation_);
    add_candidates(*access);
    if (!resolution) {
      story_.outcome = CoreOutcome::error;
      story_.reason = resolution.error().message();
      return std::move(story_);
    }
    conclude(**resolution);
    return std::move(story_);
  }

 private:
  void conclude(const Resolution& resolution) {
    story_.before = resolution.before.number;
    story_.after = resolution.after.number;
    if (resolution.is_poison || (resolution.matches.empty() && relocation_.kind != BPF_CORE_TYPE_ID_LOCAL)) {
      story_.outcome = resolution.is_poison ? CoreOutcome::poison : CoreOutcome::absent;
      story_.reason = why_nothing_fits(resolution.local);
      return;
    }
    story_.outcome = story_.before == story_.after ? CoreOutcome::kept : CoreOutcome::changed;
    if (resolution.changes_meaning) {
      story_.reason = cat("a load or store of it would mean something else there: ", side_text(story_.local),
                          " in the object, ", side_text(first_fitting()), " in the kernel");
    }
  }

  static std::string side_text(const std::optional<Layout>& layout) {
    return layout ? cat("`", layout->type, "`, ", layout->bytes, " bytes") : std::string("nothing");
  }
  std::optional<Layout> first_fitting() const {
    for (const CandidateStory& candidate : story_.candidates) {
      if (candidate.fits) {
        return candidate.layout;
      }
    }
    return std::nullopt;
  }

  void add_candidates(const Access& wanted) {
    if (relocation_.kind == BPF_CORE_TYPE_ID_LOCAL) {
      return;
    }
    const auto candidates = relocator_.all_candidates(relocation_.type_id);
    if (!candidates) {
      return;  // resolve() has the same complaint
    }
    constexpr std::size_t most_told = 64;
    for (const Candidate& candidate : *candidates) {
      if (story_.candidates.size() == most_told) {
        break;
      }
      const Types& types = candidate.side->types;
      CandidateStory told{.target = candidate.side->target->name,
                          .type_id = candidate.type_id,
                          .type = type_name(types.btf(), candidate.type_id)};
      const auto offer = offer_of(local_, wanted, relocation_.kind, candidate, relocator_.budget());
      if (!offer) {
        told.why_not = offer.error().message();
      } else if (offer->access) {
        told.fits = true;
        told.layout = layout_of(types, *offer->access, relocation_.kind);
      } else {
        told.why_not = why_not(wanted, candidate, offer->mismatch);
      }
      story_.candidates.push_back(std::move(told));
    }
  }

  std::string why_not(const Access& wanted, const Candidate& candidate, const Mismatch& mismatch) {
    const Types& types = candidate.side->types;
    if (mismatch.why == Mismatch::Why::none) {
      return type_differs(candidate);
    }
    const Step& step = wanted.steps[mismatch.step];
    const std::string there = btf::declaration(types.btf(), mismatch.type_id);
    switch (mismatch.why) {
      case Mismatch::Why::no_member:
        return missing(cat("no member `", step.name, "`"), type_name(types.btf(), mismatch.type_id),
                       near_members(types, mismatch.type_id, step.name));
      case Mismatch::Why::other_type: {
        const u32 own = local_.type(step.type_id).member(step.index).type_id;
        return cat("`", step.name, "` is `", there, "` there, which cannot be read as `",
                   btf::declaration(local_.btf(), own), "`");
      }
      case Mismatch::Why::no_struct:
        return cat("`", there, "` there has no members, and so no `", step.name, "`");
      case Mismatch::Why::no_array:
        return cat("`", there, "` there is no array, and so has no element ", step.index);
      case Mismatch::Why::out_of_bounds: return cat("element ", step.index, " is outside of `", there, "`");
      case Mismatch::Why::no_enum: return cat("`", there, "` is no enum");
      case Mismatch::Why::no_value:
        return missing(cat("no value `", btf::essential_name(step.name), "`"),
                       type_name(types.btf(), mismatch.type_id),
                       near_values(types, mismatch.type_id, step.name));
      case Mismatch::Why::none: break;
    }
    return {};
  }

  static std::string missing(std::string what, const std::string& owner,
                             const std::vector<std::string>& near) {
    return near.empty() ? std::move(what) : cat(what, "; ", owner, " has ", list_text(near));
  }

  std::string type_differs(const Candidate& candidate) {
    std::string why;
    if (relocation_.kind == BPF_CORE_TYPE_MATCHES) {
      static_cast<void>(types_match(local_, relocation_.type_id, candidate.side->types, candidate.type_id,
                                    relocator_.budget(), &why));
    }
    return why.empty() ? std::string("it is another type, behind its name") : why;
  }

  std::string why_nothing_fits(const Access& wanted) {
    if (story_.candidates.empty()) {
      return no_candidates(wanted);
    }
    if (story_.candidates.size() == 1) {
      return story_.candidates.front().why_not;
    }
    for (const CandidateStory& candidate : story_.candidates) {
      if (candidate.fits) {
        return cat("type ", candidate.type_id, " of ", candidate.target,
                   " fits, and is left out: earlier relocations of this type took another of the same name");
      }
    }
    return cat("none of the ", story_.candidates.size(),
               " types of that name fits; the first: ", story_.candidates.front().why_not);
  }

  std::string no_candidates(const Access& wanted) {
    const auto kernel = relocator_.candidates().kernel();
    if (!kernel) {
      return kernel.error().message();
    }
    const Types& types = (*kernel)->types;
    const btf::Type own = local_.type(wanted.root_type_id);
    const std::string_view name = btf::essential_name(own.name());
    std::string text = cat((*kernel)->target->name, " has no ", plain_name(own, name));
    for (const u32 id : types.btf().essential(name)) {
      return cat(text, "; it has ", describe(types.btf(), id));
    }
    const auto near = near_types(types, own.kind(), name);
    return near.empty() ? text : cat(text, "; it has ", list_text(near));
  }

  std::string plain_name(const btf::Type& type, std::string_view name) const {
    switch (type.kind()) {
      case btf::Kind::struct_: return cat("struct ", name);
      case btf::Kind::union_: return cat("union ", name);
      case btf::Kind::enum_:
      case btf::Kind::enum64: return cat("enum ", name);
      default: return cat(name_of(type.kind()), " ", name);
    }
  }

  Relocator& relocator_;
  const Types& local_;
  const CoreRelocation& relocation_;
  Story story_;
};

}  // namespace

Story tell_local(const Types& local, const CoreRelocation& relocation, std::endian order) {
  Story story{.kind = relocation.kind};
  const auto access = read_access(local, relocation);
  if (!access) {
    story.outcome = CoreOutcome::error;
    story.what = relocation.type_id < local.btf().type_count() ? type_name(local.btf(), relocation.type_id)
                                                               : cat("type ", relocation.type_id);
    story.reason = access.error().message();
    return story;
  }
  story.what = access_text(local, *access);
  story.local = layout_of(local, *access, relocation.kind);
  const auto value = value_of(local, *access, relocation.kind, order);
  if (value) {
    story.before = value->number;
  } else {
    story.outcome = CoreOutcome::error;
    story.reason = value.error().message();
  }
  return story;
}

Story tell(Relocator& relocator, const CoreRelocation& relocation) {
  return Teller(relocator, relocation).tell();
}

}  // namespace skep::co_re
