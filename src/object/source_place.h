// Where an instruction comes from in the C source, as far as the object's line information tells.
#pragma once

#include <string_view>

#include "skep/object_spec.h"

namespace skep::object {

/// Views of the object's own BTF strings; they live as long as it does.
struct SourcePlace {
  std::string_view file;  ///< as the compiler was given it; empty: unknown, and so is the rest
  u32 line = 0;
  u32 column = 0;
  std::string_view source;  ///< the text of the line, without blanks around it

  /// The file's name without its folders.
  std::string_view file_name() const { return file.substr(file.rfind('/') + 1); }
};

/// The line that instruction `insn` of `function` (one of the spec's) belongs to: that of the last record at or before it.
SourcePlace source_place(const ObjectSpec& spec, const FunctionSpec& function, u32 insn);

}  // namespace skep::object
