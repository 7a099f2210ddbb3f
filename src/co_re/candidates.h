// Which types of a kernel may stand for a type of the object: those of the same essential name and kind.
#pragma once

#include <deque>
#include <unordered_map>

#include "co_re/target.h"
#include "co_re/types.h"
#include "skep/object_spec.h"

namespace skep::co_re {

/// A target and its types as CO-RE sees them.
struct Side {
  const Target* target = nullptr;
  Types types;
};

struct Candidate {
  const Side* side = nullptr;
  u32 type_id = 0;
};

/// Finds candidates. Names are announced to each Btf together, so that one pass over its types serves them all.
class Candidates {
 public:
  Candidates(const Types& local, Targets& targets) : local_(local), targets_(targets) {}

  /// Announces that relocations about these types will follow.
  void announce(std::span<const CoreRelocation> relocations);

  /// Those for a local type, the kernel's by ascending id, or where it has none the modules' one after another.
  /// Errors: invalid (a type without a name), and those of Targets.
  Result<std::vector<Candidate>> find(u32 local_type_id);

  /// Errors: those of Targets.
  Result<const Side*> kernel();
  /// Errors: those of Targets.
  Result<std::span<const Side* const>> modules();

 private:
  void want(const btf::Btf& types) const;
  void add(const Side& side, u32 local_type_id, std::vector<Candidate>& found) const;

  const Types& local_;
  Targets& targets_;
  std::vector<std::string_view> names_;
  std::vector<bool> announced_;  // by local type id
  std::deque<Side> sides_;       // stay where they are
  const Side* kernel_ = nullptr;
  std::optional<std::vector<const Side*>> modules_;
};

}  // namespace skep::co_re
