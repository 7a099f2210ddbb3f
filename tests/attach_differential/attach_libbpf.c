// Attaches every program of an object by Debian's libbpf, one after another, for strace(1) to see. Before each it looks for the file /mark/PROGRAM, which is how
// the trace is cut into programs. Usage: attach_libbpf OBJECT CGROUP
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int cgroup = -1;
static int netns = -1;
static unsigned loopback;

/// A software event of this process, as the test of the other loader opens it.
static int open_clock(void) {
  struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE,
                                 .size = sizeof attr,
                                 .config = PERF_COUNT_SW_CPU_CLOCK,
                                 .sample_period = 1000000};
  return (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

static int attach_tc(struct bpf_program* program) {
  LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)loopback, .attach_point = BPF_TC_INGRESS);
  LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = bpf_program__fd(program), .handle = 1, .priority = 1);
  const int made = bpf_tc_hook_create(&hook);
  return made != 0 ? made : bpf_tc_attach(&hook, &options);
}

/// NULL with an errno, like libbpf.
static struct bpf_link* attach(struct bpf_program* program) {
  const char* section = bpf_program__section_name(program);
  if (strncmp(section, "cgroup", 6) == 0 || strcmp(section, "sockops") == 0) {
    return bpf_program__attach_cgroup(program, cgroup);
  }
  if (strcmp(section, "xdp") == 0) {
    return bpf_program__attach_xdp(program, (int)loopback);
  }
  if (strcmp(section, "sk_lookup") == 0 || strcmp(section, "flow_dissector") == 0) {
    return bpf_program__attach_netns(program, netns);
  }
  if (strcmp(section, "perf_event") == 0) {
    return bpf_program__attach_perf_event(program, open_clock());
  }
  return bpf_program__attach(program);
}

/// Loads the program at `index` alone, so that a kernel that refuses one does not refuse them all.
static struct bpf_program* load_one(const char* path, int index) {
  struct bpf_object* object = bpf_object__open_file(path, NULL);
  struct bpf_program *program, *wanted = NULL;
  int at = 0;
  if (object == NULL) {
    return NULL;
  }
  bpf_object__for_each_program(program, object) {
    bpf_program__set_autoload(program, at == index);
    wanted = at++ == index ? program : wanted;
  }
  if (wanted != NULL) {
    bpf_object__load(object);  // a failure shows as a program without a descriptor
  }
  return wanted;
}

int main(int count, char** words) {
  if (count != 3) {
    return 2;
  }
  cgroup = open(words[2], O_RDONLY | O_CLOEXEC);
  netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  loopback = if_nametoindex("lo");
  struct bpf_program* program;
  for (int i = 0; (program = load_one(words[1], i)) != NULL; ++i) {
    char mark[128];
    snprintf(mark, sizeof mark, "/mark/%s", bpf_program__name(program));
    access(mark, F_OK);
    int failed;
    if (bpf_program__fd(program) < 0) {
      failed = 1;
    } else if (strcmp(bpf_program__section_name(program), "tc") == 0) {
      failed = attach_tc(program) != 0;
    } else {
      failed = attach(program) == NULL;
    }
    access("/mark/", F_OK);
    printf("%s %s\n", bpf_program__name(program), failed ? "failed" : "attached");
  }
  // Filters stay when their maker goes, and would be in the way of the other loader's.
  LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)loopback, .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
  bpf_tc_hook_destroy(&hook);
  return 0;
}
