#include "needs/map_fields.h"

#include <algorithm>
#include <unordered_set>

#include "btf/btf.h"

namespace skep::needs {
namespace {

// clang-format off
constexpr auto known_fields = std::to_array<MapFieldRow>({
    {"bpf_spin_lock",     {5, 1}},
    {"bpf_timer",         {5, 15}},
    {"__kptr_untrusted",  {5, 19}},
    {"__kptr",            {5, 19}},
    {"bpf_list_head",     {6, 2}},
    {"bpf_list_node",     {6, 2}},
    {"bpf_rb_root",       {6, 3}},
    {"bpf_rb_node",       {6, 3}},
    {"bpf_refcount",      {6, 4}},
    {"__percpu_kptr",     {6, 7}},
    {"bpf_wq",            {6, 10}},
    {"__uptr",            {6, 13}},
    {"bpf_res_spin_lock", {6, 15}},
    {"bpf_task_work",     {6, 18}},
});
// clang-format on

void note(std::string_view prefix, std::string_view name, std::vector<MapFieldRow>& found) {
  for (const MapFieldRow& row : known_fields) {
    const bool fits = row.name.starts_with(prefix) && row.name.substr(prefix.size()) == name;
    if (fits && std::ranges::find(found, row.name, &MapFieldRow::name) == found.end()) {
      found.push_back(row);
    }
  }
}

}  // namespace

std::vector<MapFieldRow> special_fields(const btf::Btf& types, u32 value_type_id) {
  std::vector<MapFieldRow> found;
  std::unordered_set<u32> met;
  std::vector<u32> pending{value_type_id};
  while (!pending.empty()) {
    const u32 id = pending.back();
    pending.pop_back();
    if (id == 0 || id >= types.type_count() || !met.insert(id).second) {
      continue;
    }
    const btf::Type type = types.type(id);
    switch (type.kind()) {
      case btf::Kind::struct_:
      case btf::Kind::union_:
        note("", type.name(), found);
        for (u32 i = 0; i < type.vlen(); ++i) {
          pending.push_back(type.member(i).type_id);
        }
        break;
      case btf::Kind::array: pending.push_back(type.array().element_type_id); break;
      case btf::Kind::datasec:
        for (u32 i = 0; i < type.vlen(); ++i) {
          pending.push_back(type.section_variable(i).type_id);
        }
        break;
      case btf::Kind::ptr: {
        // A tag on what a pointer points to; what that is does not lie in the map.
        const u32 tag = type.type_id();
        if (tag != 0 && tag < types.type_count() && types.kind(tag) == btf::Kind::type_tag) {
          note("__", types.type(tag).name(), found);
        }
        break;
      }
      default:
        if (type.is_transparent() || type.kind() == btf::Kind::var) {
          pending.push_back(type.type_id());
        }
        break;
    }
  }
  return found;
}

}  // namespace skep::needs
