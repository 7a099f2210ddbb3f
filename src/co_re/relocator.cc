#include "co_re/relocator.h"

#include "co_re/compat.h"
#include "co_re/kinds.h"

namespace skep::co_re {

namespace {

/// True when a load or store of the old type still means the same with the new width: pointers, and integers that are widened by zeroes.
bool keeps_meaning(const btf::Type& local, const btf::Type& target) {
  if (local.kind() == btf::Kind::ptr && target.kind() == btf::Kind::ptr) {
    return true;
  }
  return local.kind() == btf::Kind::int_ && target.kind() == btf::Kind::int_ &&
         local.int_encoding() != BTF_INT_SIGNED && target.int_encoding() != BTF_INT_SIGNED;
}

std::string name_of(const Candidate& candidate) {
  return cat(candidate.side->target->name, "'s ", describe(candidate.side->types.btf(), candidate.type_id));
}

/// Numbers with their sign, as enumerators have it.
std::unexpected<Error> ambiguous(const Candidate& first, const Candidate& other, std::string_view what, u64 a,
                                 u64 b) {
  return fail(Errc::unsupported,
              cat("several types of the kernel fit and disagree: ", what, " ", static_cast<s64>(a), " by ",
                  name_of(first), ", ", static_cast<s64>(b), " by ", name_of(other),
                  "\n  way out: Reach it from a struct that holds only the one that is meant, or by a member "
                  "that only that one has."));
}

}  // namespace

Relocator::Relocator(const btf::Btf& local, Targets& targets, std::endian order)
    : local_(local), order_(order), candidates_(local_, targets) {}

Result<const Resolution*> Relocator::resolve(const CoreRelocation& relocation) {
  const Key key{relocation.type_id, relocation.access_string_offset, relocation.kind};
  if (const auto known = resolved_.find(key); known != resolved_.end()) {
    return known->second.get();
  }
  SKEP_TRY(Resolution resolution, work_out(relocation));
  return resolved_.emplace(key, std::make_unique<const Resolution>(std::move(resolution)))
      .first->second.get();
}

Result<Resolution> Relocator::work_out(const CoreRelocation& relocation) {
  Resolution resolution{.kind = relocation.kind};
  SKEP_CHECK(budget_.spend(1));
  SKEP_TRY(resolution.local, read_access(local_, relocation));
  SKEP_CHECK(budget_.spend(1, local_.type(relocation.type_id).name()));
  for (const Step& step : resolution.local.steps) {
    SKEP_CHECK(budget_.spend(1, step.name));
  }
  const auto frame = [&] { return access_text(local_, resolution.local); };
  SKEP_TRY_IN(frame(), resolution.before, value_of(local_, resolution.local, relocation.kind, order_));
  if (relocation.kind == BPF_CORE_TYPE_ID_LOCAL) {
    resolution.after = resolution.before;
    return resolution;
  }
  auto list = lists_.find(relocation.type_id);
  if (list == lists_.end()) {
    SKEP_TRY_IN(frame(), std::vector<Candidate> found, candidates_.find(relocation.type_id));
    list = lists_.emplace(relocation.type_id, std::move(found)).first;
  }
  SKEP_CHECK_IN(frame(), choose(list->second, resolution));
  if (resolution.matches.empty()) {
    const auto nothing = value_of_nothing(relocation.kind);
    resolution.is_poison = !nothing;
    resolution.after = nothing.value_or(Value{});
  }
  return resolution;
}

Result<void> Relocator::choose(std::vector<Candidate>& list, Resolution& resolution) {
  std::vector<Candidate> fitting;
  for (const Candidate& candidate : list) {
    SKEP_TRY_IN(name_of(candidate), Offer offer,
                offer_of(local_, resolution.local, resolution.kind, candidate, budget_));
    if (!offer.access) {
      continue;
    }
    const Types& types = candidate.side->types;
    SKEP_TRY_IN(name_of(candidate), const Value value,
                value_of(types, *offer.access, resolution.kind, order_));
    if (fitting.empty()) {
      resolution.after = value;
      resolution.changes_meaning =
          value.access_bytes != resolution.before.access_bytes &&
          !keeps_meaning(local_.type(resolution.before.field_type_id), types.type(value.field_type_id));
    } else if (const u64 first = resolution.matches.front().access.offset_bits;
               offer.access->offset_bits != first) {
      return ambiguous(fitting.front(), candidate, "bit offset", first, offer.access->offset_bits);
    } else if (value.number != resolution.after.number) {
      return ambiguous(fitting.front(), candidate, "the value", resolution.after.number, value.number);
    }
    fitting.push_back(candidate);
    resolution.matches.push_back({.target = candidate.side->target, .access = *std::move(offer.access)});
  }
  if (!fitting.empty()) {
    list = std::move(fitting);
  }
  return {};
}

Result<Offer> offer_of(const Types& local, const Access& wanted, u32 kind, const Candidate& candidate,
                       Budget& budget) {
  Offer offer;
  const Types& target = candidate.side->types;
  if (family_of(kind) != Family::type) {
    SKEP_TRY(offer.access, follow(local, wanted, target, candidate.type_id, budget, offer.mismatch));
    return offer;
  }
  SKEP_TRY(const bool alike,
           kind == BPF_CORE_TYPE_MATCHES
               ? types_match(local, wanted.root_type_id, target, candidate.type_id, budget)
               : types_are_compatible(local, wanted.root_type_id, target, candidate.type_id, budget));
  if (alike) {
    offer.access = Access{.root_type_id = candidate.type_id};
  }
  return offer;
}

}  // namespace skep::co_re
