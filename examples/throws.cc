// Prints every C++ exception that any program throws: throws [--for SECONDS]
#include <cxxabi.h>

#include <memory>

#include "skep/attach.h"
#include "streaming.h"

using skep::u32;

namespace {

/// A record, as throws.bpf.c writes it.
struct Event {
  u32 pid;
  char comm[16];
  char type[108];
};

/// "St13runtime_error" as "std::runtime_error".
std::string readable(const char* type) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(abi::__cxa_demangle(type, nullptr, nullptr, &status),
                                                         std::free);
  return status == 0 ? name.get() : type;
}

}  // namespace

int main(int count, char** words) {
  const Told told = read_words(count, words);
  auto object = must(skep::Object::load_file(told.object));
  const auto links = must(skep::attach_all(object));
  tell(links);
  std::printf("%-8s %-16s %s\n", "PID", "NAME", "THROWS");
  show_records<Event>(must_find(object.map("events"), "events"), told, [](const Event& event) {
    const std::string type(event.type, ::strnlen(event.type, sizeof event.type));
    // A leading * says that names of this type are compared by address.
    std::printf("%-8u %-16.16s %s\n", event.pid, event.comm,
                readable(type.c_str() + (type.starts_with('*') ? 1 : 0)).c_str());
  });
  return 0;
}
