// `skep link ...`: what is attached in the kernel now.
#include "skep/link.h"

#include <charconv>

#include "base/result.h"
#include "cli/live.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "kernel/host_kernel.h"
#include "kernel/ids.h"
#include "kernel/info.h"

namespace skep::cli {

namespace {

Result<Link> open_link(const Named& named) {
  if (named.how == "pinned") {
    return Link::open_pinned(named.what);
  }
  if (named.how == "id") {
    u32 id = 0;
    const char* const end = named.what.data() + named.what.size();
    const auto [rest, bad] = std::from_chars(named.what.data(), end, id);
    if (bad != std::errc() || rest != end) {
      return fail(Errc::invalid, cat("an id is a number, not '", named.what, "'"));
    }
    return Link::open_id(id);
  }
  return fail(Errc::invalid, cat("a link is named by `id N` or `pinned PATH`, not by '", named.how, "'"));
}

std::string type_text(bpf_link_type type) {
  const std::string_view name = name_of(type);
  return name.empty() ? cat("link type ", static_cast<u32>(type)) : std::string(name);
}

/// The name of the program behind a link; empty where there is none or it has none.
std::string program_name(kernel::Kernel& kernel, u32 id) {
  if (id == 0) {
    return {};
  }
  const auto program = open_program(kernel, {.how = "id", .what = std::to_string(id)});
  return program ? std::string(program->name()) : std::string();
}

Json link_json(kernel::Kernel& kernel, const LinkInfo& info) {
  return {{"id", info.id},
          {"type", type_text(info.type)},
          {"program_id", info.program_id},
          {"program", program_name(kernel, info.program_id)},
          {"target", info.target}};
}

Result<void> list(Output& out) {
  kernel::HostKernel kernel;
  SKEP_TRY(const std::vector<u32> ids, link_ids(kernel));
  Json document = Json::array();
  Table table({">id", "type", ">prog", "program", "target"});
  for (const u32 id : ids) {
    const auto link = Link::open_id(kernel, id);
    if (!link && link.error().code() == Errc::not_found) {
      continue;  // gone meanwhile
    }
    if (!link) {
      return std::unexpected(link.error().clone());
    }
    SKEP_TRY(const LinkInfo info, link->info());
    if (out.is_json()) {
      document.push_back(link_json(kernel, info));
      continue;
    }
    table.row({{std::to_string(info.id), Style::number},
               {type_text(info.type), Style::type},
               {std::to_string(info.program_id), Style::number},
               {program_name(kernel, info.program_id), Style::name},
               {info.target}});
  }
  if (out.is_json()) {
    out.json(document);
  } else if (table.empty()) {
    out.line("no links");
  } else {
    table.print(out, 0);
  }
  return {};
}

Result<void> show(const Arguments& arguments, Output& out) {
  kernel::HostKernel kernel;
  SKEP_TRY(const Link link, open_link({.how = arguments.words()[0], .what = arguments.words()[1]}));
  SKEP_TRY(const LinkInfo info, link.info());
  if (out.is_json()) {
    out.json(link_json(kernel, info));
    return {};
  }
  out.line(cat("link ", info.id, ": ", out.paint(Style::type, type_text(info.type))));
  Table table({"", ""});
  if (info.program_id != 0) {
    table.row({{"program", Style::comment},
               {cat(program_name(kernel, info.program_id), " (id ", info.program_id, ")")}});
  }
  table.row({{"target", Style::comment}, {info.target.empty() ? "the kernel does not tell" : info.target}});
  table.print(out, 2);
  return {};
}

Result<void> tell(const Link& link, std::string_view what, Output& out) {
  if (out.is_json()) {
    out.json({{"link", link.place()}, {"done", what}});
  } else {
    out.line(cat(link.place(), ": ", what));
  }
  return {};
}

Result<void> detach(const Arguments& arguments, Output& out) {
  SKEP_TRY(Link link, open_link({.how = arguments.words()[0], .what = arguments.words()[1]}));
  SKEP_CHECK(link.detach());
  return tell(link, "detached", out);
}

Result<void> pin(const Arguments& arguments, Output& out) {
  SKEP_TRY(Link link, open_link({.how = arguments.words()[0], .what = arguments.words()[1]}));
  SKEP_CHECK(link.pin(arguments.words()[2]));
  return tell(link, cat("pinned at ", arguments.words()[2]), out);
}

}  // namespace

Status link_list(const Arguments&, Output& out) {
  return finish(list(out), out);
}
Status link_show(const Arguments& arguments, Output& out) {
  return finish(show(arguments, out), out);
}
Status link_detach(const Arguments& arguments, Output& out) {
  return finish(detach(arguments, out), out);
}
Status link_pin(const Arguments& arguments, Output& out) {
  return finish(pin(arguments, out), out);
}

}  // namespace skep::cli
