// How each feature is asked for: the smallest thing that only a kernel with the feature takes. What is made is closed at once.
#include <cerrno>
#include <initializer_list>
#include <span>
#include <utility>
#include <vector>

#include "host/features.h"
#include "insn/build.h"
#include "kernel/btf.h"
#include "kernel/info.h"
#include "kernel/link.h"
#include "kernel/map.h"
#include "kernel/prog.h"
#include "skep/uapi/btf.h"
#include "skep/uapi/flags.h"

namespace skep::host {
namespace {

using namespace std::string_view_literals;

thread_local const FeatureRow* asked_now = nullptr;

/// Whether a refusal speaks of the thing asked for, and not of the asker or the moment.
bool is_about_the_feature(int sys_errno) {
  switch (sys_errno) {
    case EINVAL:
    case E2BIG:       // attributes beyond those that the kernel knows
    case EOPNOTSUPP:  // left out of its configuration
    case 524:         // the kernel's own ENOTSUPP
      return true;
    default: return false;
  }
}

template <class T>
Tri judge(const Result<T>& answer) {
  if (answer) {
    return Tri::yes;
  }
  return is_about_the_feature(answer.error().sys_errno()) ? Tri::no : Tri::unknown;
}

/// A blob of these words as types. `layout` is the part that follows them, one word per kind.
std::vector<std::byte> btf_blob(std::initializer_list<u32> types, std::string_view strings,
                                std::span<const u32> layout = {}) {
  const auto type_bytes = static_cast<u32>(types.size() * sizeof(u32));
  const auto layout_bytes = static_cast<u32>(layout.size_bytes());
  const u32 header_bytes = layout.empty() ? btf_header_bytes_without_layout : u32{sizeof(btf_header)};
  const btf_header header{.magic = BTF_MAGIC,
                          .version = BTF_VERSION,
                          .flags = 0,
                          .hdr_len = header_bytes,
                          .type_off = 0,
                          .type_len = type_bytes,
                          .str_off = type_bytes + layout_bytes,
                          .str_len = static_cast<u32>(strings.size()),
                          .layout_off = layout.empty() ? 0 : type_bytes,
                          .layout_len = layout_bytes};
  std::vector<std::byte> blob;
  const auto append = [&blob](std::span<const std::byte> bytes) {
    blob.insert(blob.end(), bytes.begin(), bytes.end());
  };
  append(std::as_bytes(std::span(&header, 1)).first(header_bytes));
  append(std::as_bytes(std::span(types.begin(), types.size())));
  append(std::as_bytes(layout));
  append(std::as_bytes(std::span(strings)));
  return blob;
}

Result<Fd> load_btf(kernel::Kernel& kernel, std::span<const std::byte> blob) {
  kernel::BtfLoad want{.btf = blob};
  return kernel::btf_load(kernel, want);
}

Tri takes_btf(kernel::Kernel& kernel, std::initializer_list<u32> types, std::string_view strings) {
  return judge(load_btf(kernel, btf_blob(types, strings)));
}

/// A nameless kind's info word.
constexpr u32 info(btf_kind kind, u32 vlen = 0, bool kind_flag = false) {
  return skep::btf_info(kind, vlen, kind_flag);
}
constexpr u32 int_bits = 32 | BTF_INT_SIGNED << 24;

Tri probe_layout(kernel::Kernel& kernel) {
  // Bytes after the btf_type: once (first byte), and per element (second byte).
  constexpr u32 layout[] = {0, 4, 0, 12,     12 << 8, 12 << 8, 8 << 8, 0, 0, 0,
                            0, 0, 0, 8 << 8, 4,       12 << 8, 0,      4, 0, 12 << 8};
  return judge(load_btf(kernel, btf_blob({1, info(BTF_KIND_INT), 4, int_bits}, "\0int\0"sv, layout)));
}

Tri probe_module_btf(kernel::Kernel& kernel) {
  const auto fd = load_btf(kernel, btf_blob({1, info(BTF_KIND_INT), 4, int_bits}, "\0int\0"sv));
  if (!fd) {
    return judge(fd);
  }
  char name[16];
  auto ask = kernel::zeroed<bpf_btf_info>();
  ask.name = kernel::address_of(name);
  ask.name_len = sizeof name;
  return judge(kernel::btf_info(kernel, fd->raw(), ask));
}

constexpr bpf_insn trivial[] = {insn::mov64_imm(0, 0), insn::exit_insn()};

kernel::ProgLoad program(bpf_prog_type type, std::span<const bpf_insn> insns) {
  return {.type = type, .insns = insns, .license = "GPL"};
}

Tri takes_program(kernel::Kernel& kernel, const kernel::ProgLoad& want) {
  return judge(kernel::prog_load(kernel, want));
}

Result<Fd> make_array(kernel::Kernel& kernel, u32 flags) {
  return kernel::map_create(
      kernel,
      {.type = BPF_MAP_TYPE_ARRAY, .key_bytes = 4, .value_bytes = 4, .max_entries = 1, .flags = flags});
}

Tri probe_named_program(kernel::Kernel& kernel) {
  kernel::ProgLoad want = program(BPF_PROG_TYPE_SOCKET_FILTER, trivial);
  want.name = "probe";
  return takes_program(kernel, want);
}

Tri probe_expected_attach_type(kernel::Kernel& kernel) {
  kernel::ProgLoad want = program(BPF_PROG_TYPE_CGROUP_SOCK, trivial);
  want.expected_attach_type = BPF_CGROUP_INET_SOCK_CREATE;
  return takes_program(kernel, want);
}

Tri probe_xdp_frags(kernel::Kernel& kernel) {
  constexpr bpf_insn pass[] = {insn::mov64_imm(0, 2), insn::exit_insn()};
  kernel::ProgLoad want = program(BPF_PROG_TYPE_XDP, pass);
  want.flags = BPF_F_XDP_HAS_FRAGS;
  return takes_program(kernel, want);
}

Tri probe_global_data(kernel::Kernel& kernel) {
  const auto map = make_array(kernel, 0);
  if (!map) {
    return Tri::unknown;
  }
  const auto address = insn::ld_map_value(1, map->raw(), 0);
  const bpf_insn insns[] = {address[0], address[1], insn::mov64_imm(0, 0), insn::exit_insn()};
  return takes_program(kernel, program(BPF_PROG_TYPE_SOCKET_FILTER, insns));
}

Tri probe_bind_map(kernel::Kernel& kernel) {
  const auto map = make_array(kernel, 0);
  const auto prog = kernel::prog_load(kernel, program(BPF_PROG_TYPE_SOCKET_FILTER, trivial));
  if (!map || !prog) {
    return Tri::unknown;
  }
  return judge(kernel::prog_bind_map(kernel, prog->raw(), map->raw()));
}

Tri probe_read_kernel_helper(kernel::Kernel& kernel) {
  constexpr bpf_insn insns[] = {insn::mov64_reg(1, 10),
                                insn::alu64_imm(BPF_ADD, 1, -8),
                                insn::mov64_imm(2, 8),
                                insn::mov64_imm(3, 0),
                                insn::call_helper(BPF_FUNC_probe_read_kernel),
                                insn::mov64_imm(0, 0),
                                insn::exit_insn()};
  return takes_program(kernel, program(BPF_PROG_TYPE_TRACEPOINT, insns));
}

Tri takes_helper(kernel::Kernel& kernel, bpf_prog_type type, bpf_func_id helper) {
  const bpf_insn insns[] = {insn::call_helper(helper), insn::mov64_imm(0, 0), insn::exit_insn()};
  return takes_program(kernel, program(type, insns));
}

/// Two functions; the second is global and asks for the address of its caller's function, which only a context can answer.
Tri probe_arg_ctx_tag(kernel::Kernel& kernel) {
  constexpr auto strings = "\0a\0b\0arg:ctx\0"sv;
  constexpr u32 a = 1, b = 3, tag = 5;
  const auto btf = load_btf(kernel, btf_blob({0,   info(BTF_KIND_INT),
                                              4,   int_bits,  // 1: int
                                              0,   info(BTF_KIND_PTR),
                                              0,  // 2: void *
                                              0,   info(BTF_KIND_FUNC_PROTO, 1),
                                              1,   a,
                                              2,  // 3: int (void *a)
                                              a,   info(BTF_KIND_FUNC, BTF_FUNC_GLOBAL),
                                              3,  // 4: a
                                              0,   info(BTF_KIND_FUNC_PROTO, 1),
                                              1,   b,
                                              2,  // 5: int (void *b)
                                              b,   info(BTF_KIND_FUNC, BTF_FUNC_GLOBAL),
                                              5,  // 6: b
                                              tag, info(BTF_KIND_DECL_TAG),
                                              6,   0},  // 7: of b's argument
                                             strings));
  if (!btf) {
    return judge(btf);
  }
  constexpr bpf_insn insns[] = {insn::call_subprog(1), insn::exit_insn(),
                                insn::call_helper(BPF_FUNC_get_func_ip), insn::exit_insn()};
  constexpr bpf_func_info functions[] = {{.insn_off = 0, .type_id = 4}, {.insn_off = 2, .type_id = 6}};
  kernel::ProgLoad want = program(BPF_PROG_TYPE_KPROBE, insns);
  want.btf_fd = btf->raw();
  want.func_info = {.records = functions, .count = 2, .record_bytes = sizeof(bpf_func_info)};
  // A verifier that does not know the tag takes the argument for a number, and says EACCES.
  const auto fd = kernel::prog_load(kernel, want);
  return !fd && fd.error().sys_errno() == EACCES ? Tri::no : judge(fd);
}

/// The address of a second function in a register, and no more.
Tri probe_function_address(kernel::Kernel& kernel) {
  constexpr auto strings = "\0a\0b\0"sv;
  constexpr u32 a = 1, b = 3;
  const auto btf = load_btf(kernel, btf_blob({0, info(BTF_KIND_INT), 4, int_bits,           // 1: int
                                              0, info(BTF_KIND_FUNC_PROTO), 1,              // 2: int ()
                                              a, info(BTF_KIND_FUNC, BTF_FUNC_STATIC), 2,   // 3: a
                                              b, info(BTF_KIND_FUNC, BTF_FUNC_STATIC), 2},  // 4: b
                                             strings));
  if (!btf) {
    return judge(btf);
  }
  constexpr u32 second = 4;
  constexpr auto address = insn::ld_imm64(1, second - 1, BPF_PSEUDO_FUNC);
  constexpr bpf_insn insns[] = {
      address[0],       address[1], insn::mov64_imm(0, 0), insn::exit_insn(), insn::mov64_imm(0, 0),
      insn::exit_insn()};
  constexpr bpf_func_info functions[] = {{.insn_off = 0, .type_id = 3}, {.insn_off = second, .type_id = 4}};
  kernel::ProgLoad want = program(BPF_PROG_TYPE_SOCKET_FILTER, insns);
  want.btf_fd = btf->raw();
  want.func_info = {.records = functions, .count = 2, .record_bytes = sizeof(bpf_func_info)};
  return takes_program(kernel, want);
}

/// A kernel that has such links goes on to look for the event, which is none.
Tri probe_perf_link(kernel::Kernel& kernel) {
  constexpr int no_descriptor = 0x7fffffff;
  const auto prog = kernel::prog_load(kernel, program(BPF_PROG_TYPE_TRACEPOINT, trivial));
  if (!prog) {
    return judge(prog);
  }
  const auto link = kernel::link_create(
      kernel, {.prog_fd = prog->raw(), .type = BPF_PERF_EVENT, .target_fd = no_descriptor});
  return !link && link.error().sys_errno() == EBADF ? Tri::yes : judge(link);
}

Tri takes_multi_link(kernel::Kernel& kernel, bpf_attach_type type, bpf_attr_link_create attr, u32 bytes) {
  kernel::ProgLoad want = program(BPF_PROG_TYPE_KPROBE, trivial);
  want.expected_attach_type = type;
  const auto prog = kernel::prog_load(kernel, want);
  if (!prog) {
    return judge(prog);
  }
  attr.prog_fd = static_cast<u32>(prog->raw());
  attr.attach_type = type;
  const auto link = kernel::link_detail::create(kernel, attr, bytes);
  // A kernel that knows such links goes on to look at where they shall go.
  const int why = link ? 0 : link.error().sys_errno();
  return why == EBADF || why == EFAULT ? Tri::yes : judge(link);
}

constexpr u64 no_address = 8;

/// Functions at addresses that cannot be read.
Tri probe_kprobe_multi(kernel::Kernel& kernel) {
  auto attr = kernel::zeroed<bpf_attr_link_create>();
  attr.kprobe_multi.cnt = 1;
  attr.kprobe_multi.addrs = no_address;
  return takes_multi_link(kernel, BPF_TRACE_KPROBE_MULTI, attr, SKEP_LINK_END(kprobe_multi, cookies));
}

/// A place in a file that is a directory. Kernels that took a process's first thread for the whole process do not count: they accept the process -1, too. Mended in Linux 6.10 and in the
/// stable series.
Tri probe_uprobe_multi(kernel::Kernel& kernel) {
  constexpr u64 offset = 0;
  auto attr = kernel::zeroed<bpf_attr_link_create>();
  attr.uprobe_multi.path = kernel::address_of("/");
  attr.uprobe_multi.offsets = kernel::address_of(&offset);
  attr.uprobe_multi.cnt = 1;
  const Tri whole = takes_multi_link(kernel, BPF_TRACE_UPROBE_MULTI, attr, SKEP_LINK_END(uprobe_multi, pid));
  attr.uprobe_multi.pid = ~u32{0};
  // EINVAL is what a kernel that is right says of that process, and here a no.
  return whole != Tri::yes ? whole
         : takes_multi_link(kernel, BPF_TRACE_UPROBE_MULTI, attr, SKEP_LINK_END(uprobe_multi, pid)) == Tri::no
             ? Tri::yes
             : Tri::no;
}

Tri ask(Feature feature, kernel::Kernel& kernel) {
  switch (feature) {
    case Feature::prog_name: return probe_named_program(kernel);
    case Feature::expected_attach_type: return probe_expected_attach_type(kernel);
    case Feature::btf: return takes_btf(kernel, {1, info(BTF_KIND_INT), 4, int_bits}, "\0int\0"sv);
    case Feature::btf_func:
      return takes_btf(kernel,
                       {1, info(BTF_KIND_INT), 4, int_bits,           // 1: int
                        0, info(BTF_KIND_FUNC_PROTO, 1), 0, 5, 1,     // 2: void (int a)
                        7, info(BTF_KIND_FUNC, BTF_FUNC_STATIC), 2},  // 3: x
                       "\0int\0a\0x\0"sv);
    case Feature::global_data: return probe_global_data(kernel);
    case Feature::btf_datasec:
      return takes_btf(kernel,
                       {1, info(BTF_KIND_INT), 4, int_bits,         // 1: int
                        5, info(BTF_KIND_VAR), 1, BTF_VAR_STATIC,   // 2: x
                        7, info(BTF_KIND_DATASEC, 1), 4, 2, 0, 4},  // 3: .data
                       "\0int\0x\0.data\0"sv);
    case Feature::array_mmap: return judge(make_array(kernel, BPF_F_MMAPABLE));
    case Feature::probe_read_kernel: return probe_read_kernel_helper(kernel);
    case Feature::btf_global_func:
      return takes_btf(kernel,
                       {1, info(BTF_KIND_INT), 4, int_bits,           // 1: int
                        0, info(BTF_KIND_FUNC_PROTO, 1), 0, 5, 1,     // 2: void (int a)
                        7, info(BTF_KIND_FUNC, BTF_FUNC_GLOBAL), 2},  // 3: x
                       "\0int\0a\0x\0"sv);
    case Feature::prog_bind_map: return probe_bind_map(kernel);
    case Feature::memcg_accounting:
      // Came in the same release.
      return takes_helper(kernel, BPF_PROG_TYPE_SOCKET_FILTER, BPF_FUNC_ktime_get_coarse_ns);
    case Feature::module_btf: return probe_module_btf(kernel);
    case Feature::btf_float: return takes_btf(kernel, {1, info(BTF_KIND_FLOAT), 4}, "\0float\0"sv);
    case Feature::function_address: return probe_function_address(kernel);
    case Feature::perf_link: return probe_perf_link(kernel);
    case Feature::attach_cookie:
      return takes_helper(kernel, BPF_PROG_TYPE_KPROBE, BPF_FUNC_get_attach_cookie);
    case Feature::btf_decl_tag:
      return takes_btf(kernel,
                       {1, info(BTF_KIND_INT), 4, int_bits,       // 1: int
                        5, info(BTF_KIND_TYPEDEF), 1,             // 2: x
                        7, info(BTF_KIND_DECL_TAG), 2, ~u32{0}},  // 3: of x itself
                       "\0int\0x\0tag\0"sv);
    case Feature::btf_type_tag:
      return takes_btf(kernel,
                       {1, info(BTF_KIND_INT), 4, int_bits,  // 1: int
                        5, info(BTF_KIND_TYPE_TAG), 1,       // 2
                        0, info(BTF_KIND_PTR), 2},           // 3
                       "\0int\0tag\0"sv);
    case Feature::xdp_frags: return probe_xdp_frags(kernel);
    case Feature::kprobe_multi: return probe_kprobe_multi(kernel);
    case Feature::uprobe_multi: return probe_uprobe_multi(kernel);
    case Feature::btf_enum64: return takes_btf(kernel, {0, info(BTF_KIND_ENUM64, 1), 8, 1, 0, 0}, "\0x\0"sv);
    case Feature::arg_ctx_tag: return probe_arg_ctx_tag(kernel);
    case Feature::btf_datasec_any_name:
      return takes_btf(kernel,
                       {1, info(BTF_KIND_INT), 4, int_bits,         // 1: int
                        5, info(BTF_KIND_VAR), 1, BTF_VAR_STATIC,   // 2: x
                        7, info(BTF_KIND_DATASEC, 1), 4, 2, 0, 4},  // 3: ?.data
                       "\0int\0x\0?.data\0"sv);
    case Feature::btf_layout: return probe_layout(kernel);
  }
  std::unreachable();
}

}  // namespace

Tri probe(Feature feature, kernel::Kernel& kernel) {
  const FeatureRow* before = std::exchange(asked_now, &row_of(feature));
  const Tri answer = ask(feature, kernel);
  asked_now = before;
  return answer;
}

const FeatureRow* being_probed() {
  return asked_now;
}

}  // namespace skep::host
