#include "object/custom_sections.h"

#include <algorithm>
#include <mutex>
#include <shared_mutex>
#include <vector>

#include "base/result.h"

namespace skep {
namespace {

struct Entry {
  u64 id = 0;
  std::shared_ptr<const SectionHandler> handler;
};

struct Registry {
  std::shared_mutex mutex;
  std::vector<Entry> entries;
  u64 last_id = 0;
};

Registry& registry() {
  static Registry everyones;
  return everyones;
}

bool accepts(const SectionHandler& handler, std::string_view section) {
  if (!section.starts_with(handler.name)) {
    return false;
  }
  const std::string_view rest = section.substr(handler.name.size());
  return rest.empty() || rest.front() == '/';
}

}  // namespace

namespace object {

std::shared_ptr<const SectionHandler> find_custom_section(std::string_view section) {
  Registry& known = registry();
  const std::shared_lock lock(known.mutex);
  std::shared_ptr<const SectionHandler> best;
  for (const Entry& entry : known.entries) {
    const bool is_better = best == nullptr || entry.handler->name.size() > best->name.size();
    if (is_better && accepts(*entry.handler, section)) {
      best = entry.handler;
    }
  }
  return best;
}

}  // namespace object

SectionRegistration& SectionRegistration::operator=(SectionRegistration&& other) noexcept {
  if (this != &other) {
    const SectionRegistration gone(std::exchange(id_, std::exchange(other.id_, 0)));
  }
  return *this;
}

SectionRegistration::~SectionRegistration() {
  if (id_ != 0) {
    std::shared_ptr<const SectionHandler>
        last;  // destroyed after the lock is given back: its functions may be anything
    Registry& known = registry();
    const std::unique_lock lock(known.mutex);
    const auto at = std::ranges::find(known.entries, id_, &Entry::id);
    if (at != known.entries.end()) {
      last = std::move(at->handler);
      known.entries.erase(at);
    }
  }
}

Result<SectionRegistration> register_section(SectionHandler handler) {
  const std::string noun = cat("section '", handler.name, "'");
  if (handler.name.empty() || handler.name.find_first_of("/? \t\n") != std::string::npos) {
    return fail(Errc::invalid, cat(noun, ": want a name without '/', '?' and white space"));
  }
  if (handler.program_type == BPF_PROG_TYPE_UNSPEC) {
    return fail(Errc::invalid, cat(noun, ": want a program type"));
  }
  Registry& known = registry();
  const std::unique_lock lock(known.mutex);
  for (const Entry& entry : known.entries) {
    if (entry.handler->name == handler.name) {
      return fail(Errc::invalid, cat(noun, ": it is registered already"));
    }
  }
  known.entries.push_back(
      {.id = ++known.last_id, .handler = std::make_shared<const SectionHandler>(std::move(handler))});
  return SectionRegistration(known.last_id);
}

}  // namespace skep
