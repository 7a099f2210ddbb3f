// Runs every row and prints a line for each: "ROW <section> <series> ok", "... needs Linux 5.18", "... FAILED <why>". A section without a row is one too: "... untested".
#include <gtest/gtest.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <thread>

#include "base/text.h"
#include "host/release.h"
#include "kernel/rows/row.h"
#include "object/section_rules.h"

namespace skep::rows {
namespace {

constexpr auto longest_wait = std::chrono::seconds(5);
constexpr auto between_tries = std::chrono::milliseconds(20);

host::Release this_release() {
  utsname names{};
  ::uname(&names);
  return host::parse_release(names.release).value_or(host::Release{});
}

void print(std::string_view section, std::string_view outcome) {
  std::printf("ROW %s %s %s\n", std::string(section).c_str(), host::text_of(this_release()).c_str(),
              std::string(outcome).c_str());
  std::fflush(stdout);
}

Result<ObjectSpec> spec_of(const Row& row) {
  auto spec = ObjectSpec::read_file(cat(SKEP_BUILD_DIR, "/rows/", row.object, ".bpf.o"));
  if (!spec) {
    return spec;
  }
  for (ProgramSpec& program : spec->programs) {
    program.autoload =
        program.name == row.program || std::ranges::find(row.with, program.name) != row.with.end();
  }
  if (row.prepare != nullptr) {
    if (auto done = row.prepare(*spec); !done) {
      return std::unexpected(std::move(done).error());
    }
  }
  return spec;
}

Result<bool> is_hit(Stage& stage) {
  const auto hits = value_of(stage.object, "hits");
  if (!hits) {
    return std::unexpected(hits.error().clone());
  }
  return *hits != 0;
}

Result<void> prove(const Row& row) {
  auto spec = spec_of(row);
  if (!spec) {
    return std::unexpected(std::move(spec).error());
  }
  auto object = Object::load(std::move(*spec));
  if (!object) {
    return std::unexpected(std::move(object).error());
  }
  Program* program = object->program(row.program);
  if (program == nullptr) {
    return fail(Errc::not_found, cat("object ", row.object, " has no program '", row.program, "'"));
  }
  Stage stage{.object = *object, .program = *program};
  auto link = row.attach != nullptr ? row.attach(stage) : attach_program(*program);
  if (!link) {
    return std::unexpected(std::move(link).error());
  }
  const auto end = std::chrono::steady_clock::now() + longest_wait;
  do {
    if (row.trigger != nullptr) {
      row.trigger(stage);
    } else {
      static_cast<void>(::getpgid(0));
    }
    auto seen = row.effect != nullptr ? row.effect(stage) : is_hit(stage);
    if (!seen) {
      return std::unexpected(std::move(seen).error());
    }
    if (*seen) {
      return link->detach();
    }
    std::this_thread::sleep_for(between_tries);
  } while (std::chrono::steady_clock::now() < end);
  return fail(Errc::kernel, cat("attached to ", link->place(), ", and not run in five seconds"));
}

/// The part of an error that says what is needed; empty when it says nothing of the kind.
std::string need_in(const Error& error, const Row& row) {
  const std::string& text = error.message();
  if (!row.config.empty() && text.find(row.config) != std::string::npos) {
    return cat("needs ", row.config);
  }
  const auto* rule = object::find_section_rule(row.section);
  const host::Release since{.major = rule->since.major, .minor = rule->since.minor};
  const std::string wanted = cat("needs Linux ", host::text_of(since));
  return this_release() < since && error.code() == Errc::unsupported && text.find(wanted) != std::string::npos
             ? wanted
             : std::string();
}

class RowTest : public testing::Test {
 public:
  explicit RowTest(const Row& row) : row_(row) {}
  void TestBody() override {
    const auto* rule = object::find_section_rule(row_.section);
    ASSERT_NE(rule, nullptr) << row_.section;
    const auto proven = prove(row_);
    if (proven) {
      print(row_.section, "ok");
      return;
    }
    const std::string need = need_in(proven.error(), row_);
    if (!need.empty()) {
      print(row_.section, need);
      return;
    }
    std::string line = proven.error().message();
    std::ranges::replace(line, '\n', ' ');
    print(row_.section, cat("FAILED ", line));
    ADD_FAILURE() << row_.section << ": " << proven.error().message();
  }

 private:
  Row row_;
};

/// A section that no row proves is a hole in docs/support.md.
class EverySection : public testing::Test {
 public:
  void TestBody() override {
    for (const object::SectionRule& rule : object::section_rules) {
      if (std::ranges::none_of(RowList::all(), [&](const Row& row) { return row.section == rule.name; })) {
        print(rule.name, "untested");
        ADD_FAILURE() << "no row has a program of section '" << rule.name << "': add one to its family";
      }
    }
  }
};

}  // namespace

std::vector<Row>& RowList::all() {
  static std::vector<Row> rows;
  return rows;
}

RowList::RowList(std::vector<Row> rows) {
  all().insert(all().end(), rows.begin(), rows.end());
}

Result<u64> value_of(Object& object, std::string_view variable) {
  auto found = object.variable(variable);
  if (!found) {
    return std::unexpected(std::move(found).error());
  }
  u64 value = 0;
  if (auto done = found->read(std::as_writable_bytes(std::span(&value, 1))); !done) {
    return std::unexpected(std::move(done).error());
  }
  return value;
}

}  // namespace skep::rows

int main(int argc, char** argv) {
  using namespace skep::rows;
  testing::InitGoogleTest(&argc, argv);
  if (const char* filter = std::getenv("SKEP_ROWS"); filter != nullptr && *filter != '\0') {
    GTEST_FLAG_SET(filter, filter);
  }
  testing::RegisterTest("Rows", "HaveAProgramForEverySection", nullptr, nullptr, __FILE__, __LINE__,
                        []() -> testing::Test* { return new EverySection; });
  for (const Row& row : RowList::all()) {
    std::string name(row.section);
    std::ranges::replace_if(name, [](char letter) { return letter == '.' || letter == '/'; }, '_');
    testing::RegisterTest("Row", name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                          [row]() -> testing::Test* { return new RowTest(row); });
  }
  return RUN_ALL_TESTS();
}
