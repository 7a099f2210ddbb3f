#include <algorithm>

#include "btf/blob.h"

namespace skep::btf {

namespace {

/// The header's fields, in host order, and where the header ends.
struct Header {
  u32 bytes = 0;
  u32 type_off = 0, type_len = 0;
  u32 str_off = 0, str_len = 0;
  u32 layout_off = 0, layout_len = 0;
};

Result<std::endian> order_of(ByteView raw) {
  SKEP_TRY_IN("BTF header", const u16 magic, ByteView(raw.span(), std::endian::native).read<u16>(0));
  if (magic == BTF_MAGIC) {
    return std::endian::native;
  }
  if (magic == std::byteswap(BTF_MAGIC)) {
    return std::endian::native == std::endian::little ? std::endian::big : std::endian::little;
  }
  return fail(Errc::malformed, cat("BTF header: want the magic 0xeb9f at offset 0, have ", hex(magic)));
}

Result<Header> read_header(ByteView raw) {
  SKEP_TRY_IN("BTF header", const auto fixed, raw.record<btf_header_bytes_without_layout>(0));
  if (const u8 version = fixed.at<2, u8>(); version != BTF_VERSION) {
    return fail(Errc::unsupported, cat("BTF header: want version 1, have ", version));
  }
  if (const u8 flags = fixed.at<3, u8>(); flags != 0) {
    return fail(Errc::unsupported, cat("BTF header: want no flags, have ", hex(flags)));
  }
  Header header{.bytes = fixed.at<4, u32>(),
                .type_off = fixed.at<8, u32>(),
                .type_len = fixed.at<12, u32>(),
                .str_off = fixed.at<16, u32>(),
                .str_len = fixed.at<20, u32>()};
  if (header.bytes < btf_header_bytes_without_layout) {
    return fail(Errc::malformed, cat("BTF header: want at least 24 bytes, it says ", header.bytes));
  }
  SKEP_TRY_IN("BTF header", const ByteView whole, raw.slice(0, header.bytes));
  u64 known = btf_header_bytes_without_layout;
  if (header.bytes >= sizeof(btf_header)) {
    SKEP_TRY(header.layout_off, whole.read<u32>(24));
    SKEP_TRY(header.layout_len, whole.read<u32>(28));
    known = sizeof(btf_header);
  }
  for (u64 at = known; at < whole.size(); ++at) {
    if (whole.span()[at] != std::byte{0}) {
      return fail(Errc::unsupported, cat("BTF header: has fields after its first ", known,
                                         " bytes that this skep does not know"));
    }
  }
  return header;
}

struct Parts {
  ByteView types, strings, layout;
};

Result<Parts> find_parts(ByteView raw, const Header& header) {
  SKEP_TRY(const ByteView body, raw.from(header.bytes));
  if (header.type_off % 4 != 0 || header.type_len % 4 != 0) {
    return fail(Errc::malformed, cat("BTF header: want the types in whole words, have ", header.type_len,
                                     " bytes at offset ", header.type_off));
  }
  Parts parts;
  SKEP_TRY_IN("BTF types", parts.types, body.slice(header.type_off, header.type_len));
  SKEP_TRY_IN("BTF strings", parts.strings, body.slice(header.str_off, header.str_len));
  if (header.layout_len != 0) {
    SKEP_TRY_IN("BTF layout", parts.layout, body.slice(header.layout_off, header.layout_len));
  }
  return parts;
}

Result<void> check_strings(std::string_view strings, bool split) {
  if (strings.empty()) {
    return split ? Result<void>()
                 : fail(Errc::malformed, "BTF strings: want at least the empty string, have none");
  }
  if (strings.back() != '\0') {
    return fail(Errc::malformed, "BTF strings: the last one has no end");
  }
  if (!split && strings.front() != '\0') {
    return fail(Errc::malformed, "BTF strings: want the empty string first");
  }
  return {};
}

template <std::integral T>
void swap_in_place(std::byte* at, std::size_t bytes) {
  for (std::size_t i = 0; i + sizeof(T) <= bytes; i += sizeof(T)) {
    T value;
    std::memcpy(&value, at + i, sizeof value);
    value = std::byteswap(value);
    std::memcpy(at + i, &value, sizeof value);
  }
}

/// Turns a blob of the other byte order into this machine's. Types are words only, whatever their kinds; the strings are bytes.
void swap_blob(std::byte* blob, const Header& header, const Parts& parts) {
  const auto at = [&](const ByteView& part) { return part.data() - parts.types.data(); };
  std::byte* const types = blob + header.bytes + header.type_off;
  swap_in_place<u16>(blob, 2);
  swap_in_place<u32>(blob + 4, std::min<std::size_t>(header.bytes, sizeof(btf_header)) - 4);
  swap_in_place<u32>(types, parts.types.size());
  for (std::size_t i = 0; i + sizeof(btf_layout) <= parts.layout.size(); i += sizeof(btf_layout)) {
    swap_in_place<u16>(types + at(parts.layout) + i + 2, 2);
  }
}

}  // namespace

Result<Btf> Btf::parse(ByteView raw, std::shared_ptr<const Btf> base) {
  return take({raw.span().begin(), raw.span().end()}, std::move(base));
}

Result<Btf> Btf::take(std::vector<std::byte>&& bytes, std::shared_ptr<const Btf> base) {
  auto blob = std::make_shared<Blob>();
  blob->copy = std::move(bytes);
  const ByteView view(blob->copy, std::endian::native);
  return index(std::move(blob), view, std::move(base), Trust::nobody);
}

Result<Btf> Btf::adopt(std::shared_ptr<const void> owner, ByteView raw, std::shared_ptr<const Btf> base) {
  auto blob = std::make_shared<Blob>();
  blob->owner = std::move(owner);
  return index(std::move(blob), raw, std::move(base), Trust::nobody);
}

Result<Btf> Btf::trust(std::shared_ptr<const void> owner, ByteView raw, std::shared_ptr<const Btf> base) {
  auto blob = std::make_shared<Blob>();
  blob->owner = std::move(owner);
  return index(std::move(blob), raw, std::move(base), Trust::kernel);
}

Result<Btf> Btf::index(std::shared_ptr<Blob> blob, ByteView raw, std::shared_ptr<const Btf> base,
                       Trust trust) {
  SKEP_TRY(blob->original_order, order_of(raw));
  raw = ByteView(raw.span(), blob->original_order);
  SKEP_TRY(const Header header, read_header(raw));
  SKEP_TRY(Parts parts, find_parts(raw, header));
  if (blob->original_order != std::endian::native) {
    if (blob->copy.empty()) {
      blob->copy.assign(raw.span().begin(), raw.span().end());
      blob->owner.reset();
    }
    raw = ByteView(blob->copy, std::endian::native);
    SKEP_TRY(parts, find_parts(raw, header));
    swap_blob(blob->copy.data(), header, parts);
  }
  blob->bytes = raw.span();
  blob->types = parts.types.span();
  blob->strings = parts.strings.chars();
  blob->layout = parts.layout.span();
  if (base) {
    blob->base_blob = base->blob_.get();
    blob->first_id = blob->base_blob->type_count();
    if (blob->base_blob->string_end() + blob->strings.size() > 0xffffffff) {
      return fail(Errc::malformed,
                  "BTF strings: those of the base and of this blob do not fit 32-bit offsets");
    }
    blob->first_string = static_cast<u32>(blob->base_blob->string_end());
    blob->base = std::move(base);
  }
  SKEP_CHECK(check_strings(blob->strings, blob->base != nullptr));
  SKEP_CHECK(trust == Trust::kernel ? index_later(*blob) : index_types(*blob));
  return Btf(std::move(blob));
}

}  // namespace skep::btf
