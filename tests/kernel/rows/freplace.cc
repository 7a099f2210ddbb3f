// freplace: the same object is loaded twice, once for the program and once for what takes the place of its function.
#include <optional>

#include "base/result.h"
#include "kernel/rows/row.h"

namespace skep::rows {
namespace {

std::optional<Object>& target() {
  static std::optional<Object> object;
  return object;
}

Result<void> load_target(ObjectSpec& spec) {
  SKEP_TRY(ObjectSpec other, ObjectSpec::read_file(SKEP_BUILD_DIR "/rows/freplace.bpf.o"));
  other.find_program("new_answer")->autoload = false;
  SKEP_TRY(Object loaded, Object::load(std::move(other)));
  target() = std::move(loaded);
  spec.find_program("new_answer")->replaces.fd = target()->program("asks")->fd().raw();
  return {};
}

void run_target(Stage&) {
  const std::vector<std::byte> packet(64);
  static_cast<void>(target()->program("asks")->test_run({.data_in = packet}));
}

const RowList rows({
    {.section = "freplace",
     .object = "freplace",
     .program = "new_answer",
     .trigger = run_target,
     .prepare = load_target},
});

}  // namespace
}  // namespace skep::rows
