// One row of the section table, proven: a program whose section it is, what makes it run, and what shows that it did.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "skep/attach.h"
#include "skep/object.h"

namespace skep::rows {

/// What a row's functions get: the object, of which this row's program alone is loaded.
struct Stage {
  Object& object;
  Program& program;
};

/// How one row of object::section_rules is proven.
struct Row {
  std::string_view section;  ///< SectionRule::name: "raw_tp"
  std::string_view object;   ///< "raw_tracepoint": rows/raw_tracepoint.bpf.o
  std::string_view program;  ///< the function in it; its section must be of this row
  /// Attaches; null: attach_program(), as the section says.
  Result<Link> (*attach)(Stage& stage) = nullptr;
  /// Makes the program run; called again and again until the effect is seen, for five seconds. Null: the system call getpgid(2).
  void (*trigger)(Stage& stage) = nullptr;
  /// Whether the effect is seen. Null: the variable `hits` (u64) of the object is not 0.
  Result<bool> (*effect)(Stage& stage) = nullptr;
  /// Changes the spec before loading (attach targets, variables); null: nothing is to be changed. The row's program alone has autoload then.
  Result<void> (*prepare)(ObjectSpec& spec) = nullptr;
  /// Other programs of the object to load with it (tail calls, targets of freplace, the functions of a struct_ops map).
  std::vector<std::string_view> with;
  /// What a kernel that is new enough may lack: "CONFIG_..."; empty: nothing. An error that names it is no failure.
  std::string_view config;
};

/// Puts rows into the list that main.cc runs: a variable at namespace scope of this type, one per family.
class RowList {
 public:
  RowList(std::vector<Row> rows);
  static std::vector<Row>& all();
};

/// The value of a variable of the object, which must be a u64.
Result<u64> value_of(Object& object, std::string_view variable);

}  // namespace skep::rows
