// What the verifier's messages mean and what to do about them: data, one row per kind of message. Ids are stable: tools and tests may key on them; a row
// may be reworded, never renumbered.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "skep/types.h"

namespace skep::diag {

/// One kind of refusal.
struct CatalogueRow {
  std::string_view id;       ///< "SKEP-V0001"
  std::string_view needle;   ///< occurs in the message
  std::string_view needle2;  ///< occurs too; empty: nothing more is asked
  std::string_view title;    ///< a few words
  std::string_view why;      ///< what the verifier cannot accept, a sentence or two
  std::string_view fix;      ///< the usual way out
};

/// All rows, in the order in which they are tried.
std::span<const CatalogueRow> catalogue();

/// The first row that fits the verifier's words (lines joined by a newline), or null.
const CatalogueRow* find_row(std::string_view words);

}  // namespace skep::diag
