// What an object asks of a kernel, without a kernel: `requirements()` reads it off the object alone, `check()` holds it against the types that a kernel
// was built with, `minimal_btf()` cuts those types down to what the object's CO-RE relocations look at. Nothing here makes a system call or needs rights.
// Thread-safety: pure functions of their arguments; distinct calls may run in distinct threads.
#pragma once

#include <compare>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "skep/error.h"
#include "skep/object_spec.h"
#include "skep/types.h"

namespace skep::needs {

/// A kernel release as far as features go by it: 6.1 of "6.1.0-56-cloud-amd64". 0.0 stands for "not known".
struct Release {
  u32 version = 0;     ///< 6
  u32 patchlevel = 0;  ///< 1
  auto operator<=>(const Release&) const = default;
  constexpr bool is_known() const { return version != 0; }
};

/// The release that a text begins with ("5.10", "6.1.0-56-cloud-amd64"), or nothing.
std::optional<Release> parse_release(std::string_view text);
/// "5.10".
std::string to_text(Release release);

/// Where in the source something is asked for. `line` is 0 where the object has no line information.
struct Place {
  std::string function;
  u32 insn = 0;      ///< within the function
  std::string file;  ///< as the compiler was given it
  u32 line = 0;
  u32 column = 0;
  std::string source;  ///< the line itself
};

/// What a need is about.
enum class NeedKind : u8 {
  program_type,
  attach_type,
  program_flag,
  map_type,
  map_flag,
  map_field,  ///< a struct in a map's value that the kernel gives a meaning: bpf_timer, ...
  helper,
  kernel_function,
  kernel_variable,
  instruction,
  feature,  ///< calls between functions, loops, global data, ...
};
/// "map_type": the word in JSON.
std::string_view name_of(NeedKind kind);

/// One thing that a kernel must have.
struct Need {
  NeedKind kind{};
  std::string name;      ///< "ringbuf", "bpf_ringbuf_output"
  Release since;         ///< the first kernel with it; unknown for most kernel functions and variables
  std::string why;       ///< who asks: "map 'events'", "prog.bpf.c:31"
  bool guarded = false;  ///< the code that asks is not reached on a kernel that lacks every optional thing
  Place where;
};

/// What one program needs, the maps that it uses included.
struct ProgramNeeds {
  std::string program;
  std::string section;
  bpf_prog_type type{};
  u32 instruction_set = 1;          ///< as clang's -mcpu=vN
  Release least;                    ///< the highest `since` of what is not guarded
  std::vector<Need> needs;          ///< by ascending `since`, then name; each thing once
  std::vector<std::string> config;  ///< options of the kernel's configuration: "CONFIG_BPF_SYSCALL"
  std::vector<std::string>
      capabilities;  ///< of the process that loads and attaches, since Linux 5.8: "CAP_BPF"
};

/// What the whole object needs.
struct ObjectNeeds {
  Release least;
  std::vector<Need> steps;  ///< each rise of the least release, ascending, with one reason
  std::vector<ProgramNeeds> programs;
  std::vector<std::string> config;
  std::vector<std::string> capabilities;
  bool needs_kernel_types =
      false;  ///< CO-RE, fentry, typed externs: a kernel with BTF, or BTF given to the loader for CO-RE alone
};

/// Reads off what `spec`'s programs with autoload need. Never fails: what cannot be told is left out.
ObjectNeeds requirements(const ObjectSpec& spec);

/// A kernel that is not here: its types, and what else is known of it.
struct KernelTypes {
  std::string release;  ///< "6.1.0-56-cloud-amd64"; empty: guessed from the types
  std::shared_ptr<const btf::Btf> types;
  std::optional<std::string> kconfig;  ///< the text of its configuration, for __kconfig externs
};

/// Something that a program asks for and a kernel has not.
struct Finding {
  std::string_view rule;  ///< "helper-missing", ...: one of rules()
  std::string text;
  Place where;
  bool guarded =
      false;  ///< the verifier does not come there, so that it does not keep the program from loading
};

/// A kind of Finding.
struct Rule {
  std::string_view id;
  std::string_view summary;
};
/// All kinds of findings.
std::span<const Rule> rules();

/// Would this program load on this kernel?
struct Verdict {
  std::string program;
  std::string section;
  std::string kernel;  ///< KernelTypes::release, or the guess: "like 6.1"
  bool loads = false;
  std::string reason;             ///< the first finding that keeps it from loading; empty when it loads
  std::vector<Finding> findings;  ///< those that keep it from loading first, then what is guarded
  std::vector<std::string>
      notes;  ///< what cannot be told, and what will fail later, at attaching; one sentence each
};

/// Plans the loading of `spec` on `kernel` and holds the plan against what the kernel has: a verdict for each program with autoload. An object that makes no sense
/// anywhere gets the same reason for every program. CO-RE relocations, externs and attach targets are resolved in the kernel's types; branches that these decide
/// are followed as the verifier does.
std::vector<Verdict> check(const ObjectSpec& spec, const KernelTypes& kernel);

/// Reads kernels from `path`: one file of BTF, whose release is `releases[0]` when given, or a directory that holds <release>.btf[.zst] and perhaps
/// config-<release>. From a directory only those are read whose release begins with one of `releases` as a whole number ("6.1" is not "6.12"); all, when there are none.
/// Ascending by release. Errors: not_found (no such file or directory, no kernel of a wanted release, with what there is), malformed, truncated, invalid.
Result<std::vector<KernelTypes>> read_kernels(const std::string& path,
                                              const std::vector<std::string>& releases);

/// The part of a kernel's types that the CO-RE relocations of these objects look at, as BTF in host byte order: relocating by it gives the same code as by the
/// whole, but for BPF_CORE_TYPE_ID_TARGET, since types have other ids in it. Errors: those of relocating (hostile types; types that fit and disagree), naming
/// object and instruction.
Result<std::vector<std::byte>> minimal_btf(std::span<const ObjectSpec> objects, const KernelTypes& kernel);

}  // namespace skep::needs
