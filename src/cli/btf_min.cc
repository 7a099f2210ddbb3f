// `skep btf min`: the part of kernels' types that objects need.
#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "btf/btf.h"
#include "cli/kernel_list.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "skep/needs.h"

namespace skep::cli {

namespace {

struct Written {
  std::string release;
  std::string path;
  u32 types = 0;
  std::size_t bytes = 0;
  std::size_t whole_bytes = 0;
};

/// Writes the minimum of one kernel. Errors: of relocating; of writing.
Result<Written> write_one(const std::vector<ObjectSpec>& specs, const needs::KernelTypes& kernel,
                          std::string path) {
  SKEP_TRY_IN(kernel.release, const std::vector<std::byte> bytes, needs::minimal_btf(specs, kernel));
  SKEP_TRY_IN(cat(path, ": what was to be written"), const btf::Btf types,
              btf::Btf::parse({bytes, std::endian::native}));
  SKEP_CHECK(write_file(path, bytes));
  return Written{.release = kernel.release,
                 .path = std::move(path),
                 .types = types.type_count() - 1,
                 .bytes = bytes.size(),
                 .whole_bytes = kernel.types->bytes().size()};
}

void show(const std::vector<Written>& all, Output& out) {
  if (out.is_json()) {
    Json rows = Json::array();
    for (const Written& one : all) {
      rows.push_back({{"kernel", one.release},
                      {"path", one.path},
                      {"types", one.types},
                      {"bytes", one.bytes},
                      {"whole_bytes", one.whole_bytes}});
    }
    out.json(rows);
    return;
  }
  Table table({"kernel", ">types", ">bytes", ">of", "written to"});
  for (const Written& one : all) {
    table.row({{one.release, Style::name},
               {std::to_string(one.types), Style::number},
               {std::to_string(one.bytes), Style::number},
               {std::to_string(one.whole_bytes), Style::number},
               {one.path}});
  }
  table.print(out, 0);
}

}  // namespace

Status btf_min(const Arguments& arguments, Output& out) {
  const auto from = arguments.text("btf");
  const auto to = arguments.text("to");
  if (!from || !to) {
    out.complain(
        "btf min wants --btf FILE|DIR, the types of whole kernels, and --to FILE|DIR, where to write");
    return Status::usage;
  }
  std::error_code ignored;
  if (std::filesystem::equivalent(std::string(*from), std::string(*to), ignored)) {
    out.complain(cat("--to ", *to, " is where --btf reads from: the whole types would be lost"));
    return Status::usage;
  }
  const auto kernels = needs::read_kernels(std::string(*from), wanted_releases(arguments));
  if (!kernels) {
    out.complain(cat("--btf ", kernels.error().message()));
    return status_of_kernels(kernels.error());
  }
  std::vector<ObjectSpec> specs;
  for (const std::string& file : arguments.words()) {
    auto spec = ObjectSpec::read_file(file);
    if (!spec) {
      out.complain(spec.error().message());
      return status_of(spec.error().code(), Phase::reading);
    }
    specs.push_back(*std::move(spec));
  }
  const bool many = std::filesystem::is_directory(std::string(*from), ignored);
  if (many) {
    std::filesystem::create_directories(std::string(*to), ignored);
  }
  std::vector<Written> all;
  for (const needs::KernelTypes& kernel : *kernels) {
    auto written = write_one(specs, kernel, many ? cat(*to, "/", kernel.release, ".btf") : std::string(*to));
    if (!written) {
      out.complain(written.error().message());
      return status_of(written.error().code(), Phase::kernel);
    }
    all.push_back(*std::move(written));
  }
  show(all, out);
  return Status::ok;
}

}  // namespace skep::cli
