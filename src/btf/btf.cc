#include "btf/btf.h"

#include "btf/blob.h"

namespace skep::btf {

namespace {

constexpr btf_type void_record{};

}  // namespace

const std::byte* Blob::record(u32 id) const {
  const Blob* blob = this;
  while (id != 0 && id < blob->first_id) {
    blob = blob->base_blob;
  }
  if (id == 0 || !blob->has(id)) {
    return reinterpret_cast<const std::byte*>(&void_record);
  }
  return blob->types.data() + blob->offsets[id - blob->first_id];
}

u32 Blob::raw_kind(u32 id) const {
  return BTF_INFO_KIND(load_word(record(id) + 4));
}

std::string_view Blob::string(u32 offset) const {
  const Blob* blob = this;
  while (offset < blob->first_string) {
    blob = blob->base_blob;
  }
  offset -= blob->first_string;
  if (offset >= blob->strings.size()) {
    return "";  // with an address, so that it can be given to memcpy()
  }
  // The strings end with a NUL: checked when parsed.
  const std::string_view rest = blob->strings.substr(offset, longest_string);
  return rest.substr(0, rest.find('\0'));
}

u32 Btf::type_count() const {
  return blob_->type_count();
}
u32 Btf::first_id() const {
  return blob_->first_id;
}
const std::shared_ptr<const Btf>& Btf::base() const {
  return blob_->base;
}
std::span<const std::byte> Btf::bytes() const {
  return blob_->bytes;
}
std::endian Btf::original_order() const {
  return blob_->original_order;
}

Type Btf::type(u32 id) const {
  return {*blob_, blob_->record(id), blob_->has(id) ? id : 0};
}

bool Btf::has_string(u32 offset) const {
  return offset < blob_->string_end();
}

std::string_view Btf::string(u32 offset) const {
  return blob_->string(offset);
}

u32 Btf::resolve(u32 id) const {
  for (u32 step = 0; step <= max_depth; ++step) {
    const Type view = type(id);
    if (!view.is_transparent()) {
      return id;
    }
    id = view.type_id();
  }
  return 0;
}

std::string describe(const Btf& btf, u32 id) {
  if (id == 0) {
    return "void";
  }
  const Type type = btf.type(id);
  const std::string kind =
      type.kind() == Kind::unknown ? cat("kind ", type.raw_kind()) : std::string(name_of(type.kind()));
  return type.name().empty() ? cat("type ", id, " (", kind, ")")
                             : cat("type ", id, " (", kind, " '", type.name(), "')");
}

}  // namespace skep::btf
