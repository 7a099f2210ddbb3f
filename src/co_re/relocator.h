// The CO-RE engine: what the numbers that a compiler took from its own view of the kernel's types are on another kernel. Pure: types in, numbers out.
#pragma once

#include <memory>
#include <unordered_map>

#include "co_re/candidates.h"
#include "co_re/field.h"
#include "co_re/resolution.h"

namespace skep::co_re {

/// Resolves the relocations of one object against one kernel. Each distinct relocation (type, access string, kind) is worked out once. Borrows the Btf and the
/// Targets. One thread at a time.
///
/// As libbpf has it, the order counts where several types of the kernel have the wanted name: those that a first relocation of a local type fits are the ones that
/// later relocations of it may choose from. Hand relocations in in the order of the file.
class Relocator {
 public:
  /// `order` is that of the machine which will run the code.
  Relocator(const btf::Btf& local, Targets& targets, std::endian order);
  Relocator(const btf::Btf& local, Targets& targets) : Relocator(local, targets, local.original_order()) {}
  Relocator(const Relocator&) = delete;
  Relocator& operator=(const Relocator&) = delete;

  /// Announces relocations that will be resolved, so that their types' names are looked up together. Optional.
  void announce(std::span<const CoreRelocation> relocations) { candidates_.announce(relocations); }

  /// The answer lives as long as this. Errors: malformed (the record or the types are hostile), invalid (types without name or size), unsupported (a newer kind of
  /// relocation; types of the kernel that fit and disagree: the message names them), and those of Targets.
  Result<const Resolution*> resolve(const CoreRelocation& relocation);

  const Types& local() const { return local_; }
  std::endian order() const { return order_; }
  /// All candidates for a type, also those that resolve() no longer considers. Errors: as Candidates::find.
  Result<std::vector<Candidate>> all_candidates(u32 local_type_id) { return candidates_.find(local_type_id); }
  Candidates& candidates() { return candidates_; }
  Budget& budget() { return budget_; }

 private:
  struct Key {
    u32 type_id, access_string_offset, kind;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const {
      return static_cast<std::size_t>(((u64{key.type_id} << 32 | key.access_string_offset) + key.kind) *
                                      0x9e3779b97f4a7c15ULL);
    }
  };

  Result<Resolution> work_out(const CoreRelocation& relocation);
  Result<void> choose(std::vector<Candidate>& list, Resolution& resolution);

  Types local_;
  std::endian order_;
  Candidates candidates_;
  Budget budget_;
  std::unordered_map<u32, std::vector<Candidate>> lists_;                      // by local type id
  std::unordered_map<Key, std::unique_ptr<const Resolution>, Hash> resolved_;  // what resolve() has answered
};

/// What one candidate has to offer for a relocation: a way, or why there is none.
struct Offer {
  std::optional<Access> access;
  Mismatch mismatch;
};
/// Errors: malformed, invalid (types that nest too deep or have no size).
Result<Offer> offer_of(const Types& local, const Access& wanted, u32 kind, const Candidate& candidate,
                       Budget& budget);

}  // namespace skep::co_re
