// Text from files and kernels, made harmless for a terminal.
#pragma once

#include <string>
#include <string_view>

#include "skep/types.h"

namespace skep::cli {

/// What visible() lets through.
struct Harmless {
  std::string_view controls = "\n\t";  ///< control bytes that stay
  bool (*is_code)(std::string_view code) =
      nullptr;  ///< which escape sequences, "\x1b[...m", stay; null: none
};

/// `text` with control characters (C0, DEL, C1) and bytes that are no UTF-8 as \x1b: what an object calls itself must not move the cursor,
/// colour what follows or pass for another line.
std::string visible(std::string_view text, const Harmless& harmless = {});

}  // namespace skep::cli
