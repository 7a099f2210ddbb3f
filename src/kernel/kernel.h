// Every system call that skep makes goes through a Kernel: one virtual function per kind of call, in the kernel's own manner (a result that is
// not negative, or -errno). What the calls mean is in the other headers of this folder, one per noun (map.h, prog.h, link.h, ...): each
// command of bpf(2) is a documented struct and a short function over Kernel&.
//
//   HostKernel     makes the calls
//   FakeKernel     answers from a small model, records, and fails on demand: for tests
//   TracingKernel  passes on to another and tells of each call: for `skep explain`
//   DryKernel      answers as if every call had worked: for `skep explain --dry-run`
#pragma once

#include <array>
#include <atomic>

#include "skep/uapi/attr.h"

struct perf_event_attr;  // <linux/perf_event.h>
struct sockaddr;         // <sys/socket.h>
struct epoll_event;      // <sys/epoll.h>

namespace skep::kernel {

/// A request for memory: mmap(2) of a map, or of nothing (fd -1: anonymous).
struct MemoryRequest {
  void* address = nullptr;  ///< where: a wish, or with `fixed` an order that replaces what is mapped there
  std::size_t bytes = 0;    ///< how much, rounded up to pages by the kernel
  int fd = -1;              ///< the map
  bool writable = false;    ///< PROT_WRITE besides PROT_READ
  bool fixed = false;       ///< MAP_FIXED
  u64 offset = 0;           ///< where in the map, whole pages (ring buffers have several areas)
};

/// RLIMIT_MEMLOCK in bytes: before Linux 5.11 maps and programs count against it.
struct MemlockLimit {
  static constexpr u64 unlimited = ~u64{0};
  u64 soft = 0;
  u64 hard = 0;
};

/// perf_event_open(2)'s arguments but for the attributes.
struct PerfEventPlace {
  int pid = -1;    ///< a process, or -1: all, on one processor
  int cpu = -1;    ///< a processor, or -1: all, in one process
  int group = -1;  ///< the descriptor of the group's first event, or a cgroup's with PERF_FLAG_PID_CGROUP
  u64 flags = 0;   ///< PERF_FLAG_*
};

/// setsockopt(2)'s arguments but for the descriptor.
struct SocketOption {
  int level = 0;
  int name = 0;
  const void* value = nullptr;
  u32 value_bytes = 0;
};

/// What has been found out about a kernel by asking it, one byte per question; 0: not asked yet. The questions are their askers' (host/features.h).
using Answers = std::array<std::atomic<u8>, 64>;

/// The system calls of skep. Results: not negative, or -errno. Implementations are thread-safe, so one Kernel serves any number of threads.
class Kernel {
 public:
  Kernel() = default;
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;
  virtual ~Kernel() = default;

  /// bpf(2) with `attr_bytes` bytes of attributes, which the kernel may write results into. Descriptors it answers with are 3 or above and
  /// close-on-exec; BPF_PROG_LOAD is tried again a few times on EAGAIN. Nothing else is added to the call.
  virtual int bpf(bpf_cmd cmd, void* attr, u32 attr_bytes) = 0;
  /// bpf(2) with five arguments, since Linux 7.2: the command carries BPF_COMMON_ATTRS. Older kernels answer -EINVAL.
  virtual int bpf_common(bpf_cmd cmd, void* attr, u32 attr_bytes, bpf_common_attr* common,
                         u32 common_bytes) = 0;

  /// mmap(2), shared. The address, or -errno.
  virtual s64 map_memory(const MemoryRequest& want) = 0;
  /// munmap(2).
  virtual int unmap_memory(void* address, std::size_t bytes) = 0;

  /// getrlimit(2) of RLIMIT_MEMLOCK.
  virtual int get_memlock(MemlockLimit& limit) = 0;
  /// setrlimit(2) of RLIMIT_MEMLOCK. -EPERM when the hard limit would rise without CAP_SYS_RESOURCE.
  virtual int set_memlock(const MemlockLimit& limit) = 0;

  /// open(2) of a directory, read-only: a bpf file system's root for BPF_TOKEN_CREATE, a cgroup, the start of a pin's path.
  virtual int open_directory(const char* path) = 0;
  /// mkdir(2), for pins.
  virtual int make_directory(const char* path, u32 mode) = 0;
  /// rmdir(2).
  virtual int remove_directory(const char* path) = 0;
  /// unlink(2): unpins.
  virtual int unlink(const char* path) = 0;
  /// The type number of the file system that holds `path` (statfs(2)), e.g. `bpf_filesystem`.
  virtual s64 filesystem_type(const char* path) = 0;
  /// readlink(2): how many bytes of `text` the link's target took; no NUL follows it.
  virtual int read_link(const char* path, char* text, u32 bytes) = 0;

  /// perf_event_open(2). The event's descriptor, which is 3 or above and close-on-exec. `attr.size` says how much of it is passed; the kernel may write
  /// the size it knows there (E2BIG).
  virtual int perf_event_open(::perf_event_attr& attr, const PerfEventPlace& place) = 0;
  /// ioctl(2). `argument` is a number or an address, as the request has it.
  virtual int control(int fd, u64 request, u64 argument) = 0;

  /// open(2) with O_CLOEXEC added; a descriptor of 3 or above.
  virtual int open_file(const char* path, int flags, u32 mode) = 0;
  /// read(2): how many bytes came; 0 at the end.
  virtual s64 read_file(int fd, void* bytes, std::size_t size) = 0;
  /// write(2): how many bytes went.
  virtual s64 write_file(int fd, const void* bytes, std::size_t size) = 0;

  /// socket(2) with SOCK_CLOEXEC added; a descriptor of 3 or above.
  virtual int open_socket(int domain, int type, int protocol) = 0;
  /// bind(2).
  virtual int bind_socket(int fd, const ::sockaddr* address, u32 bytes) = 0;
  /// setsockopt(2).
  virtual int set_socket_option(int fd, const SocketOption& option) = 0;
  /// send(2): how many bytes went.
  virtual s64 send(int fd, const void* bytes, std::size_t size, int flags) = 0;
  /// recv(2): how many bytes came.
  virtual s64 receive(int fd, void* bytes, std::size_t size, int flags) = 0;

  /// epoll_create1(2), close-on-exec; a descriptor of 3 or above.
  virtual int epoll_create() = 0;
  /// epoll_ctl(2). `event` may be null for EPOLL_CTL_DEL.
  virtual int epoll_control(int epoll, int operation, int fd, ::epoll_event* event) = 0;
  /// epoll_wait(2): how many of `events` were filled. `timeout_ms` -1: for ever.
  virtual int epoll_wait(int epoll, ::epoll_event* events, int count, int timeout_ms) = 0;

  /// Answers to remember as long as the kernel is the same one: one memory for all who talk to the machine's kernel, one each for models.
  virtual Answers& answers() { return answers_; }

 private:
  Answers answers_{};
};

/// What filesystem_type() answers for a bpf file system.
inline constexpr s64 bpf_filesystem = 0xcafe4a11;

/// The kinds of call, one per virtual function, for those who record them.
enum class CallKind : u8 {
  bpf,
  bpf_common,
  map_memory,
  unmap_memory,
  get_memlock,
  set_memlock,
  open_directory,
  make_directory,
  remove_directory,
  unlink,
  filesystem_type,
  read_link,
  perf_event_open,
  control,
  open_file,
  read_file,
  write_file,
  open_socket,
  bind_socket,
  set_socket_option,
  send,
  receive,
  epoll_create,
  epoll_control,
  epoll_wait,
};

/// The system call's own name: "bpf", "mmap", ...
std::string_view name_of(CallKind kind);

}  // namespace skep::kernel
