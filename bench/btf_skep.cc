// skep's half of the benchmark of kernel types. Prints what btf_libbpf does, but ms of 10 000 searches, and then: ms of opening and finding task_struct while another in this process has the types open; KiB
// that an index of every name adds.
#include "btf.h"
#include "btf/btf.h"
#include "host/kernel_types.h"

namespace {

using skep::btf::Kind;
using Types = std::shared_ptr<const skep::btf::Btf>;

Types open_types() {
  auto types = skep::host::kernel_types("");
  if (!types) {
    std::exit(1);
  }
  return *types;
}

double open_and_find(std::string_view name) {
  double samples[btf_rounds];
  for (double& sample : samples) {
    const double start = cpu_ms();
    static_cast<void>(open_types()->find(name, Kind::struct_));
    sample = cpu_ms() - start;
  }
  return median(samples, btf_rounds);
}

double many_searches() {  // ten times as many as the other half: an index has to be paid for first
  const Types types = open_types();
  std::vector<std::string_view> names;
  int seen = 0;
  for (skep::u32 id = 1; id < types->type_count() && names.size() < btf_names; ++id) {
    const skep::btf::Type type = types->type(id);
    if (type.kind() == Kind::struct_ && !type.name().empty() && seen++ % btf_stride == 0) {
      names.push_back(type.name());
    }
  }
  const std::size_t searches = std::size_t{10} * btf_names;
  const double start = cpu_ms();
  for (std::size_t i = 0; i < searches; ++i) {
    static_cast<void>(types->find(names[i % names.size()], Kind::struct_));
  }
  return cpu_ms() - start;
}

}  // namespace

int main() {
  const long before = status_kib("VmRSS:");
  Types types = open_types();
  if (!types->find("task_struct", Kind::struct_)) {
    return 1;
  }
  const long added = status_kib("VmRSS:") - before;
  for (int i = 0; i < 10; ++i) {
    static_cast<void>(types->essential("name" + std::to_string(i)));
  }
  const long indexed = status_kib("VmRSS:") - before;
  types.reset();
  const double first = open_and_find("task_struct");
  const double missing = open_and_find("no_such_struct_at_all");
  const double many = many_searches();
  types = open_types();
  static_cast<void>(types->find("task_struct", Kind::struct_));
  std::printf("%ld %f %f %f %f %ld\n", added, first, missing, many, open_and_find("task_struct"), indexed);
  return 0;
}
