// Attaching what was loaded. One header per family of hooks lies beside this one; here is what concerns all of them.
// Thread-safety: distinct programs may be attached from distinct threads at once.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "skep/link.h"
#include "skep/object.h"

namespace skep {

/// What every attach function takes.
struct AttachOptions {
  const host::Facts* facts =
      nullptr;       ///< what is known of the machine; null: this one's, found out as far as needed
  std::string root;  ///< procfs, sysfs and tracefs are under it; empty: this machine's
};

/// Attaches to what the program's section says. Errors: invalid (the section names no place; the text says what else is to be said), unsupported (this kernel cannot;
/// the text says which feature is missing and since when it exists), not_found (no such function, tracepoint, ...; with the nearest names), denied, busy, kernel.
Result<Link> attach_program(const Program& program, const AttachOptions& options = {});

/// How to attach an object.
struct AttachAllOptions {
  AttachOptions attach;
  u32 jobs = 0;  ///< threads that attach; 0: one per CPU; 1: one after another, in this thread
  /// Attaches the programs that it knows a place for, and answers nothing for the others: these attach_program() attaches. Its errors are failures, whatever their code. Empty: knows no
  /// place. Called from several threads at once.
  std::function<Result<std::optional<Link>>(const Program& program, const AttachOptions& options)> attach_one;
  bool keep_going =
      false;  ///< true: programs that cannot be attached are reported and left out instead of failing the object
};

/// What became of one program.
struct AttachOutcome {
  enum class State : u8 {
    attached,
    failed,       ///< `error` says why
    not_loaded,   ///< autoload was off, or it cannot be loaded and may be absent: `error` says why
    passed_over,  ///< an alternative that comes before it is attached
    needs_more,   ///< its section does not say to what; `error` says what must be said
  };
  std::string program;
  std::string section;
  State state{};
  std::string place;  ///< "kprobe do_unlinkat", when it is attached
  std::optional<Error> error;
};

/// What attaching did, also when it failed: every program's fate, in the order of ObjectSpec::programs.
struct AttachReport {
  std::vector<AttachOutcome> programs;
  std::vector<std::string>
      link_names;  ///< one for each Link of the answer: its program's name, or that of the struct_ops map that it attaches as a whole
  std::vector<std::string> notes;  ///< fallbacks taken, one sentence each
  std::chrono::microseconds time{};
};

/// Attaches every loaded program to what its section says, several at once; of declared alternatives (ObjectSpec::prefer) the first that can be. Programs whose sections name no
/// place are left alone and reported as needs_more, and so are alternatives of which none failed and one needs more. Unless a program may be absent (ProgramSpec::optional, an alternative, `keep_going`), its failure detaches all the
/// others again and is the error. The links come in the order of ObjectSpec::programs. `report`, when given, is filled in either case. Errors: as attach_program(); of the first program in order that failed.
Result<std::vector<Link>> attach_all(Object& object, const AttachAllOptions& options = {},
                                     AttachReport* report = nullptr);

/// Detaches all of them, several at once: the kernel lets most wait for a grace period, and waiting side by side is as quick as waiting once. `links` is empty afterwards.
/// Errors: the first of what Link::detach() says; the others are detached all the same.
Result<void> detach_all(std::vector<Link>& links);

}  // namespace skep
