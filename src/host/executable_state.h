// What an Executable reads only when it is needed. Private to this layer.
#pragma once

#include <atomic>

#include "elf/name_index.h"
#include "host/debug_file.h"
#include "host/executable.h"

namespace skep::host {

struct Executable::Lazy {
  std::mutex mutex;
  bool has_static = false;  // what follows was looked for
  SymbolSource static_source{};
  elf::SymbolTable static_table;  // .symtab, or what stands in for it
  std::unique_ptr<SeparateSymbols> separate;
  bool has_go = false;
  std::optional<GoTable> go;
  u32 lookups = 0;  // in the static table; when it is asked again and again, it gets an index
  std::optional<elf::NameIndex> index;
};

}  // namespace skep::host
