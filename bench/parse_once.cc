// One parse in a fresh process, for its peak memory. Usage: parse_once skep|libbpf|none FILE
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <vector>

#include "parse.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: parse_once skep|libbpf|none FILE\n");
    return 2;
  }
  std::ifstream file(argv[2], std::ios::binary | std::ios::ate);
  std::vector<char> bytes(static_cast<std::size_t>(file.tellg()));
  file.seekg(0);
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (std::strcmp(argv[1], "skep") == 0) {
    return parse_with_skep(bytes.data(), bytes.size()) ? 0 : 1;
  }
  if (std::strcmp(argv[1], "libbpf") == 0) {
    return parse_with_libbpf(bytes.data(), bytes.size()) ? 0 : 1;
  }
  return 0;
}
