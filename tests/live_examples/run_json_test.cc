// `skep run` of an example prints a JSON document per line while it happens.
#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "live_examples/running.h"
#include "support/permitted.h"

namespace skep::test {
namespace {

using Json = nlohmann::json;

TEST(SkepRun, PrintsRecordsAsLinesOfJson) {
  if (!in_guest()) {
    GTEST_SKIP() << "it would watch the whole machine: for guests alone";
  }
  Running running(
      {SKEP_BUILD_DIR "/skep", "run", SKEP_BUILD_DIR "/examples/execsnoop.bpf.o", "--json", "--for", "2"});
  ASSERT_TRUE(running.prints("\n")) << running.so_far();
  while (running.is_running()) {
    run_silently({"/bin/true"});
    running.look();
  }
  const Finished told = running.finish();
  ASSERT_TRUE(told.succeeded()) << told.text;

  std::size_t starts = 0;
  Json last;
  std::istringstream lines(told.text);
  for (std::string line; std::getline(lines, line);) {
    last = Json::parse(line, nullptr, false);
    ASSERT_TRUE(last.is_object()) << line;
    const std::string kind = last.value("kind", "");
    if (kind == "program") {
      EXPECT_EQ(last.at("program"), "on_exec") << line;
      EXPECT_EQ(last.at("state"), "attached") << line;
    } else if (kind == "record") {
      EXPECT_EQ(last.at("map"), "events") << line;
      EXPECT_EQ(last.at("type"), "struct event") << line;
      const Json& value = last.at("value");
      if (value.at("path") == "/bin/true") {
        ++starts;
        EXPECT_EQ(value.at("parent"), ::getpid()) << line;
        EXPECT_EQ(value.at("uid"), 0) << line;
        EXPECT_EQ(value.at("comm"), "true") << line;
      }
    }
  }
  EXPECT_GT(starts, 0U);
  EXPECT_EQ(last.value("kind", ""), "end") << "the sum comes last";
  EXPECT_EQ(last.value("result", ""), "loaded");
}

}  // namespace
}  // namespace skep::test
