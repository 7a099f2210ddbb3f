// A directory that stands for the root of a machine, or for any other.
#pragma once

#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>

namespace skep::host::test {

class Root {
 public:
  Root() {
    std::string pattern = (std::filesystem::temp_directory_path() / "skep-host-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  Root(const Root&) = delete;
  Root& operator=(const Root&) = delete;
  ~Root() { std::filesystem::remove_all(path_); }
  Root& file(const std::string& name, std::string_view text) {
    const std::filesystem::path whole = path_ + name;
    std::filesystem::create_directories(whole.parent_path());
    std::ofstream(whole, std::ios::binary) << text;
    return *this;
  }
  Root& file(const std::string& name, std::span<const std::byte> bytes) {
    return file(name, std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace skep::host::test
