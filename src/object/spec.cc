// Looking things up in an ObjectSpec, and changing variables before loading.
#include <algorithm>
#include <cstring>

#include "base/result.h"
#include "skep/object_spec.h"

namespace skep {
namespace {

template <class Items>
auto* find_called(Items& items, std::string_view name) {
  const auto at =
      std::find_if(items.begin(), items.end(), [name](const auto& item) { return item.name == name; });
  return at == items.end() ? nullptr : &*at;
}

/// "cnt", or with its section, ".data/cnt": static variables of different functions may have one name.
bool answers_to(const VariableSpec& variable, std::string_view name) {
  const std::size_t slash = name.rfind('/');
  return slash == std::string_view::npos
             ? variable.name == name
             : variable.section == name.substr(0, slash) && variable.name == name.substr(slash + 1);
}

}  // namespace

const MapSpec* ObjectSpec::find_map(std::string_view map_name) const {
  const auto matches = [map_name](const MapSpec& map) {
    return map.name == map_name || (map.style == MapStyle::data && map.section == map_name);
  };
  const auto at = std::find_if(maps.begin(), maps.end(), matches);
  return at == maps.end() ? nullptr : &*at;
}

MapSpec* ObjectSpec::find_map(std::string_view map_name) {
  return const_cast<MapSpec*>(std::as_const(*this).find_map(map_name));
}

ProgramSpec* ObjectSpec::find_program(std::string_view program_name) {
  return find_called(programs, program_name);
}
const ProgramSpec* ObjectSpec::find_program(std::string_view program_name) const {
  return find_called(programs, program_name);
}
const VariableSpec* ObjectSpec::find_variable(std::string_view variable_name) const {
  const auto at = std::ranges::find_if(
      variables, [&](const VariableSpec& variable) { return answers_to(variable, variable_name); });
  return at == variables.end() ? nullptr : &*at;
}

Result<void> ObjectSpec::prefer(std::vector<std::string> program_names) {
  if (program_names.size() < 2) {
    return fail(Errc::invalid, cat("alternatives are at least two programs, have ", program_names.size()));
  }
  std::vector<std::string_view> taken;
  for (const std::vector<std::string>& others : alternatives) {
    taken.insert(taken.end(), others.begin(), others.end());
  }
  for (const std::string& wanted : program_names) {
    if (find_program(wanted) == nullptr) {
      std::vector<std::string_view> names;
      for (const ProgramSpec& program : programs) {
        names.push_back(program.name);
      }
      const auto near = nearest(wanted, names);
      return fail(Errc::not_found,
                  cat("there is no program '", wanted, "'", near.empty() ? "" : "; did you mean ",
                      join(near, ", "), near.empty() ? "" : "?"));
    }
    if (std::ranges::find(taken, wanted) != taken.end()) {
      return fail(Errc::invalid, cat("program '", wanted, "' is named as an alternative twice"));
    }
    taken.push_back(wanted);
  }
  for (const std::string& wanted : program_names) {
    find_program(wanted)->autoload = true;
  }
  alternatives.push_back(std::move(program_names));
  return {};
}

Result<std::span<std::byte>> ObjectSpec::variable_bytes(std::string_view variable_name) {
  std::vector<std::string_view> names;
  std::vector<std::string> places;
  const VariableSpec* variable = nullptr;
  for (const VariableSpec& known : variables) {
    names.push_back(known.name);
    if (answers_to(known, variable_name)) {
      variable = &known;
      places.push_back(cat(known.section, "/", known.name, " at byte ", known.offset));
    }
  }
  if (variable == nullptr) {
    const auto near = nearest(variable_name, names);
    return fail(Errc::not_found,
                cat("there is no variable '", variable_name, "'", near.empty() ? "" : "; did you mean ",
                    join(near, ", "), near.empty() ? "" : "?"));
  }
  if (places.size() > 1) {
    return fail(Errc::invalid, cat(places.size(), " variables are called '", variable_name,
                                   "': ", join(places, ", "), "; name one with its section"));
  }
  if (maps[variable->map].data_section == DataSection::kconfig) {
    return fail(Errc::invalid, cat("'", variable_name,
                                   "' is a value of the kernel's configuration: loading fills it in; to give "
                                   "another, use LoadOptions::kconfig (--kconfig)"));
  }
  return maps[variable->map].contents.bytes().subspan(variable->offset, variable->size_bytes);
}

Result<void> ObjectSpec::set_bytes(std::string_view variable_name, std::span<const std::byte> bytes) {
  SKEP_TRY(const auto place, variable_bytes(variable_name));
  if (place.size() != bytes.size()) {
    return fail(Errc::invalid,
                cat("variable '", variable_name, "' takes ", place.size(), " bytes, have ", bytes.size()));
  }
  std::memcpy(place.data(), bytes.data(), bytes.size());
  return {};
}

}  // namespace skep
