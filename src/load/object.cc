#include "skep/object.h"

#include <unordered_map>

#include "base/result.h"
#include "load/absence.h"
#include "load/execute.h"
#include "load/pins.h"
#include "load/this_machine.h"

namespace skep {

using Clock = std::chrono::steady_clock;

struct Object::State {
  ObjectSpec spec;
  kernel::Kernel* kernel = nullptr;
  load::Live live;
  std::vector<std::shared_ptr<const btf::Btf>> types;  // what loading went by, open for the objects to come
  std::unordered_map<std::string_view, u32> map_by_name;  // names are the spec's
  std::unordered_map<std::string_view, u32> program_by_name;
  std::unordered_map<std::string_view, Error> not_loaded;
};

namespace {

std::chrono::microseconds since(Clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start);
}

std::vector<ProgramReport> blank_reports(const ObjectSpec& spec) {
  std::vector<ProgramReport> reports;
  for (const ProgramSpec& program : spec.programs) {
    reports.push_back({.name = program.name,
                       .section = program.section,
                       .type = program.type,
                       .skipped = !program.autoload});
  }
  return reports;
}

/// Programs that cannot even be tried: all told, the first returned.
Result<void> tell_unloadable(const ObjectSpec& spec, const load::LoadPlan& plan, const LoadOptions& options,
                             LoadReport& report) {
  const Error* first = nullptr;
  const std::vector<bool> dispensable = load::dispensable_programs(spec);
  for (ProgramReport& program : report.programs) {
    program.skipped = true;  // unless it is planned: struct_ops programs follow their tables
  }
  for (const load::ProgramPlan& program : plan.programs) {
    if (program.error) {
      report.programs[program.program].error = program.error->clone();
      first = first == nullptr && !dispensable[program.program] ? &*program.error : first;
    }
    report.programs[program.program].insn_count = static_cast<u32>(program.insns.size());
    report.programs[program.program].skipped = false;
  }
  if (first != nullptr && !options.keep_going) {
    return std::unexpected(first->clone());
  }
  return {};
}

/// Nothing: a map that the object can do without was refused, and is not to be created in the next attempt.
Result<std::optional<load::Live>> plan_and_execute(ObjectSpec& spec, const LoadOptions& options,
                                                   const host::Facts& facts, kernel::Kernel& kernel,
                                                   LoadReport& report,
                                                   std::vector<std::string>& done_without) {
  const Clock::time_point start = Clock::now();
  auto plan = load::plan(spec, facts, options.pin_root);
  report.plan_time += since(start);
  if (!plan) {
    return std::unexpected(std::move(plan).error());
  }
  report.notes = std::move(plan->notes);
  SKEP_CHECK(tell_unloadable(spec, *plan, options, report));
  const std::vector<bool> dispensable = load::dispensable_maps(spec, *plan);
  const Clock::time_point planned = Clock::now();
  std::optional<u32> refused;
  SKEP_TRY(const Fd token, load::open_token(kernel, options));
  auto live = load::execute({.spec = spec,
                             .facts = facts,
                             .kernel = kernel,
                             .options = options,
                             .token_fd = token ? token.raw() : options.token_fd,
                             .report = report,
                             .refused_map = &refused},
                            *plan);
  report.load_time += since(planned);
  if (!live && refused && dispensable[*refused]) {
    spec.maps[*refused].autocreate = false;
    done_without.push_back(
        cat("map '", spec.maps[*refused].name,
            "' is not created, and only programs use it that may be absent: ", live.error().message()));
    return std::nullopt;
  }
  if (!live) {
    return std::unexpected(std::move(live).error());
  }
  SKEP_CHECK(load::check_alternatives(spec, report));
  report.notes.insert(report.notes.begin(), done_without.begin(), done_without.end());
  return std::move(*live);
}

/// Each attempt that fails for a map that the object can do without is followed by one without it.
Result<load::Live> load_with_what_there_is(ObjectSpec& spec, const LoadOptions& options,
                                           const host::Facts& facts, kernel::Kernel& kernel,
                                           LoadReport& report) {
  std::vector<std::string> done_without;
  while (true) {
    SKEP_TRY(auto live, plan_and_execute(spec, options, facts, kernel, report, done_without));
    if (live) {
      return std::move(*live);
    }
    report.programs = blank_reports(spec);
  }
}

}  // namespace

Object::Object(std::unique_ptr<State> state) : state_(std::move(state)) {}
Object::Object(Object&&) noexcept = default;
Object& Object::operator=(Object&&) noexcept = default;
Object::~Object() = default;

Result<Object> Object::load(ObjectSpec spec, const LoadOptions& options, LoadReport* report) {
  LoadReport unseen;
  LoadReport& told = report != nullptr ? *report : unseen;
  told = LoadReport{.programs = blank_reports(spec)};
  auto state = std::make_unique<State>();
  state->spec = std::move(spec);
  state->kernel = options.kernel != nullptr ? options.kernel : &load::this_kernel();
  const host::Facts facts = load::facts_for(options);
  auto live = load_with_what_there_is(state->spec, options, facts, *state->kernel, told);
  if (!live) {
    // The file is the outermost noun, as in the errors of reading it.
    Error error = std::move(live).error();
    return std::unexpected(state->spec.path.empty() ? std::move(error)
                                                    : std::move(error).within(state->spec.path));
  }
  state->live = std::move(*live);
  state->types = facts.opened_types();
  for (u32 i = 0; i < state->spec.maps.size(); ++i) {
    const u32 at = state->live.map_at[i];
    if (at != load::Live::none) {
      state->map_by_name.try_emplace(state->spec.maps[i].name, at);
      if (state->spec.maps[i].style == MapStyle::data) {
        state->map_by_name.try_emplace(state->spec.maps[i].section, at);
      }
    }
  }
  for (u32 i = 0; i < state->live.programs.size(); ++i) {
    state->program_by_name.try_emplace(state->live.programs[i].name(), i);
  }
  for (std::size_t i = 0; i < told.programs.size(); ++i) {
    if (told.programs[i].error) {
      state->not_loaded.try_emplace(state->spec.programs[i].name, told.programs[i].error->clone());
    }
  }
  return Object(std::move(state));
}

Result<Object> Object::load_file(const std::string& path, const LoadOptions& options) {
  SKEP_TRY(ObjectSpec spec, ObjectSpec::read_file(path));
  return load(std::move(spec), options);
}

Map* Object::map(std::string_view name) {
  const auto found = state_->map_by_name.find(name);
  return found == state_->map_by_name.end() ? nullptr : &state_->live.maps[found->second];
}

Program* Object::program(std::string_view name) {
  const auto found = state_->program_by_name.find(name);
  return found == state_->program_by_name.end() ? nullptr : &state_->live.programs[found->second];
}

const Error* Object::why_not_loaded(std::string_view program) const {
  const auto found = state_->not_loaded.find(program);
  return found == state_->not_loaded.end() ? nullptr : &found->second;
}

Result<Variable> Object::variable(std::string_view name) {
  const VariableSpec* variable = state_->spec.find_variable(name);
  if (variable == nullptr) {
    std::vector<std::string_view> names;
    for (const VariableSpec& other : state_->spec.variables) {
      names.push_back(other.name);
    }
    const std::vector<std::string> near = nearest(name, names);
    return fail(Errc::not_found,
                cat("there is no variable '", name, "'",
                    near.empty() ? std::string() : cat("; did you mean ", join(near, " or "), "?")));
  }
  return this->variable(*variable);
}

Result<Variable> Object::variable(const VariableSpec& which) {
  const u32 at = state_->live.map_at[which.map];
  if (at == load::Live::none) {
    return fail(Errc::not_found,
                cat("variable '", which.name, "': its section ", which.section, " was not created"));
  }
  MapSpec& map = state_->spec.maps[which.map];
  std::span<std::byte> mapped;
  if (map.style == MapStyle::struct_ops) {
    return fail(Errc::invalid,
                cat("variable '", which.name,
                    "' is a struct_ops, which the kernel has made its own: it can be set before "
                    "loading (ObjectSpec::set)"));
  }
  if (map.type == BPF_MAP_TYPE_ARENA) {
    mapped = state_->live.arenas[at].variables().subspan(which.offset, which.size_bytes);
  }
  if (state_->live.mapped[at]) {
    mapped = map.contents.bytes().subspan(which.offset, which.size_bytes);
  }
  return Variable(which.name, state_->live.maps[at], mapped, which.offset, which.size_bytes,
                  is_constant(map.data_section), state_->spec.btf, which.type_id);
}

std::span<std::byte> Object::arena() {
  for (const load::ArenaMemory& arena : state_->live.arenas) {
    if (!arena.memory().empty()) {
      return arena.memory();
    }
  }
  return {};
}

std::vector<Map>& Object::maps() {
  return state_->live.maps;
}

std::vector<Program>& Object::programs() {
  return state_->live.programs;
}

const ObjectSpec& Object::spec() const {
  return state_->spec;
}

Result<void> Object::pin(const std::string& directory) {
  load::PinTransaction pins(*state_->kernel);
  SKEP_CHECK(pins.make_directories(directory));
  for (const Map& map : state_->live.maps) {
    SKEP_CHECK_IN(cat("map '", map.name(), "'"),
                  pins.pin(map.fd().raw(), cat(directory, "/", load::pin_name(map.name()))));
  }
  for (const Program& program : state_->live.programs) {
    SKEP_CHECK_IN(cat("program '", program.name(), "'"),
                  pins.pin(program.fd().raw(), cat(directory, "/", load::pin_name(program.name()))));
  }
  pins.commit();
  return {};
}

}  // namespace skep
