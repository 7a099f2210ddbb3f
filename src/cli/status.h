// Exit statuses: one scheme for all verbs.
#pragma once

#include <string_view>

#include "skep/error.h"

namespace skep::cli {

/// What `skep` answers to the shell. Where several inputs fail differently the highest number wins but `usage`, which ends at once.
enum class Status : u8 {
  ok = 0,           ///< all is done
  refused = 1,      ///< the kernel refused
  usage = 2,        ///< the command line makes no sense
  malformed = 3,    ///< the input is malformed or cannot be read
  denied = 4,       ///< a right is missing
  unsupported = 5,  ///< needs something that skep or this kernel does not have
};

/// Which step an error belongs to.
enum class Phase : u8 { reading, kernel };

/// The status that an error of this step means.
constexpr Status status_of(Errc code, Phase phase) {
  if (code == Errc::unsupported) {
    return Status::unsupported;
  }
  if (phase == Phase::reading) {
    return Status::malformed;
  }
  switch (code) {
    case Errc::denied: return Status::denied;
    case Errc::truncated:
    case Errc::malformed:
    case Errc::invalid: return Status::malformed;
    default: return Status::refused;
  }
}

/// The worse of two.
constexpr Status worst(Status a, Status b) {
  return a > b ? a : b;
}

/// The word for it in JSON's `result`.
constexpr std::string_view result_word(Status status) {
  switch (status) {
    case Status::ok: return "loaded";
    case Status::refused: return "refused";
    case Status::usage: return "usage";
    case Status::malformed: return "malformed";
    case Status::denied: return "denied";
    case Status::unsupported: return "unsupported";
  }
  return "refused";
}

}  // namespace skep::cli
