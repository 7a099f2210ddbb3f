// An ELF file of arbitrary bytes is read or refused; whatever is read can be walked.
#include "elf/file.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const auto file = skep::elf::File::parse(std::as_bytes(std::span(data, size)));
  if (!file) {
    SKEP_ASSERT(!file.error().message().empty());
    return 0;
  }
  (void)skep::elf::check_bpf_object(*file);
  for (const skep::elf::Section& section : file->sections()) {
    if (const auto relocations = file->relocations(section)) {
      for (const skep::elf::Relocation& relocation : *relocations) {
        SKEP_ASSERT(relocation.symbol < file->symbols().size());
      }
    }
    (void)file->symbols_of(section);
  }
  return 0;
}
