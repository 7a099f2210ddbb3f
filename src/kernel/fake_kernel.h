// A kernel for tests: it needs no rights, records every call, answers from a small model, and fails when it is told to.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "kernel/kernel.h"
#include "skep/uapi/insn.h"

namespace skep::kernel {

/// One recorded call, with copies of what its pointers pointed at.
struct FakeCall {
  CallKind kind{};
  bpf_cmd cmd{};                  ///< for bpf and bpf_common
  std::vector<std::byte> attr;    ///< the attributes as passed, exactly as long
  std::vector<std::byte> common;  ///< bpf_common: the bpf_common_attr as passed
  std::string
      text;  ///< the program's licence, the pin's path, the tracepoint's name, the path of a file call
  std::vector<bpf_insn> insns;   ///< BPF_PROG_LOAD
  std::vector<std::byte> key;    ///< element commands on a map of the model
  std::vector<std::byte> value;  ///< BPF_MAP_UPDATE_ELEM on a map of the model
  MemoryRequest memory;          ///< map_memory
  int fd = -1;                   ///< calls on a descriptor
  u64 request = 0;              ///< control: which; set_socket_option: the name; epoll_control: the operation
  u64 argument = 0;             ///< control: the number or address; set_socket_option: the level
  u64 flags = 0;                ///< open_file, send, receive
  std::vector<std::byte> data;  ///< written, sent, bound, set; perf_event_open: the attributes
  PerfEventPlace place;         ///< perf_event_open
  s64 result = 0;

  /// The attributes, as if zeros followed.
  bpf_attr attributes() const;
};

/// A Kernel that keeps maps (with elements), programs, BTF, links and pins in memory. Descriptors are real ones (of memory files), so a leak shows
/// in /proc/self/fd; array maps can be mapped, and look-ups see what is written there; ring buffers too, their data twice. Maps refuse what is frozen, absent or full, as Linux does;
/// programs are never verified. Thread-safe.
class FakeKernel final : public Kernel {
 public:
  FakeKernel();
  ~FakeKernel() override;

  /// The `nth` call from now on (0: the next one), of whatever kind, answers -sys_errno and has no effect.
  void fail_call(u32 nth, int sys_errno);
  /// The same for the `nth` call of bpf(2) with this command.
  void fail_command(bpf_cmd cmd, u32 nth, int sys_errno);
  /// The same for the `nth` call of this kind.
  void fail_kind(CallKind kind, u32 nth, int sys_errno);
  /// Asked first at every bpf(2) call that is not made to fail; what it returns is the answer, and nothing lets the model answer. It may
  /// write into the attributes (as far as their size reaches). Called under the lock: it must not call this kernel.
  std::function<std::optional<int>(bpf_cmd cmd, bpf_attr& attr)> on_bpf;
  /// The same for every other call (files, perf events, sockets): asked first, and what it returns is the answer. The call's `data` may be looked at and, for
  /// read_file and receive, be set to what shall come. Called under the lock.
  std::function<std::optional<s64>(FakeCall& call)> on_call;
  /// Files that open_file() finds, by path: what they hold. Writing with O_APPEND adds, without it replaces; a line "-:NAME" written with O_APPEND takes the line
  /// away that begins with "p:NAME " or "r:NAME ", as tracefs does.
  std::map<std::string, std::string> files;
  /// What receive() answers, one message after another; then -EAGAIN.
  std::vector<std::vector<std::byte>> messages;
  /// Makes BTF that the kernel holds of its own accord: a module's, or with the name "vmlinux" its own. Answers its id.
  u32 add_module(std::string name);
  /// How many processors values of per-CPU maps have copies for; set it before the first map is made.
  u32 processors = 2;
  /// What filesystem_type() answers; a bpf file system unless set.
  s64 filesystem = bpf_filesystem;

  /// Everything so far, in order.
  std::vector<FakeCall> calls() const;
  /// The calls of bpf(2) with this command, in order.
  std::vector<FakeCall> calls(bpf_cmd cmd) const;
  /// The paths that are pinned now.
  std::vector<std::string> pins() const;
  /// The directories that were made and not removed.
  std::vector<std::string> directories() const;

  int bpf(bpf_cmd cmd, void* attr, u32 attr_bytes) override;
  int bpf_common(bpf_cmd cmd, void* attr, u32 attr_bytes, bpf_common_attr* common, u32 common_bytes) override;
  s64 map_memory(const MemoryRequest& want) override;
  int unmap_memory(void* address, std::size_t bytes) override;
  int get_memlock(MemlockLimit& limit) override;
  int set_memlock(const MemlockLimit& limit) override;
  int open_directory(const char* path) override;
  int make_directory(const char* path, u32 mode) override;
  int remove_directory(const char* path) override;
  int unlink(const char* path) override;
  s64 filesystem_type(const char* path) override;
  int read_link(const char* path, char* text, u32 bytes) override;
  int perf_event_open(::perf_event_attr& attr, const PerfEventPlace& place) override;
  int control(int fd, u64 request, u64 argument) override;
  int open_file(const char* path, int flags, u32 mode) override;
  s64 read_file(int fd, void* bytes, std::size_t size) override;
  s64 write_file(int fd, const void* bytes, std::size_t size) override;
  int open_socket(int domain, int type, int protocol) override;
  int bind_socket(int fd, const ::sockaddr* address, u32 bytes) override;
  int set_socket_option(int fd, const SocketOption& option) override;
  s64 send(int fd, const void* bytes, std::size_t size, int flags) override;
  s64 receive(int fd, void* bytes, std::size_t size, int flags) override;
  int epoll_create() override;
  int epoll_control(int epoll, int operation, int fd, ::epoll_event* event) override;
  int epoll_wait(int epoll, ::epoll_event* events, int count, int timeout_ms) override;

 private:
  struct Object;
  enum class ObjectKind : u8 { map, prog, btf, link, other };
  struct Failure {
    std::optional<CallKind> kind;
    std::optional<bpf_cmd> cmd;
    u32 skip = 0;
    int sys_errno = 0;
  };
  using Bytes = std::vector<std::byte>;

  std::optional<int> failure(const FakeCall& call);
  int bpf_call(FakeCall call, void* attr, u32 attr_bytes);
  /// Runs `act` unless the call is to fail, and records the call with its result.
  template <class Act>
  s64 file_call(FakeCall call, const Act& act);
  int plain_descriptor();
  void write_to(const std::string& path, int flags, std::string_view text);
  void copy_pointees(FakeCall& call, const bpf_attr& attr);

  // The model: one function per family of commands (fake_model.cc, fake_elements.cc).
  static ObjectKind kind_of(bpf_cmd cmd);
  static std::string_view link_text(ObjectKind kind);
  int model(bpf_cmd cmd, bpf_attr& attr);
  int add(std::shared_ptr<Object> object);
  std::shared_ptr<Object> find(int fd);
  std::shared_ptr<Object> find_map(int fd);
  int reopen(u32 id, bpf_cmd cmd);
  int create_map(const bpf_attr_map_create& attr);
  static s64 map_ring(const Object& map, const MemoryRequest& want);
  int load_prog(const bpf_attr_prog_load& attr);
  int element(bpf_cmd cmd, const bpf_attr_map_elem& attr);
  int array_element(bpf_cmd cmd, const Object& map, const bpf_attr_map_elem& attr);
  int next_key(const Object& map, const bpf_attr_map_elem& attr);
  int batch(bpf_cmd cmd, bpf_attr_batch& attr);
  int pin(bpf_cmd cmd, const bpf_attr_obj& attr);
  int info(bpf_attr_info& attr);
  int map_info(const Object& map, bpf_attr_info& attr);
  int prog_info(const Object& prog, bpf_attr_info& attr);
  int next_id(bpf_cmd cmd, bpf_attr_get_id& attr);
  int create_link(const bpf_attr_link_create& attr);

  mutable std::mutex mutex_;
  std::vector<FakeCall> calls_;
  std::vector<Failure> failures_;
  std::map<u64, std::shared_ptr<Object>> objects_;  ///< by inode number of the memory file
  std::map<std::string, int> pins_;                 ///< path to a descriptor of its own
  std::vector<std::string> directories_;
  struct OpenFile {
    std::string path;
    int flags = 0;
    std::size_t position = 0;
  };
  std::map<u64, OpenFile> open_files_;  ///< by inode number of the memory file
  std::vector<int> modules_;            ///< descriptors that keep add_module()'s BTF
  MemlockLimit memlock_{.soft = 8 << 20, .hard = 8 << 20};
  u32 last_id_ = 0;
};

}  // namespace skep::kernel
