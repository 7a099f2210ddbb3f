// Arguments tagged arg:ctx (__arg_ctx). A global function is verified on its own, so the verifier must know from its types which argument is the context. Since Linux 6.8 the
// tag says so; before, only an argument that points to the one struct of the program's type does, and a function that programs of several types share can have but one such
// type. So each function that is tagged gets a copy of its type per type of program.
#include <map>
#include <set>

#include "load/plan_steps.h"

namespace skep::load {
namespace {

using btf::Kind;
using host::Feature;

struct ContextRow {
  bpf_prog_type type{};
  std::string_view name;
};

/// The struct that a program of this type gets; types that are not here have none with a name.
// clang-format off: one type per row
constexpr auto contexts = std::to_array<ContextRow>({
  {BPF_PROG_TYPE_SOCKET_FILTER,           "__sk_buff"},
  {BPF_PROG_TYPE_KPROBE,                  "bpf_user_pt_regs_t"},
  {BPF_PROG_TYPE_SCHED_CLS,               "__sk_buff"},
  {BPF_PROG_TYPE_SCHED_ACT,               "__sk_buff"},
  {BPF_PROG_TYPE_XDP,                     "xdp_md"},
  {BPF_PROG_TYPE_PERF_EVENT,              "bpf_perf_event_data"},
  {BPF_PROG_TYPE_CGROUP_SKB,              "__sk_buff"},
  {BPF_PROG_TYPE_CGROUP_SOCK,             "bpf_sock"},
  {BPF_PROG_TYPE_LWT_IN,                  "__sk_buff"},
  {BPF_PROG_TYPE_LWT_OUT,                 "__sk_buff"},
  {BPF_PROG_TYPE_LWT_XMIT,                "__sk_buff"},
  {BPF_PROG_TYPE_SOCK_OPS,                "bpf_sock_ops"},
  {BPF_PROG_TYPE_SK_SKB,                  "__sk_buff"},
  {BPF_PROG_TYPE_CGROUP_DEVICE,           "bpf_cgroup_dev_ctx"},
  {BPF_PROG_TYPE_SK_MSG,                  "sk_msg_md"},
  {BPF_PROG_TYPE_RAW_TRACEPOINT,          "bpf_raw_tracepoint_args"},
  {BPF_PROG_TYPE_CGROUP_SOCK_ADDR,        "bpf_sock_addr"},
  {BPF_PROG_TYPE_LWT_SEG6LOCAL,           "__sk_buff"},
  {BPF_PROG_TYPE_SK_REUSEPORT,            "sk_reuseport_md"},
  {BPF_PROG_TYPE_FLOW_DISSECTOR,          "__sk_buff"},
  {BPF_PROG_TYPE_CGROUP_SYSCTL,           "bpf_sysctl"},
  {BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE, "bpf_raw_tracepoint_args"},
  {BPF_PROG_TYPE_CGROUP_SOCKOPT,          "bpf_sockopt"},
  {BPF_PROG_TYPE_SK_LOOKUP,               "bpf_sk_lookup"},
  {BPF_PROG_TYPE_NETFILTER,               "bpf_nf_ctx"},
});
// clang-format on

std::string_view context_of(bpf_prog_type type) {
  for (const ContextRow& row : contexts) {
    if (row.type == type) {
      return row.name;
    }
  }
  return {};
}

/// By the id of a FUNC: the numbers of its tagged arguments.
using Tagged = std::map<u32, std::set<u32>>;

Tagged find_tagged(const btf::Btf& types) {
  Tagged found;
  for (u32 id = types.first_id(); id < types.type_count(); ++id) {
    const btf::Type tag = types.type(id);
    if (tag.kind() != Kind::decl_tag || tag.name() != "arg:ctx" || tag.component_index() < 0) {
      continue;
    }
    const btf::Type function = types.type(tag.type_id());
    if (function.kind() == Kind::func && function.linkage() == BTF_FUNC_GLOBAL) {
      const btf::Type proto = types.type(function.type_id());
      const auto argument = static_cast<u32>(tag.component_index());
      if (proto.kind() == Kind::func_proto && argument < proto.vlen()) {
        found[function.id()].insert(argument);
      }
    }
  }
  return found;
}

bool is_typedef_of_registers(const btf::Btf& types, u32 id) {
  for (u32 depth = 0; depth < btf::max_depth; ++depth) {
    const btf::Type type = types.type(id);
    if (type.kind() == Kind::typedef_ && type.name() == "bpf_user_pt_regs_t") {
      return true;
    }
    if (!type.is_transparent() || type.kind() == Kind::typedef_) {
      return false;
    }
    id = type.type_id();
  }
  return false;
}

/// Whether an argument of this type has to become a pointer to the context, for the verifier of an older kernel to take it for one. What is no pointer, or points to
/// something else altogether, is left as it is: newer kernels refuse it too.
bool is_to_change(const btf::Btf& types, u32 argument_type_id, bpf_prog_type program,
                  std::string_view context) {
  const btf::Type pointer = types.type(types.resolve(argument_type_id));
  if (pointer.kind() != Kind::ptr) {
    return false;
  }
  const bool takes_registers = program == BPF_PROG_TYPE_KPROBE || program == BPF_PROG_TYPE_PERF_EVENT;
  if (takes_registers && is_typedef_of_registers(types, pointer.type_id())) {
    return false;
  }
  const btf::Type target = types.type(types.resolve(pointer.type_id()));
  if (target.is_void()) {
    return true;
  }
  if (target.kind() == Kind::struct_ && target.name() == context) {
    return false;
  }
  switch (program) {
    case BPF_PROG_TYPE_KPROBE:
    case BPF_PROG_TYPE_PERF_EVENT:
      return target.kind() == Kind::struct_ &&
             (target.name() == "pt_regs" || target.name() == "user_pt_regs" ||
              target.name() == "user_regs_struct");
    case BPF_PROG_TYPE_RAW_TRACEPOINT:
    case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
      return target.kind() == Kind::int_ && target.size_bytes() == 8;  // u64 *
    default: return false;
  }
}

/// The copies of functions' types, by function and type of program.
class Copies {
 public:
  Copies(const btf::Btf& types, const Tagged& tagged, std::optional<btf::BtfEditor>& editor)
      : types_(types), tagged_(tagged), editor_(editor) {}

  /// The FUNC to use instead of `function` in a program of this type; `function` itself where nothing has to change.
  u32 copy_of(u32 function, bpf_prog_type program) {
    const auto tags = tagged_.find(function);
    const std::string_view context = context_of(program);
    if (tags == tagged_.end() || context.empty()) {
      return function;
    }
    const auto [known, is_new] = copies_.try_emplace({function, program}, function);
    if (is_new) {
      known->second = copy(types_.type(function), tags->second, program, context);
    }
    return known->second;
  }

 private:
  u32 copy(const btf::Type& function, const std::set<u32>& arguments, bpf_prog_type program,
           std::string_view context) {
    const btf::Type proto = types_.type(function.type_id());
    std::vector<btf::NewParameter> parameters;
    bool changes = false;
    for (u32 i = 0; i < proto.vlen(); ++i) {
      const btf::Parameter parameter = proto.parameter(i);
      const bool change = arguments.contains(i) && is_to_change(types_, parameter.type_id, program, context);
      changes |= change;
      parameters.push_back(
          {.name = parameter.name, .type_id = change ? pointer_to(context) : parameter.type_id});
    }
    if (!changes) {
      return function.id();
    }
    const u32 new_proto = editor_->add_func_proto(proto.type_id(), parameters);
    return editor_->add_func(function.name(), new_proto, function.linkage());
  }

  u32 pointer_to(std::string_view context) {
    if (!editor_) {
      editor_.emplace(types_);
    }
    u32& id = pointers_[context];
    if (id == 0) {
      id = editor_->add_reference(Kind::ptr, {}, editor_->add_composite(Kind::struct_, context, 0, {}));
    }
    return id;
  }

  const btf::Btf& types_;
  const Tagged& tagged_;
  std::optional<btf::BtfEditor>& editor_;
  std::map<std::pair<u32, bpf_prog_type>, u32> copies_;
  std::map<std::string_view, u32> pointers_;
};

}  // namespace

void fit_context_arguments(const ObjectSpec& spec, const host::Facts& facts, LoadPlan& plan,
                           std::optional<btf::BtfEditor>& editor) {
  if (!facts.may_lack(Feature::arg_ctx_tag)) {
    return;
  }
  const Tagged tagged = find_tagged(*spec.btf);
  if (tagged.empty() || !facts.lacks(Feature::arg_ctx_tag) || facts.lacks(Feature::btf_global_func)) {
    return;
  }
  Copies copies(*spec.btf, tagged, editor);
  for (ProgramPlan& program : plan.programs) {
    const ProgramSpec& wanted = spec.programs[program.program];
    u32 changed = 0;
    for (bpf_func_info& record : program.func_info) {
      const u32 copy = copies.copy_of(record.type_id, wanted.type);
      changed += copy != record.type_id ? 1 : 0;
      record.type_id = copy;
    }
    if (changed != 0) {
      plan.notes.push_back(cat("program '", wanted.name, "': ", changed,
                               changed == 1 ? " function has" : " functions have",
                               " the argument tagged arg:ctx declared as ", context_of(wanted.type), " *",
                               because_it_lacks(facts, Feature::arg_ctx_tag)));
    }
  }
}

}  // namespace skep::load
