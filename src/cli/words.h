// The words for things: names of types and flags, C types, bytes, values.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "btf/value.h"
#include "cli/output.h"
#include "skep/object_spec.h"

namespace skep::cli {

/// "hash"; "map type 99" for what the table does not know.
std::string word(bpf_map_type type);
std::string word(bpf_prog_type type);
/// "xdp"; empty for 0 where that means "none asked for" and not the attach type whose number is 0 (which only cgroup_skb programs have).
std::string attach_word(bpf_prog_type type, bpf_attach_type attach);
std::string_view word(MapStyle style);
std::string_view word(RelocationKind kind);
std::string_view word(ExternSpec::Kind kind);
/// "NO_PREALLOC|MMAPABLE" of BPF_MAP_CREATE's flags; empty for none.
std::string map_flags_word(u32 flags);

/// The C type with this id, "struct pair"; empty for id 0 or no BTF.
std::string c_type(const btf::Btf* btf, u32 type_id);
/// "static volatile int magic" of an object's variable; "magic" where its type is not known.
std::string c_declaration(const ObjectSpec& spec, const VariableSpec& variable);

/// "01 02 ff", cut after `most` bytes.
std::string hex_bytes(std::span<const std::byte> bytes, std::size_t most = 32);
/// The value as C text by its type, or bytes in hexadecimal where there is no type or it does not fit. `most_elements` cuts long arrays.
std::string value_text(const btf::Btf* btf, u32 type_id, std::span<const std::byte> bytes,
                       u32 most_elements = 16, btf::Strings strings = btf::Strings::whole);
/// The same for JSON: numbers, strings, arrays and objects; bytes become {"hex": "0102ff"}.
Json value_json(const btf::Btf* btf, u32 type_id, std::span<const std::byte> bytes,
                btf::Strings strings = btf::Strings::whole);
Json to_json(const btf::Value& value);

/// "init", of a struct_ops variable; "offset 8" where its type does not tell.
std::string member_name(const ObjectSpec& spec, const MapSpec& map, const MemberSpec& member);
/// The initial bytes of a variable; empty where the section has none.
std::span<const std::byte> initial_bytes(const ObjectSpec& spec, const VariableSpec& variable);
/// The object's BTF when values can be read by it on this machine (not in a foreign byte order), else null.
const btf::Btf* value_types(const ObjectSpec& spec);

}  // namespace skep::cli
