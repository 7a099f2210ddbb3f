// `__ksym` variables without a type: all of them in one pass over the kernel's list of symbols.
#include "host/kallsyms.h"
#include "load/externs.h"

namespace skep::load {
namespace {

using Form = ExternAnswer::Form;
using State = host::FoundSymbol::State;

ExternAnswer answer_of(const ExternSpec& wanted, const host::FoundSymbol& found, const host::Facts& facts) {
  switch (found.state) {
    case State::found: return {.form = Form::address, .address = found.address};
    case State::hidden:
      return missing(
          wanted, Errc::denied,
          "the kernel shows this process no addresses (all are 0 in /proc/kallsyms): it wants "
          "CAP_SYSLOG where the sysctl kernel.kptr_restrict is 1, and shows them to nobody where it is 2");
    case State::ambiguous:
      return {.form = Form::error,
              .error = Error(Errc::invalid,
                             cat("the kernel has several symbols of this name, at ", hex(found.address),
                                 " and ", hex(found.other_address), ", and which is meant cannot be told"))};
    case State::absent: break;
  }
  // Near names cost another pass, and who declares a symbol weak expects that it may be absent.
  const std::string near = wanted.is_weak ? std::string() : near_text(facts.near_symbols(wanted.name));
  return missing(wanted, Errc::not_found, cat("/proc/kallsyms lists no such symbol", near));
}

}  // namespace

void find_symbols(ExternSearch& search) {
  std::vector<u32> indexes;
  std::vector<std::string_view> names;
  for (u32 i = 0; i < search.spec.externs.size(); ++i) {
    const ExternSpec& one = search.spec.externs[i];
    if (search.wanted[i] && one.kind == ExternSpec::Kind::ksym_variable && one.type_id == 0) {
      indexes.push_back(i);
      names.push_back(one.name);
    }
  }
  if (indexes.empty()) {
    return;
  }
  const auto found = search.facts.kernel_symbols(names);
  for (std::size_t i = 0; i < indexes.size(); ++i) {
    const ExternSpec& wanted = search.spec.externs[indexes[i]];
    search.answers[indexes[i]] = found ? answer_of(wanted, (*found)[i], search.facts)
                                       : missing(wanted, found.error().code(), found.error().message());
  }
}

}  // namespace skep::load
