// What copies of Facts share. Private to this layer.
#pragma once

#include <mutex>

#include "base/result.h"
#include "host/facts.h"

namespace skep::host {

struct Facts::State {
  std::optional<std::string> root;  // absent: a literal
  std::mutex lock;
  KnownFacts known;
  std::optional<std::string> given_release;  // the release that did not come from the machine
  std::shared_ptr<const std::string> config;
  kernel::Kernel* kernel = nullptr;  // to ask; null: nobody
  std::optional<Release> release;    // once parsed
  std::vector<KnownModule> opened;   // those whose types were read
};

/// What a literal says of what it does not hold.
inline std::unexpected<Error> unknown(std::string_view what) {
  return fail(Errc::not_found, cat("nothing is known of this machine's ", what));
}

}  // namespace skep::host
