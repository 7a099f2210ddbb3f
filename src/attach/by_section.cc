#include "attach/by_section.h"

#include <array>

#include "base/result.h"
#include "load/section_age.h"
#include "object/custom_sections.h"
#include "object/section_names.h"
#include "object/section_rules.h"

namespace skep::attach {
namespace {

using Family = std::span<const SectionRow> (*)();

constexpr auto families = std::to_array<Family>({
    kprobe_sections,
    kprobe_multi_sections,
    tracepoint_sections,
    raw_tracepoint_sections,
    tracing_sections,
    freplace_sections,
    iterator_sections,
    uprobe_sections,
    usdt_sections,
    struct_ops_sections,
});

}  // namespace

const SectionRow* find_section_row(std::string_view rule) {
  for (const Family family : families) {
    for (const SectionRow& row : family()) {
      if (row.rule == rule) {
        return &row;
      }
    }
  }
  return nullptr;
}

host::Facts facts_for(const Program& program, const AttachOptions& options) {
  return options.facts != nullptr ? *options.facts : host::Facts(options.root, {}, &program.kernel());
}

}  // namespace skep::attach

namespace skep {
namespace {

/// The kernel's refusal, with what it lacks where its release tells that.
Error with_age(Error error, const host::Facts& facts, std::string_view section) {
  if (error.code() != Errc::kernel && error.code() != Errc::invalid && error.code() != Errc::not_found) {
    return error;
  }
  const auto age = load::older_than_section(facts, section);
  return age ? Error(Errc::unsupported, cat(error.message(), ": ", *age), error.sys_errno())
             : std::move(error);
}

}  // namespace

Result<Link> attach_program(const Program& program, const AttachOptions& options) {
  const std::string& section = program.traits().section;
  const std::string noun = cat("program '", program.name(), "' (section ", section, ")");
  if (const auto custom = object::find_custom_section(section); custom && custom->attach) {
    const std::string& target = program.traits().attach_target;
    SKEP_TRY_IN(noun, Link link, custom->attach(program, target, options));
    return link;
  }
  const object::SectionRule* rule = object::find_section_rule(section);
  if (rule == nullptr) {
    const std::vector<std::string> near = object::nearest_sections(section);
    return fail(Errc::invalid,
                cat(noun, ": the section does not say what to attach to",
                    near.empty() ? "" : "; did you mean ", join(near, ", "), near.empty() ? "" : "?"));
  }
  const attach::SectionRow* row = attach::find_section_row(rule->name);
  if (row == nullptr) {
    return fail(Errc::invalid,
                cat(noun, ": what else it needs is ",
                    rule->given.empty() ? std::string_view("said by its own attach function") : rule->given));
  }
  // What the spec said when it was loaded goes before the section's text.
  std::string_view target = program.traits().attach_target;
  if (target.empty()) {
    target = std::string_view(section).substr(rule->name.size());
    target = target.substr(target.starts_with('/') ? 1 : 0);
  }
  if (target.empty() && rule->target != object::Target::none) {
    return fail(Errc::invalid, cat(noun, ": the section names no target; want ", rule->name, "/",
                                   rule->syntax, ", as in SEC(\"", rule->example, "\")"));
  }
  auto link = row->attach(program, target, options);
  if (!link) {
    return std::unexpected(
        with_age(std::move(link).error().within(noun), attach::facts_for(program, options), section));
  }
  return link;
}

}  // namespace skep
