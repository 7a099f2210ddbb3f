#include "load/section_age.h"

#include "object/section_rules.h"

namespace skep::load {

std::optional<std::string> older_than_section(const host::Facts& facts, std::string_view section) {
  const object::SectionRule* rule = object::find_section_rule(section);
  const auto release = facts.release();
  if (rule == nullptr || !release ||
      *release >= host::Release{.major = rule->since.major, .minor = rule->since.minor}) {
    return std::nullopt;
  }
  return cat("section ", rule->name, " needs Linux ", object::text_of(rule->since), ", and this is Linux ",
             host::text_of(*release));
}

}  // namespace skep::load
