// What `skep explain` saw: every call of one loading, in order.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/output.h"
#include "kernel/tracing_kernel.h"
#include "load/plan.h"
#include "skep/object_spec.h"

namespace skep::cli {

/// One attribute that is not zero.
struct FieldStory {
  std::string name;
  std::string value;
  std::string meaning;
};

/// One instruction that loading changed.
struct Rewrite {
  u32 insn = 0;           ///< in the program as loaded
  std::string function;   ///< whose code it is
  u32 function_insn = 0;  ///< within that function in the object
  std::string before;
  std::string after;
  std::string cause;  ///< "map 'hits'"
};

/// One system call.
struct CallStory {
  std::string call;     ///< "bpf", "mmap"
  std::string command;  ///< "BPF_MAP_CREATE"; empty for other calls
  std::string subject;  ///< "map 'hits'": what it is about
  std::vector<FieldStory> fields;
  std::vector<FieldStory> results;  ///< what the kernel wrote into the attributes
  std::vector<Rewrite> rewrites;
  s64 result = 0;  ///< not negative, or -errno
  u64 duration_ns = 0;
};

/// Listens to a TracingKernel. `spec` and `plan` are those of the object that is being loaded, and outlive this.
class Listener {
 public:
  Listener(const ObjectSpec& spec, const load::LoadPlan& plan) : spec_(spec), plan_(plan) {}
  /// Thread-safe.
  void tell(const kernel::CallEvent& event);
  const std::vector<CallStory>& calls() const { return calls_; }

 private:
  CallStory describe_bpf(const kernel::CallEvent& event);
  std::vector<Rewrite> rewrites_of(std::string_view name, std::span<const bpf_insn> loaded) const;
  std::string cause_of(const load::ProgramPlan& plan, const load::Origin& origin) const;
  std::string name_descriptor(std::string_view value) const;

  const ObjectSpec& spec_;
  const load::LoadPlan& plan_;
  std::mutex mutex_;
  std::map<s64, std::string> descriptors_;  // what each descriptor is
  std::vector<CallStory> calls_;
};

enum class Real : u8 { yes, no };

void calls_text(std::span<const CallStory> calls, Real real, Output& out);
Json calls_json(std::span<const CallStory> calls);

}  // namespace skep::cli
