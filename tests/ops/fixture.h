// Objects that the build compiled from the BPF C files of this directory.
#pragma once

#include <string>

#include "base/result.h"
#include "skep/object.h"

namespace skep {

inline std::string ops_object(const std::string& name) {
  return std::string(SKEP_BUILD_DIR) + "/tests/ops/" + name + ".bpf.o";
}

inline ObjectSpec read_ops(const std::string& name) {
  auto spec = ObjectSpec::read_file(ops_object(name));
  SKEP_ASSERT(spec);
  return *std::move(spec);
}

}  // namespace skep
