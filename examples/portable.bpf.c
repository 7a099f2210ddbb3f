/* One object for every kernel from 5.10 on. What differs between them is decided while loading, from the kernel's own types, configuration and symbols:
 *  - a field that was renamed: task_struct::state is __state since Linux 5.14;
 *  - the kernel's configuration and version;
 *  - a variable of the kernel without a type (init_task), and one per CPU with a type (runqueues), which the types of some 5.10 kernels lack;
 *  - a function that the kernel may have or not (bpf_rdonly_cast(), Linux 6.2).
 * The branches that a kernel does not need are cut away by its verifier, and what only they use may be absent. */
#include "bpf/bpf_uapi.h"

#include "bpf/bpf_core_read.h"
#include "bpf/bpf_helpers.h"

/* The parts of the kernel's types that are looked at; their true layout is found while loading. */
struct task_struct {
  unsigned int __state;
  int pid;
  int tgid;
  struct task_struct* real_parent;
  char comm[16];
} __attribute__((preserve_access_index));

/* What follows ___ is no part of the name: this is task_struct too, as it was before Linux 5.14. */
struct task_struct___old {
  volatile long state;
} __attribute__((preserve_access_index));

struct rq {
  int cpu;
} __attribute__((preserve_access_index));

extern int LINUX_KERNEL_VERSION __kconfig;
extern int CONFIG_HZ __kconfig __weak;     /* 0 where no configuration can be read */
extern const void init_task __ksym __weak; /* listed where the kernel lists its variables */
extern const struct rq runqueues __ksym __weak;
extern void* bpf_rdonly_cast(const void* object, __u32 type_id) __ksym __weak;

struct sighting {
  __u32 tgid;
  __u32 parent_state;
  char comm[16];
};

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} sightings SEC(".maps");

/* A value for each CPU: no two programs ever write the same one at once. */
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u64);
} looks SEC(".maps");

const volatile int wanted_tgid = 0; /* 0: whoever comes */

int kernel_version;
int ticks_per_second;
int state_was_renamed;
int own_tgid_is_right;
int parent_sleeps;   /* as it should, waiting for us */
char first_task[16]; /* "swapper/0"; empty where the kernel does not list init_task */
int knows_runqueues;
int cpu_is_right;
int knows_cast;
int cast_tgid_is_right;
__u64 bytes_in_ring;
int total;

static unsigned int state_of(struct task_struct* task) {
  if (bpf_core_field_exists(task->__state)) {
    return BPF_CORE_READ(task, __state);
  }
  return (unsigned int)BPF_CORE_READ((struct task_struct___old*)task, state);
}

static void count(void) {
  __u32 zero = 0;
  __u64* mine = bpf_map_lookup_elem(&looks, &zero);
  if (mine) {
    *mine += 1;
  }
  __sync_fetch_and_add(&total, 1);
}

SEC("raw_tp")
int looks_around(void* ctx) {
  struct task_struct* task = (struct task_struct*)bpf_get_current_task();
  const __u32 tgid = bpf_get_current_pid_tgid() >> 32;
  if (wanted_tgid && tgid != (__u32)wanted_tgid) {
    return 0;
  }
  count();
  kernel_version = LINUX_KERNEL_VERSION;
  ticks_per_second = CONFIG_HZ;
  state_was_renamed = bpf_core_field_exists(struct task_struct, __state);
  own_tgid_is_right = (__u32)BPF_CORE_READ(task, tgid) == tgid;
  const unsigned int parent_state = state_of(BPF_CORE_READ(task, real_parent));
  parent_sleeps = parent_state & 1; /* TASK_INTERRUPTIBLE; newer kernels have more bits beside it */
  if (bpf_ksym_exists(&init_task)) {
    BPF_CORE_READ_STR_INTO(&first_task, (struct task_struct*)&init_task, comm);
  }

  struct sighting* sighting = bpf_ringbuf_reserve(&sightings, sizeof(*sighting), 0);
  if (sighting) {
    sighting->tgid = tgid;
    sighting->parent_state = parent_state;
    bpf_get_current_comm(sighting->comm, sizeof(sighting->comm));
    bpf_ringbuf_submit(sighting, 0);
  }
  bytes_in_ring = bpf_ringbuf_query(&sightings, BPF_RB_AVAIL_DATA);
  return 1;
}

SEC("raw_tp")
int looks_at_runqueue(void* ctx) {
  const __u32 cpu = bpf_get_smp_processor_id();
  count();
  knows_runqueues = bpf_ksym_exists(&runqueues);
  if (!knows_runqueues) {
    return 0;
  }
  const struct rq* mine = bpf_per_cpu_ptr(&runqueues, cpu);
  cpu_is_right = mine && (__u32)mine->cpu == cpu;
  return 1;
}

SEC("raw_tp")
int casts(void* ctx) {
  void* current = (void*)bpf_get_current_task();
  count();
  knows_cast = bpf_ksym_exists(bpf_rdonly_cast);
  if (!bpf_ksym_exists(bpf_rdonly_cast)) {
    return 0;
  }
  /* A pointer that the verifier knows the type of: it is read like memory of one's own. */
  const struct task_struct* task = bpf_rdonly_cast(current, bpf_core_type_id_kernel(struct task_struct));
  cast_tgid_is_right = (__u32)task->tgid == bpf_get_current_pid_tgid() >> 32;
  return 1;
}

char LICENSE[] SEC("license") = "GPL";
