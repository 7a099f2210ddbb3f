// What tests of behaviour share that attach programs of the rows' objects.
#pragma once

#include <gtest/gtest.h>
#include <sys/utsname.h>

#include <algorithm>
#include <vector>

#include "base/result.h"
#include "base/text.h"
#include "host/release.h"
#include "kernel/info.h"
#include "skep/net.h"
#include "skep/object.h"

namespace skep::rows {

inline bool is_before(host::Release release) {
  utsname names{};
  ::uname(&names);
  return host::parse_release(names.release).value_or(host::Release{}) < release;
}

/// The named programs of an object, and nothing else of it.
inline Object load(std::string_view object, std::initializer_list<std::string_view> programs) {
  auto spec = ObjectSpec::read_file(cat(SKEP_BUILD_DIR, "/rows/", object, ".bpf.o"));
  SKEP_ASSERT(spec.has_value());
  for (ProgramSpec& program : spec->programs) {
    program.autoload = std::ranges::find(programs, program.name) != programs.end();
  }
  auto loaded = Object::load(std::move(*spec));
  EXPECT_TRUE(loaded) << loaded.error().message();
  return std::move(*loaded);
}

inline u32 id_of(const Program& program) {
  return kernel::prog_info(program.kernel(), program.fd().raw())->id;
}

inline std::vector<u32> ids(const Result<ProgramList>& list) {
  std::vector<u32> all;
  EXPECT_TRUE(list) << list.error().message();
  for (const ListedProgram& program : list->programs) {
    all.push_back(program.program_id);
  }
  return all;
}

#define SKEP_OK(result) ASSERT_TRUE(result) << (result).error().message()

}  // namespace skep::rows
