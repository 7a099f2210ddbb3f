#include "skep/typed_map.h"

#include "base/result.h"
#include "btf/btf.h"

namespace skep::typed_map_detail {

Result<void> check(const Map& map, const TypeLayout* key, const TypeLayout& value, bool per_cpu) {
  const MapTraits& traits = map.traits();
  const std::string noun = cat("map '", traits.name, "'");
  if (per_cpu != map.is_per_cpu()) {
    return fail(Errc::invalid, cat(noun, ": a ", name_of(traits.type),
                                   map.is_per_cpu() ? " has one value per CPU; use as_per_cpu()"
                                                    : " has one value for all CPUs; use as()"));
  }
  if (key == nullptr && traits.key_bytes != 0) {
    return fail(Errc::invalid, cat(noun, ": a ", name_of(traits.type), " has keys of ", traits.key_bytes,
                                   " bytes, NoKey is asked"));
  }
  if (key != nullptr) {
    SKEP_CHECK_IN(cat("key of ", noun),
                  check_type(*key, traits.btf.get(), traits.key_type_id, traits.key_bytes));
  }
  SKEP_CHECK_IN(cat("value of ", noun),
                check_type(value, traits.btf.get(), traits.value_type_id, traits.value_bytes));
  return {};
}

}  // namespace skep::typed_map_detail
