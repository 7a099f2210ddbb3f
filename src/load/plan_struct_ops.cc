// struct_ops: the object's table of programs and values, brought into the layout that this kernel's own struct has. Members go by their names: what the kernel has and
// the object has not stays zero; what the object has and the kernel has not must be zero.
#include <algorithm>
#include <array>
#include <cstring>

#include "base/result.h"
#include "btf/btf.h"
#include "btf/names.h"
#include "host/attach_target.h"
#include "load/plan_steps.h"
#include "skep/uapi/flags.h"

namespace skep::load {
namespace {

constexpr std::string_view value_prefix = "bpf_struct_ops_";
constexpr u32 pointer_bytes = 8;

/// Tables that kernels have learnt since struct_ops exist, for telling why one is missing.
struct KnownTable {
  std::string_view name;
  host::Release since;
  std::string_view config;
};

// clang-format off: one row per table
constexpr auto known_tables = std::to_array<KnownTable>({
  {"tcp_congestion_ops", {5, 6},  "CONFIG_INET"},
  {"bpf_dummy_ops",      {5, 16}, "CONFIG_NET"},
  {"hid_bpf_ops",        {6, 11}, "CONFIG_HID_BPF"},
  {"sched_ext_ops",      {6, 12}, "CONFIG_SCHED_CLASS_EXT"},
  {"Qdisc_ops",          {6, 16}, "CONFIG_NET_SCH_BPF"},
});
// clang-format on

/// The kernel's side of a table.
struct KernelTable {
  std::shared_ptr<const btf::Btf> types;
  std::optional<u32> module;  ///< index into LoadPlan::modules
  u32 type_id = 0;            ///< of the table's struct
  u32 value_type_id = 0;      ///< of bpf_struct_ops_NAME, which has it as a member
  u32 value_bytes = 0;
  u32 data_offset = 0;  ///< where that member is
};

std::optional<KernelTable> table_in(const std::shared_ptr<const btf::Btf>& types, std::string_view name) {
  const auto find = [&](std::string_view wanted) {
    return types->base() == nullptr ? types->find(wanted, btf::Kind::struct_)
                                    : host::find_own(*types, wanted, btf::Kind::struct_);
  };
  const auto value_id = find(cat(value_prefix, name));
  if (!value_id) {
    return std::nullopt;
  }
  const btf::Type value = types->type(*value_id);
  for (u32 i = 0; i < value.vlen(); ++i) {
    const btf::Member member = value.member(i);
    const btf::Type type = types->type(types->resolve(member.type_id));
    const u32 offset = member.offset_bits / 8;
    if (type.kind() == btf::Kind::struct_ && type.name() == name && member.bitfield_bits == 0 &&
        u64{offset} + type.size_bytes() <= value.size_bytes()) {
      return KernelTable{.types = types,
                         .type_id = type.id(),
                         .value_type_id = *value_id,
                         .value_bytes = value.size_bytes(),
                         .data_offset = offset};
    }
  }
  return std::nullopt;
}

std::string why_missing(const host::Facts& facts, const btf::Btf& types, std::string_view name) {
  std::string text = cat("this kernel has no struct_ops '", name, "'");
  const auto known = std::ranges::find(known_tables, name, &KnownTable::name);
  if (known != known_tables.end()) {
    const auto release = facts.release();
    const bool is_old = release && *release < known->since;
    return cat(text, is_old ? ": it needs Linux " : ": it needs ",
               is_old ? host::text_of(known->since) : std::string(known->config), is_old ? " and " : "",
               is_old ? known->config : "");
  }
  const std::vector<std::string> near = host::near_names(types, btf::Kind::struct_, value_prefix, name);
  return near.empty() ? text : cat(text, "; near it are: ", join(near, ", "));
}

Result<KernelTable> find_table(const host::Facts& facts, LoadPlan& plan, std::string_view name) {
  SKEP_TRY(const auto types, facts.kernel_btf());
  if (auto found = table_in(types, name)) {
    return *found;
  }
  if (const auto modules = facts.module_names()) {
    for (const std::string& module : *modules) {
      const auto own = facts.module_btf(module);
      if (auto found = own ? table_in(*own, name) : std::nullopt) {
        found->module = module_index(plan, module);
        return *found;
      }
    }
  }
  return fail(Errc::unsupported, why_missing(facts, *types, name));
}

std::optional<u32> member_called(const btf::Type& type, std::string_view name) {
  for (u32 i = 0; i < type.vlen(); ++i) {
    if (type.member(i).name == name) {
      return i;
    }
  }
  return std::nullopt;
}

/// Kinds that hold the same bits when their sizes are the same.
bool are_alike(btf::Kind a, btf::Kind b) {
  const auto is_number = [](btf::Kind kind) {
    return kind == btf::Kind::int_ || kind == btf::Kind::enum_ || kind == btf::Kind::enum64;
  };
  return a == b || (is_number(a) && is_number(b));
}

class TableBuilder {
 public:
  TableBuilder(const ObjectSpec& spec, const MapSpec& map, const KernelTable& kernel, StructOpsPlan& made)
      : spec_(spec), map_(map), kernel_(kernel), made_(made) {}

  Result<void> build() {
    const btf::Type local = spec_.btf->type(map_.value_type_id);
    if (map_.contents.bytes().size() < local.size_bytes()) {
      return fail(Errc::invalid, cat("want ", local.size_bytes(), " bytes of initial value, have ",
                                     map_.contents.bytes().size()));
    }
    made_.value.resize(kernel_.value_bytes);
    for (u32 i = 0; i < local.vlen(); ++i) {
      SKEP_CHECK_IN(cat("member '", local.member(i).name, "'"), member(local.member(i)));
    }
    return {};
  }

 private:
  std::span<const std::byte> bytes_at(u32 offset, u64 bytes) const {
    const auto all = map_.contents.bytes();
    return offset <= all.size() && bytes <= all.size() - offset ? all.subspan(offset, bytes)
                                                                : std::span<const std::byte>();
  }

  Result<void> member(const btf::Member& local) {
    const auto program = std::ranges::find(map_.members, local.offset_bits / 8, &MemberSpec::offset);
    const bool is_filled = program != map_.members.end() && local.bitfield_bits == 0;
    const u64 local_bytes = local.bitfield_bits != 0 ? (local.bitfield_bits + 7) / 8
                                                     : spec_.btf->size_bytes(local.type_id).value_or(0);
    const auto bytes = bytes_at(local.offset_bits / 8, local_bytes);
    const bool is_zero = std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
    const btf::Type table = kernel_.types->type(kernel_.type_id);
    const auto index = local.name.empty() ? std::nullopt : member_called(table, local.name);
    if (!index) {
      if (!is_zero || is_filled) {
        return fail(Errc::unsupported,
                    cat("this kernel's ", table.name(), " has no such member, and it is ",
                        is_filled ? "filled with a program" : "not zero",
                        "\n  way out: Set it to 0 where the kernel lacks it (ObjectSpec::set_text)."));
      }
      return {};
    }
    const btf::Member kernel = table.member(*index);
    if (local.bitfield_bits != 0 || kernel.bitfield_bits != 0) {
      return is_zero ? Result<void>()
                     : fail(Errc::unsupported, "is a bit field, which no kernel's table has with a value");
    }
    const u32 place = kernel_.data_offset + kernel.offset_bits / 8;
    const btf::Type local_type = spec_.btf->type(spec_.btf->resolve(local.type_id));
    const btf::Type kernel_type = kernel_.types->type(kernel_.types->resolve(kernel.type_id));
    if (is_filled) {
      return fill(program->program, *index, place, kernel_type);
    }
    if (is_zero) {
      return {};
    }
    const u64 kernel_bytes = kernel_.types->size_bytes(kernel.type_id).value_or(0);
    if (!are_alike(local_type.kind(), kernel_type.kind()) || local_bytes != kernel_bytes) {
      return fail(Errc::unsupported,
                  cat("this kernel has it as ", btf::name_of(kernel_type.kind()), " of ", kernel_bytes,
                      " bytes, the object as ", btf::name_of(local_type.kind()), " of ", local_bytes));
    }
    if (local_type.kind() == btf::Kind::ptr) {
      return fail(Errc::invalid, "is a pointer that is neither null nor a program");
    }
    return copy(bytes, place);
  }

  Result<void> copy(std::span<const std::byte> bytes, u32 place) {
    if (place > made_.value.size() || bytes.size() > made_.value.size() - place) {
      return fail(Errc::malformed, "lies outside of the kernel's struct");
    }
    std::ranges::copy(bytes, made_.value.begin() + place);
    return {};
  }

  Result<void> fill(u32 program, u32 index, u32 place, const btf::Type& kernel_type) {
    if (program >= spec_.programs.size()) {
      return fail(Errc::invalid,
                  cat("want one of the ", spec_.programs.size(), " programs, have number ", program));
    }
    const ProgramSpec& wanted = spec_.programs[program];
    if (wanted.type != BPF_PROG_TYPE_STRUCT_OPS) {
      return fail(Errc::invalid, cat("program '", wanted.name, "' (section '", wanted.section,
                                     "') is none for a struct_ops (SEC(\"struct_ops\"))"));
    }
    const bool is_callback =
        kernel_type.kind() == btf::Kind::ptr &&
        kernel_.types->kind(kernel_.types->resolve(kernel_type.type_id())) == btf::Kind::func_proto;
    if (!is_callback || u64{place} + pointer_bytes > made_.value.size()) {
      return fail(Errc::unsupported, "is no function in this kernel");
    }
    made_.slots.push_back({.offset = place, .program = program, .member = index});
    return {};
  }

  const ObjectSpec& spec_;
  const MapSpec& map_;
  const KernelTable& kernel_;
  StructOpsPlan& made_;
};

/// Links of struct_ops are since 6.4. A kernel that has struct_ops has types to look that up in.
bool knows_links(const btf::Btf& kernel_types) {
  const auto id = kernel_types.find("bpf_attach_type", btf::Kind::enum_);
  if (!id) {
    return true;  // let the kernel say
  }
  const btf::Type known = kernel_types.type(*id);
  for (u32 i = 0; i < known.vlen(); ++i) {
    // By name: on the kernels just before, its number is that of the end of the list.
    if (known.enumerator(i).name == "BPF_STRUCT_OPS") {
      return true;
    }
  }
  return false;
}

}  // namespace

Result<void> plan_struct_ops(const ObjectSpec& spec, const host::Facts& facts, MapPlan& map, LoadPlan& plan) {
  const MapSpec& wanted = spec.maps[map.map];
  if (spec.btf == nullptr || spec.btf->kind(wanted.value_type_id) != btf::Kind::struct_) {
    return fail(Errc::invalid, "want a type that is a struct, have none");
  }
  const std::string_view name = btf::essential_name(spec.btf->type(wanted.value_type_id).name());
  SKEP_TRY(const KernelTable kernel, find_table(facts, plan, name));
  StructOpsPlan made{.map = map.map, .type_id = kernel.type_id, .module = kernel.module};
  SKEP_CHECK(TableBuilder(spec, wanted, kernel, made).build());
  map.creation.value_bytes = kernel.value_bytes;
  map.creation.key_type_id = 0;
  map.creation.value_type_id = 0;
  map.creation.kernel_value_type_id = kernel.value_type_id;
  map.creation.value_type_module = kernel.module;
  if (kernel.module) {
    map.creation.flags |= BPF_F_VTYPE_BTF_OBJ_FD;
  }
  if ((map.creation.flags & BPF_F_LINK) != 0) {
    SKEP_TRY(const auto types, facts.kernel_btf());
    if (!knows_links(*types)) {
      map.creation.flags &= ~BPF_F_LINK;
      plan.notes.push_back(
          cat("map '", wanted.name,
              "': created without BPF_F_LINK, so that it is attached without a link, because "
              "this kernel has no links of struct_ops (since 6.4)"));
    }
  }
  plan.struct_ops.push_back(std::move(made));
  return {};
}

Result<bool> plan_struct_ops_program(const ObjectSpec& spec, u32 program, const LoadPlan& plan,
                                     ProgramPlan& made) {
  const StructOpsPlan* first = nullptr;
  u32 member = 0;
  for (const StructOpsPlan& table : plan.struct_ops) {
    for (const StructOpsSlot& slot : table.slots) {
      if (slot.program != program) {
        continue;
      }
      if (first != nullptr &&
          (first->type_id != table.type_id || first->module != table.module || member != slot.member)) {
        return fail(Errc::invalid,
                    cat("stands for different members: in '", spec.maps[first->map].name, "' and in '",
                        spec.maps[table.map].name, "'; a program is loaded for one"));
      }
      first = &table;
      member = slot.member;
    }
  }
  if (first == nullptr) {
    return false;
  }
  made.attach_btf_id = first->type_id;
  made.attach_module = first->module;
  made.expected_attach_type = static_cast<bpf_attach_type>(member);
  return true;
}

}  // namespace skep::load
