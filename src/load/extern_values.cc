// `__kconfig` variables: values of the kernel's configuration, and those that loaders make up (LINUX_*).
#include <array>

#include "host/kconfig.h"
#include "host/syscalls.h"
#include "load/externs.h"

namespace skep::load {
namespace {

using Form = ExternAnswer::Form;
using State = host::ConfigOption::State;

constexpr std::string_view given_name = "the given configuration";
constexpr std::string_view kernel_name_of_config = "the kernel's configuration";

Result<u64> has_attach_cookie(const host::Facts& facts) {
  switch (facts.has(host::Feature::attach_cookie)) {
    case host::Tri::yes: return 1;
    case host::Tri::no: return 0;
    case host::Tri::unknown: break;
  }
  return fail(Errc::denied,
              "whether this kernel has bpf_get_attach_cookie cannot be told: it refuses to be asked");
}

/// The options of one text that are asked for, and where they were found.
struct Reading {
  std::shared_ptr<const std::string> text;  // null: there is none
  std::string_view name;
  std::vector<host::ConfigOption> options;
};

class ValueFinder {
 public:
  explicit ValueFinder(ExternSearch& search) : search_(search) {}

  void find_all() {
    collect();
    if (externs_.empty()) {
      return;
    }
    for (const u32 index : externs_) {
      if (auto sized = check_place(index); !sized) {
        settle(index, std::unexpected(std::move(sized).error()));
      }
    }
    for (const u32 index : externs_) {
      if (is_open(index) && !is_option(index)) {
        settle(index, virtual_value(index));
      }
    }
    find_options();
  }

 private:
  const ExternSpec& external(u32 index) const { return search_.spec.externs[index]; }
  bool is_open(u32 index) const { return search_.answers[index].form == Form::not_asked; }
  bool is_option(u32 index) const { return external(index).name.starts_with("CONFIG_"); }

  /// Makes room for all values.
  void collect() {
    std::size_t bytes = 0;
    for (u32 i = 0; i < search_.spec.externs.size(); ++i) {
      const ExternSpec& one = external(i);
      if (one.kind == ExternSpec::Kind::kconfig && one.map < search_.spec.maps.size()) {
        bytes = search_.spec.maps[one.map].value_bytes;
        externs_.push_back(i);
      }
    }
    search_.plan.kconfig.assign(bytes, std::byte{0});
    types_.resize(search_.spec.externs.size());
  }

  /// Finds the C type of a value, and that it lies in the map.
  Result<void> check_place(u32 index) {
    const ExternSpec& one = external(index);
    if (search_.spec.btf == nullptr || one.type_id >= search_.spec.btf->type_count()) {
      return fail(Errc::invalid, "the object does not tell its type");
    }
    SKEP_TRY(types_[index], host::config_type(*search_.spec.btf, one.type_id));
    const u64 bytes = search_.plan.kconfig.size();
    if (one.size_bytes != types_[index].bytes || one.offset > bytes || one.size_bytes > bytes - one.offset) {
      return fail(Errc::invalid, cat("want ", types_[index].bytes, " bytes within the ", bytes,
                                     " of section .kconfig, have ", one.size_bytes, " at ", one.offset));
    }
    return {};
  }

  std::span<std::byte> place(u32 index) {
    return std::span(search_.plan.kconfig).subspan(external(index).offset, external(index).size_bytes);
  }

  void settle(u32 index, Result<void> done) {
    ExternAnswer& answer = search_.answers[index];
    if (done) {
      answer.form = Form::value;
    } else {
      answer.form = Form::error;
      answer.error = std::move(done).error();
    }
  }

  Result<void> virtual_value(u32 index) {
    const std::string& name = external(index).name;
    u64 value = 0;
    if (name == "LINUX_KERNEL_VERSION") {
      SKEP_TRY(value, search_.facts.kernel_version());
    } else if (name == "LINUX_HAS_BPF_COOKIE") {
      SKEP_TRY(value, has_attach_cookie(search_.facts));
    } else if (name == "LINUX_HAS_SYSCALL_WRAPPER") {
      SKEP_TRY(const bool is_wrapped, host::has_syscall_wrapper(search_.facts));
      value = is_wrapped ? 1 : 0;
    } else if (!name.starts_with("LINUX_") || !external(index).is_weak) {
      return fail(Errc::unsupported,
                  "no such value is known: want CONFIG_*, LINUX_KERNEL_VERSION, LINUX_HAS_BPF_COOKIE or "
                  "LINUX_HAS_SYSCALL_WRAPPER (an unknown LINUX_* that is __weak reads as 0)");
    }
    return host::store_number(value, types_[index], place(index));
  }

  void find_options() {
    const std::string& given = search_.facts.given_config();
    if (!given.empty()) {
      read({.text = std::make_shared<const std::string>(given), .name = given_name}, IsLast::no);
    }
    if (!open_options().empty()) {
      auto text = search_.facts.kernel_config();
      if (text) {
        read({.text = *text, .name = kernel_name_of_config}, IsLast::yes);
      } else {
        lack(text.error());
      }
    }
  }

  std::vector<u32> open_options() const {
    std::vector<u32> open;
    for (const u32 index : externs_) {
      if (is_open(index) && is_option(index)) {
        open.push_back(index);
      }
    }
    return open;
  }

  enum class IsLast : u8 { no, yes };

  void read(Reading reading, IsLast is_last) {
    const std::vector<u32> open = open_options();
    std::vector<std::string_view> names;
    for (const u32 index : open) {
      names.push_back(external(index).name);
    }
    auto options = host::find_options(*reading.text, names);
    if (!options) {
      for (const u32 index : open) {
        settle(index, std::unexpected(options.error().clone().within(reading.name)));
      }
      return;
    }
    for (std::size_t i = 0; i < open.size(); ++i) {
      take(open[i], (*options)[i], reading, is_last);
    }
  }

  void take(u32 index, const host::ConfigOption& option, const Reading& reading, IsLast is_last) {
    switch (option.state) {
      case State::set: settle(index, store(index, option, reading)); return;
      case State::not_set:
        search_.answers[index] =
            missing(external(index), Errc::not_found,
                    cat("the option is not set in ", reading.name, " (line ", option.line,
                        "); a variable that is declared __weak reads as 0 then"));
        return;
      case State::absent:
        if (is_last == IsLast::yes) {
          const bool is_told = search_.wanted[index] && !external(index).is_weak;
          const auto near =
              is_told ? host::near_options(*reading.text, external(index).name) : std::vector<std::string>();
          search_.answers[index] = missing(external(index), Errc::not_found,
                                           cat(reading.name, " has no such option", near_text(near),
                                               "; a variable that is declared __weak reads as 0 then"));
        }
        return;
    }
  }

  Result<void> store(u32 index, const host::ConfigOption& option, const Reading& reading) {
    SKEP_TRY_IN(cat(reading.name, ", line ", option.line), const u64 cut,
                host::store_option(option.value, types_[index], place(index)));
    if (cut != 0) {
      search_.plan.notes.push_back(cat("extern '", external(index).name, "': the value ", option.value,
                                       " is ", cut, " bytes longer than the variable, and cut"));
    }
    return {};
  }

  /// There is no configuration to look into.
  void lack(const Error& error) {
    for (const u32 index : open_options()) {
      search_.answers[index] = missing(external(index), error.code(), error.message());
      if (external(index).is_weak) {
        search_.plan.notes.push_back(
            cat("extern '", external(index).name, "' reads as 0: ", error.message()));
      }
    }
  }

  ExternSearch& search_;
  std::vector<u32> externs_;  // the kconfig ones
  std::vector<host::ConfigType> types_;
};

}  // namespace

void find_values(ExternSearch& search) {
  ValueFinder(search).find_all();
}

}  // namespace skep::load
