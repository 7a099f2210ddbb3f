// Three ways in which a type of the object and one of the kernel can be the same thing, from loose to strict.
#pragma once

#include "co_re/types.h"

namespace skep::co_re {

/// True when a type of one kind may stand for one of the other: equal kinds, and any enum for any enum.
bool kinds_agree(btf::Kind local, btf::Kind target);

/// True when a member of one type can be read as the other: any struct as any struct or union, any pointer as any pointer, any integer as any integer, enums and
/// forward declarations of one essential name (or of none), arrays of such.
bool fields_are_compatible(const Types& local, u32 local_id, const Types& target, u32 target_id);

/// True when whole types are alike as far as existence and size are concerned: their kinds agree, and so do those behind pointers, of elements, of parameters
/// and of results; names below the root, sizes and members do not count. Errors: malformed (nests deeper than btf::max_depth).
Result<bool> types_are_compatible(const Types& local, u32 local_id, const Types& target, u32 target_id,
                                  Budget& budget);

/// True when every member, value, parameter of the local type is to be found in the target's with the same type (bpf_core_type_matches). Behind a pointer only
/// kinds and names of structs count. When not, and `why` is given, it is set to the first difference: "member `pid` is a long there".
/// Errors: malformed (nests deeper than btf::max_depth).
Result<bool> types_match(const Types& local, u32 local_id, const Types& target, u32 target_id, Budget& budget,
                         std::string* why = nullptr);

}  // namespace skep::co_re
