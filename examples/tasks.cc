// Lists all processes, without /proc: tasks
#include "skep/iterator.h"
#include "streaming.h"

int main(int count, char** words) {
  const Told told = read_words(count, words);
  auto object = must(skep::Object::load_file(told.object));
  const auto link = must(skep::attach_iterator(must_find(object.program("show_task"), "show_task")));
  std::fputs(must(skep::read_iterator(link)).c_str(), stdout);
  return 0;
}
