#include "host/features.h"

namespace skep::host {
namespace {

/// How an answer is kept: 0 is "not asked yet".
constexpr u8 kept_no = 1;
constexpr u8 kept_yes = 2;

}  // namespace

Tri ask_once(Feature feature, kernel::Kernel& kernel) {
  std::atomic<u8>& kept = kernel.answers()[static_cast<std::size_t>(feature)];
  switch (kept.load(std::memory_order_relaxed)) {
    case kept_no: return Tri::no;
    case kept_yes: return Tri::yes;
    default: break;
  }
  const Tri answer = probe(feature, kernel);
  if (answer != Tri::unknown) {
    kept.store(answer == Tri::yes ? kept_yes : kept_no, std::memory_order_relaxed);
  }
  return answer;
}

std::string lacks_text(Feature feature, std::optional<Release> release) {
  return cat(release ? cat("Linux ", text_of(*release)) : std::string("this kernel"),
             " does not know it (since ", text_of(row_of(feature).since), ")");
}

}  // namespace skep::host
