// Changes to a BTF blob: what a loader must fill in before BPF_BTF_LOAD, and types of its own. Works on a copy; finish() checks the whole like parse() does.
#pragma once

#include <span>
#include <unordered_map>
#include <vector>

#include "btf/btf.h"

namespace skep::btf {

/// A member to add; without a name it is anonymous.
struct NewMember {
  std::string_view name;
  u32 type_id = 0;
  u32 offset_bits = 0;
  u32 bitfield_bits = 0;
};

struct NewParameter {
  std::string_view name;
  u32 type_id = 0;
};

struct NewEnumerator {
  std::string_view name;
  s32 value = 0;
};

/// Edits a copy of a Btf (of its own types, not of its base's). Ids stay as they are; added types get the next ones. One thread at a time.
/// Ids given to it are checked by finish(), kinds at once (a wrong one is a bug of the caller and stops the process).
class BtfEditor {
 public:
  /// Starts from a copy of `btf`.
  explicit BtfEditor(const Btf& btf);
  /// Starts from nothing: void only, and no strings.
  BtfEditor();

  // Changes in place.
  /// Of a type with a size (a DATASEC: the section's bytes).
  void set_size(u32 id, u32 bytes);
  void set_datasec_size(u32 id, u32 bytes) { set_size(id, bytes); }
  /// The section's bytes and all its variables, as many as before: the kernel wants them by ascending offset.
  void set_datasec(u32 id, u32 bytes, std::span<const SectionVariable> variables);
  void set_datasec_variable_offset(u32 id, u32 index, u32 offset);
  void set_datasec_variable_size(u32 id, u32 index, u32 bytes);
  /// Of a VAR (BTF_VAR_*) or a FUNC (BTF_FUNC_*).
  void set_linkage(u32 id, u32 linkage);
  void set_name(u32 id, std::string_view name);
  /// Of a FUNC_PROTO's parameter; `index` < its vlen.
  void set_parameter_name(u32 id, u32 index, std::string_view name);
  /// The type that a VAR, FUNC, PTR, typedef, ... refers to.
  void set_type_id(u32 id, u32 type_id);
  void set_kind_flag(u32 id, bool kind_flag);
  /// Makes it another kind whose record is as long: for kernels that do not know the kind that it was. Name, third word (size or type) and what follows stay as they are, and
  /// are the caller's to put right. `vlen` as the new kind counts it.
  void recast(u32 id, Kind kind, u32 vlen);
  /// Word `index` (from 0) of what follows the type's first three.
  void set_tail(u32 id, u32 index, u32 value);
  /// Leaves out the layout part (how long records of each kind are), which kernels before 7.1 refuse.
  void drop_layout() { layout_.clear(); }

  // New types; each returns its id.
  u32 add_int(std::string_view name, u32 bytes, u32 encoding);
  u32 add_float(std::string_view name, u32 bytes);
  u32 add_array(u32 element_type_id, u32 index_type_id, u32 count);
  /// ptr, typedef_, volatile_, const_, restrict_, type_tag: whatever only refers to a type.
  u32 add_reference(Kind kind, std::string_view name, u32 type_id);
  u32 add_fwd(std::string_view name, Kind struct_or_union);
  /// struct_ or union_.
  u32 add_composite(Kind kind, std::string_view name, u32 bytes, std::span<const NewMember> members);
  u32 add_enum(std::string_view name, u32 bytes, std::span<const NewEnumerator> enumerators);
  /// An ENUM64; it is signed when one of its values is.
  u32 add_enum64(std::string_view name, u32 bytes, std::span<const Enumerator> enumerators);
  u32 add_func_proto(u32 return_type_id, std::span<const NewParameter> parameters);
  u32 add_func(std::string_view name, u32 proto_type_id, u32 linkage);
  u32 add_var(std::string_view name, u32 type_id, u32 linkage);
  u32 add_datasec(std::string_view name, u32 bytes, std::span<const SectionVariable> variables);
  u32 add_decl_tag(std::string_view name, u32 type_id, s32 component_index);

  /// Offset of `text` in the strings, added when the editor has not added it before.
  u32 add_string(std::string_view text);

  /// The edited blob, checked. Errors: malformed, naming the type that refers to nothing.
  Result<Btf> finish() const;

 private:
  u32 add(Kind kind, std::string_view name, u32 vlen, bool kind_flag, u32 third, std::span<const u32> tail);
  u32 word(u32 id, std::size_t offset) const;
  void set_word(u32 id, std::size_t offset, u32 value);
  Kind kind(u32 id) const;
  static u32 tail_bytes(Kind kind, u32 vlen);

  std::shared_ptr<const Btf> base_;
  u32 first_id_ = 1;
  u32 first_string_ = 0;
  std::vector<std::byte> types_;
  std::vector<u32> offsets_;
  std::string strings_;
  std::vector<std::byte> layout_;
  std::unordered_map<std::string, u32> added_strings_;
};

}  // namespace skep::btf
