// What Debian's libbpf says about a blob of BTF: the reference for the differential tests.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace skep::btf::test {

/// One type as libbpf sees it.
struct OracleType {
  unsigned kind = 0;
  unsigned vlen = 0;
  unsigned third = 0;  // size or type
  std::string name;
  long long size = 0;  // btf__resolve_size: negative on refusal
  int alignment = 0;   // btf__align_of: 0 on refusal
};

/// Every type from id 1 on; empty when libbpf refuses the blob.
std::vector<OracleType> oracle_types(std::span<const std::byte> blob);

}  // namespace skep::btf::test
