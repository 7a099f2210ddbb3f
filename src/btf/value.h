// Values in memory (map keys and values, global variables) read by their BTF types: as a neutral tree, which becomes JSON, and as C-like text. Bytes are in
// this machine's order.
#pragma once

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "btf/btf.h"

namespace skep::btf {

struct Value;

/// A member of a struct or union, or a variable of a section. Members of anonymous structs stand in their parent, as C names them.
/// A template, so that it is looked into only once Value is complete.
template <class V>
struct NamedValue {
  std::string name;
  V value;
};
using Field = NamedValue<Value>;

/// Text that is not a string of the program: an enumerator's name, a pointer ("0xffff888003c0a000"), a number wider than 64 bits. Without quotes in C.
struct Word {
  std::string text;
  bool operator==(const Word&) const = default;
};

/// How much of a char array is its string. Memory that programs write strings into again and again, such as a ring buffer's, has behind the NUL what a longer string left there.
enum class Strings : u8 {
  whole,      ///< all but the trailing NULs: every byte can be told from the text
  until_nul,  ///< what C takes for it: the bytes before the first NUL
};

/// One value. Strings come from char arrays: bytes, not necessarily UTF-8.
struct Value {
  using List = std::vector<Value>;
  using Fields = std::vector<Field>;
  std::variant<s64, u64, bool, double, std::string, Word, List, Fields> data = u64{0};
};

/// Reads a value of type `id` out of `bytes`. Unions give each of their members; a DATASEC gives its variables.
/// Errors: truncated (fewer bytes than the type needs), invalid (void, functions, forward declarations), malformed (nests deeper than max_depth, over a
/// million parts).
Result<Value> decode(const Btf& btf, u32 id, std::span<const std::byte> bytes,
                     Strings strings = Strings::whole);

/// "{.packets = 3, .ip = {10, 0, 0, 1}}": C initialisers. Of lists, only the first `most_elements` are shown, then "...".
std::string to_text(const Value& value, u32 most_elements = ~u32{0});

/// decode() and to_text(). Errors: as decode.
Result<std::string> format(const Btf& btf, u32 id, std::span<const std::byte> bytes,
                           u32 most_elements = ~u32{0}, Strings strings = Strings::whole);

/// True when arrays of this type are shown and given as strings: `char`, however qualified.
bool is_character(const Btf& btf, u32 id);

}  // namespace skep::btf
