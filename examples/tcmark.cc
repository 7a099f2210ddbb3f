// Marks packets to a port as they leave: tcmark [--for SECONDS] DEVICE PORT
// By a tcx link where the kernel has them (Linux 6.6), else by a filter of the clsact queueing discipline.
#include <thread>

#include "skep/tc.h"
#include "streaming.h"

using skep::u64;

int main(int count, char** words) {
  const Told told = read_words(count, words);
  auto spec = must(skep::ObjectSpec::read_file(told.object));
  must(spec.set_text("port", word_or(told, 1, "443")));
  auto object = must(skep::Object::load(std::move(spec)));
  auto link = must(skep::attach_tcx(must_find(object.program("on_packet"), "on_packet"),
                                    {.device = {.name = word_or(told, 0, "lo")},
                                     .direction = skep::TcDirection::egress,
                                     .place = {},
                                     .or_clsact = true}));
  tell({&link, 1});
  const Until until(told.seconds);
  while (!until.is_over()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  must(link.detach());
  const auto value = [&object](const char* name) {
    return static_cast<unsigned long long>(must(must(must(object.variable(name)).as<u64>()).load()));
  };
  std::printf("marked %llu packets, %llu bytes\n", value("marked"), value("marked_bytes"));
  return 0;
}
