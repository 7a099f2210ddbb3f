#include "co_re/near.h"

#include <algorithm>

#include "btf/names.h"
#include "co_re/compat.h"

namespace skep::co_re {

namespace {

constexpr std::size_t most = 3;
/// Hostile structs may have more members than anyone wants to look at.
constexpr std::size_t most_names = 4096;
constexpr std::size_t most_members = 65536;
constexpr u32 deepest = 4;

/// Names of members as C sees them: those of anonymous structs among those of their parent. Counts `looks` up, to most_members at most.
void collect(const Types& types, u32 id, u32 depth, std::size_t& looks, std::vector<btf::Member>& members) {
  const btf::Type type = types.resolved(id);
  if (!type.is_composite() || depth > deepest) {
    return;
  }
  for (u32 i = 0; i < type.vlen() && members.size() < most_names && looks < most_members; ++i, ++looks) {
    const btf::Member member = type.member(i);
    if (member.name.empty()) {
      collect(types, member.type_id, depth + 1, looks, members);
    } else {
      members.push_back(member);
    }
  }
}

/// "state" of "__state".
std::string_view bare(std::string_view name) {
  const std::size_t first = std::min(name.find_first_not_of('_'), name.size());
  return name.substr(first, name.find_last_not_of('_') + 1 - first);
}

void add(std::vector<std::string>& found, std::string text) {
  if (found.size() < most && std::ranges::find(found, text) == found.end()) {
    found.push_back(std::move(text));
  }
}

}  // namespace

std::vector<std::string> near_members(const Types& types, u32 id, std::string_view name) {
  std::vector<btf::Member> members;
  std::size_t looks = 0;
  collect(types, id, 0, looks, members);
  std::vector<std::string> found;
  std::vector<std::string_view> names;
  for (const btf::Member& member : members) {
    names.push_back(member.name);
    if (bare(member.name) == bare(name)) {
      add(found, std::string(member.name));  // the kernel's way of renaming what code should no longer touch
    }
  }
  if (!found.empty()) {
    return found;
  }
  for (const btf::Member& member : members) {  // where it may have moved to
    std::vector<btf::Member> inner;
    collect(types, member.type_id, 0, looks, inner);
    if (std::ranges::find(inner, name, &btf::Member::name) != inner.end()) {
      add(found, cat(member.name, ".", name));
    }
  }
  for (std::string& near : nearest(name, names)) {
    add(found, std::move(near));
  }
  return found;
}

std::vector<std::string> near_values(const Types& types, u32 id, std::string_view name) {
  const btf::Type type = types.resolved(id);
  std::vector<std::string_view> names;
  for (u32 i = 0; type.is_enum() && i < type.vlen() && names.size() < most_names; ++i) {
    names.push_back(type.enumerator(i).name);
  }
  return nearest(btf::essential_name(name), names);
}

std::vector<std::string> near_types(const Types& types, btf::Kind like, std::string_view name) {
  const std::string_view wanted = btf::essential_name(name);
  std::vector<std::string_view> names;
  for (u32 id = 1; id < types.btf().type_count(); ++id) {
    const btf::Type type = types.type(id);
    const std::string_view have = type.name();
    // Distances cost: of a hundred thousand names only those of like length are measured, and of those only the ones that begin alike or contain it.
    const bool is_alike =
        have.size() + 3 >= wanted.size() && have.size() <= wanted.size() + 12 &&
        (have.starts_with(wanted.substr(0, 2)) || have.find(wanted) != std::string_view::npos);
    if (is_alike && kinds_agree(like, type.kind())) {
      names.push_back(have);
    }
  }
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  return nearest(wanted, names, most);
}

}  // namespace skep::co_re
