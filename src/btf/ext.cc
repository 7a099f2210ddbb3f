#include "btf/ext.h"

namespace skep::btf {

namespace {

bool is_sound(const Btf& btf, const FuncInfo& info) {
  return info.type_id < btf.type_count();
}
bool is_sound(const Btf& btf, const LineInfo& info) {
  return btf.has_string(info.file_name_offset) && btf.has_string(info.text_offset);
}
bool is_sound(const Btf& btf, const CoreRelo& info) {
  return info.type_id < btf.type_count() && btf.has_string(info.access_offset);
}

/// What a record refers to, for the message about one that refers to nothing.
std::string references(const FuncInfo& info) {
  return cat("type ", info.type_id);
}
std::string references(const LineInfo& info) {
  return cat("strings at ", info.file_name_offset, " and ", info.text_offset);
}
std::string references(const CoreRelo& info) {
  return cat("type ", info.type_id, " and a string at ", info.access_offset);
}

struct Header {
  u32 bytes = 0;
  std::array<u32, 3> offsets{};
  std::array<u32, 3> lengths{};
};

Result<Header> read_header(ByteView raw) {
  SKEP_TRY_IN(".BTF.ext header", const auto fixed, raw.record<btf_ext_header_bytes_without_core>(0));
  if (const u16 magic = fixed.at<0, u16>(); magic != BTF_MAGIC) {
    return fail(Errc::malformed,
                cat(".BTF.ext header: want the magic 0xeb9f at offset 0, have ", hex(magic)));
  }
  if (fixed.at<2, u8>() != BTF_VERSION || fixed.at<3, u8>() != 0) {
    return fail(Errc::unsupported, cat(".BTF.ext header: want version 1 without flags, have version ",
                                       fixed.at<2, u8>(), " with flags ", hex(fixed.at<3, u8>())));
  }
  Header header{.bytes = fixed.at<4, u32>(),
                .offsets = {fixed.at<8, u32>(), fixed.at<16, u32>(), 0},
                .lengths = {fixed.at<12, u32>(), fixed.at<20, u32>(), 0}};
  if (header.bytes < btf_ext_header_bytes_without_core) {
    return fail(Errc::malformed, cat(".BTF.ext header: want at least 24 bytes, it says ", header.bytes));
  }
  if (header.bytes >= sizeof(btf_ext_header)) {
    SKEP_TRY_IN(".BTF.ext header", header.offsets[2], raw.read<u32>(24));
    SKEP_TRY_IN(".BTF.ext header", header.lengths[2], raw.read<u32>(28));
  }
  return header;
}

}  // namespace

FuncInfo FuncInfo::decode(const Btf&, Record<bytes> raw) {
  return {.insn_offset_bytes = raw.at<0, u32>(), .type_id = raw.at<4, u32>()};
}

LineInfo LineInfo::decode(const Btf& btf, Record<bytes> raw) {
  return {.insn_offset_bytes = raw.at<0, u32>(),
          .file_name_offset = raw.at<4, u32>(),
          .text_offset = raw.at<8, u32>(),
          .line_col = raw.at<12, u32>(),
          .btf = &btf};
}

CoreRelo CoreRelo::decode(const Btf& btf, Record<bytes> raw) {
  return {.insn_offset_bytes = raw.at<0, u32>(),
          .type_id = raw.at<4, u32>(),
          .access_offset = raw.at<8, u32>(),
          .btf = &btf,
          .kind = static_cast<bpf_core_relo_kind>(raw.at<12, u32>())};
}

Result<ExtInfo> ExtInfo::parse(ByteView raw, const Btf& btf) {
  ExtInfo ext;
  ext.btf_ = std::make_unique<const Btf>(btf);
  SKEP_TRY(const Header header, read_header(raw));
  SKEP_TRY_IN(".BTF.ext", const ByteView body, raw.from(header.bytes));
  std::array<ByteView, 3> parts;
  constexpr std::array<std::string_view, 3> names{".BTF.ext func_info", ".BTF.ext line_info",
                                                  ".BTF.ext core_relo"};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (header.lengths[i] != 0) {
      SKEP_TRY_IN(names[i], parts[i], body.slice(header.offsets[i], header.lengths[i]));
    }
  }
  SKEP_CHECK_IN(names[0], ext.read_part(parts[0], "function", &ExtSection::functions));
  SKEP_CHECK_IN(names[1], ext.read_part(parts[1], "line", &ExtSection::lines));
  SKEP_CHECK_IN(names[2], ext.read_part(parts[2], "relocation", &ExtSection::relocations));
  return ext;
}

/// One part: the size of its records, then for each ELF section a name, a count and the records.
template <class T>
Result<void> ExtInfo::read_part(ByteView part, std::string_view what, Records<T> ExtSection::* where) {
  if (part.empty()) {
    return {};
  }
  SKEP_TRY_IN("record size", const u32 record_bytes, part.read<u32>(0));
  if (record_bytes < T::bytes || record_bytes % 4 != 0) {
    return fail(Errc::malformed, cat("want records of at least ", u32{T::bytes},
                                     " bytes in whole words, have ", record_bytes));
  }
  for (u64 at = sizeof(u32); at < part.size();) {
    SKEP_TRY_IN("section head", const auto head, part.record<sizeof(btf_ext_info_sec)>(at));
    const u32 name_offset = head.template at<0, u32>();
    const u32 count = head.template at<4, u32>();
    at += sizeof(btf_ext_info_sec);
    if (!btf_->has_string(name_offset)) {
      return fail(Errc::malformed,
                  cat("a section's name at string offset ", name_offset, ", which is beyond the strings"));
    }
    const std::string_view name = btf_->string(name_offset);
    if (count == 0) {
      return fail(Errc::malformed, cat("section '", name, "': want at least one record"));
    }
    SKEP_TRY_IN(cat("section '", name, "': ", count, " records"), const ByteView bytes,
                part.slice(at, u64{count} * record_bytes));
    at += bytes.size();
    Records<T>& records = section(name).*where;
    if (!records.empty()) {
      return fail(Errc::malformed, cat("section '", name, "' comes twice"));
    }
    records = Records<T>(btf_.get(), bytes, record_bytes, count);
    for (u32 i = 0; i < count; ++i) {
      if (const T record = records[i]; !is_sound(*btf_, record)) {
        return fail(Errc::malformed, cat("section '", name, "': ", what, " ", i, " refers to ",
                                         references(record), ", which the BTF does not have"));
      }
    }
  }
  return {};
}

ExtSection& ExtInfo::section(std::string_view name) {
  const auto [row, is_new] = index_.try_emplace(name, static_cast<u32>(sections_.size()));
  if (is_new) {
    sections_.push_back({.name = name, .functions = {}, .lines = {}, .relocations = {}});
  }
  return sections_[row->second];
}

ExtSection ExtInfo::for_section(std::string_view name) const {
  const auto row = index_.find(name);
  return row == index_.end() ? ExtSection{} : sections_[row->second];
}

}  // namespace skep::btf
