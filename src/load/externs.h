// How externs are looked up: each kind in a file of its own (extern_values.cc, extern_symbols.cc, extern_types.cc); plan_externs.cc puts the answers into
// instructions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "load/plan.h"

namespace skep::load {

/// What became of one extern.
struct ExternAnswer {
  enum class Form : u8 {
    not_asked,  ///< no program needs it
    absent,     ///< weak, and the kernel has none: 0, and a call of it must not be reached
    value,      ///< kconfig: it stands in LoadPlan::kconfig
    address,
    type,  ///< a variable or function of the kernel's BTF, or of a module's
    error,
  };
  Form form = Form::not_asked;
  u64 address = 0;
  u32 btf_id = 0;
  std::optional<u32> module;   ///< index into LoadPlan::modules
  std::string reason;          ///< absent: why
  std::optional<Error> error;  ///< without the extern's name
};

/// What the lookups share.
struct ExternSearch {
  const ObjectSpec& spec;
  const host::Facts& facts;
  LoadPlan& plan;
  std::vector<bool> wanted;           ///< by index into ObjectSpec::externs: a program names it
  std::vector<ExternAnswer> answers;  ///< likewise
};

/// Fills plan.kconfig in. Values that no program names are filled in as far as possible.
void find_values(ExternSearch& search);
/// `__ksym` variables without a type: addresses from /proc/kallsyms.
void find_symbols(ExternSearch& search);
/// `__ksym` variables with a type, and functions: BTF.
void find_types(ExternSearch& search);

/// The answer for what the kernel does not have: `reason` is an error for a strong extern, and the cause of its absence for a weak one.
ExternAnswer missing(const ExternSpec& wanted, Errc code, std::string reason);

/// "; near it are: a, b", or nothing.
std::string near_text(const std::vector<std::string>& near);

}  // namespace skep::load
