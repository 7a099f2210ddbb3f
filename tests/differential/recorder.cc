#include "recorder.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>

namespace recorder {
namespace {

using Bytes = std::vector<unsigned char>;

struct Element {
  Bytes key;
  std::optional<int> target;  // the record of the map or program that the value is a descriptor of
  Bytes value;
};

// One successful BPF_MAP_CREATE, BPF_PROG_LOAD or BPF_BTF_LOAD and what happened to its descriptor afterwards.
struct Record {
  int cmd = 0;
  bpf_attr attr{};
  int inner = -1;  // maps: the record of the inner map
  int btf = -1;    // maps and programs: the record of the BTF
  Bytes insns, func_info, line_info, blob;
  std::string license;
  std::map<size_t, int> map_of_insn;  // which instruction names which map (record)
  std::vector<Element> elements;
  std::vector<int> bound_maps;
  std::vector<std::string> pins;
  bool frozen = false;
};

std::mutex mutex;
std::vector<Record> records;
std::map<int, int> record_of_fd;  // the last thing made under each number

int find(int fd) {
  const auto found = record_of_fd.find(fd);
  return found == record_of_fd.end() ? -1 : found->second;
}

// What lies at an address, as the kernel would read it: nothing where nothing is mapped. libbpf 1.1's probe for program names passes attributes whose
// tail it never wrote.
Bytes copy(std::uint64_t address, size_t size) {
  constexpr size_t most = size_t{64} << 20;
  if (address == 0 || size == 0 || size > most) {
    return {};
  }
  Bytes bytes(size);
  iovec into{.iov_base = bytes.data(), .iov_len = size};
  iovec from{.iov_base = reinterpret_cast<void*>(address), .iov_len = size};
  const ssize_t got = process_vm_readv(getpid(), &into, 1, &from, 1, 0);
  return got == static_cast<ssize_t>(size) ? bytes : Bytes{};
}

int new_descriptor(size_t size) {
  const int low = memfd_create("recorded", MFD_CLOEXEC);
  if (low < 0 || ftruncate(low, static_cast<off_t>(size)) != 0) {
    std::perror("recorder: memfd_create");
    std::abort();
  }
  return low;
}

bool holds_descriptors(unsigned type) {
  return type == BPF_MAP_TYPE_ARRAY_OF_MAPS || type == BPF_MAP_TYPE_HASH_OF_MAPS ||
         type == BPF_MAP_TYPE_PROG_ARRAY;
}

size_t stride(const bpf_attr& map) {
  return (size_t{map.value_size} + 7) / 8 * 8;
}

// The instruction's source register and immediate tell what a 64-bit load stands for.
struct Instruction {
  std::uint8_t code;
  std::uint8_t registers;
  std::int16_t offset;
  std::int32_t imm;
};

int keep(Record record, size_t size) {
  const int fd = new_descriptor(size);
  records.push_back(std::move(record));
  record_of_fd[fd] = static_cast<int>(records.size()) - 1;
  return fd;
}

int map_create(Record record) {
  const bpf_attr& attr = record.attr;
  if (attr.map_type == BPF_MAP_TYPE_ARRAY_OF_MAPS || attr.map_type == BPF_MAP_TYPE_HASH_OF_MAPS) {
    record.inner = find(static_cast<int>(attr.inner_map_fd));
  }
  record.btf = find(static_cast<int>(attr.btf_fd));
  const size_t page = 4096;
  const size_t size = attr.map_type == BPF_MAP_TYPE_ARRAY ? stride(attr) * attr.max_entries : 0;
  return keep(std::move(record), (size + page - 1) / page * page);
}

int prog_load(Record record) {
  const bpf_attr& attr = record.attr;
  record.insns = copy(attr.insns, size_t{attr.insn_cnt} * 8);
  record.func_info = copy(attr.func_info, size_t{attr.func_info_cnt} * attr.func_info_rec_size);
  record.line_info = copy(attr.line_info, size_t{attr.line_info_cnt} * attr.line_info_rec_size);
  record.license = attr.license != 0 ? reinterpret_cast<const char*>(attr.license) : "";
  record.btf = find(static_cast<int>(attr.prog_btf_fd));
  for (size_t i = 0; i < record.insns.size() / 8; ++i) {
    Instruction insn{};
    std::memcpy(&insn, record.insns.data() + i * 8, sizeof(insn));
    const int source = insn.registers >> 4;
    if (insn.code == (BPF_LD | BPF_IMM | BPF_DW) &&
        (source == BPF_PSEUDO_MAP_FD || source == BPF_PSEUDO_MAP_VALUE)) {
      record.map_of_insn[i] = find(insn.imm);
    }
  }
  return keep(std::move(record), 0);
}

int btf_load(Record record) {
  record.blob = copy(record.attr.btf, record.attr.btf_size);
  return keep(std::move(record), 0);
}

int map_update(const bpf_attr& attr) {
  const int at = find(static_cast<int>(attr.map_fd));
  if (at < 0) {
    errno = EBADF;
    return -1;
  }
  Record& map = records[static_cast<size_t>(at)];
  Element element{copy(attr.key, map.attr.key_size), {}, copy(attr.value, map.attr.value_size)};
  if (holds_descriptors(map.attr.map_type)) {
    int fd = 0;
    std::memcpy(&fd, element.value.data(), sizeof(fd));
    element.target = find(fd);
  }
  if (map.attr.map_type == BPF_MAP_TYPE_ARRAY) {
    std::uint32_t index = 0;
    std::memcpy(&index, element.key.data(), sizeof(index));
    const ssize_t written = pwrite(static_cast<int>(attr.map_fd), element.value.data(), element.value.size(),
                                   static_cast<off_t>(index * stride(map.attr)));
    return written == static_cast<ssize_t>(element.value.size()) ? 0 : -1;
  }
  map.elements.push_back(std::move(element));
  return 0;
}

int info(bpf_attr& attr) {
  const int at = find(static_cast<int>(attr.info.bpf_fd));
  if (at < 0) {
    errno = EBADF;
    return -1;
  }
  auto* out = reinterpret_cast<void*>(attr.info.info);
  const Record& record = records[static_cast<size_t>(at)];
  if (record.cmd == BPF_MAP_CREATE) {
    bpf_map_info map{};
    map.type = record.attr.map_type;
    map.id = static_cast<std::uint32_t>(at) + 1;
    map.key_size = record.attr.key_size;
    map.value_size = record.attr.value_size;
    map.max_entries = record.attr.max_entries;
    map.map_flags = record.attr.map_flags;
    map.map_extra = record.attr.map_extra;
    std::memcpy(out, &map, std::min(sizeof(map), size_t{attr.info.info_len}));
  }
  return 0;
}

int answer(int cmd, bpf_attr& given, size_t size) {
  const std::lock_guard lock(mutex);
  Record record;
  record.cmd = cmd;
  std::memcpy(&record.attr, &given, std::min(size, sizeof(record.attr)));
  const bpf_attr attr = record.attr;
  const auto of = [](std::uint32_t fd) -> Record* {
    const int at = find(static_cast<int>(fd));
    return at < 0 ? nullptr : &records[static_cast<size_t>(at)];
  };
  switch (cmd) {
    case BPF_MAP_CREATE: return map_create(std::move(record));
    case BPF_PROG_LOAD: return prog_load(std::move(record));
    case BPF_BTF_LOAD: return btf_load(std::move(record));
    case BPF_MAP_UPDATE_ELEM: return map_update(attr);
    case BPF_OBJ_GET_INFO_BY_FD: return info(given);
    case BPF_MAP_FREEZE:
      if (Record* map = of(attr.map_fd)) {
        map->frozen = true;
      }
      return 0;
    case BPF_PROG_BIND_MAP:
      if (Record* program = of(attr.prog_bind_map.prog_fd)) {
        program->bound_maps.push_back(find(static_cast<int>(attr.prog_bind_map.map_fd)));
      }
      return 0;
    case BPF_OBJ_PIN:
      if (Record* thing = of(attr.bpf_fd)) {
        thing->pins.emplace_back(reinterpret_cast<const char*>(attr.pathname));
      }
      return 0;
    default: errno = ENOENT; return -1;
  }
}

class Writer {
 public:
  Writer(const std::vector<Named>& maps, const std::vector<Named>& programs) {
    for (const auto* list : {&maps, &programs}) {
      for (const Named& thing : *list) {
        if (const int at = find(thing.fd); thing.fd >= 0 && at >= 0) {
          names_[at] = thing.name;
        }
      }
    }
  }

  void fact(const std::string& name, const std::string& value) { text_ += "  " + name + " " + value + "\n"; }
  void fact(const std::string& name, std::uint64_t value) {
    if (value != 0) {
      fact(name, std::to_string(value));
    }
  }
  void line(const std::string& text) { text_ += text + "\n"; }

  std::string name(int record) const {
    const auto found = names_.find(record);
    return found == names_.end() ? "(unknown)" : found->second;
  }

  static std::string hex(const unsigned char* bytes, size_t size) {
    std::string text;
    char digits[4];
    for (size_t i = 0; i < size; ++i) {
      std::snprintf(digits, sizeof(digits), "%02x", bytes[i]);
      text += digits;
    }
    return text;
  }
  static std::string hex(const Bytes& bytes) { return hex(bytes.data(), bytes.size()); }

  void rows(const std::string& what, const Bytes& bytes, size_t width) {
    for (size_t at = 0; at < bytes.size(); at += width) {
      fact(what + " " + std::to_string(at / width) + ":",
           hex(bytes.data() + at, std::min(width, bytes.size() - at)));
    }
  }

  void map_facts(const Record& map, const std::string& prefix) {
    const bpf_attr& attr = map.attr;
    fact(prefix + "type", attr.map_type);
    fact(prefix + "key_size", attr.key_size);
    fact(prefix + "value_size", attr.value_size);
    fact(prefix + "max_entries", attr.max_entries);
    fact(prefix + "map_flags", attr.map_flags);
    fact(prefix + "map_name", attr.map_name);
    fact(prefix + "numa_node", attr.numa_node);
    fact(prefix + "map_ifindex", attr.map_ifindex);
    fact(prefix + "map_extra", attr.map_extra);
    // A descriptor of BTF without a type in it means nothing to the kernel.
    fact(prefix + "with_btf", map.btf >= 0 && (attr.btf_key_type_id | attr.btf_value_type_id) != 0 ? 1 : 0);
    fact(prefix + "btf_key_type_id", attr.btf_key_type_id);
    fact(prefix + "btf_value_type_id", attr.btf_value_type_id);
    if (map.inner >= 0) {
      map_facts(records[static_cast<size_t>(map.inner)], prefix + "inner.");
    }
  }

  void map(const Named& named) {
    line("map " + named.name);
    const int at = find(named.fd);
    if (named.fd < 0 || at < 0) {
      return fact("created", "no");
    }
    const Record& map = records[static_cast<size_t>(at)];
    map_facts(map, "");
    fact("frozen", map.frozen ? 1 : 0);
    for (const std::string& path : map.pins) {
      fact("pinned", path);
    }
    std::vector<std::string> elements;
    for (const Element& element : map.elements) {
      elements.push_back(hex(element.key) + " = " +
                         (element.target ? name(*element.target) : hex(element.value)));
    }
    std::sort(elements.begin(), elements.end());
    for (const std::string& element : elements) {
      fact("element", element);
    }
    contents(named.fd, map.attr);
  }

  void contents(int fd, const bpf_attr& attr) {
    if (attr.map_type != BPF_MAP_TYPE_ARRAY) {
      return;
    }
    Bytes bytes(stride(attr) * attr.max_entries);
    if (pread(fd, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()) &&
        std::any_of(bytes.begin(), bytes.end(), [](unsigned char byte) { return byte != 0; })) {
      rows("contents", bytes, 32);
    }
  }

  void program(const Named& named) {
    line("program " + named.name);
    const int at = find(named.fd);
    if (named.fd < 0 || at < 0) {
      return fact("loaded", "no");
    }
    const Record& program = records[static_cast<size_t>(at)];
    const bpf_attr& attr = program.attr;
    fact("prog_type", attr.prog_type);
    fact("expected_attach_type", attr.expected_attach_type);
    fact("prog_flags", attr.prog_flags);
    fact("prog_name", attr.prog_name);
    fact("prog_ifindex", attr.prog_ifindex);
    fact("attach_btf_id", attr.attach_btf_id);
    fact("license", program.license);
    fact("with_btf", program.btf >= 0 ? 1 : 0);
    for (size_t i = 0; i * 8 < program.insns.size(); ++i) {
      Bytes insn(program.insns.begin() + static_cast<long>(i * 8),
                 program.insns.begin() + static_cast<long>(i * 8 + 8));
      std::string map;
      if (const auto found = program.map_of_insn.find(i); found != program.map_of_insn.end()) {
        std::fill(insn.begin() + 4, insn.end(), static_cast<unsigned char>(0));
        map = " map " + name(found->second);
      }
      fact("insn " + std::to_string(i) + ":", hex(insn) + map);
    }
    rows("func_info", program.func_info, std::max(attr.func_info_rec_size, 1U));
    rows("line_info", program.line_info, std::max(attr.line_info_rec_size, 1U));
    // Binding a map that the instructions name changes nothing: the program holds it already.
    for (const int bound : program.bound_maps) {
      const auto names_it = [bound](const auto& insn) { return insn.second == bound; };
      if (std::none_of(program.map_of_insn.begin(), program.map_of_insn.end(), names_it)) {
        fact("bound_map", name(bound));
      }
    }
  }

  void btf(const std::vector<Named>& maps, const std::vector<Named>& programs) {
    for (const auto* list : {&programs, &maps}) {
      for (const Named& thing : *list) {
        const int at = find(thing.fd);
        const int blob = at < 0 || thing.fd < 0 ? -1 : records[static_cast<size_t>(at)].btf;
        if (blob >= 0) {
          line("btf");
          rows("bytes", records[static_cast<size_t>(blob)].blob, 32);
          return;
        }
      }
    }
  }

  std::string take() { return std::move(text_); }

 private:
  std::string text_;
  std::map<int, std::string> names_;
};

}  // namespace

std::string describe(const std::vector<Named>& maps, const std::vector<Named>& programs) {
  const std::lock_guard lock(mutex);
  Writer writer(maps, programs);
  const auto by_name = [](std::vector<Named> things) {
    std::sort(things.begin(), things.end(), [](const Named& a, const Named& b) { return a.name < b.name; });
    return things;
  };
  for (const Named& map : by_name(maps)) {
    writer.map(map);
  }
  for (const Named& program : by_name(programs)) {
    writer.program(program);
  }
  writer.btf(maps, programs);
  return writer.take();
}

std::string describe_program(const std::vector<Named>& maps, const Named& program) {
  const std::lock_guard lock(mutex);
  Writer writer(maps, {program});
  writer.program(program);
  return writer.take();
}

}  // namespace recorder

extern "C" {

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
int __wrap_statfs64(const char* path, struct statfs64* out);
int __real_statfs64(const char* path, struct statfs64* out);
int __wrap_statfs(const char* path, struct statfs* out);
int __real_statfs(const char* path, struct statfs* out);

// Every bpf(2) call of the program comes here; other system calls pass.
long __wrap_syscall(long number, ...) {
  va_list list;
  va_start(list, number);
  long argument[6];
  for (long& value : argument) {
    value = va_arg(list, long);
  }
  va_end(list);
  if (number != __NR_bpf) {
    return __real_syscall(number, argument[0], argument[1], argument[2], argument[3], argument[4],
                          argument[5]);
  }
  // Callers pass a 32-bit size, which leaves the upper half of the argument to chance.
  return recorder::answer(static_cast<int>(argument[0] & 0xffff), *reinterpret_cast<bpf_attr*>(argument[1]),
                          static_cast<std::uint32_t>(argument[2]));
}

// Pins are recorded, not made: any path is as good as the BPF file system.
int __wrap_statfs64(const char* path, struct statfs64* out) {
  if (std::strncmp(path, "/sys/fs/bpf", 11) != 0) {
    return __real_statfs64(path, out);
  }
  *out = {};
  out->f_type = 0xcafe4a11;
  return 0;
}

int __wrap_statfs(const char* path, struct statfs* out) {
  if (std::strncmp(path, "/sys/fs/bpf", 11) != 0) {
    return __real_statfs(path, out);
  }
  *out = {};
  out->f_type = 0xcafe4a11;
  return 0;
}
}
