#include "object/section_names.h"

#include <algorithm>

#include "base/text.h"
#include "object/section_rules.h"

namespace skep::object {

std::vector<std::string> nearest_sections(std::string_view section) {
  std::vector<std::string_view> names;
  for (const SectionRule& rule : section_rules) {
    names.push_back(rule.name);
  }
  std::vector<std::string> near = nearest(section, names);
  const std::string_view prefix = section.substr(0, section.find('/'));
  for (std::string& other : prefix == section ? std::vector<std::string>() : nearest(prefix, names)) {
    if (std::ranges::find(near, other) == near.end()) {
      near.push_back(std::move(other));
    }
  }
  return near;
}

}  // namespace skep::object
