// Objects that the build compiled from the BPF C files of this directory.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

#include "skep/object.h"

namespace skep {

inline std::string ops_object(const std::string& name) {
  return std::string(SKEP_BUILD_DIR) + "/tests/ops/" + name + ".bpf.o";
}

inline ObjectSpec read_ops(const std::string& name) {
  auto spec = ObjectSpec::read_file(ops_object(name));
  if (!spec) {
    std::fprintf(stderr, "%s\n", spec.error().message().c_str());
    std::abort();
  }
  return *std::move(spec);
}

}  // namespace skep
