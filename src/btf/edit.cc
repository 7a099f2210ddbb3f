#include "btf/edit.h"

#include "btf/blob.h"

namespace skep::btf {

namespace {

void put_word(std::vector<std::byte>& bytes, u32 value) {
  const auto raw = bytes_of(value);
  bytes.insert(bytes.end(), raw.begin(), raw.end());
}

}  // namespace

BtfEditor::BtfEditor() : strings_(1, '\0') {}

BtfEditor::BtfEditor(const Btf& btf) : base_(btf.base()), first_id_(btf.first_id()) {
  const Blob& blob = btf.blob();
  first_string_ = blob.first_string;
  types_.assign(blob.types.begin(), blob.types.end());
  offsets_.assign(blob.offsets.get(), blob.offsets.get() + blob.own_count());
  strings_ = blob.strings;
  layout_.assign(blob.layout.begin(), blob.layout.end());
}

u32 BtfEditor::word(u32 id, std::size_t offset) const {
  SKEP_ASSERT(id >= first_id_ && id - first_id_ < offsets_.size());
  return load_word(types_.data() + offsets_[id - first_id_] + offset);
}

void BtfEditor::set_word(u32 id, std::size_t offset, u32 value) {
  SKEP_ASSERT(id >= first_id_ && id - first_id_ < offsets_.size());
  std::memcpy(types_.data() + offsets_[id - first_id_] + offset, &value, sizeof value);
}

Kind BtfEditor::kind(u32 id) const {
  const u32 raw = BTF_INFO_KIND(word(id, 4));
  return raw < kind_count ? static_cast<Kind>(raw) : Kind::unknown;
}

void BtfEditor::set_size(u32 id, u32 bytes) {
  SKEP_ASSERT(is_one_of(kind(id), sized_kinds));
  set_word(id, 8, bytes);
}

void BtfEditor::set_datasec(u32 id, u32 bytes, std::span<const SectionVariable> variables) {
  set_datasec_size(id, bytes);
  SKEP_ASSERT(variables.size() == BTF_INFO_VLEN(word(id, 4)));
  std::size_t at = sizeof(btf_type);
  for (const SectionVariable& variable : variables) {
    set_word(id, at, variable.type_id);
    set_word(id, at + 4, variable.offset);
    set_word(id, at + 8, variable.bytes);
    at += sizeof(btf_var_secinfo);
  }
}

void BtfEditor::set_datasec_variable_offset(u32 id, u32 index, u32 offset) {
  SKEP_ASSERT(kind(id) == Kind::datasec && index < BTF_INFO_VLEN(word(id, 4)));
  set_word(id, sizeof(btf_type) + std::size_t{index} * sizeof(btf_var_secinfo) + 4, offset);
}

void BtfEditor::set_datasec_variable_size(u32 id, u32 index, u32 bytes) {
  SKEP_ASSERT(kind(id) == Kind::datasec && index < BTF_INFO_VLEN(word(id, 4)));
  set_word(id, sizeof(btf_type) + std::size_t{index} * sizeof(btf_var_secinfo) + 8, bytes);
}

void BtfEditor::set_linkage(u32 id, u32 linkage) {
  if (kind(id) == Kind::func) {
    set_word(id, 4, btf_info(BTF_KIND_FUNC, linkage, BTF_INFO_KFLAG(word(id, 4))));
    return;
  }
  SKEP_ASSERT(kind(id) == Kind::var);
  set_word(id, sizeof(btf_type), linkage);
}

void BtfEditor::set_name(u32 id, std::string_view name) {
  set_word(id, 0, add_string(name));
}

void BtfEditor::set_parameter_name(u32 id, u32 index, std::string_view name) {
  SKEP_ASSERT(kind(id) == Kind::func_proto && index < BTF_INFO_VLEN(word(id, 4)));
  set_word(id, sizeof(btf_type) + std::size_t{index} * sizeof(btf_param), add_string(name));
}

void BtfEditor::set_type_id(u32 id, u32 type_id) {
  SKEP_ASSERT(is_one_of(kind(id), referring_kinds));
  set_word(id, 8, type_id);
}

void BtfEditor::set_kind_flag(u32 id, bool kind_flag) {
  const u32 info = word(id, 4);
  set_word(id, 4, btf_info(BTF_INFO_KIND(info), BTF_INFO_VLEN(info), kind_flag));
}

u32 BtfEditor::tail_bytes(Kind kind, u32 vlen) {
  const KindLayout layout = kind_layouts[static_cast<std::size_t>(kind)];
  return layout.info + layout.element * vlen;
}

void BtfEditor::recast(u32 id, Kind kind, u32 vlen) {
  SKEP_ASSERT(tail_bytes(kind, vlen) == tail_bytes(this->kind(id), BTF_INFO_VLEN(word(id, 4))));
  set_word(id, 4, btf_info(static_cast<u32>(kind), vlen, false));
}

void BtfEditor::set_tail(u32 id, u32 index, u32 value) {
  SKEP_ASSERT(u64{index} * 4 < tail_bytes(kind(id), BTF_INFO_VLEN(word(id, 4))));
  set_word(id, sizeof(btf_type) + std::size_t{index} * 4, value);
}

u32 BtfEditor::add_string(std::string_view text) {
  if (text.empty()) {
    return 0;
  }
  const auto [row, is_new] =
      added_strings_.try_emplace(std::string(text), static_cast<u32>(first_string_ + strings_.size()));
  if (is_new) {
    strings_.append(text).push_back('\0');
  }
  return row->second;
}

u32 BtfEditor::add(Kind kind, std::string_view name, u32 vlen, bool kind_flag, u32 third,
                   std::span<const u32> tail) {
  SKEP_ASSERT(vlen <= BTF_MAX_VLEN);
  const u32 name_offset = add_string(name);
  offsets_.push_back(static_cast<u32>(types_.size()));
  put_word(types_, name_offset);
  put_word(types_, btf_info(static_cast<u32>(kind), vlen, kind_flag));
  put_word(types_, third);
  for (const u32 value : tail) {
    put_word(types_, value);
  }
  return first_id_ + static_cast<u32>(offsets_.size()) - 1;
}

u32 BtfEditor::add_int(std::string_view name, u32 bytes, u32 encoding) {
  return add(Kind::int_, name, 0, false, bytes, std::array{encoding << 24 | bytes * 8});
}

u32 BtfEditor::add_float(std::string_view name, u32 bytes) {
  return add(Kind::float_, name, 0, false, bytes, {});
}

u32 BtfEditor::add_array(u32 element_type_id, u32 index_type_id, u32 count) {
  return add(Kind::array, {}, 0, false, 0, std::array{element_type_id, index_type_id, count});
}

u32 BtfEditor::add_reference(Kind kind, std::string_view name, u32 type_id) {
  SKEP_ASSERT(kind == Kind::ptr || is_one_of(kind, transparent_kinds));
  return add(kind, name, 0, false, type_id, {});
}

u32 BtfEditor::add_fwd(std::string_view name, Kind struct_or_union) {
  return add(Kind::fwd, name, 0, struct_or_union == Kind::union_, 0, {});
}

u32 BtfEditor::add_composite(Kind kind, std::string_view name, u32 bytes,
                             std::span<const NewMember> members) {
  SKEP_ASSERT(kind == Kind::struct_ || kind == Kind::union_);
  bool kind_flag = false;
  for (const NewMember& member : members) {
    kind_flag |= member.bitfield_bits != 0;
  }
  std::vector<u32> tail;
  for (const NewMember& member : members) {
    SKEP_ASSERT(!kind_flag || (member.offset_bits <= 0xffffff && member.bitfield_bits <= 0xff));
    tail.insert(tail.end(),
                {add_string(member.name), member.type_id, member.bitfield_bits << 24 | member.offset_bits});
  }
  return add(kind, name, static_cast<u32>(members.size()), kind_flag, bytes, tail);
}

u32 BtfEditor::add_enum(std::string_view name, u32 bytes, std::span<const NewEnumerator> enumerators) {
  bool is_signed = false;
  std::vector<u32> tail;
  for (const NewEnumerator& enumerator : enumerators) {
    is_signed |= enumerator.value < 0;
    tail.insert(tail.end(), {add_string(enumerator.name), static_cast<u32>(enumerator.value)});
  }
  return add(Kind::enum_, name, static_cast<u32>(enumerators.size()), is_signed, bytes, tail);
}

u32 BtfEditor::add_enum64(std::string_view name, u32 bytes, std::span<const Enumerator> enumerators) {
  bool is_signed = false;
  std::vector<u32> tail;
  for (const Enumerator& enumerator : enumerators) {
    is_signed |= enumerator.is_signed;
    const u64 value = static_cast<u64>(enumerator.value);
    tail.insert(tail.end(),
                {add_string(enumerator.name), static_cast<u32>(value), static_cast<u32>(value >> 32)});
  }
  return add(Kind::enum64, name, static_cast<u32>(enumerators.size()), is_signed, bytes, tail);
}

u32 BtfEditor::add_func_proto(u32 return_type_id, std::span<const NewParameter> parameters) {
  std::vector<u32> tail;
  for (const NewParameter& parameter : parameters) {
    tail.insert(tail.end(), {add_string(parameter.name), parameter.type_id});
  }
  return add(Kind::func_proto, {}, static_cast<u32>(parameters.size()), false, return_type_id, tail);
}

u32 BtfEditor::add_func(std::string_view name, u32 proto_type_id, u32 linkage) {
  return add(Kind::func, name, linkage, false, proto_type_id, {});
}

u32 BtfEditor::add_var(std::string_view name, u32 type_id, u32 linkage) {
  return add(Kind::var, name, 0, false, type_id, std::array{linkage});
}

u32 BtfEditor::add_datasec(std::string_view name, u32 bytes, std::span<const SectionVariable> variables) {
  std::vector<u32> tail;
  for (const SectionVariable& variable : variables) {
    tail.insert(tail.end(), {variable.type_id, variable.offset, variable.bytes});
  }
  return add(Kind::datasec, name, static_cast<u32>(variables.size()), false, bytes, tail);
}

u32 BtfEditor::add_decl_tag(std::string_view name, u32 type_id, s32 component_index) {
  return add(Kind::decl_tag, name, 0, false, type_id, std::array{static_cast<u32>(component_index)});
}

Result<Btf> BtfEditor::finish() const {
  const u32 header_bytes = layout_.empty() ? btf_header_bytes_without_layout : u32{sizeof(btf_header)};
  const u64 total = u64{header_bytes} + types_.size() + layout_.size() + strings_.size();
  if (total > 0xffffffff) {
    return fail(Errc::invalid, cat("BTF: ", total, " bytes do not fit 32-bit offsets"));
  }
  const btf_header header{.magic = BTF_MAGIC,
                          .version = BTF_VERSION,
                          .flags = 0,
                          .hdr_len = header_bytes,
                          .type_off = 0,
                          .type_len = static_cast<u32>(types_.size()),
                          .str_off = static_cast<u32>(types_.size() + layout_.size()),
                          .str_len = static_cast<u32>(strings_.size()),
                          .layout_off = static_cast<u32>(layout_.empty() ? 0 : types_.size()),
                          .layout_len = static_cast<u32>(layout_.size())};
  std::vector<std::byte> bytes;
  bytes.reserve(total);
  const auto append = [&bytes](std::span<const std::byte> more) {
    bytes.insert(bytes.end(), more.begin(), more.end());
  };
  append(bytes_of(header).first(header_bytes));
  append(types_);
  append(layout_);
  append(std::as_bytes(std::span(strings_)));
  return Btf::take(std::move(bytes), base_);
}

}  // namespace skep::btf
