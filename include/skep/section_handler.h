// Names of sections of one's own: what type of program they mean, and how such programs are attached.
// Thread-safety: everything here may be called from any thread at any time.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "skep/attach.h"

namespace skep {

/// What a section of one's own means.
struct SectionHandler {
  std::string
      name;  ///< "mytool": accepts SEC("mytool") and SEC("mytool/..."); goes before a section of skep's that accepts the same
  bpf_prog_type program_type{};
  bpf_attach_type attach_type{};
  u32 flags = 0;  ///< BPF_F_SLEEPABLE, ...
  /// Called for each such program when its object was read, to change what it likes; may be empty.
  std::function<void(ProgramSpec& program)> prepare;
  /// Attaches; `target` is what follows "NAME/", and may be empty. Empty: attach_program() refuses, as for sections that say no place. May be called from several
  /// threads at once.
  std::function<Result<Link>(const Program& program, std::string_view target, const AttachOptions& options)>
      attach;
};

/// Keeps a handler registered; destroying it takes the handler away. Objects that were read and programs that were loaded meanwhile stay as they are; those who are calling
/// the handler just then may finish.
class SectionRegistration {
 public:
  SectionRegistration() = default;
  SectionRegistration(SectionRegistration&& other) noexcept : id_(std::exchange(other.id_, 0)) {}
  SectionRegistration& operator=(SectionRegistration&& other) noexcept;
  ~SectionRegistration();
  /// Leaves the handler registered as long as the process lives.
  void keep() { id_ = 0; }

 private:
  friend Result<SectionRegistration> register_section(SectionHandler handler);
  explicit SectionRegistration(u64 id) : id_(id) {}
  u64 id_ = 0;  // 0: none
};

/// Registers a handler. Of several that accept a section the one with the longest name is used, and no two have the same name. Errors: invalid (no name, a name with '/',
/// '?' or white space, no program type, or a name that is registered).
Result<SectionRegistration> register_section(SectionHandler handler);

}  // namespace skep
