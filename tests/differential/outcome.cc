#include "differential/outcome.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

namespace differential {

Outcome run(const std::string& command) {
  Outcome outcome;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  std::array<char, 65536> buffer{};
  while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    outcome.text.append(buffer.data(), size);
  }
  const int status = ::pclose(pipe);
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome;
}

Outcome dump(const char* loader, const std::string& arguments) {
  return run(std::string("exec " SKEP_BUILD_DIR "/tests/differential/") + loader + " " + arguments);
}

std::string diff(const std::string& libbpf, const std::string& skep) {
  const std::string base = testing::TempDir() + "differential_" + std::to_string(::getpid());
  std::ofstream(base + ".libbpf") << libbpf;
  std::ofstream(base + ".skep") << skep;
  const Outcome difference =
      run("diff -u '" + base + ".libbpf' '" + base + ".skep' | cut -c 1-160 | head -80");
  std::filesystem::remove(base + ".libbpf");
  std::filesystem::remove(base + ".skep");
  return difference.text;
}

}  // namespace differential
