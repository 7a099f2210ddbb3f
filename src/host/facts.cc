#include "host/facts.h"

#include <sys/utsname.h>
#include <unistd.h>

#include "base/file.h"
#include "host/cpus.h"
#include "host/facts_state.h"

namespace skep::host {

namespace {

/// What uname(2) says of this machine is in procfs too, and cheaper to ask for.
Result<std::string> read_release(const std::string& root) {
  utsname names{};
  if (root.empty() && uname(&names) == 0) {
    return std::string(names.release);
  }
  SKEP_TRY(const std::string text, read_text(cat(root, "/proc/sys/kernel/osrelease")));
  return std::string(trim(text));
}

}  // namespace

Facts::Facts(KnownFacts known) : state_(std::make_shared<State>()) {
  state_->known = std::move(known);
  state_->given_release = state_->known.kernel_release;
}

Facts::Facts(std::string root, KnownFacts known, kernel::Kernel* kernel) : Facts(std::move(known)) {
  state_->root = std::move(root);
  state_->kernel = kernel;
}

u32 Facts::page_bytes() const {
  const std::scoped_lock held(state_->lock);
  return state_->known.page_bytes ? *state_->known.page_bytes : static_cast<u32>(sysconf(_SC_PAGESIZE));
}

Result<u32> Facts::possible_cpus() const {
  const std::scoped_lock held(state_->lock);
  if (!state_->known.possible_cpus) {
    if (!state_->root) {
      return unknown("CPUs");
    }
    SKEP_TRY(state_->known.possible_cpus, read_possible_cpus(*state_->root));
  }
  return *state_->known.possible_cpus;
}

Result<std::string> Facts::kernel_release() const {
  const std::scoped_lock held(state_->lock);
  if (!state_->known.kernel_release) {
    if (!state_->root) {
      return unknown("kernel release");
    }
    SKEP_TRY(state_->known.kernel_release, read_release(*state_->root));
  }
  return *state_->known.kernel_release;
}

std::optional<Release> Facts::release() const {
  {
    const std::scoped_lock held(state_->lock);
    if (state_->release) {
      return state_->release;
    }
  }
  const auto text = kernel_release();
  const std::optional<Release> parsed = text ? parse_release(*text) : std::nullopt;
  const std::scoped_lock held(state_->lock);
  return state_->release = parsed;
}

std::optional<Tri> Facts::known(Feature feature) const {
  // Never changed, so read without the lock.
  for (const KnownFeature& known : state_->known.features) {
    if (known.feature == feature) {
      return known.has;
    }
  }
  return std::nullopt;
}

bool Facts::may_lack(Feature feature) const {
  if (const auto answer = known(feature)) {
    return *answer == Tri::no;
  }
  const std::optional<Release> have = release();
  return !have || *have < row_of(feature).since || !row_of(feature).config.empty();
}

Tri Facts::has(Feature feature) const {
  if (const auto answer = known(feature)) {
    return *answer;
  }
  const FeatureRow& row = row_of(feature);
  const std::optional<Release> have = release();
  const bool is_new_enough = have && *have >= row.since;
  if (is_new_enough && row.config.empty()) {
    return Tri::yes;
  }
  if (state_->kernel != nullptr) {
    return ask_once(feature, *state_->kernel);
  }
  if (!have) {
    return Tri::unknown;
  }
  return is_new_enough ? Tri::yes : Tri::no;
}

Facts facts_of_this_machine(kernel::Kernel* kernel) {
  return Facts(std::string(), {}, kernel);
}

}  // namespace skep::host
