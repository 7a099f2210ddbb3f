// Parse of a large object: skep and libbpf on the same bytes in one run. The file comes from SKEP_BENCH_OBJECT.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <vector>

#include "parse.h"

namespace {

std::vector<char> object_bytes() {
  const char* path = std::getenv("SKEP_BENCH_OBJECT");
  std::ifstream file(path != nullptr ? path : SKEP_BENCH_DEFAULT_OBJECT, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

template <bool (*parse)(const void*, unsigned long)>
void parse_object(benchmark::State& state) {
  const std::vector<char> bytes = object_bytes();
  for (auto _ : state) {
    if (!parse(bytes.data(), bytes.size())) {
      state.SkipWithError("the object was refused");
      break;
    }
  }
}

BENCHMARK(parse_object<parse_with_libbpf>)->Name("parse/libbpf");
BENCHMARK(parse_object<parse_with_skep>)->Name("parse/skep");

}  // namespace

BENCHMARK_MAIN();
