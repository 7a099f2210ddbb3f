// Variables set from text, by their C types.
#include <algorithm>

#include "base/result.h"
#include "btf/btf.h"
#include "btf/value_parse.h"
#include "skep/object_spec.h"

namespace skep {

namespace {

/// Where the variable's name ends and the way into it begins. A name can have dots itself (a static variable of a function: "count.seen"; a
/// section's name before a slash: ".data/seen"), so the longest that exists is taken.
std::size_t name_end(const std::vector<VariableSpec>& variables, std::string_view path) {
  std::size_t end = 0;
  for (const VariableSpec& variable : variables) {
    for (const std::string& name : {variable.name, cat(variable.section, "/", variable.name)}) {
      const std::string_view rest = path.substr(std::min(name.size(), path.size()));
      if (path.starts_with(name) && (rest.empty() || rest.front() == '.' || rest.front() == '[')) {
        end = std::max(end, name.size());
      }
    }
  }
  const std::size_t slash = path.find('/');
  return end != 0
             ? end
             : std::min(path.find_first_of(".[", slash == std::string_view::npos ? 0 : slash), path.size());
}

bool is_function_pointer(const btf::Btf& types, u32 type_id) {
  const btf::Type pointer = types.type(types.resolve(type_id));
  return pointer.kind() == btf::Kind::ptr &&
         types.kind(types.resolve(pointer.type_id())) == btf::Kind::func_proto;
}

/// Puts the program called `name` into a member of a struct_ops variable, or takes out what is there.
Result<void> set_member(ObjectSpec& spec, MapSpec& map, u32 offset, std::string_view name) {
  std::vector<std::string_view> names;
  u32 program = 0;
  while (program < spec.programs.size() && spec.programs[program].name != name) {
    names.push_back(spec.programs[program++].name);
  }
  const bool is_none = name == "0" || name == "NULL" || name == "null";
  if (program == spec.programs.size() && !is_none) {
    const auto near = nearest(name, names);
    return fail(Errc::invalid,
                cat("want the name of a program, or 0 for none, have '", name, "'",
                    near.empty() ? "" : "; did you mean ", join(near, ", "), near.empty() ? "" : "?"));
  }
  std::erase_if(map.members, [offset](const MemberSpec& member) { return member.offset == offset; });
  if (!is_none) {
    map.members.push_back({.offset = offset, .program = program});
    std::ranges::sort(map.members, {}, &MemberSpec::offset);
  }
  return {};
}

}  // namespace

Result<void> ObjectSpec::set_text(std::string_view variable_path, std::string_view text) {
  const std::size_t end = name_end(variables, variable_path);
  const std::string_view variable_name = variable_path.substr(0, end);
  SKEP_TRY(const auto place, variable_bytes(variable_name));
  const VariableSpec& variable = *find_variable(variable_name);
  if (!btf || variable.type_id == 0) {
    return fail(Errc::unsupported,
                cat("variable '", variable_name,
                    "' has no BTF type, so text cannot be turned into its value (compile with -g)"));
  }
  if (byte_order != std::endian::native) {
    return fail(Errc::unsupported,
                cat("variable '", variable_name, "': the object has another byte order than this machine"));
  }
  const auto frame = [&] { return cat("variable '", variable_path, "'"); };
  SKEP_TRY_IN(frame(), const btf::Place inside,
              btf::resolve_path(*btf, variable.type_id, variable_path.substr(end)));
  if (maps[variable.map].style == MapStyle::struct_ops && is_function_pointer(*btf, inside.type_id)) {
    SKEP_CHECK_IN(
        frame(), set_member(*this, maps[variable.map], static_cast<u32>(inside.offset_bits / 8), trim(text)));
    return {};
  }
  SKEP_CHECK_IN(frame(), btf::parse_at(*btf, inside, text, place));
  return {};
}

}  // namespace skep
