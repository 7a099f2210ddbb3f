// .BTF.ext of arbitrary bytes, against a small BTF, is read or refused; whatever is read can be walked.
#include "btf/edit.h"
#include "btf/ext.h"

namespace {

const skep::btf::Btf& sample_btf() {
  static const skep::btf::Btf btf = [] {
    skep::btf::BtfEditor editor;
    const skep::u32 id = editor.add_int("int", 4, skep::BTF_INT_SIGNED);
    editor.add_func("f", editor.add_func_proto(id, {}), skep::BTF_FUNC_GLOBAL);
    editor.add_string(".text");
    editor.add_string(std::string(4000, 'x'));  // so that the offsets of real sections are valid
    while (editor.add_reference(skep::btf::Kind::ptr, {}, id) < 100) {}
    return editor.finish().value();
  }();
  return btf;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace skep;
  for (const std::endian order : {std::endian::little, std::endian::big}) {
    const auto ext = btf::ExtInfo::parse(ByteView(data, size, order), sample_btf());
    if (!ext) {
      SKEP_ASSERT(!ext.error().message().empty());
      continue;
    }
    for (const btf::ExtSection& section : ext->sections()) {
      for (const btf::FuncInfo function : section.functions) {
        SKEP_ASSERT(function.type_id < sample_btf().type_count());
      }
      for (const btf::LineInfo line : section.lines) {
        SKEP_ASSERT(sample_btf().has_string(line.text_offset));
      }
      for (const btf::CoreRelo relocation : section.relocations) {
        SKEP_ASSERT(sample_btf().has_string(relocation.access_offset));
      }
    }
  }
  return 0;
}
