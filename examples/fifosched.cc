// Schedules all tasks of the machine by a scheduler of our own: fifosched [--for SECONDS]
#include <fstream>
#include <thread>

#include "skep/struct_ops.h"
#include "streaming.h"

using skep::u64;

namespace {

/// What the kernel says of schedulers: "enabled" while one is there.
std::string state() {
  std::string word = "unknown";
  std::ifstream("/sys/kernel/sched_ext/state") >> word;
  return word;
}

}  // namespace

int main(int count, char** words) {
  const Told told = read_words(count, words);
  auto object = must(skep::Object::load_file(told.object));
  auto link = must(skep::attach_struct_ops(must_find(object.map("fifo"), "fifo")));
  tell({&link, 1});
  const auto value = [&object](const char* name) {
    return static_cast<unsigned long long>(must(must(must(object.variable(name)).as<u64>()).load()));
  };
  const Until until(told.seconds);
  while (!until.is_over() &&
         state() != "disabled") {  // the kernel throws a scheduler out that does not do its work
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  std::printf("%s: %llu times a task was queued, %llu times one was taken from the queue\n", state().c_str(),
              value("queued"), value("dispatched"));
  must(link.detach());
  return 0;
}
