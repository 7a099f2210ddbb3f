#include "diag/catalogue.h"

namespace skep::diag {

namespace {

// clang-format off
constexpr auto rows = std::to_array<CatalogueRow>({
  {"SKEP-V0001", "invalid mem access '", "_or_null", "a pointer that may be null is used",
   "The call that gave this pointer can fail, and on this path nobody has tested the result.",
   "Test it before use: `if (!p) return 0;`. The test must be on the same variable, after the call and before the access."},
  {"SKEP-V0002", "invalid mem access 'scalar'", "", "a number is used as a pointer",
   "The register holds a plain number here, so the verifier knows nothing of the memory behind it. Pointers become numbers when a helper that may "
   "change the packet is called, when a ring buffer record is submitted, through casts, and when they are read from kernel memory.",
   "Packet data: load data and data_end again after the helper and check again. Ring buffer: do not touch a record after submit or discard. "
   "Kernel memory: read it with bpf_probe_read_kernel() or BPF_CORE_READ()."},
  {"SKEP-V0002", "invalid mem access 'inv'", "", "a number is used as a pointer",
   "The register holds a plain number here (kernels before 5.18 write 'inv'), so the verifier knows nothing of the memory behind it.",
   "Load packet pointers again after a helper that may change the packet; read kernel memory with bpf_probe_read_kernel() or BPF_CORE_READ()."},
  {"SKEP-V0003", "R0 !read_ok", "", "the return value is not set",
   "The program reaches its end, or uses R0, on a path on which nothing was put into it.",
   "Return a value on every path."},
  {"SKEP-V0004", "!read_ok", "", "a register is read before anything was put into it",
   "Calls destroy R1 to R5, and a function begins with its arguments only; what stood there before is gone.",
   "Initialise the variable on every path. In inline assembly name every register that a call destroys. Check that caller and callee agree on the number of arguments."},
  {"SKEP-V0005", "write into map forbidden", "", "a read-only map is written",
   "The map is read-only for programs: constants live in .rodata, which is frozen before programs load.",
   "Drop `const` if the program must change the variable. A global function's pointer argument counts as written: pass a copy, or declare the parameter const."},
  {"SKEP-V0006", "invalid access to map value", "", "the access leaves the map's value",
   "Offset and size of the access do not lie within the value for every value that the index can have here.",
   "Check the index against the size of the array just before the access, with an unsigned type: `if (i >= N) return 0;`. For a fixed offset, compare the struct "
   "with the map's value type."},
  {"SKEP-V0007", "min value is negative, either use unsigned or 'var &= const'", "", "a size given to a helper may be negative",
   "The size is a signed number whose lower bound is below zero on this path.",
   "Use an unsigned type, or test `if (n <= 0) return 0;` before the upper bound."},
  {"SKEP-V0008", "min value is negative", "", "an index may be negative",
   "The index is a signed number whose lower bound is below zero on this path.",
   "Use an unsigned index, or test that it is at least 0."},
  {"SKEP-V0009", "invalid zero-sized read", "", "a size given to a helper may be zero, or has no upper bound",
   "The helper wants at least one byte and at most what the buffer has, on every path.",
   "Test both ends: `if (n == 0 || n > sizeof(buf)) return 0;`. If the compiler moves the test to a copy, put `asm volatile(\"\" : \"+r\"(n));` before it."},
  {"SKEP-V0010", "unbounded memory access, use 'var &= const'", "", "a size given to a helper has no upper bound",
   "The helper would read or write as many bytes as the number says, and the number is not limited.",
   "Limit it first: `if (n > sizeof(buf)) return 0;` or `n &= sizeof(buf) - 1;`."},
  {"SKEP-V0011", "unbounded memory access", "", "an index has no upper bound",
   "The verifier does not know how large the index can be. A test on another register, or on a narrower copy of the variable, does not count.",
   "Test it just before the access: `if (i >= N) return 0;`, on the very variable that indexes; or mask it: `i &= N - 1`."},
  {"SKEP-V0012", "invalid access to packet", "", "packet bytes are read that may not be there",
   "No comparison with data_end covers these bytes on this path; r= in the message is how many bytes are proven to be there.",
   "Compare first: `if (data + sizeof(*eth) > data_end) return XDP_PASS;`. Compare again after moving the pointer."},
  {"SKEP-V0013", "variable-offset", "stack", "a local array is indexed by a number without bounds",
   "The index may point outside of the program's stack frame.",
   "Limit the index to the array: `if (i >= sizeof(b)) return 0;`, or keep the array in a map."},
  {"SKEP-V0014", "stack", "off=", "an access outside of the stack frame",
   "A program has 512 bytes of stack, below R10; this access lies outside of it or of the buffer that a helper was given.",
   "Keep large buffers in a per-CPU array map. Check that the size given to a helper is not larger than the buffer."},
  {"SKEP-V0015", "indirect read from stack", "", "a helper would read stack bytes that were never written",
   "Part of the buffer or of a struct's padding holds no value yet.",
   "Set it whole: `struct key k = {};` may leave padding unset, `__builtin_memset(&k, 0, sizeof(k));` does."},
  {"SKEP-V0016", "combined stack size", "", "the functions on a call path take more than 512 bytes of stack together",
   "A program and the functions it calls share 512 bytes.",
   "Move large local variables to a per-CPU array map, or shorten the chain of calls."},
  {"SKEP-V0017", "misaligned", "access", "an access that is not aligned to its size",
   "Stack slots and, on some machines, packet fields must be accessed at multiples of the access's size.",
   "Align the buffer, or copy with __builtin_memcpy()."},
  {"SKEP-V0018", "program is too large", "", "the verifier gave up after a million instructions",
   "It walks every path of the program, loops round by round; branches inside of loops multiply.",
   "Use bpf_loop() or an open-coded iterator (bpf_for) for long loops, split with global functions or tail calls, and take branches out of loops."},
  {"SKEP-V0019", "jumps is too complex", "", "too many branches wait to be walked",
   "The verifier keeps at most 8192 pending branches.",
   "Unroll less, use bpf_loop(), or split the program with global functions."},
  {"SKEP-V0020", "infinite loop detected", "", "a loop that does not come to an end",
   "The verifier met the same state twice at this instruction: nothing that decides the loop changes.",
   "Let a counter with a fixed limit decide the loop, or use bpf_loop()."},
  {"SKEP-V0021", "back-edge from insn", "", "a loop, on a kernel or for a caller that may have none",
   "Linux before 5.3, and callers without CAP_BPF, take no loops at all.",
   "Unroll the loop (`#pragma unroll`), or load with CAP_BPF on a newer kernel."},
  {"SKEP-V0022", "unreachable insn", "", "code that no path reaches",
   "The verifier refuses dead instructions: usually what follows a function that never returns, or hand-written jumps.",
   "Return a value on every path; do not use __builtin_unreachable() or noreturn functions."},
  {"SKEP-V0023", "last insn is not an exit or jmp", "", "a function runs past its end",
   "The last instruction of each function must leave it.",
   "Return a value on every path; do not use __builtin_unreachable() or noreturn functions."},
  {"SKEP-V0024", "jump out of range", "", "a jump that leaves its function",
   "A jump's target lies outside of the function that the jump is in.",
   "Hand-written assembly: check the labels. Compiled code: the object may have been changed after compilation."},
  {"SKEP-V0025", "cannot use helper", "", "this kind of program may not call this helper",
   "Each program type (what SEC() names) has its own list of helpers; some depend on the attach type and on the kernel's configuration too.",
   "Use another program type or another helper; bpf-helpers(7) says which goes with which."},
  {"SKEP-V0026", "invalid func unknown#195896080", "", "a CO-RE relocation that failed is reached",
   "The type or field that the code asks for does not exist on this kernel, so the instruction was replaced by one that must not be reached.",
   "Guard the access with bpf_core_field_exists() or bpf_core_type_exists()."},
  {"SKEP-V0027", "unknown func", "", "this kind of program may not call this helper",
   "The helper is not on the list of this program type, or this kernel is older than the helper.",
   "Use another program type, another helper or a newer kernel."},
  {"SKEP-V0028", "invalid func unknown#", "", "a helper that this kernel does not know",
   "The number in the call is no helper of this kernel: the kernel is older than the helper.",
   "Run on a newer kernel, or decide by a constant set before loading (`const volatile bool`) so that the call is dead code here."},
  {"SKEP-V0029", "GPL", "non-GPL compatible", "a helper for GPL-compatible programs only",
   "The object's license is not one that the kernel counts as compatible with the GPL.",
   "If that is your licence: `char _license[] SEC(\"license\") = \"GPL\";` (or \"Dual BSD/GPL\", \"Dual MIT/GPL\")."},
  {"SKEP-V0030", "invalid bpf_context access", "", "a field of the context that this program may not access so",
   "Each program type may read and write certain fields of its context, each with its own width.",
   "Check the offset against the context's struct, and that the field is meant for this program type and attach type. For fentry, LSM and the like, "
   "the arguments must match the kernel function's."},
  {"SKEP-V0031", "modified ctx ptr", "", "the context pointer was changed before use",
   "Fields of the context must be accessed by a constant offset from the untouched pointer; the compiler may have joined two accesses.",
   "Read the fields into local variables first, and do not pass `&ctx->field` around."},
  {"SKEP-V0032", "variable ctx access", "", "the context is indexed by a number that is not constant",
   "Fields of the context must be accessed by a constant offset.",
   "Read the fields into local variables first, in a `switch` if need be."},
  {"SKEP-V0033", "Unreleased reference", "", "something taken is not given back on every path",
   "A ring buffer record, socket or other counted object is still held where the program ends.",
   "Submit, discard or release it on every path, the error paths too."},
  {"SKEP-V0034", "prohibited, null-check it first", "", "arithmetic on a pointer that may be null",
   "The call that gave this pointer can fail, and nobody has tested the result yet.",
   "Test the pointer first, then add to it."},
  {"SKEP-V0035", "32-bit pointer arithmetic prohibited", "", "a pointer was cut to 32 bits",
   "A pointer went through a 32-bit variable or operation.",
   "Keep it in a pointer or a 64-bit type."},
  {"SKEP-V0036", "on pointer prohibited", "", "an operation that pointers do not have",
   "Pointers may be added to and subtracted from, nothing else.",
   "Keep flags and numbers in variables of their own."},
  {"SKEP-V0037", "pointer be out of bounds", "", "an index may carry the pointer too far",
   "With the bounds that the index has here, the sum would lie outside of what the verifier can follow.",
   "Limit the index at both ends before adding it, with an unsigned type: `if (i >= N) return 0;`."},
  {"SKEP-V0038", "math between", "unbounded min value", "an index without a lower bound is added to a pointer",
   "The index may be negative, as far as the verifier knows.",
   "Use an unsigned type, or test that the index is at least 0 before adding it."},
  {"SKEP-V0039", "At program exit the register R0", "", "a return value that this hook does not take",
   "The kernel acts upon the return value, so only certain values are allowed here; the message names them.",
   "Return one of the allowed values on every path."},
  {"SKEP-V0040", "frame pointer is read only", "", "R10 is written",
   "R10 always points to the stack frame; programs may read it only.",
   "Hand-written assembly: use another register."},
  {"SKEP-V0041", "unknown opcode", "", "an instruction that this kernel does not know",
   "The object was compiled for a newer instruction set than this kernel has, or its code is damaged.",
   "Compile with an older -mcpu (v3 since Linux 5.1, v2 before)."},
  {"SKEP-V0042", "might sleep in a non-sleepable prog", "", "a helper that may sleep, in a program that may not",
   "Only programs that are loaded as sleepable may call it.",
   "Use the sleepable section name where there is one: \"lsm.s/\", \"fentry.s/\", \"uprobe.s/\", \"iter.s/\"."},
  {"SKEP-V0046", "is not sleepable", "", "a sleepable program at a function that may not sleep",
   "Sleepable programs go only to functions of which the kernel knows that they may: with CONFIG_FUNCTION_ERROR_INJECTION the functions behind system calls, and security hooks that may sleep.",
   "Leave the `.s` of the section away, or attach to such a function; without CONFIG_FUNCTION_ERROR_INJECTION in the kernel's configuration there are hardly any."},
  {"SKEP-V0043", "calling kernel function", "is not allowed", "this kind of program may not call this kernel function",
   "Kernel functions are offered to certain program types only.",
   "Use another program type, or check that the kernel registers the function for this one."},
  {"SKEP-V0044", "Caller passes invalid args into func", "", "an argument does not fit a global function",
   "Global functions are verified by their prototypes alone: each pointer argument must point to that many readable and writable bytes.",
   "Pass memory that fits, or make the function static so that it is verified with its caller."},
  {"SKEP-V0045", "expected=", "type=", "an argument of the wrong kind",
   "The helper wants another kind of thing in this register than what is there.",
   "Pass the address (`&key`) where it wants memory, the map itself where it wants a map. The message lists what would do."},
});
// clang-format on

/// The same id may stand on several rows only where the title is the same: one meaning under two wordings.
consteval bool ids_mean_one_thing() {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t k = i + 1; k < rows.size(); ++k) {
      if (rows[i].id == rows[k].id && rows[i].title != rows[k].title) {
        return false;
      }
    }
  }
  return true;
}
static_assert(ids_mean_one_thing());

/// An earlier, wider needle would hide a later row.
consteval bool every_row_is_reachable() {
  for (std::size_t later = 0; later < rows.size(); ++later) {
    for (std::size_t earlier = 0; earlier < later; ++earlier) {
      const bool first = rows[later].needle.find(rows[earlier].needle) != std::string_view::npos;
      if (first && rows[earlier].needle2.empty()) {
        return false;
      }
    }
  }
  return true;
}
static_assert(every_row_is_reachable());

}  // namespace

std::span<const CatalogueRow> catalogue() {
  return rows;
}

const CatalogueRow* find_row(std::string_view words) {
  for (const CatalogueRow& row : rows) {
    if (words.find(row.needle) != std::string_view::npos &&
        words.find(row.needle2) != std::string_view::npos) {
      return &row;
    }
  }
  return nullptr;
}

}  // namespace skep::diag
