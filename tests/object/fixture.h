// Objects that the build compiled from tests/fixtures/object/.
#pragma once

#include <string>

#include "base/file.h"
#include "skep/object_spec.h"

namespace skep {

inline std::string fixture_path(const std::string& name) {
  return std::string(SKEP_BUILD_DIR) + "/tests/fixtures/object/" + name;
}

inline std::vector<std::byte> fixture_bytes(const std::string& name) {
  auto file = FileBytes::open(fixture_path(name));
  SKEP_ASSERT(file);
  return {file->span().begin(), file->span().end()};
}

}  // namespace skep
