// Lets nobody open a file, and says who tried: fileguard [--for SECONDS] FILE
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "skep/attach.h"
#include "streaming.h"

using skep::u32;
using skep::u64;

namespace {

/// A record, as fileguard.bpf.c writes it.
struct Event {
  u32 pid;
  char comm[16];
};

}  // namespace

int main(int count, char** words) {
  const Told told = read_words(count, words);
  const std::string path = word_or(told, 0, "/etc/shadow");
  struct stat file{};
  if (::stat(path.c_str(), &file) != 0) {
    std::perror(path.c_str());
    return 1;
  }
  auto spec = must(skep::ObjectSpec::read_file(told.object));
  must(spec.set("guarded_inode", u64{file.st_ino}));
  // The kernel has the two halves of a device's number in other places than stat(2).
  must(spec.set("guarded_device", static_cast<u32>(::major(file.st_dev) << 20 | ::minor(file.st_dev))));
  auto object = must(skep::Object::load(std::move(spec)));
  const auto links = must(skep::attach_all(object));
  tell(links);
  show_records<Event>(must_find(object.map("events"), "events"), told, [&path](const Event& event) {
    std::printf("%u (%.16s) may not open %s\n", event.pid, event.comm, path.c_str());
  });
  return 0;
}
