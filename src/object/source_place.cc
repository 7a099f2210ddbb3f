#include "object/source_place.h"

#include <algorithm>

#include "base/text.h"
#include "btf/btf.h"

namespace skep::object {

SourcePlace source_place(const ObjectSpec& spec, const FunctionSpec& function, u32 insn) {
  const auto after = std::ranges::upper_bound(function.line_info, insn, {}, &bpf_line_info::insn_off);
  if (after == function.line_info.begin() || spec.btf == nullptr) {
    return {};
  }
  const bpf_line_info& line = *std::prev(after);
  const auto text = [&](u32 offset) {
    return spec.btf->has_string(offset) ? spec.btf->string(offset) : std::string_view();
  };
  const std::string_view file = text(line.file_name_off);
  if (file.empty()) {
    return {};
  }
  return {.file = file,
          .line = BPF_LINE_INFO_LINE_NUM(line.line_col),
          .column = BPF_LINE_INFO_LINE_COL(line.line_col),
          .source = trim(text(line.line_off))};
}

}  // namespace skep::object
