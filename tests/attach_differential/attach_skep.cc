// Attaches every program of an object by skep, as attach_libbpf.c does by libbpf, for strace(1) to see; or only those named.
// Usage: attach_skep OBJECT CGROUP [PROGRAM…]
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "skep/cgroup.h"
#include "skep/netns.h"
#include "skep/perf_event.h"
#include "skep/tc.h"
#include "skep/xdp.h"

namespace {

skep::Result<skep::Link> attach(const skep::Program& program, const std::string& cgroup) {
  const std::string& section = program.traits().section;
  if (section.starts_with("cgroup") || section == "sockops") {
    return skep::attach_cgroup(program, {.path = cgroup});
  }
  if (section == "xdp") {
    return skep::attach_xdp(program, {.device = {.name = "lo"}});
  }
  if (section == "tc") {
    return skep::attach_tc(program, {.hook = {.device = {.name = "lo"}}, .priority = 1, .handle = 1});
  }
  if (section == "sk_lookup") {
    return skep::attach_sk_lookup(program);
  }
  if (section == "flow_dissector") {
    return skep::attach_flow_dissector(program);
  }
  if (section == "perf_event") {
    return skep::attach_perf_event_program(program, {.period = 1'000'000, .tid = 0});
  }
  return skep::attach_program(program);
}

/// Only the program at `index` is loaded: a kernel that refuses one must not refuse them all.
skep::Result<skep::Object> load_one(skep::ObjectSpec spec, std::size_t index) {
  for (std::size_t i = 0; i < spec.programs.size(); ++i) {
    spec.programs[i].autoload = i == index;
  }
  return skep::Object::load(std::move(spec));
}

}  // namespace

int main(int count, char** words) {
  if (count < 3) {
    return 2;
  }
  const std::vector<std::string> wanted(words + 3, words + count);
  std::vector<skep::Object> objects;
  std::vector<skep::Link> links;
  for (std::size_t i = 0;; ++i) {
    auto spec = skep::ObjectSpec::read_file(words[1]);
    if (!spec) {
      std::fprintf(stderr, "%s\n", spec.error().message().c_str());
      return 1;
    }
    if (i == spec->programs.size()) {
      return 0;
    }
    const std::string name = spec->programs[i].name;
    if (!wanted.empty() && std::ranges::find(wanted, name) == wanted.end()) {
      continue;
    }
    auto object = load_one(*std::move(spec), i);
    static_cast<void>(::access(("/mark/" + name).c_str(), F_OK));
    auto link = object ? attach(*object->program(name), words[2]) : std::unexpected(object.error().clone());
    static_cast<void>(::access("/mark/", F_OK));
    std::printf("%s %s\n", name.c_str(), link ? "attached" : link.error().message().c_str());
    if (link) {
      links.push_back(*std::move(link));
      objects.push_back(*std::move(object));
    }
  }
}
