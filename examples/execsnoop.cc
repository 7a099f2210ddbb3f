// Prints every program that is started: execsnoop [--for SECONDS]
#include "skep/attach.h"
#include "streaming.h"

using skep::u32;
using skep::u64;

namespace {

/// A record, as execsnoop.bpf.c writes it.
struct Event {
  u32 pid;
  u32 parent;
  u32 uid;
  char comm[16];
  char path[116];
};

}  // namespace

int main(int count, char** words) {
  const Told told = read_words(count, words);
  auto object = must(skep::Object::load_file(told.object));
  const auto links = must(skep::attach_all(object));
  tell(links);
  std::printf("%-8s %-8s %-6s %-16s %s\n", "PID", "PARENT", "UID", "NAME", "PATH");
  show_records<Event>(must_find(object.map("events"), "events"), told, [](const Event& event) {
    std::printf("%-8u %-8u %-6u %-16.16s %.116s\n", event.pid, event.parent, event.uid, event.comm,
                event.path);
  });
  const u64 lost = must(must(must(object.variable("lost")).as<u64>()).load());
  if (lost != 0) {
    std::printf("%llu events were lost\n", static_cast<unsigned long long>(lost));
  }
  return 0;
}
