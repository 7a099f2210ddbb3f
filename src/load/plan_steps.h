// The steps of plan(): maps in plan_maps.cc, programs in plan_programs.cc, externs in plan_externs.cc; what the kernel at hand lacks is done without in fit_*.cc.
#pragma once

#include "btf/edit.h"
#include "load/plan.h"

namespace skep::load {

Result<void> plan_maps(const ObjectSpec& spec, const host::Facts& facts, const std::string& pin_root,
                       LoadPlan& plan);
/// The part of plan_maps() for a map of struct_ops: completes `map` and adds to plan.struct_ops. Errors: unsupported (this kernel has no such table, or lacks a member
/// that is not zero), invalid.
Result<void> plan_struct_ops(const ObjectSpec& spec, const host::Facts& facts, MapPlan& map, LoadPlan& plan);
/// What a program of struct_ops is loaded as. False: no table that is created has it. Errors: invalid (tables have it for different members).
Result<bool> plan_struct_ops_program(const ObjectSpec& spec, u32 program, const LoadPlan& plan,
                                     ProgramPlan& made);
/// Leaves out of the planned maps what the kernel lacks: names, BPF_F_MMAPABLE, data sections.
void fit_maps(const ObjectSpec& spec, const host::Facts& facts, LoadPlan& plan);
/// `plan.maps` is final: an instruction that takes a map which is not there is poisoned.
Result<void> plan_programs(const ObjectSpec& spec, const host::Facts& facts, LoadPlan& plan);
/// Looks the externs up that programs name, and rewrites the instructions. A program that needs what is not there gets an error.
Result<void> plan_externs(const ObjectSpec& spec, const host::Facts& facts, LoadPlan& plan);

/// The index of `module` in plan.modules, put there when it is new.
u32 module_index(LoadPlan& plan, std::string_view module);

/// Names, flags, helpers and attach types of the planned programs.
void fit_programs(const ObjectSpec& spec, const host::Facts& facts, LoadPlan& plan);
/// Sets `plan.types`; function types and source lines of programs are dropped where the kernel does not take them.
void fit_types(const ObjectSpec& spec, const host::Facts& facts, LoadPlan& plan);
/// Functions whose argument is tagged arg:ctx get a type of their own in `editor`, in which that argument is a pointer to the context of the program;
/// `editor` is begun when that is needed.
void fit_context_arguments(const ObjectSpec& spec, const host::Facts& facts, LoadPlan& plan,
                           std::optional<btf::BtfEditor>& editor);

/// ", because Linux 5.10 does not know it (since 5.13)".
std::string because_it_lacks(const host::Facts& facts, host::Feature feature);

}  // namespace skep::load
