#include "co_re/candidates.h"

#include <algorithm>

#include "btf/names.h"
#include "co_re/compat.h"

namespace skep::co_re {

void Candidates::announce(std::span<const CoreRelocation> relocations) {
  const u32 count = local_.btf().type_count();
  announced_.resize(count);
  for (const CoreRelocation& relocation : relocations) {
    if (relocation.type_id >= count || relocation.kind == BPF_CORE_TYPE_ID_LOCAL ||
        announced_[relocation.type_id]) {
      continue;
    }
    announced_[relocation.type_id] = true;
    // Sorting takes time for names of hostile length, of which there is none in a kernel.
    constexpr std::size_t longest = 1024;
    const std::string_view name = local_.type(relocation.type_id).name();
    if (!name.empty() && name.size() <= longest) {
      names_.push_back(btf::essential_name(name));
    }
  }
}

void Candidates::want(const btf::Btf& types) const {
  std::vector<std::string_view> names = names_;
  names.insert(names.end(), long_names.begin(), long_names.end());
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  types.want(names);
}

Result<const Side*> Candidates::kernel() {
  if (kernel_ == nullptr) {
    SKEP_TRY(const Target* target, targets_.kernel());
    want(*target->types);
    kernel_ = &sides_.emplace_back(Side{.target = target, .types = Types(*target->types)});
  }
  return kernel_;
}

Result<std::span<const Side* const>> Candidates::modules() {
  if (!modules_) {
    SKEP_TRY(const auto targets, targets_.modules());
    modules_.emplace();
    for (const Target& target : targets) {
      want(*target.types);
      modules_->push_back(&sides_.emplace_back(Side{.target = &target, .types = Types(*target.types)}));
    }
  }
  return std::span<const Side* const>(*modules_);
}

void Candidates::add(const Side& side, u32 local_type_id, std::vector<Candidate>& found) const {
  const btf::Type local = local_.type(local_type_id);
  for (const u32 id : side.types.btf().essential(btf::essential_name(local.name()))) {
    if (kinds_agree(local.kind(), side.types.type(id).kind())) {
      found.push_back({.side = &side, .type_id = id});
    }
  }
}

Result<std::vector<Candidate>> Candidates::find(u32 local_type_id) {
  if (local_.type(local_type_id).name().empty()) {
    return fail(Errc::invalid, cat("BTF ", describe(local_.btf(), local_type_id),
                                   " has no name to look it up by on the running kernel"));
  }
  std::vector<Candidate> found;
  SKEP_TRY(const Side* main, kernel());
  add(*main, local_type_id, found);
  if (!found.empty()) {
    return found;
  }
  SKEP_TRY(const auto others, modules());
  for (const Side* side : others) {
    add(*side, local_type_id, found);
  }
  return found;
}

}  // namespace skep::co_re
