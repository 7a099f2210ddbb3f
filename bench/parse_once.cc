// One parse in a fresh process; prints the process's peak memory in KiB. Usage: parse_once skep|libbpf|none FILE
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
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
  bool parsed = true;
  if (std::strcmp(argv[1], "skep") == 0) {
    parsed = parse_with_skep(bytes.data(), bytes.size());
  } else if (std::strcmp(argv[1], "libbpf") == 0) {
    parsed = parse_with_libbpf(bytes.data(), bytes.size());
  }
  // Not getrusage(): its maximum counts the process that started this one, too.
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) {
      std::puts(line.substr(line.find_first_of("0123456789")).c_str());
    }
  }
  return parsed ? 0 : 1;
}
