#include "needs/btf_writer.h"

#include <algorithm>
#include <cstring>

#include "skep/uapi/btf.h"

namespace skep::needs {

void KeptTypes::keep_element(u32 id, u32 index) {
  std::vector<u32>& kept = elements_[id];
  const auto at = std::ranges::lower_bound(kept, index);
  if (at == kept.end() || *at != index) {
    kept.insert(at, index);
  }
}

class KeptTypes::Writer {
 public:
  explicit Writer(const KeptTypes& kept) : kept_(kept) {
    u32 next = 1;
    for (const auto& [id, elements] : kept.elements_) {
      ids_[id] = next++;
    }
  }

  std::vector<std::byte> run() {
    for (const auto& [id, elements] : kept_.elements_) {
      type(kept_.types_.type(id), elements);
    }
    btf_header header{};
    header.magic = BTF_MAGIC;
    header.version = BTF_VERSION;
    header.hdr_len = 24;
    header.type_len = static_cast<u32>(words_.size() * sizeof(u32));
    header.str_off = header.type_len;
    header.str_len = static_cast<u32>(strings_.size());
    std::vector<std::byte> blob(header.hdr_len + header.type_len + header.str_len);
    std::memcpy(blob.data(), &header, header.hdr_len);
    if (!words_.empty()) {  // an empty vector's data() may be null, which memcpy must not get
      std::memcpy(blob.data() + header.hdr_len, words_.data(), header.type_len);
    }
    std::memcpy(blob.data() + header.hdr_len + header.str_off, strings_.data(), header.str_len);
    return blob;
  }

 private:
  u32 string(std::string_view text) {
    if (text.empty()) {
      return 0;
    }
    const auto [at, is_new] = offsets_.try_emplace(std::string(text), static_cast<u32>(strings_.size()));
    if (is_new) {
      strings_.append(text).push_back('\0');
    }
    return at->second;
  }

  u32 renamed(u32 id) const {
    const auto at = ids_.find(id);
    return at == ids_.end() ? 0 : at->second;
  }

  void add(std::initializer_list<u32> words) { words_.insert(words_.end(), words); }

  /// name, kind and count, and the third word: a size or another type.
  void head(const btf::Type& type, std::size_t count, u32 third) {
    const u32 flag = type.kind_flag() ? u32{1} << 31 : 0;
    add({string(type.name()), flag | type.raw_kind() << 24 | static_cast<u32>(count), third});
  }

  void type(const btf::Type& type, const std::vector<u32>& elements) {
    switch (type.kind()) {
      case btf::Kind::int_:
        head(type, 0, type.size_bytes());
        add({type.int_encoding() << 24 | type.int_offset_bits() << 16 | type.int_bits()});
        break;
      case btf::Kind::float_: head(type, 0, type.size_bytes()); break;
      case btf::Kind::fwd: head(type, 0, 0); break;
      case btf::Kind::array: array(type); break;
      case btf::Kind::struct_:
      case btf::Kind::union_: composite(type, elements); break;
      case btf::Kind::enum_:
      case btf::Kind::enum64: enumeration(type, elements); break;
      case btf::Kind::func_proto:
        head(type, elements.size(), renamed(type.type_id()));
        for (const u32 i : elements) {
          add({string(type.parameter(i).name), renamed(type.parameter(i).type_id)});
        }
        break;
      case btf::Kind::func: head(type, type.linkage(), renamed(type.type_id())); break;
      default: head(type, 0, renamed(type.type_id())); break;  // pointers, typedefs, qualifiers, type tags
    }
  }

  void array(const btf::Type& type) {
    const btf::Array array = type.array();
    head(type, 0, 0);
    add({renamed(array.element_type_id), renamed(array.index_type_id), array.count});
  }

  void composite(const btf::Type& type, const std::vector<u32>& elements) {
    head(type, elements.size(), type.size_bytes());
    for (const u32 i : elements) {
      const btf::Member member = type.member(i);
      add({string(member.name), renamed(member.type_id),
           type.kind_flag() ? member.bitfield_bits << 24 | member.offset_bits : member.offset_bits});
    }
  }

  void enumeration(const btf::Type& type, const std::vector<u32>& elements) {
    head(type, elements.size(), type.size_bytes());
    for (const u32 i : elements) {
      const btf::Enumerator one = type.enumerator(i);
      const auto bits = static_cast<u64>(one.value);
      add({string(one.name), static_cast<u32>(bits)});
      if (type.kind() == btf::Kind::enum64) {
        add({static_cast<u32>(bits >> 32)});
      }
    }
  }

  const KeptTypes& kept_;
  std::unordered_map<u32, u32> ids_;
  std::vector<u32> words_;
  std::string strings_ = std::string(1, '\0');
  std::unordered_map<std::string, u32> offsets_;
};

std::vector<std::byte> KeptTypes::write() const {
  return Writer(*this).run();
}

}  // namespace skep::needs
