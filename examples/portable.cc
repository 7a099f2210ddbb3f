// One object on every kernel from 5.10 on: what it found out about the kernel that it happens to be on.
#include <cstdio>
#include <string>

#include "example.h"
#include "skep/object.h"

using skep::u32;
using skep::u64;

namespace {

template <class T = int>
T number(skep::Object& object, const char* name) {
  return must(must(must(object.variable(name)).as<T>()).load());
}

}  // namespace

int main(int count, char** words) {
  // A kernel that keeps the addresses of its variables to itself refuses the program that wants one; the others run all the same.
  auto object = must(
      skep::Object::load(must(skep::ObjectSpec::read_file(object_path(count, words))), {.keep_going = true}));
  u64 runs = 0;
  for (const char* name : {"looks_around", "looks_at_runqueue", "casts"}) {
    const skep::Program* program = object.program(name);
    if (program == nullptr) {
      std::printf("%s(): refused by this kernel\n", name);
      continue;
    }
    const u64 arguments[12] = {};
    must(program->test_run({.context_in = std::as_bytes(std::span(arguments))}));
    ++runs;
  }

  const int version = number(object, "kernel_version");
  std::printf("Linux %d.%d, %d ticks per second\n", version >> 16, version >> 8 & 255,
              number(object, "ticks_per_second"));
  std::printf("the state of a task is called %s\n",
              number(object, "state_was_renamed") != 0 ? "__state" : "state");
  const bool knows_runqueues = number(object, "knows_runqueues") != 0;
  const bool knows_cast = number(object, "knows_cast") != 0;
  std::printf("run queues: %s\n", !knows_runqueues                      ? "of unknown type"
                                  : number(object, "cpu_is_right") != 0 ? "ours knows its CPU"
                                                                        : "wrong");
  std::printf("bpf_rdonly_cast(): %s\n", !knows_cast                                 ? "absent"
                                         : number(object, "cast_tgid_is_right") != 0 ? "gives this process"
                                                                                     : "wrong");
  std::string first(16, '\0');
  must(must(object.variable("first_task")).read(std::as_writable_bytes(std::span(first))));
  std::printf("the first task: %s\n", first.front() != '\0' ? first.c_str() : "unknown");

  // From here on every kernel gives the same.
  std::printf("this process: %s\n", number(object, "own_tgid_is_right") != 0 ? "found" : "wrong");
  std::printf("its parent %s\n", number(object, "parent_sleeps") != 0 ? "sleeps" : "is awake");
  std::printf("ring buffer: %s\n", number<u64>(object, "bytes_in_ring") >= 24 ? "one sighting" : "empty");
  u64 looks = 0;
  const auto per_cpu = must(must_find(object.map("looks"), "looks").as_per_cpu<u32, u64>());
  const auto copies = *must(per_cpu.lookup(0));
  for (const u64 copy : copies) {
    looks += copy;
  }
  const bool all_counted = looks == runs && runs == static_cast<u64>(number(object, "total"));
  std::printf("counters: %s\n", all_counted ? "every run, per CPU and in all" : "wrong");
  return 0;
}
