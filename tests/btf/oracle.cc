#include "btf/oracle.h"

// Declared here and not by libbpf's header, which would clash with the names of include/skep/uapi.
extern "C" {
struct btf;
struct oracle_btf_type {
  unsigned name_off, info, third;
};
btf* btf__new(const void* data, unsigned size);
void btf__free(btf* btf);
unsigned btf__type_cnt(const btf* btf);
const oracle_btf_type* btf__type_by_id(const btf* btf, unsigned id);
const char* btf__name_by_offset(const btf* btf, unsigned offset);
long long btf__resolve_size(const btf* btf, unsigned id);
int btf__align_of(const btf* btf, unsigned id);
int libbpf_set_print(void* callback);
}

namespace skep::btf::test {

std::vector<OracleType> oracle_types(std::span<const std::byte> blob) {
  std::vector<OracleType> types;
  libbpf_set_print(nullptr);
  ::btf* const btf = btf__new(blob.data(), static_cast<unsigned>(blob.size()));
  if (btf == nullptr) {
    return types;
  }
  for (unsigned id = 1; id < btf__type_cnt(btf); ++id) {
    const oracle_btf_type* const type = btf__type_by_id(btf, id);
    types.push_back({.kind = type->info >> 24 & 0x1f,
                     .vlen = type->info & 0xffff,
                     .third = type->third,
                     .name = btf__name_by_offset(btf, type->name_off),
                     .size = btf__resolve_size(btf, id),
                     .alignment = btf__align_of(btf, id)});
  }
  btf__free(btf);
  return types;
}

}  // namespace skep::btf::test
