// C text of types, for people: declarations of variables and the definition of one type. Output is bounded however hostile the blob.
#pragma once

#include <string>

#include "btf/btf.h"

namespace skep::btf {

/// "const char name[16]", "int (*fn)(void *)": the declaration of `name` with this type; without a name the type itself. An anonymous struct
/// is "struct { ... }"; what nests deeper than max_depth ends in "...". A FUNC declares its own name when `name` is empty.
std::string declaration(const Btf& btf, u32 id, std::string_view name = {});

/// The definition of one STRUCT, UNION, ENUM, ENUM64, typedef or FWD with its final semicolon, anonymous members spelled out; any other type as its
/// declaration.
std::string definition(const Btf& btf, u32 id);

}  // namespace skep::btf
