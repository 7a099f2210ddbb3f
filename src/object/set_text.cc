// Variables set from text, by their C types.
#include <algorithm>

#include "base/result.h"
#include "btf/btf.h"
#include "btf/value_parse.h"
#include "skep/object_spec.h"

namespace skep {

Result<void> ObjectSpec::set_text(std::string_view variable_path, std::string_view text) {
  const std::size_t end = std::min(variable_path.find_first_of(".["), variable_path.size());
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
  SKEP_CHECK_IN(frame(), btf::parse_at(*btf, inside, text, place));
  return {};
}

}  // namespace skep
