// skep's half of the benchmark of uprobes; see user_libbpf.c. Usage: user_skep FILE < NAMES, or user_skep --names FILE: prints 1 000 names that lie all over the file.
#include <algorithm>
#include <cstdio>
#include <set>

#include "load/this_machine.h"
#include "skep/uprobe.h"
#include "user.h"

namespace {

int print_names(const char* path) {
  const auto functions = skep::list_functions(path);
  if (!functions) {
    std::fprintf(stderr, "%s\n", functions.error().message().c_str());
    return 1;
  }
  // Names that several functions have say nothing.
  std::set<std::string> seen;
  std::set<std::string> twice;
  for (const skep::UserFunction& function : *functions) {
    if (!seen.insert(function.name).second) {
      twice.insert(function.name);
    }
  }
  const std::size_t stride = std::max<std::size_t>(1, functions->size() / most_names);
  int printed = 0;
  for (std::size_t i = functions->size() / 2 % stride; i < functions->size() && printed < most_names;
       i += stride) {
    const std::string& name = (*functions)[i].name;
    if (!twice.contains(name) && !name.contains('.')) {
      std::puts(name.c_str());
      ++printed;
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "--names") {
    return print_names(argv[2]);
  }
  if (argc != 2) {
    return 2;
  }
  const skep::Program program(skep::load::this_kernel(), skep::Fd(), {.name = "none"});
  const names names = read_names();
  double first = 0;
  const double start = cpu_ms();
  const auto held = skep::hold_user_file(argv[1]);  // else by links, of which there is none here
  for (int i = 0; i < names.count; ++i) {
    const auto link =
        skep::attach_uprobe(program, {.path = argv[1], .function = names.text[i], .pid = nobody});
    if (link || link.error().sys_errno() != ESRCH) {
      std::fprintf(stderr, "%s: want no such process, have %s\n", names.text[i],
                   link ? "a link" : link.error().message().c_str());
      return 1;
    }
    first = i == 0 ? cpu_ms() - start : first;
  }
  std::printf("%.4f %.4f\n", first, cpu_ms() - start);
  return 0;
}
