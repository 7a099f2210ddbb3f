/* Every C++ exception that is thrown, with its type: by a probe that libstdc++'s authors left in its source (USDT), libstdcxx:throw, whose arguments are the
 * exception and its std::type_info. */
#include "bpf/bpf_uapi.h"

#include "registers.h"

#include "bpf/bpf_helpers.h"
#include "bpf/bpf_tracing.h"
#include "bpf/usdt.bpf.h"

struct event {
  __u32 pid;
  char comm[16];
  char type[108]; /* as the linker knows it */
};

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 64 * 1024);
  __type(value, struct event);
} events SEC(".maps");

__u64 lost;

SEC("usdt/libstdc++.so.6:libstdcxx:throw")
int BPF_USDT(on_throw, void* exception, void* type_info) {
  struct event* event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
  if (!event) {
    __sync_fetch_and_add(&lost, 1);
    return 0;
  }
  event->pid = bpf_get_current_pid_tgid() >> 32;
  bpf_get_current_comm(event->comm, sizeof(event->comm));
  /* Behind the pointer to its functions a type_info has one to its name. */
  const char* name = NULL;
  bpf_probe_read_user(&name, sizeof(name), type_info + sizeof(void*));
  if (bpf_probe_read_user_str(event->type, sizeof(event->type), name) < 0) {
    event->type[0] = 0;
  }
  bpf_ringbuf_submit(event, 0);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
