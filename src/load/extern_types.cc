// `__ksym` variables with a type, and functions (kfuncs): looked up in the kernel's own BTF, then in that of each module.
#include "btf/declare.h"
#include "btf/names.h"
#include "co_re/compat.h"
#include "host/attach_target.h"
#include "load/externs.h"
#include "load/plan_steps.h"

namespace skep::load {
namespace {

using Form = ExternAnswer::Form;

constexpr host::Release first_with_kernel_calls{.major = 5, .minor = 13};

/// One BTF that was searched.
struct Place {
  std::shared_ptr<const btf::Btf> types;
  std::string module;  // empty: the kernel proper
};

struct Hit {
  const Place* place = nullptr;
  u32 id = 0;
};

/// The name that the kernel has it under: functions come in flavours.
std::string_view name_in_kernel(const ExternSpec& wanted) {
  return wanted.kind == ExternSpec::Kind::ksym_function ? btf::essential_name(wanted.name)
                                                        : std::string_view(wanted.name);
}

btf::Kind kind_of(const ExternSpec& wanted) {
  return wanted.kind == ExternSpec::Kind::ksym_function ? btf::Kind::func : btf::Kind::var;
}

class TypeFinder {
 public:
  explicit TypeFinder(ExternSearch& search) : search_(search) {}

  void find_all() {
    for (u32 i = 0; i < search_.spec.externs.size(); ++i) {
      const ExternSpec& one = search_.spec.externs[i];
      const bool is_typed = one.kind == ExternSpec::Kind::ksym_function ||
                            (one.kind == ExternSpec::Kind::ksym_variable && one.type_id != 0);
      if (search_.wanted[i] && is_typed) {
        externs_.push_back(i);
        names_.push_back(name_in_kernel(one));
      }
    }
    if (externs_.empty()) {
      return;
    }
    auto kernel = search_.facts.kernel_btf();
    if (!kernel) {
      for (const u32 index : externs_) {
        search_.answers[index] =
            missing(search_.spec.externs[index], kernel.error().code(), kernel.error().message());
      }
      return;
    }
    kernel_ = {.types = *std::move(kernel)};
    kernel_.types->want(names_);
    for (const u32 index : externs_) {
      search_.answers[index] = find(search_.spec.externs[index]);
    }
  }

 private:
  ExternAnswer find(const ExternSpec& wanted) {
    const bool is_function = wanted.kind == ExternSpec::Kind::ksym_function;
    if (const auto release = search_.facts.release();
        is_function && release && *release < first_with_kernel_calls) {
      return missing(wanted, Errc::unsupported,
                     cat("programs of Linux ", text_of(*release), " cannot call kernel functions (since ",
                         text_of(first_with_kernel_calls), ")"));
    }
    const Hit hit = look_up(wanted);
    if (hit.place == nullptr) {
      return missing(wanted, Errc::not_found, absence(wanted));
    }
    auto alike = is_alike(wanted, hit);
    if (!alike) {
      return {.form = Form::error, .error = std::move(alike).error()};
    }
    if (!*alike) {
      return difference(wanted, hit);
    }
    ExternAnswer answer{.form = Form::type, .btf_id = hit.id};
    if (!hit.place->module.empty()) {
      answer.module = module_index(search_.plan, hit.place->module);
      if (*answer.module >= most_modules) {
        return {.form = Form::error,
                .error = Error(Errc::unsupported,
                               cat("the object calls functions of more than ", most_modules, " modules"))};
      }
    }
    return answer;
  }

  Hit look_up(const ExternSpec& wanted) {
    const std::string_view name = name_in_kernel(wanted);
    if (const auto id = host::find_own(*kernel_.types, name, kind_of(wanted))) {
      return {.place = &kernel_, .id = *id};
    }
    open_modules();
    for (const Place& module : modules_) {
      if (const auto id = host::find_own(*module.types, name, kind_of(wanted))) {
        return {.place = &module, .id = *id};
      }
    }
    return {};
  }

  /// All that tell their types; one that goes away meanwhile is no error.
  void open_modules() {
    if (std::exchange(modules_opened_, true)) {
      return;
    }
    const auto names = search_.facts.module_names();
    if (!names) {
      modules_hidden_ = names.error().message();
      return;
    }
    for (const std::string& name : *names) {
      if (auto types = search_.facts.module_btf(name)) {
        (*types)->want(names_);
        modules_.push_back({.types = *std::move(types), .module = name});
      }
    }
  }

  Result<bool> is_alike(const ExternSpec& wanted, const Hit& hit) {
    const co_re::Types local(*search_.spec.btf);
    const co_re::Types target(*hit.place->types);
    // Qualifiers and typedefs of a variable do not count: `extern const int x` is the kernel's `int x`.
    return co_re::types_are_compatible(local, search_.spec.btf->resolve(wanted.type_id), target,
                                       hit.place->types->resolve(target.type(hit.id).type_id()), budget_);
  }

  static std::string_view noun(const ExternSpec& wanted) {
    return wanted.kind == ExternSpec::Kind::ksym_function ? "function" : "variable";
  }

  std::string absence(const ExternSpec& wanted) const {
    std::string text = cat("neither the kernel nor ");
    text += modules_hidden_.empty() ? cat("one of its ", modules_.size(), " modules")
                                    : cat("a module (they cannot be seen: ", modules_hidden_, ")");
    text += cat(" has a ", noun(wanted), " '", name_in_kernel(wanted), "'");
    if (!wanted
             .is_weak) {  // who declares it weak expects that it may be absent; near names cost a walk over all types
      text += near_text(host::near_names(*kernel_.types, kind_of(wanted), {}, name_in_kernel(wanted)));
    }
    if (wanted.kind == ExternSpec::Kind::ksym_variable) {
      text += cat(
          "; most kernels tell the types of their per-CPU variables only: for the bare address of another, "
          "declare extern const void ",
          wanted.name, " __ksym");
    }
    return text;
  }

  /// It is there under this name, and something else.
  ExternAnswer difference(const ExternSpec& wanted, const Hit& hit) const {
    const btf::Btf& types = *hit.place->types;
    const std::string there = btf::declaration(types, types.type(hit.id).type_id(), name_in_kernel(wanted));
    return missing(wanted, Errc::invalid,
                   cat(hit.place->module.empty() ? std::string("the kernel's")
                                                 : cat("that of module '", hit.place->module, "'"),
                       " is of another type: ", there));
  }

  static constexpr u32 most_modules = 32766;  // insn.off is a s16, and 0 means the kernel proper

  ExternSearch& search_;
  std::vector<u32> externs_;
  std::vector<std::string_view> names_;  // of externs_, as the kernel has them
  Place kernel_;
  std::vector<Place> modules_;
  bool modules_opened_ = false;
  std::string modules_hidden_;  // why there are none to be seen
  co_re::Budget budget_;
};

}  // namespace

void find_types(ExternSearch& search) {
  TypeFinder(search).find_all();
}

}  // namespace skep::load
