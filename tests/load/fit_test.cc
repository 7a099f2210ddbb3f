// What is planned for kernels that lack something: each fallback, with a literal that lacks just that, and what a kernel of each release gets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "btf/edit.h"
#include "load/plan.h"
#include "load/spec_builder.h"
#include "skep/uapi/flags.h"
#include "skep/uapi/helpers.h"

namespace skep::load {
namespace {

using btf::Kind;
using host::Facts;
using host::Feature;
using host::KnownFacts;
using host::Tri;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Facts lacking(std::vector<Feature> features) {
  KnownFacts known{.page_bytes = 4096, .possible_cpus = 2, .kernel_release = "99.0"};
  for (const Feature feature : features) {
    known.features.push_back({feature, Tri::no});
  }
  return Facts(known);
}

/// One type of each kind that some kernel does not know. Ids by name.
struct Zoo {
  btf::BtfEditor editor;
  u32 number = editor.add_int("int", 4, BTF_INT_SIGNED);
  u32 real = editor.add_float("float", 4);
  u32 negative = editor.add_enum("sign", 4, std::array{btf::NewEnumerator{"minus", -1}});
  u32 parameter_proto = editor.add_func_proto(number, std::array{btf::NewParameter{"x", number}});
  u32 global = editor.add_func("global", parameter_proto, BTF_FUNC_GLOBAL);
  u32 local = editor.add_func("local", parameter_proto, BTF_FUNC_STATIC);
  u32 tag_of_type = editor.add_reference(Kind::type_tag, "user", number);
  u32 tagged = editor.add_reference(Kind::ptr, {}, tag_of_type);
  u32 tag_of_function = editor.add_decl_tag("note", global, -1);
  u32 variable = editor.add_var("counter", number, BTF_VAR_GLOBAL_ALLOCATED);
  u32 data = editor.add_datasec(".data", 4, std::array{btf::SectionVariable{variable, 0, 4}});
  u32 odd = editor.add_datasec("?.ops", 4, std::array{btf::SectionVariable{variable, 0, 4}});
};

/// A program of two functions with types and lines, one map, one data section, over the Zoo's types.
ObjectSpec object_of(Zoo& zoo) {
  ObjectSpec spec = empty_object();
  spec.btf = std::make_shared<const btf::Btf>(zoo.editor.finish().value());
  const u32 map = add_map(spec, "hits", BPF_MAP_TYPE_ARRAY, 4, 4, 2, BPF_F_MMAPABLE);
  const u32 data = add_data(spec, ".data", 4, DataSection::data, BPF_F_MMAPABLE);
  add_function(spec, "entry", {wide(1), wide_end(), wide(2), wide_end(), mov_imm(0, 0), leave()},
               {{.insn_index = 0, .kind = RelocationKind::map_fd, .target = map},
                {.insn_index = 2, .kind = RelocationKind::map_value, .target = data, .offset = 0}});
  add_program(spec, 0);
  spec.functions[0].func_info = {{.insn_off = 0, .type_id = zoo.global}};
  spec.functions[0].line_info = {{.insn_off = 0, .file_name_off = 1, .line_off = 1, .line_col = 0}};
  return spec;
}

LoadPlan planned(const ObjectSpec& spec, const Facts& facts) {
  auto made = plan(spec, facts, "/sys/fs/bpf");
  EXPECT_TRUE(made) << made.error().message();
  return made ? *std::move(made) : LoadPlan();
}

TEST(FitTypes, ARecentKernelGetsTheObjectsOwn) {
  Zoo zoo;
  const ObjectSpec spec = object_of(zoo);
  const LoadPlan made = planned(spec, lacking({}));
  EXPECT_EQ(made.types, spec.btf);
  EXPECT_THAT(made.notes, IsEmpty());
  EXPECT_EQ(made.programs[0].func_info.size(), 1);
  EXPECT_TRUE(made.programs[0].has_name);
  EXPECT_FALSE(made.raise_memlock);
}

TEST(FitTypes, EachMissingKindBecomesAnOlderOneAndNothingElseChanges) {
  struct Case {
    Feature missing;
    u32 Zoo::* changed;
    Kind kind;
    std::string_view name;
  };
  const Case cases[] = {
      {Feature::btf_float, &Zoo::real, Kind::struct_, ""},
      {Feature::btf_type_tag, &Zoo::tag_of_type, Kind::const_, ""},
      {Feature::btf_decl_tag, &Zoo::tag_of_function, Kind::int_, "note"},
      {Feature::btf_enum64, &Zoo::negative, Kind::enum_, "sign"},
      {Feature::btf_global_func, &Zoo::global, Kind::func, "global"},
      {Feature::btf_datasec_any_name, &Zoo::odd, Kind::datasec, "_.ops"},
  };
  for (const Case& one : cases) {
    Zoo zoo;
    const ObjectSpec spec = object_of(zoo);
    const LoadPlan made = planned(spec, lacking({one.missing}));
    const std::string_view feature = host::row_of(one.missing).name;
    ASSERT_EQ(made.types->type_count(), spec.btf->type_count()) << feature;
    for (u32 id = 1; id < made.types->type_count(); ++id) {
      const btf::Type before = spec.btf->type(id);
      const btf::Type after = made.types->type(id);
      if (id == zoo.*one.changed) {
        EXPECT_EQ(after.kind(), one.kind) << feature;
        EXPECT_EQ(after.name(), one.name) << feature;
      } else {
        EXPECT_EQ(after.kind(), before.kind()) << feature;
        EXPECT_EQ(after.name(), before.name()) << feature;
      }
    }
    ASSERT_EQ(made.notes.size(), 1) << feature;
    EXPECT_THAT(made.notes[0], HasSubstr("(1 type), because Linux 99.0 does not know it (since "));
    EXPECT_EQ(made.programs[0].func_info.size(), 1) << feature;
  }
}

TEST(FitTypes, RewrittenTypesMeanTheSame) {
  Zoo zoo;
  const ObjectSpec spec = object_of(zoo);
  const LoadPlan made =
      planned(spec, lacking({Feature::btf_float, Feature::btf_type_tag, Feature::btf_decl_tag,
                             Feature::btf_enum64, Feature::btf_global_func, Feature::btf_datasec_any_name}));
  const btf::Btf& types = *made.types;
  EXPECT_EQ(types.size_bytes(zoo.real).value(), 4);
  EXPECT_EQ(types.type(zoo.tag_of_type).type_id(), zoo.number);
  EXPECT_EQ(types.size_bytes(zoo.tag_of_function).value(), 1);
  EXPECT_FALSE(types.type(zoo.negative).kind_flag());
  EXPECT_EQ(types.type(zoo.global).linkage(), BTF_FUNC_STATIC);
  EXPECT_EQ(types.type(zoo.odd).section_variable(0).type_id, zoo.variable);
  EXPECT_EQ(made.notes.size(), 6);
}

TEST(FitTypes, WithoutSectionsVariablesAreBytesAndSectionsStructs) {
  Zoo zoo;
  const ObjectSpec spec = object_of(zoo);
  const LoadPlan made = planned(spec, lacking({Feature::btf_datasec}));
  const btf::Type data = made.types->type(zoo.data);
  EXPECT_EQ(data.kind(), Kind::struct_);
  EXPECT_EQ(data.name(), "_data");
  ASSERT_EQ(data.vlen(), 1);
  EXPECT_EQ(data.member(0).name, "counter");
  EXPECT_EQ(data.member(0).type_id, zoo.variable);
  EXPECT_EQ(data.size_bytes(), 4);
  EXPECT_EQ(made.types->type(zoo.odd).name(), "__ops");
  EXPECT_EQ(made.types->type(zoo.variable).kind(), Kind::int_);
  EXPECT_EQ(made.types->size_bytes(zoo.variable).value(), 1);
}

TEST(FitTypes, WithoutFunctionTypesProgramsHaveNoLinesEither) {
  Zoo zoo;
  const ObjectSpec spec = object_of(zoo);
  const LoadPlan made = planned(spec, lacking({Feature::btf_func}));
  EXPECT_EQ(made.types->type(zoo.parameter_proto).kind(), Kind::enum_);
  EXPECT_EQ(made.types->type(zoo.parameter_proto).size_bytes(), 4);
  EXPECT_EQ(made.types->type(zoo.global).kind(), Kind::typedef_);
  EXPECT_THAT(made.programs[0].func_info, IsEmpty());
  EXPECT_THAT(made.programs[0].line_info, IsEmpty());
}

TEST(FitTypes, WithoutBtfNoneIsGiven) {
  Zoo zoo;
  const LoadPlan made = planned(object_of(zoo), lacking({Feature::btf}));
  EXPECT_EQ(made.types, nullptr);
  EXPECT_THAT(made.programs[0].func_info, IsEmpty());
  EXPECT_THAT(made.notes, ElementsAre(HasSubstr("loaded without types and source lines (BTF), because")));
}

TEST(FitTypes, NothingIsAskedForKindsThatTheObjectDoesNotHave) {
  // A kernel that must not be called, and a release at which everything would have to be asked for.
  btf::BtfEditor editor;
  editor.add_int("int", 4, BTF_INT_SIGNED);
  ObjectSpec spec = empty_object();
  spec.btf = std::make_shared<const btf::Btf>(editor.finish().value());
  const LoadPlan made = planned(spec, Facts(KnownFacts{.kernel_release = "4.14.0"}));
  EXPECT_EQ(made.types, nullptr) << "no map and no program needs types";
  EXPECT_THAT(made.notes, IsEmpty());
}

TEST(FitMaps, WithoutMappingArraysAreCreatedWithoutTheFlag) {
  Zoo zoo;
  const LoadPlan made = planned(object_of(zoo), lacking({Feature::array_mmap}));
  for (const MapPlan& map : made.maps) {
    EXPECT_EQ(map.creation.flags & BPF_F_MMAPABLE, 0);
  }
  EXPECT_THAT(made.notes, ElementsAre(HasSubstr("map 'hits': created without BPF_F_MMAPABLE"),
                                      HasSubstr("map '.data': created without BPF_F_MMAPABLE")));
}

TEST(FitMaps, WithoutNamesNothingHasOne) {
  Zoo zoo;
  const LoadPlan made = planned(object_of(zoo), lacking({Feature::prog_name}));
  for (const MapPlan& map : made.maps) {
    EXPECT_EQ(map.creation.name, "");
  }
  EXPECT_FALSE(made.programs[0].has_name);
  EXPECT_THAT(made.notes, ElementsAre(HasSubstr("programs and maps have no names, because")));
}

TEST(FitMaps, WithoutGlobalDataItsSectionsAreLeftOutAndTheirUsersPoisoned) {
  Zoo zoo;
  const LoadPlan made = planned(object_of(zoo), lacking({Feature::global_data}));
  ASSERT_EQ(made.maps.size(), 1);
  const ProgramPlan& program = made.programs[0];
  EXPECT_FALSE(program.error);
  EXPECT_EQ(program.map_slots.size(), 1);
  for (const u32 half : {2U, 3U}) {
    EXPECT_EQ(program.insns[half], call_helper(poisoned_map_call + 1));
  }
  ASSERT_EQ(program.causes.size(), 1);
  EXPECT_EQ(program.causes[0].insn, 2);
  EXPECT_THAT(program.causes[0].text, HasSubstr("data section .data is not created, because Linux 99.0"));
  EXPECT_THAT(made.notes, ElementsAre(HasSubstr("global variables (.data) are not created, because")));
}

TEST(FitMaps, UsersOfAMapThatIsNotToBeCreatedArePoisoned) {
  Zoo zoo;
  ObjectSpec spec = object_of(zoo);
  spec.maps[0].autocreate = false;
  const LoadPlan made = planned(spec, lacking({}));
  const ProgramPlan& program = made.programs[0];
  EXPECT_FALSE(program.error);
  EXPECT_EQ(program.insns[0], call_helper(poisoned_map_call));
  EXPECT_EQ(program.insns[1], call_helper(poisoned_map_call));
  ASSERT_EQ(program.causes.size(), 1);
  EXPECT_EQ(program.causes[0].text, "map 'hits' is not created (autocreate is off)");
}

TEST(FitPrograms, NewerReadsBecomeTheOneBefore) {
  ObjectSpec spec = empty_object();
  bpf_insn local = call_helper(BPF_FUNC_probe_read_kernel);
  local.src_reg = BPF_PSEUDO_CALL;  // a distance, not a helper
  add_function(spec, "reads",
               {call_helper(BPF_FUNC_probe_read_kernel), call_helper(BPF_FUNC_probe_read_user),
                call_helper(BPF_FUNC_probe_read_kernel_str), call_helper(BPF_FUNC_probe_read_user_str), local,
                call_helper(BPF_FUNC_map_lookup_elem), leave()});
  add_program(spec, 0, BPF_PROG_TYPE_KPROBE, "kprobe");
  const auto helpers = [&](const LoadPlan& made) {
    std::vector<s32> numbers;
    for (const bpf_insn& insn : made.programs[0].insns) {
      numbers.push_back(insn.imm);
    }
    return numbers;
  };
  EXPECT_THAT(helpers(planned(spec, lacking({}))), ElementsAre(113, 112, 115, 114, 113, 1, 0));
  const LoadPlan made = planned(spec, lacking({Feature::probe_read_kernel}));
  EXPECT_THAT(helpers(made), ElementsAre(4, 4, 45, 45, 113, 1, 0));
  EXPECT_THAT(made.notes, ElementsAre(HasSubstr("program 'reads': 4 calls of bpf_probe_read_kernel")));
}

TEST(FitPrograms, AttachTypesAndFlagsAreLeftOutWhereThatDoesNoHarm) {
  ObjectSpec spec = empty_object();
  add_function(spec, "optional", {mov_imm(0, 1), leave()});
  add_function(spec, "needed", {mov_imm(0, 1), leave()});
  add_program(spec, 0, BPF_PROG_TYPE_XDP, "xdp.frags");
  add_program(spec, 1, BPF_PROG_TYPE_CGROUP_SOCK_ADDR, "cgroup/connect4");
  spec.programs[0].expected_attach_type = BPF_XDP;
  spec.programs[0].expected_attach_type_is_optional = true;
  spec.programs[0].flags = BPF_F_XDP_HAS_FRAGS | BPF_F_SLEEPABLE;
  spec.programs[1].expected_attach_type = BPF_CGROUP_INET4_CONNECT;
  const LoadPlan recent = planned(spec, lacking({}));
  EXPECT_EQ(recent.programs[0].expected_attach_type, BPF_XDP);
  EXPECT_EQ(recent.programs[0].flags, BPF_F_XDP_HAS_FRAGS | BPF_F_SLEEPABLE);
  const LoadPlan old = planned(spec, lacking({Feature::expected_attach_type, Feature::xdp_frags}));
  EXPECT_EQ(old.programs[0].expected_attach_type, bpf_attach_type{});
  EXPECT_EQ(old.programs[0].flags, BPF_F_SLEEPABLE) << "only what does no harm";
  EXPECT_EQ(old.programs[1].expected_attach_type, BPF_CGROUP_INET4_CONNECT);
  EXPECT_EQ(old.notes.size(), 2);
}

TEST(FitPrograms, CallbacksAreRefusedInWordsThatSayWhy) {
  ObjectSpec spec = empty_object();
  add_function(spec, "takes", {wide(1), wide_end(), mov_imm(0, 0), leave()},
               {{.insn_index = 0, .kind = RelocationKind::subprogram_address, .target = 1}});
  add_function(spec, "callback", {mov_imm(0, 0), leave()});
  add_program(spec, 0);
  EXPECT_FALSE(planned(spec, lacking({})).programs[0].error);
  const LoadPlan made = planned(spec, Facts(KnownFacts{.kernel_release = "5.10.0"}));
  ASSERT_TRUE(made.programs[0].error);
  EXPECT_EQ(made.programs[0].error->message(),
            "program 'takes' (section 'socket') takes the address of a function (for a callback): Linux 5.10 "
            "does not "
            "know it (since 5.13)");
}

/// A global function with three tagged arguments (void *, the struct of tc's context, a number's address), called by a tc and an xdp program.
struct Shared {
  btf::BtfEditor editor;
  u32 number = editor.add_int("int", 4, BTF_INT_SIGNED);
  u32 anything = editor.add_reference(Kind::ptr, {}, 0);
  u32 buffer = editor.add_reference(Kind::ptr, {}, editor.add_composite(Kind::struct_, "__sk_buff", 0, {}));
  u32 to_number = editor.add_reference(Kind::ptr, {}, number);
  u32 proto = editor.add_func_proto(
      number, std::array{btf::NewParameter{"any", anything}, btf::NewParameter{"skb", buffer},
                         btf::NewParameter{"number", to_number}, btf::NewParameter{"untagged", anything}});
  u32 entry_proto = editor.add_func_proto(number, std::array{btf::NewParameter{"ctx", anything}});
  u32 function = editor.add_func("shared", proto, BTF_FUNC_GLOBAL);
  u32 entry = editor.add_func("entry", entry_proto, BTF_FUNC_GLOBAL);

  ObjectSpec object() {
    for (const s32 argument : {0, 1, 2}) {
      editor.add_decl_tag("arg:ctx", function, argument);
    }
    ObjectSpec spec = empty_object();
    spec.btf = std::make_shared<const btf::Btf>(editor.finish().value());
    add_function(spec, "tc", {call_unresolved(), leave()},
                 {{.insn_index = 0, .kind = RelocationKind::subprogram_call, .target = 2}});
    add_function(spec, "xdp", {call_unresolved(), leave()},
                 {{.insn_index = 0, .kind = RelocationKind::subprogram_call, .target = 2}});
    add_function(spec, "shared", {mov_imm(0, 0), leave()});
    spec.functions[0].func_info = {{.insn_off = 0, .type_id = entry}};
    spec.functions[1].func_info = {{.insn_off = 0, .type_id = entry}};
    spec.functions[2].func_info = {{.insn_off = 0, .type_id = function}};
    add_program(spec, 0, BPF_PROG_TYPE_SCHED_CLS, "tc");
    add_program(spec, 1, BPF_PROG_TYPE_XDP, "xdp");
    return spec;
  }
};

std::string target_of(const btf::Btf& types, u32 function, u32 argument) {
  const btf::Type proto = types.type(types.type(function).type_id());
  return std::string(types.type(types.type(proto.parameter(argument).type_id).type_id()).name());
}

TEST(FitContext, TaggedArgumentsGetTheContextOfEachProgram) {
  Shared shared;
  const ObjectSpec spec = shared.object();
  EXPECT_EQ(planned(spec, lacking({})).types, spec.btf);
  const LoadPlan made = planned(spec, lacking({Feature::arg_ctx_tag}));
  const u32 tc = made.programs[0].func_info[1].type_id;
  const u32 xdp = made.programs[1].func_info[1].type_id;
  ASSERT_NE(tc, shared.function);
  ASSERT_NE(xdp, shared.function);
  ASSERT_NE(tc, xdp);
  EXPECT_EQ(made.programs[0].func_info[0].type_id, shared.entry) << "not tagged";
  const btf::Btf& types = *made.types;
  EXPECT_EQ(types.type(tc).name(), "shared");
  EXPECT_EQ(types.type(tc).linkage(), BTF_FUNC_GLOBAL);
  EXPECT_EQ(target_of(types, tc, 0), "__sk_buff");
  EXPECT_EQ(target_of(types, xdp, 0), "xdp_md");
  EXPECT_EQ(target_of(types, tc, 1), "__sk_buff");
  EXPECT_EQ(target_of(types, xdp, 1), "__sk_buff") << "another program's context is no context here";
  EXPECT_EQ(target_of(types, tc, 2), "int") << "not a context at all";
  EXPECT_EQ(target_of(types, tc, 3), "") << "not tagged";
  EXPECT_EQ(types.type(shared.function).type_id(), shared.proto) << "the function itself is unchanged";
  EXPECT_THAT(made.notes, ElementsAre(HasSubstr("program 'tc': 1 function has the argument tagged arg:ctx"),
                                      HasSubstr("declared as xdp_md *, because Linux 99.0")));
}

TEST(FitContext, BeforeGlobalFunctionsAreVerifiedAloneNothingIsNeeded) {
  Shared shared;
  const ObjectSpec spec = shared.object();
  const LoadPlan made = planned(spec, lacking({Feature::arg_ctx_tag, Feature::btf_global_func}));
  EXPECT_EQ(made.programs[0].func_info[1].type_id, shared.function);
}

TEST(Fit, OldReleasesLackWhatTheTableSays) {
  Zoo zoo;
  const ObjectSpec spec = object_of(zoo);
  const auto notes = [&](std::string release) {
    return planned(spec, Facts(KnownFacts{.kernel_release = std::move(release)})).notes.size();
  };
  EXPECT_EQ(notes("7.3.4"), 0);
  EXPECT_EQ(notes("6.8.0"), 1) << "'?' in a section's name";
  EXPECT_EQ(notes("5.15.0"), 4) << "and DECL_TAG, TYPE_TAG, ENUM64";
  EXPECT_EQ(notes("5.10.0-43"), 5) << "and FLOAT";
  EXPECT_EQ(notes("5.4.0"), 8) << "and the linkage of functions, two mapped arrays";
  EXPECT_EQ(notes("4.14.0"), 4) << "no names, no BTF, no global data; one mapped array";
}

}  // namespace
}  // namespace skep::load
