// `skep sections`: which names of sections mean what.
#include "object/section_rules.h"

#include "base/text.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "cli/words.h"
#include "object/section_names.h"

namespace skep::cli {

namespace {

using object::SectionRule;

/// "kprobe/FUNCTION[+OFFSET]".
std::string form_of(const SectionRule& rule) {
  return rule.syntax.empty() ? std::string(rule.name) : cat(rule.name, "/", rule.syntax);
}

std::string flags_of(const SectionRule& rule) {
  std::string text = (rule.flags & BPF_F_SLEEPABLE) != 0 ? "may sleep" : "";
  if ((rule.flags & BPF_F_XDP_HAS_FRAGS) != 0) {
    text += cat(text.empty() ? "" : ", ", "packets in several buffers");
  }
  return text;
}

Json rule_json(const SectionRule& rule) {
  const auto text_or_null = [](std::string_view text) { return text.empty() ? Json(nullptr) : Json(text); };
  return {{"section", rule.name},
          {"form", form_of(rule)},
          {"program_type", word(rule.prog)},
          {"attach_type", text_or_null(attach_word(rule.prog, rule.attach))},
          {"sleepable", (rule.flags & BPF_F_SLEEPABLE) != 0},
          {"frags", (rule.flags & BPF_F_XDP_HAS_FRAGS) != 0},
          {"since", object::text_of(rule.since)},
          {"needs", text_or_null(rule.given)},
          {"example", object::example_of(rule)}};
}

void show_all(Output& out) {
  if (out.is_json()) {
    Json rules = Json::array();
    for (const SectionRule& rule : object::section_rules) {
      rules.push_back(rule_json(rule));
    }
    out.json(rules);
    return;
  }
  Table table({"section", "program type", "attach type", ">since", "attaches to", "example"});
  for (const SectionRule& rule : object::section_rules) {
    table.row({{form_of(rule), Style::name},
               {word(rule.prog), Style::type},
               {attach_word(rule.prog, rule.attach)},
               {object::text_of(rule.since), Style::number},
               {rule.given.empty() ? "what it says" : std::string(rule.given), Style::comment},
               {cat("SEC(\"", object::example_of(rule), "\")")}});
  }
  table.print(out, 0);
}

void show(const SectionRule& rule, std::string_view name, Output& out) {
  if (out.is_json()) {
    out.json(rule_json(rule));
    return;
  }
  out.line(cat(out.paint(Style::name, name), ": section ", rule.name));
  Table table({"", ""});
  const auto row = [&](std::string_view what, std::string text) {
    if (!text.empty()) {
      table.row({{std::string(what), Style::comment}, {std::move(text)}});
    }
  };
  row("form", form_of(rule));
  row("program type", word(rule.prog));
  row("attach type", cat(attach_word(rule.prog, rule.attach),
                         rule.attach_optional ? " (left out on kernels that do not know it)" : ""));
  row("the program", flags_of(rule));
  row("since", cat("Linux ", object::text_of(rule.since)));
  row("attaches to", rule.given.empty() ? "what its section says" : std::string(rule.given));
  row("example", cat("SEC(\"", object::example_of(rule), "\")"));
  table.print(out, 2);
}

}  // namespace

Status sections(const Arguments& arguments, Output& out) {
  if (arguments.words().empty()) {
    show_all(out);
    return Status::ok;
  }
  std::string_view name = arguments.words().front();
  name.remove_prefix(name.starts_with('?') ? 1 : 0);
  if (const SectionRule* rule = object::find_section_rule(name)) {
    show(*rule, name, out);
    return Status::ok;
  }
  const std::vector<std::string> near = object::nearest_sections(name);
  out.complain(cat("no section is called '", name, "'",
                   near.empty() ? "; `skep sections` lists them" : cat("; the nearest: ", join(near, ", "))));
  for (const std::string& other : near) {
    const SectionRule* rule = object::find_section_rule(other);
    if (rule != nullptr && !out.is_json()) {
      show(*rule, other, out);
    }
  }
  return Status::refused;
}

}  // namespace skep::cli
