#include "cli/verbs.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace skep::cli {

namespace {

// clang-format off
using K = Option::Kind;

// Options that several verbs have.
constexpr Option set_option = {"set",  K::text,   "VAR=VALUE", "set a variable before loading, by its C type: limit=3, box.size[2]=0x10, mode=FAST, name='\"eth0\"'; may be repeated", true};
constexpr Option only_option = {"only", K::text,   "PROG", "load this program and no other; may be repeated", true};
constexpr Option skip_option = {"skip", K::text,   "PROG", "do not load this program; may be repeated", true};
constexpr Option first_of_option = {"first-of", K::text, "A,B,C", "of these programs use the first that this kernel can load and attach; may be repeated", true};
constexpr Option optional_option = {"optional", K::text, "PROG", "do without this program where the kernel refuses it; may be repeated", true};
constexpr Option jobs_option = {"jobs", K::number, "N",    "how many programs to load at a time (default: one per processor; at most 1024)", false, 1024};

constexpr Option btf_option = {"btf", K::text, "FILE|DIR", "relocate by these kernel types, not by the running kernel's: BTF or vmlinux, or a directory with RELEASE.btf"};

constexpr Option kconfig_option = {"kconfig", K::text, "FILE", "values of CONFIG_* variables, before those of the running kernel: a kernel configuration, also compressed (gzip)"};

constexpr Option replace_option = {"replace", K::text, "PROG=TARGET", "the program of which PROG (section freplace) replaces a function: its id or the path of its pin, and :FUNCTION where the section names none", true};
constexpr Option exclusive_option = {"exclusive", K::text, "MAP=PROG", "let no other program use this map (Linux 6.18); may be repeated", true};
constexpr Option token_option = {"token", K::text, "DIR", "with the rights that this bpf file system delegates (a BPF token, Linux 6.9)"};

constexpr auto inspect_options = std::to_array<Option>({
  {"disasm", K::flag, "", "the instructions too, between the source lines that they come from, with what each relocation names"},
  {"core", K::flag, "", "each CO-RE relocation: what the code asks of the kernel's types, and what that is on the running kernel or in --btf"},
  btf_option,
});

constexpr auto load_options = std::to_array<Option>({
  {"pin",       K::text,   "DIR",       "keep programs and maps, pinned under DIR in a BPF file system"},
  set_option, only_option, skip_option, first_of_option, optional_option, jobs_option, btf_option, kconfig_option, replace_option, exclusive_option, token_option,
  {"each",      K::flag,   "",          "load each program by itself, with the maps that it uses: one that fails does not stand in the way of the others"},
  {"run",       K::flag,   "",          "with --each: test-run each program that the kernel can test-run"},
  {"log-level", K::number, "N",         "verifier log of programs that load: 1 the path walked, 2 all paths, 4 statistics (default 0)"},
});

constexpr Option for_option = {"for", K::text, "DURATION", "stop by itself after this time: 10s, 250ms, 5m (default: at ^C)"};

constexpr auto run_options = std::to_array<Option>({
  for_option,
  {"event",   K::text,   "MAP:TYPE",  "what the records of a ring or perf buffer are: events:struct event (default: the type of the map's values); may be repeated", true},
  {"test-run", K::flag,  "",          "attach nothing: have the kernel run each program once that it can test-run, as do the four options below"},
  {"program", K::text,   "P",         "test-run this program; may be repeated (default: all that can be test-run)", true},
  {"repeat",  K::number, "N",         "run each N times; the time is the mean (default 1)"},
  {"data-in", K::text,   "FILE",      "the packet, as raw bytes (default: a 64-byte Ethernet frame for programs that take packets)"},
  {"ctx-in",  K::text,   "FILE",      "the context, as raw bytes (default: zeroes where one must be given)"},
  set_option, only_option, skip_option, first_of_option, optional_option, jobs_option, btf_option, kconfig_option, replace_option, exclusive_option, token_option,
  {"limit",   K::number, "N",         "show at most N elements of each map (default 32)"},
});

constexpr u32 most_processes = 1U << 22;  // PID_MAX_LIMIT

constexpr auto attach_options = std::to_array<Option>({
  {"tracepoint", K::text, "NAME", "of raw_tp programs: this tracepoint; of tp programs: CATEGORY/NAME"},
  {"func",     K::text, "FUNCTION", "of kprobe programs: this function[+offset]; of kprobe.multi programs: those of a pattern; of ksyscall programs: this system call; of uprobe programs: this function, with +OFFSET or +returns; of uprobe.multi programs: those of a pattern; of usdt programs: PROVIDER:NAME"},
  {"frequency", K::number, "HZ",  "of perf_event programs: so many times a second, by the processors' clocks"},
  {"pid",      K::number, "PID",  "of uprobe, usdt and perf_event programs and iterators over tasks: this process alone", false, most_processes},
  {"tid",      K::number, "TID",  "of perf_event programs and iterators over tasks: this thread alone", false, most_processes},
  {"path",     K::text, "FILE",   "of uprobe and usdt programs: this program or library"},
  {"iface",    K::text, "DEVICE", "of xdp, tc, tcx, netkit and action programs: this network device; of lwt programs: where the route leaves"},
  {"xdp-mode", K::text, "MODE",   "of xdp programs: native, generic or offload (default: native where the driver can)"},
  {"hook",     K::text, "HOOK",   "of tc programs: ingress or egress; of netfilter programs: 'ip input' or the like; of cgroup/skb and sk_skb: the attach type"},
  {"priority", K::text, "N",      "of tc and netfilter programs: where among the others; a tcx program with it becomes a filter"},
  {"cgroup",   K::text, "DIR",    "of cgroup, sockops and lsm_cgroup programs: this cgroup; of iterators over cgroups: from there on"},
  {"netns",    K::text, "NAME|PATH", "of sk_lookup and flow_dissector programs: this network namespace"},
  {"map",      K::text, "MAP",    "of sk_msg and sk_skb programs: this socket map of the object; of iterators over a map's elements: this map"},
  {"route",    K::text, "PREFIX", "of lwt programs: the destination of the route to make"},
  {"lirc",     K::text, "DEVICE", "of lirc_mode2 programs: this infra-red receiver"},
  {"pin",  K::text,   "DIR",     "pin each link as DIR/PROGRAM in a BPF file system, and end: it stays attached"},
  for_option,
  set_option, only_option, skip_option, first_of_option, optional_option, jobs_option, btf_option, kconfig_option, replace_option, exclusive_option, token_option,
});

constexpr auto net_options = std::to_array<Option>({
  {"iface", K::text, "DEVICE", "this network device alone"},
});

constexpr auto explain_options = std::to_array<Option>({
  {"dry-run", K::flag, "",          "make no system call: show what would be asked of a recent kernel"},
  set_option, btf_option, kconfig_option, replace_option, exclusive_option, token_option,
});

constexpr auto btf_min_options = std::to_array<Option>({
  {"btf",    K::text, "FILE|DIR", "the types of one whole kernel, or an archive directory of RELEASE.btf[.zst]"},
  {"to",     K::text, "FILE|DIR", "where to write: a file for a file, RELEASE.btf in a directory for an archive"},
  {"kernel", K::text, "LIST",     "of an archive, these releases only: 6.1,6.12; may be repeated", true},
});

constexpr auto check_options = std::to_array<Option>({
  {"btf",    K::text, "FILE|DIR", "the types of one kernel, or an archive directory of RELEASE.btf[.zst] and config-RELEASE (default: what `skep btf fetch` keeps)"},
  {"kernel", K::text, "LIST",     "of an archive, these releases only: 6.1,6.12; of a file, the release that it is of; may be repeated", true},
  {"sarif",  K::flag, "",         "a SARIF 2.1.0 document, for code scanners"},
});

constexpr auto matrix_options = std::to_array<Option>({
  {"kernels", K::text,   "LIST",    "kernel series, with commas (default: 5.10,6.1,6.12,6.18,7.3)"},
  {"run",     K::flag,   "",        "test-run each program that the kernel can test-run"},
  {"module",  K::text,   "NAME",    "a kernel module to load first in each guest; may be repeated", true},
  {"jobs",    K::number, "N",       "how many guests at a time (default 2)", false, 64},
  {"timeout", K::number, "SECONDS", "for each guest, its boot included (default: 120 and 20 for each file)"},
});

constexpr auto btf_fetch_options = std::to_array<Option>({
  {"kernels", K::text, "LIST", "kernel series, with commas (default: all that Debian has, from 5.10 on)"},
  {"to",      K::text, "DIR",  "where to keep them (default: ${SKEP_CACHE:-~/.cache/skep}/btf)"},
});

constexpr auto features_options = std::to_array<Option>({
  {"all",        K::flag, "", "list each helper and kernel function, too"},
  {"no-helpers", K::flag, "", "do not ask for helpers, which takes some thousand questions"},
});

constexpr auto top_options = std::to_array<Option>({
  {"interval", K::number, "SECONDS", "between two tables (default 1)"},
  {"count",    K::number, "N",       "end after N tables (default: at ^C)"},
  for_option,
});

constexpr auto prog_log_options = std::to_array<Option>({
  {"follow", K::flag,   "",        "go on until ^C or --for"},
  {"for",    K::text, "DURATION", "go on for this time: 10s, 250ms, 5m"},
});

constexpr auto trace_pipe_options = std::to_array<Option>({
  for_option,
  {"from", K::text, "FILE", "read this pipe instead of the kernel's"},
});

constexpr auto dump_options = std::to_array<Option>({
  {"limit", K::number, "N", "show at most N elements (default 1000; 0: all)"},
});

constexpr std::string_view which_map =
  "A map is named by `id N`, `name NAME` (which must fit one map only) or `pinned PATH`.\n";
constexpr std::string_view which_link = "A link is named by `id N` or `pinned PATH`.\n";
constexpr std::string_view values_help =
  "KEY and VALUE are read by the map's C types where it has BTF: numbers, enumerators, 'x', \"text\", {1, .b = 2}.\n"
  "Bytes do always: hex:0a00002a. Per-CPU maps take one value for all processors.\n";

constexpr auto verb_table = std::to_array<Verb>({
  {.name = "inspect", .operands = "FILE...", .least = 1, .most = 255,
   .summary = "what is inside of a BPF object file",
   .help = "Programs, maps, variables with their C types and initial values, externs, relocations, BTF, and what looks odd.\n"
           "Asks no kernel (but with --core) and needs no rights; objects of the other byte order can be inspected too.\n",
   .examples = "  skep inspect prog.o\n  skep inspect --disasm prog.o\n  skep inspect --core --btf archive/6.1.0-26-amd64.btf prog.o\n  skep inspect --json prog.o | jq '.maps[].name'\n",
   .options = inspect_options, .run = inspect},
  {.name = "requires", .operands = "FILE...", .least = 1, .most = 255,
   .summary = "what a BPF object needs of a kernel",
   .help = "The least kernel release with the reason for each step up, options of the kernel's configuration, capabilities, and per program its helpers,\n"
           "kernel functions, map types, instructions. Asks no kernel and needs no rights. What is guarded (by bpf_core_field_exists, a weak extern,\n"
           "LINUX_KERNEL_VERSION) does not raise the least release.\n",
   .examples = "  skep requires prog.o\n  skep requires --json prog.o | jq -r .least_release\n",
   .options = {}, .run = requires_},
  {.name = "check", .operands = "FILE...", .least = 1, .most = 255,
   .summary = "would these objects load on other kernels?",
   .help = "Relocates each program against the types of each kernel and checks that everything the verifier would come to is there: program, map and attach\n"
           "types, helpers, kernel functions, attach targets, instructions. Asks no kernel and needs no rights. Exit status 1 when a program fails anywhere.\n",
   .examples = "  skep check prog.o --btf kernels/\n  skep check *.o --btf kernels/ --kernel 5.10,6.1 --json\n  skep check prog.o --btf /sys/kernel/btf/vmlinux --kernel 6.18\n",
   .options = check_options, .run = check},
  {.name = "load", .operands = "FILE...", .least = 1, .most = 255,
   .summary = "load objects into the kernel, report, let go",
   .help = "Creates the maps, relocates the code, loads the programs and says what became of each. Nothing stays behind unless --pin keeps it.\n",
   .examples = "  skep load prog.o\n  skep load --set limit=10 --only count --pin /sys/fs/bpf/mine prog.o\n  skep load --json *.o\n",
   .options = load_options, .run = load},
  {.name = "run", .operands = "FILE", .least = 1, .most = 1,
   .summary = "load an object, attach its programs, show what they send, then maps and variables",
   .help = "Attaches each program to what its section says, until ^C; records of ring buffers and perf buffers are shown by their C types as they come (with --json,\n"
           "one line each); what iterators write is shown at once. Where no section names a place, the kernel test-runs the programs on the given input without attaching them anywhere.\n",
   .examples = "  skep run prog.o\n  skep run execsnoop.o --for 10s --json | jq .value\n  skep run prog.o --event 'events:struct event'\n"
               "  skep run prog.o --program count --repeat 1000 --data-in packet.bin\n",
   .options = run_options, .run = run},
  {.name = "attach", .operands = "FILE", .least = 1, .most = 1,
   .summary = "load an object and attach its programs until ^C, or for good",
   .help = "Each program goes where its section says, or to what an option says for its kind (`skep sections` tells which need one). Tells of each program what\n"
           "it is attached to. Everything is detached at ^C (or SIGTERM, SIGHUP, SIGQUIT) and after --for; --pin keeps it. Killed by\n"
           "SIGKILL, it leaves what is attached without a link of the kernel: filters and actions of tc, XDP programs before Linux 5.9, routes and the like.\n",
   .examples = "  skep attach prog.o\n  skep attach prog.o --only count --pin /sys/fs/bpf/mine\n  skep attach prog.o --first-of by_fentry,by_kprobe --for 10\n",
   .options = attach_options, .run = attach},
  {.name = "explain", .operands = "FILE", .least = 1, .most = 1,
   .summary = "each system call that loading an object makes, field by field",
   .help = "Shows every bpf(2) call in order with its attributes and what they mean, and each instruction that is rewritten, before and after.\n",
   .examples = "  skep explain --dry-run prog.o\n  skep explain prog.o | less\n",
   .options = explain_options, .run = explain},
  {.name = "btf min", .operands = "FILE...", .least = 1, .most = 255,
   .summary = "the part of kernels' types that objects need for CO-RE",
   .help = "Writes BTF with just the types and members that the objects' CO-RE relocations look at, to be shipped with them for kernels without BTF and\n"
           "given to --btf. Relocating by it gives the same code as by the whole.\n",
   .examples = "  skep btf min prog.o --btf kernels/ --to small/\n  skep btf min *.o --btf /sys/kernel/btf/vmlinux --to small.btf\n",
   .options = btf_min_options, .run = btf_min},
  {.name = "matrix", .operands = "FILE...", .least = 1, .most = 255,
   .summary = "which programs load on which kernels: tried on each",
   .help = "Boots a Debian kernel of each series under emulation (tools/vm; needs no rights, fetches each kernel once) and loads every program there, each by\n"
           "itself with the maps that it uses. Prints a table of programs and kernels, and the reason of each refusal. Exit status 1 if any program fails.\n",
   .examples = "  skep matrix prog.o\n  skep matrix --run --kernels 6.1,7.3 *.o\n  skep matrix --json prog.o | jq '.[] | select(.verdict == \"fails\")'\n",
   .options = matrix_options, .run = matrix},
  {.name = "btf fetch", .operands = "", .least = 0, .most = 0,
   .summary = "keep the types of Debian's kernels in an archive",
   .help = "Downloads each kernel once, takes its types (.BTF) out of its image and keeps them as DIR/RELEASE.btf.zst, which --btf DIR reads.\n"
           "What is there and whole is left alone. Needs no rights.\n",
   .examples = "  skep btf fetch\n  skep btf fetch --kernels 5.10,6.1 --to kernels\n", .options = btf_fetch_options, .run = btf_fetch},
  {.name = "features", .operands = "", .least = 0, .most = 0,
   .summary = "what this kernel has of BPF, and why it lacks what it lacks",
   .help = "Program, map, attach and link types, instructions, flags, helpers per type of program, kernel functions, switches of the machine; of what is missing whether\n"
           "a newer kernel, its configuration or a right is. Asks the kernel by programs that its verifier refuses and maps that are closed at once.\n",
   .examples = "  skep features\n  skep features --all | less\n  skep features --json | jq -r '.map_types[] | select(.has == \"no\") | .name, .why'\n",
   .options = features_options, .run = features},
  {.name = "trace-pipe", .operands = "", .least = 0, .most = 0,
   .summary = "what programs print with bpf_printk, as it comes",
   .help = "Reads /sys/kernel/tracing/trace_pipe until ^C. What is read is gone for other readers. Needs root.\n",
   .examples = "  skep trace-pipe\n  skep trace-pipe --for 5s --json | jq -r .line\n", .options = trace_pipe_options, .run = trace_pipe},
  {.name = "sections", .operands = "[NAME]", .least = 0, .most = 1,
   .summary = "what the names of sections mean: SEC(\"NAME\")",
   .help = "The type of program, the attach type, since which Linux, what the section says of its target and what else must be said. With NAME the row that it\n"
           "finds; exit status 1, and the nearest rows, when it finds none.\n",
   .examples = "  skep sections\n  skep sections kprobe.multi/tcp_*\n  skep sections --json | jq -r '.[] | select(.since == \"7.2\") | .section'\n",
   .options = {}, .run = sections},
  {.name = "link list", .operands = "", .least = 0, .most = 0,
   .summary = "what is attached in the kernel by links",
   .help = "Older ways of attaching (netlink, PROG_ATTACH, perf events before Linux 5.15) make no link objects and are not listed.\n",
   .examples = "  skep link list\n  skep link list --json | jq '.[].target'\n", .options = {}, .run = link_list},
  {.name = "link show", .operands = "LINK", .least = 2, .most = 2,
   .summary = "one link: its type, program and target",
   .help = which_link, .examples = "  skep link show id 7\n", .options = {}, .run = link_show},
  {.name = "link detach", .operands = "LINK", .least = 2, .most = 2,
   .summary = "end an attachment",
   .help = "A link is named by `id N` or `pinned PATH`. A pin is taken away first; links of tracing programs go with their last pin and descriptor only.\n",
   .examples = "  skep link detach id 7\n  skep link detach pinned /sys/fs/bpf/mine/drop\n", .options = {}, .run = link_detach},
  {.name = "link pin", .operands = "LINK PATH", .least = 3, .most = 3,
   .summary = "keep an attachment when its process ends",
   .help = which_link, .examples = "  skep link pin id 7 /sys/fs/bpf/drop\n", .options = {}, .run = link_pin},
  {.name = "net list", .operands = "", .least = 0, .most = 0,
   .summary = "programs on network devices, by whichever way",
   .help = "XDP in each mode, tc filters with their priority and handle, tcx and netkit in the order in which they run. Of this network namespace.\n",
   .examples = "  skep net list\n  skep net list --iface eth0 --json\n", .options = net_options, .run = net_list},
  {.name = "map list", .operands = "", .least = 0, .most = 0,
   .summary = "the maps in the kernel",
   .help = "", .examples = "  skep map list\n", .options = {}, .run = map_list},
  {.name = "map show", .operands = "MAP", .least = 2, .most = 2,
   .summary = "one map: its sizes, flags and C types",
   .help = which_map, .examples = "  skep map show id 12\n  skep map show pinned /sys/fs/bpf/hits\n", .options = {}, .run = map_show},
  {.name = "map dump", .operands = "MAP", .least = 2, .most = 2,
   .summary = "a map's elements, by their C types",
   .help = which_map, .examples = "  skep map dump name hits\n  skep map dump id 12 --limit 0 --json\n", .options = dump_options, .run = map_dump},
  {.name = "map get", .operands = "MAP KEY", .least = 3, .most = 3,
   .summary = "one element of a map",
   .help = "A map is named by `id N`, `name NAME` (which must fit one map only) or `pinned PATH`.\n"
           "KEY is read by the map's C type where it has BTF: a number, an enumerator, {1, .b = 2}. Bytes do always: hex:0a00002a.\n",
   .examples = "  skep map get name hits 7\n  skep map get id 12 '{.port = 80}'\n", .options = {}, .run = map_get},
  {.name = "map set", .operands = "MAP KEY VALUE", .least = 4, .most = 4,
   .summary = "create or change one element of a map",
   .help = values_help, .examples = "  skep map set name hits 7 '{.packets = 1}'\n  skep map set id 12 hex:01000000 hex:00\n", .options = {}, .run = map_set},
  {.name = "map delete", .operands = "MAP KEY", .least = 3, .most = 3,
   .summary = "remove one element of a map",
   .help = which_map, .examples = "  skep map delete name hits 7\n", .options = {}, .run = map_delete},
  {.name = "prog list", .operands = "", .least = 0, .most = 0,
   .summary = "the programs in the kernel",
   .help = "", .examples = "  skep prog list\n", .options = {}, .run = prog_list},
  {.name = "prog show", .operands = "PROGRAM", .least = 2, .most = 2,
   .summary = "one program: type, size, maps, run time",
   .help = "A program is named by `id N`, `name NAME` (which must fit one program only) or `pinned PATH`.\n",
   .examples = "  skep prog show id 33\n", .options = {}, .run = prog_show},
  {.name = "prog dump", .operands = "PROGRAM", .least = 2, .most = 2,
   .summary = "a program's instructions as the kernel runs them",
   .help = "The instructions after the verifier's rewriting, with source lines where the kernel has them.\n",
   .examples = "  skep prog dump name count\n", .options = {}, .run = prog_dump},
  {.name = "prog log", .operands = "PROGRAM", .least = 1, .most = 2,
   .summary = "what a program printed to its output and error streams",
   .help = "A program is named by its id or its name (or by `id N`, `name NAME`, `pinned PATH`). Text that is read is gone from the stream. What a program prints with\n"
           "bpf_stream_printk goes to standard output; its error stream, where the kernel reports a program that it had to stop, to standard error. Since Linux 6.17.\n",
   .examples = "  skep prog log count\n  skep prog log 33 --follow\n", .options = prog_log_options, .run = prog_log},
  {.name = "usdt list", .operands = "FILE", .least = 1, .most = 1,
   .summary = "the USDT probes of a program or library",
   .help = "Where each probe is in the file, its semaphore, and where its arguments are when it is hit. FILE is a path, the name of a program or library that is looked for as a\n"
           "shell or the dynamic loader does, or a library in an archive: base.apk!/lib/x86_64/libx.so. Asks no kernel; programs for other machines are read too.\n",
   .examples = "  skep usdt list libstdc++.so.6\n  skep usdt list /usr/bin/python3.11 --json | jq -r '.[].name'\n", .options = {}, .run = usdt_list},
  {.name = "function list", .operands = "FILE [PATTERN]", .least = 1, .most = 2,
   .summary = "the functions of a program or library that can be probed",
   .help = "By .dynsym, .symtab, .gnu_debugdata, debug files (by build id or .gnu_debuglink) and Go's .gopclntab. PATTERN may have * and ?; with :: in it C++ names are compared as\n"
           "people write them. FILE as for `usdt list`. Asks no kernel.\n",
   .examples = "  skep function list libc.so.6 'mem*'\n  skep function list libstdc++.so.6 'std::ostream::*'\n", .options = {}, .run = function_list},
  {.name = "top", .operands = "", .least = 0, .most = 0,
   .summary = "which programs run, how often, how long: a live table",
   .help = "Runs per second, nanoseconds per run, share of one processor, memory, the busiest first. The kernel counts while this runs (BPF_ENABLE_STATS, since Linux 5.8;\n"
           "needs CAP_SYS_ADMIN), which costs every program two clock readings per run. With --json a line per program and interval.\n",
   .examples = "  skep top\n  skep top --count 1\n  skep top --for 10 --json | jq 'select(.runs > 0)'\n", .options = top_options, .run = top},
});
// clang-format on

}  // namespace

std::span<const Verb> verbs() {
  return verb_table;
}

Asked find_verb(std::span<char* const> words) {
  if (words.empty()) {
    return {};
  }
  const std::string one = words[0];
  const std::string two = words.size() > 1 ? cat(one, " ", words[1]) : std::string();
  for (const Verb& verb : verb_table) {
    if (verb.name == one || (verb.name == two && !two.empty())) {
      return {&verb, verb.name == one ? std::size_t{1} : std::size_t{2}};
    }
  }
  return {};
}

std::string_view noun_of(std::string_view name) {
  const std::size_t space = name.find(' ');
  return space == std::string_view::npos ? std::string_view{} : name.substr(0, space);
}

bool is_noun(std::string_view word) {
  return !word.empty() &&
         std::ranges::any_of(verb_table, [&](const Verb& verb) { return noun_of(verb.name) == word; });
}

std::vector<std::string> similar_verbs(std::string_view word) {
  std::vector<std::string_view> names;
  for (const Verb& verb : verb_table) {
    names.push_back(verb.name);
  }
  return nearest(word, names);
}

}  // namespace skep::cli
