// Prints the names that programs look up through libc: lookups [--for SECONDS]
#include <netdb.h>

#include "skep/attach.h"
#include "streaming.h"

using skep::u32;
using skep::u64;

namespace {

/// A record, as lookups.bpf.c writes it.
struct Event {
  u32 pid;
  int result;
  u64 nanoseconds;
  char comm[16];
  char name[80];
};

}  // namespace

int main(int count, char** words) {
  const Told told = read_words(count, words);
  auto object = must(skep::Object::load_file(told.object));
  const auto links = must(skep::attach_all(object));
  tell(links);
  std::printf("%-8s %-16s %10s  %s\n", "PID", "NAME", "MS", "LOOKED UP");
  show_records<Event>(must_find(object.map("events"), "events"), told, [](const Event& event) {
    std::printf("%-8u %-16.16s %10.3f  %.80s%s%s\n", event.pid, event.comm,
                static_cast<double>(event.nanoseconds) / 1e6, event.name, event.result == 0 ? "" : ": ",
                event.result == 0 ? "" : ::gai_strerror(event.result));
  });
  return 0;
}
