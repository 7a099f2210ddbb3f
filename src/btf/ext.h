// The .BTF.ext section: which function, source line and CO-RE relocation belongs to which instruction, per ELF section. Records are read in place, in
// either byte order, and may be longer than those known here (a newer compiler's); what is beyond is skipped.
#pragma once

#include <iterator>
#include <span>
#include <unordered_map>
#include <vector>

#include "btf/btf.h"

namespace skep::btf {

/// A function starts at this instruction.
struct FuncInfo {
  static constexpr u32 bytes = sizeof(bpf_func_info);
  u32 insn_offset_bytes = 0;  ///< from the start of the ELF section
  u32 type_id = 0;            ///< checked to be an id

  static FuncInfo decode(const Btf& btf, Record<bytes> raw);
};

/// This instruction, and those up to the next record, come from this source line.
struct LineInfo {
  static constexpr u32 bytes = sizeof(bpf_line_info);
  u32 insn_offset_bytes = 0;
  u32 file_name_offset = 0;  ///< in the BTF's strings; checked
  u32 text_offset = 0;       ///< in the BTF's strings; checked
  u32 line_col = 0;
  const Btf* btf = nullptr;  ///< holds the strings
  std::string_view file_name() const { return btf->string(file_name_offset); }
  std::string_view text() const { return btf->string(text_offset); }  ///< the line itself
  u32 line() const { return BPF_LINE_INFO_LINE_NUM(line_col); }
  u32 column() const { return BPF_LINE_INFO_LINE_COL(line_col); }

  static LineInfo decode(const Btf& btf, Record<bytes> raw);
};

/// This instruction depends on the layout of a type on the running kernel.
struct CoreRelo {
  static constexpr u32 bytes = sizeof(bpf_core_relo);
  u32 insn_offset_bytes = 0;
  u32 type_id = 0;                                                        ///< checked to be an id
  u32 access_offset = 0;                                                  ///< in the BTF's strings; checked
  const Btf* btf = nullptr;                                               ///< holds the strings
  std::string_view access() const { return btf->string(access_offset); }  ///< "0:1:2"
  bpf_core_relo_kind kind{};                                              ///< may be newer than the enum

  static CoreRelo decode(const Btf& btf, Record<bytes> raw);
};

/// The records of one kind for one ELF section: a random-access range that decodes as it goes.
template <class T>
class Records {
 public:
  class Iterator {
   public:
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::forward_iterator_tag;
    Iterator() = default;
    Iterator(const Records* records, u32 index) : records_(records), index_(index) {}
    T operator*() const { return (*records_)[index_]; }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    Iterator operator++(int) { return {records_, index_++}; }
    bool operator==(const Iterator& other) const { return index_ == other.index_; }

   private:
    const Records* records_ = nullptr;
    u32 index_ = 0;
  };

  Records() = default;
  Records(const Btf* btf, ByteView bytes, u32 record_bytes, u32 count)
      : btf_(btf), bytes_(bytes), record_bytes_(record_bytes), count_(count) {}

  u32 size() const { return count_; }
  bool empty() const { return count_ == 0; }
  /// The first field of record `i` < size(), alone: enough to search by.
  u32 insn_offset_bytes(u32 i) const {
    SKEP_ASSERT(i < count_);
    return Record<T::bytes>(bytes_.data() + u64{i} * record_bytes_, bytes_.order()).template at<0, u32>();
  }
  /// Record `i` < size().
  T operator[](u32 i) const {
    SKEP_ASSERT(i < count_);
    return T::decode(*btf_, Record<T::bytes>(bytes_.data() + u64{i} * record_bytes_, bytes_.order()));
  }
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, count_}; }

 private:
  const Btf* btf_ = nullptr;
  ByteView bytes_;
  u32 record_bytes_ = 0;
  u32 count_ = 0;
};

/// What .BTF.ext says about one ELF section. The ranges borrow from the ExtInfo.
struct ExtSection {
  std::string_view name;
  Records<FuncInfo> functions;
  Records<LineInfo> lines;
  Records<CoreRelo> relocations;
};

/// A checked .BTF.ext section. Borrows the bytes given to parse() and keeps the Btf alive. Immutable; move-only, because its ranges point into it.
class ExtInfo {
 public:
  ExtInfo() = default;
  ExtInfo(ExtInfo&&) noexcept = default;
  ExtInfo& operator=(ExtInfo&&) noexcept = default;

  /// Checks headers, record sizes, counts, and every string offset and type id of every record.
  /// Errors: truncated, malformed, unsupported (a newer version).
  static Result<ExtInfo> parse(ByteView raw, const Btf& btf);

  /// What is known of the ELF section `name`; empty ranges when nothing is.
  ExtSection for_section(std::string_view name) const;
  /// Every section that has something, in the order of the file.
  std::span<const ExtSection> sections() const { return sections_; }

 private:
  template <class T>
  Result<void> read_part(ByteView part, std::string_view what, Records<T> ExtSection::* where);
  ExtSection& section(std::string_view name);

  std::unique_ptr<const Btf> btf_;
  std::vector<ExtSection> sections_;
  std::unordered_map<std::string_view, u32> index_;  // by name, into sections_
};

}  // namespace skep::btf
