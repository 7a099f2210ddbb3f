// check(): a load plan for a kernel that is not here, held against what that kernel has.
#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "host/kconfig.h"
#include "load/plan.h"
#include "needs/abilities.h"
#include "needs/flatten.h"
#include "needs/helper_types.h"
#include "needs/insn_set.h"
#include "needs/since.h"

namespace skep::needs {
namespace {

constexpr auto all_rules = std::to_array<Rule>({
    {"object", "The object cannot be loaded anywhere"},
    {"unresolved", "Something that the program names is not in the kernel"},
    {"core-relocation", "A CO-RE relocation has no match in the kernel's types and its code is reached"},
    {"program-type", "The kernel has no such type of program"},
    {"attach-type", "The kernel has no such attach type"},
    {"program-flag", "The kernel refuses this flag for such programs"},
    {"map-type", "The kernel has no such type of map"},
    {"map-flag", "The kernel has no such map flag"},
    {"helper-missing", "The kernel has no such helper"},
    {"helper-not-allowed", "Programs of this type may not call the helper"},
    {"instruction-set", "The kernel does not know the instruction"},
    {"kernel-function", "The kernel has the function, and does not let programs call it"},
    {"function-call", "The kernel does not know calls of this kind"},
});

std::string since_text(Release first) {
  return first.is_known() ? cat(" (since ", to_text(first), ")") : std::string();
}

/// Whether loading, not only attaching, checks the attach type. Source: the kernel's bpf_prog_load_check_attach() and what it leaves to the verifier.
bool is_checked_at_load(bpf_prog_type type) {
  switch (type) {
    case BPF_PROG_TYPE_CGROUP_SOCK:
    case BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
    case BPF_PROG_TYPE_CGROUP_SKB:
    case BPF_PROG_TYPE_CGROUP_SOCKOPT:
    case BPF_PROG_TYPE_SK_LOOKUP:
    case BPF_PROG_TYPE_SK_REUSEPORT:
    case BPF_PROG_TYPE_NETFILTER:
    case BPF_PROG_TYPE_TRACING:
    case BPF_PROG_TYPE_LSM: return true;
    default: return false;
  }
}

/// More than this is not told of one program, and as much of what is guarded: a hostile one could ask for a million things.
constexpr std::size_t most_findings = 100;

/// Whether the kernel's configuration was given.
enum class Config : u8 { unknown, known };

/// Holds one program's plan against the kernel.
class ProgramCheck {
 public:
  ProgramCheck(const ObjectSpec& spec, const load::LoadPlan& whole, const load::ProgramPlan& plan,
               const Abilities& kernel, Config config)
      : spec_(spec),
        whole_(whole),
        plan_(plan),
        program_(spec.programs[plan.program]),
        kernel_(kernel),
        config_(config) {
    for (const ExternSpec& one : spec.externs) {
      if (one.kind == ExternSpec::Kind::kconfig) {
        values_.push_back(&one);
      }
    }
    std::ranges::sort(values_, {}, [](const ExternSpec* one) { return one->offset; });
  }

  void run(Verdict& verdict) {
    kind();
    if (plan_.error) {
      find("unresolved", plan_.error->message(), entry(), false);
    } else {
      code();
    }
    unknowns(verdict);
    attaching(verdict);
    std::ranges::stable_partition(findings_, [](const Finding& finding) { return !finding.guarded; });
    verdict.findings = std::move(findings_);
  }

 private:
  Place entry() const { return place_of(spec_, {.function = program_.function, .insn = 0}); }

  void find(std::string_view rule, std::string text, Place where, bool guarded) {
    const auto same = [&](const Finding& known) {
      return known.rule == rule && known.text == text && known.guarded == guarded;
    };
    const auto alike = std::ranges::count(findings_, guarded, &Finding::guarded);
    if (std::cmp_less(alike, most_findings) && std::ranges::none_of(findings_, same)) {
      findings_.push_back(
          {.rule = rule, .text = std::move(text), .where = std::move(where), .guarded = guarded});
    }
  }

  void kind() {
    const std::string_view type = name_of(prog_type_names, program_.type);
    if (!kernel_.has(program_.type)) {
      find("program-type",
           cat("this kernel has no programs of type ", type,
               since_text(since(program_types_since, program_.type))),
           entry(), false);
    } else if (const std::string_view option = left_out(kernel_, program_.type); !option.empty()) {
      find("program-type",
           cat("this kernel is built without ", option, ", which programs of type ", type, " need"), entry(),
           false);
    }
    const bpf_attach_type attach = program_.expected_attach_type;
    if (is_checked_at_load(program_.type) && !program_.expected_attach_type_is_optional &&
        !kernel_.has(attach)) {
      find("attach-type",
           cat("this kernel has no attach type ", name_of(attach_type_names, attach),
               since_text(since(attach_types_since, attach))),
           entry(), false);
    }
    flag(BPF_F_SLEEPABLE, sleepable_since(program_.type, program_.expected_attach_type),
         "programs of this type that may sleep");
  }

  void flag(u32 bit, Release first, std::string_view what) {
    if ((program_.flags & bit) != 0 && kernel_.release().is_known() && kernel_.release() < first) {
      find("program-flag", cat("this kernel has no ", what, since_text(first)), entry(), false);
    }
  }

  /// The value that a map slot points to, when it is one of the configuration; null for other maps.
  const ExternSpec* config_value(const load::MapSlot& slot) const {
    const auto after =
        std::ranges::upper_bound(values_, slot.offset, {}, [](const ExternSpec* one) { return one->offset; });
    return after == values_.begin() || (*std::prev(after))->map != slot.map ? nullptr : *std::prev(after);
  }

  /// What loads through a map slot see as constants: .rodata, and values of the configuration that are known.
  std::span<const std::byte> constants(const load::MapSlot& slot) const {
    if (slot.kind != load::MapSlot::Kind::value) {
      return {};
    }
    if (const ExternSpec* value = config_value(slot)) {
      const bool is_known = config_ == Config::known || !value->name.starts_with("CONFIG_");
      return is_known ? std::span<const std::byte>(whole_.kconfig) : std::span<const std::byte>();
    }
    const MapSpec& map = spec_.maps[slot.map];
    return is_constant(map) ? map.contents.bytes() : std::span<const std::byte>();
  }

  std::vector<bool> walked() const {
    std::vector<Routine> routines;
    for (const load::Piece& piece : plan_.pieces) {
      const bool by_itself = !routines.empty() && spec_.functions[piece.function].is_global &&
                             !plan_.func_info.empty() && !(kernel_.release() < Release{5, 6});
      routines.push_back({.first_insn = piece.first_insn, .is_global = by_itself});
    }
    std::vector<Address> addresses;
    for (const load::MapSlot& slot : plan_.map_slots) {
      addresses.push_back({.insn = slot.insn, .bytes = constants(slot), .offset = slot.offset});
    }
    return reached({.insns = plan_.insns,
                    .addresses = addresses,
                    .routines = routines,
                    .byte_order = spec_.byte_order,
                    .verifies_uncalled_globals = kernel_.release() < Release{6, 8}});
  }

  void code() {
    const std::vector<bool> is_walked = walked();
    for (u32 i = 0; i < plan_.insns.size(); ++i) {
      const bpf_insn& insn = plan_.insns[i];
      instruction(i, is_walked[i]);
      if (load::is_poison(insn)) {
        const std::string cause = plan_.cause(spec_, i);
        find("core-relocation", cause.empty() ? "something that this kernel lacks is reached" : cause,
             place(i), !is_walked[i]);
      } else if (insn::is_call_helper(insn)) {
        helper(i, is_walked[i]);
      } else if (insn::is_call_kfunc(insn)) {
        call_kind(i, is_walked[i], "calls of kernel functions", {5, 13});
        kernel_function(i, is_walked[i]);
      } else if (insn::is_func_addr(insn)) {
        call_kind(i, is_walked[i], "callbacks", {5, 13});
      }
      i += insn::is_ld_imm64(insn) ? 1 : 0;
    }
  }

  Place place(u32 insn) const {
    const load::Origin origin = plan_.origin(spec_, insn);
    return place_of(spec_, {.function = origin.function, .insn = origin.insn});
  }

  void call_kind(u32 i, bool is_walked, std::string_view what, Release first) {
    if (kernel_.release().is_known() && kernel_.release() < first) {
      find("function-call", cat("this kernel has no ", what, since_text(first)), place(i), !is_walked);
    }
  }

  /// A function of the kernel proper, which is there.
  void kernel_function(u32 i, bool is_walked) {
    const auto id = static_cast<u32>(plan_.insns[i].imm);
    if (plan_.insns[i].off == 0 && id < kernel_.types().type_count() && !kernel_.may_be_called(id)) {
      find("kernel-function",
           cat("this kernel does not let programs call its function ", kernel_.types().type(id).name()),
           place(i), !is_walked);
    }
  }

  void instruction(u32 i, bool is_walked) {
    const InsnFeature feature = feature_of(plan_.insns[i]);
    if (!feature.name.empty() && kernel_.release().is_known() && kernel_.release() < feature.since) {
      find("instruction-set", cat("this kernel does not know ", feature.name, since_text(feature.since)),
           place(i), !is_walked && !feature.anywhere);
    }
  }

  void helper(u32 i, bool is_walked) {
    const auto id = static_cast<u32>(plan_.insns[i].imm);
    const HelperRow* row = find_helper(id);
    const std::string name = row == nullptr ? cat("number ", id) : cat("bpf_", row->name);
    const Release first = row == nullptr ? Release{} : parse_release(row->since).value_or(Release{});
    if (!kernel_.has_helper(id)) {
      find("helper-missing", cat("this kernel has no helper ", name, since_text(first)), place(i),
           !is_walked);
    } else if (const std::string_view option = left_out_helper(kernel_, id); !option.empty()) {
      find("helper-missing", cat("this kernel is built without ", option, ", which helper ", name, " needs"),
           place(i), !is_walked);
    } else if (!may_call(program_.type, id)) {
      find("helper-not-allowed",
           cat("programs of type ", name_of(prog_type_names, program_.type), " may not call helper ", name),
           place(i), !is_walked);
    } else if (may_sleep(id) && (program_.flags & BPF_F_SLEEPABLE) == 0) {
      find("helper-not-allowed", cat("helper ", name, " is for programs that may sleep"), place(i),
           !is_walked);
    }
  }

  /// What cannot be told of a kernel that is not here.
  void unknowns(Verdict& verdict) const {
    std::vector<bool> is_told(spec_.externs.size());
    for (const load::Piece& piece : plan_.pieces) {
      for (const Relocation& relocation : spec_.functions[piece.function].relocations) {
        const bool is_extern = relocation.kind == RelocationKind::extern_variable;
        if (!is_extern || relocation.target >= spec_.externs.size() || is_told[relocation.target]) {
          continue;
        }
        is_told[relocation.target] = true;
        const ExternSpec& one = spec_.externs[relocation.target];
        if (one.kind == ExternSpec::Kind::kconfig && config_ == Config::unknown &&
            one.name.starts_with("CONFIG_")) {
          verdict.notes.push_back(
              cat("the value of ", one.name, " is not known: there is no config-RELEASE"));
        } else if (one.kind == ExternSpec::Kind::ksym_variable && one.type_id == 0) {
          verdict.notes.push_back(
              cat("whether the kernel has a symbol ", one.name, " cannot be told from its types"));
        }
      }
    }
  }

  /// What will fail later.
  void attaching(Verdict& verdict) const {
    const bpf_attach_type attach = program_.expected_attach_type;
    if (attach == 0 || is_checked_at_load(program_.type)) {
      return;
    }
    const std::string_view name = name_of(attach_type_names, attach);
    if (!kernel_.has(attach)) {
      if (!program_.expected_attach_type_is_optional) {
        verdict.notes.push_back(cat("it cannot be attached: this kernel has no attach type ", name,
                                    since_text(since(attach_types_since, attach))));
      }
    } else if (const std::string_view option = left_out(kernel_, attach); !option.empty()) {
      verdict.notes.push_back(cat("it cannot be attached: this kernel is built without ", option));
    }
  }

  const ObjectSpec& spec_;
  const load::LoadPlan& whole_;
  const load::ProgramPlan& plan_;
  const ProgramSpec& program_;
  const Abilities& kernel_;
  Config config_;
  std::vector<const ExternSpec*> values_;  // of the configuration, by offset
  std::vector<Finding> findings_;
};

/// What keeps the kernel from creating a map, and with it the object from loading.
void check_map(const load::MapCreation& map, std::string_view name, const Abilities& kernel,
               std::vector<Finding>& findings) {
  const std::string_view type = name_of(map_type_names, map.type);
  if (!kernel.has(map.type)) {
    findings.push_back({.rule = "map-type",
                        .text = cat("map '", name, "': this kernel has no maps of type ", type,
                                    since_text(since(map_types_since, map.type))),
                        .where = {}});
  } else if (const std::string_view option = left_out(kernel, map.type); !option.empty()) {
    findings.push_back({.rule = "map-type",
                        .text = cat("map '", name, "': this kernel is built without ", option,
                                    ", which maps of type ", type, " need"),
                        .where = {}});
  }
  for (const FlagRow& flag : map_create_flags) {
    const auto bit = static_cast<u32>(flag.bit);
    if ((map.flags & bit) != 0 && !kernel.has_map_flag(bit)) {
      findings.push_back({.rule = "map-flag",
                          .text = cat("map '", name, "': this kernel does not know ", flag.name,
                                      since_text(since(map_flags_since, bit))),
                          .where = {}});
    }
  }
}

/// A /proc/kallsyms with the symbols that the object takes without a type: BTF does not tell whether the kernel has them.
std::string symbols_of(const ObjectSpec& spec) {
  std::string text;
  for (const ExternSpec& one : spec.externs) {
    if (one.kind == ExternSpec::Kind::ksym_variable && one.type_id == 0) {
      text += cat("ffffffff81000000 D ", one.name, "\n");
    }
  }
  return text;
}

/// A configuration that sets every option that the object cannot do without, for a kernel whose own is not at hand: what the values are, nobody goes by.
std::optional<std::string> options_of(const ObjectSpec& spec) {
  std::string text;
  for (const ExternSpec& one : spec.externs) {
    if (one.kind != ExternSpec::Kind::kconfig || one.is_weak || !one.name.starts_with("CONFIG_") ||
        spec.btf == nullptr) {
      continue;
    }
    const auto type = host::config_type(*spec.btf, one.type_id);
    const bool is_number = type && type->kind == host::ConfigType::Kind::integer;
    const bool is_text = type && type->kind == host::ConfigType::Kind::text;
    text += cat(one.name, "=", is_number ? "1" : is_text ? "\"\"" : "y", "\n");
  }
  return text.empty() ? std::nullopt : std::optional(std::move(text));
}

Release release_of(const KernelTypes& kernel) {
  return parse_release(kernel.release).value_or(Release{});
}

}  // namespace

std::span<const Rule> rules() {
  return all_rules;
}

std::vector<Verdict> check(const ObjectSpec& spec, const KernelTypes& kernel) {
  const Abilities abilities(kernel.types, release_of(kernel));
  const std::string release = kernel.release.empty() ? to_text(abilities.release()) : kernel.release;
  const host::Facts facts(host::KnownFacts{.page_bytes = 4096,
                                           .possible_cpus = 1,
                                           .kernel_release = release,
                                           .kernel_btf = kernel.types,
                                           .modules = std::vector<host::KnownModule>{},
                                           .config = kernel.kconfig ? kernel.kconfig : options_of(spec),
                                           .kallsyms = symbols_of(spec)});
  const auto plan = load::plan(spec, facts, {});
  std::vector<Finding> of_object;
  if (!plan) {
    of_object.push_back({.rule = "object", .text = plan.error().message(), .where = {}});
  } else {
    for (const load::MapPlan& map : plan->maps) {
      check_map(map.creation, spec.maps[map.map].name, abilities, of_object);
      if (map.inner) {
        check_map(*map.inner, cat("inner map of ", spec.maps[map.map].name), abilities, of_object);
      }
    }
  }
  std::vector<Verdict> verdicts;
  for (u32 i = 0; i < spec.programs.size(); ++i) {
    const ProgramSpec& program = spec.programs[i];
    if (!program.autoload) {
      continue;
    }
    Verdict verdict{.program = program.name,
                    .section = program.section,
                    .kernel = kernel.release.empty() ? cat("like ", release) : release};
    if (plan) {
      const auto at = std::ranges::find(plan->programs, i, &load::ProgramPlan::program);
      if (at != plan->programs.end()) {
        ProgramCheck(spec, *plan, *at, abilities, kernel.kconfig ? Config::known : Config::unknown)
            .run(verdict);
      }
    }
    verdict.findings.insert(verdict.findings.begin(), of_object.begin(), of_object.end());
    verdict.loads = std::ranges::all_of(verdict.findings, &Finding::guarded);
    verdict.reason = verdict.loads ? std::string() : verdict.findings.front().text;
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

}  // namespace skep::needs
