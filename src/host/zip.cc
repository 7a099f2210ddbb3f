#include "host/zip.h"

#include <algorithm>

namespace skep::host {

namespace {

// Signatures and layouts: PKWARE APPNOTE.TXT 4.3.7, 4.3.12 and 4.3.16. All numbers are little-endian.
constexpr u32 local_signature = 0x04034b50;
constexpr u32 entry_signature = 0x02014b50;
constexpr std::string_view end_signature{"PK\x05\x06", 4};
constexpr u64 local_bytes = 30;
constexpr u64 entry_bytes = 46;
constexpr u64 end_bytes = 22;
constexpr u64 most_comment_bytes = 0xffff;

struct Directory {
  ByteView bytes;
  u32 entries = 0;
};

/// The directory is told of by a record at the end of the archive, before a comment of up to 64 KiB.
Result<Directory> find_directory(ByteView archive) {
  const u64 begin = archive.size() - std::min<u64>(archive.size(), end_bytes + most_comment_bytes);
  SKEP_TRY(const ByteView tail, archive.from(begin));
  std::size_t at = tail.chars().rfind(end_signature);
  while (at != std::string_view::npos) {
    const auto end = tail.record<end_bytes>(at);
    if (end && tail.size() - at - end_bytes == end->at<20, u16>()) {
      const u32 bytes = end->at<12, u32>();
      const u32 offset = end->at<16, u32>();
      if (offset == 0xffffffff || end->at<10, u16>() == 0xffff) {
        return fail(Errc::unsupported, "a ZIP64 archive");
      }
      SKEP_TRY_IN("zip directory", const ByteView directory, archive.slice(offset, bytes));
      return Directory{.bytes = directory, .entries = end->at<10, u16>()};
    }
    at = at == 0 ? std::string_view::npos : tail.chars().rfind(end_signature, at - 1);
  }
  return fail(Errc::malformed, "not a zip archive: it does not end in a zip directory");
}

/// The bytes of a member whose directory entry is `entry`.
Result<ZipMember> locate(ByteView archive, const Record<entry_bytes>& entry) {
  if ((entry.at<8, u16>() & 1) != 0) {
    return fail(Errc::unsupported, "encrypted");
  }
  if (const u16 method = entry.at<10, u16>(); method != 0) {
    return fail(Errc::unsupported,
                cat("compressed (method ", method,
                    "): only what is stored as it is can be mapped by a process, and probed there"));
  }
  const u64 bytes = entry.at<20, u32>();
  const u64 offset = entry.at<42, u32>();
  SKEP_TRY_IN("local header", const auto local, archive.record<local_bytes>(offset));
  if (local.at<0, u32>() != local_signature) {
    return fail(Errc::malformed, cat("no local header at offset ", offset));
  }
  const u64 data = offset + local_bytes + local.at<26, u16>() + local.at<28, u16>();
  SKEP_CHECK(archive.slice(data, bytes));
  return ZipMember{.offset = data, .bytes = bytes};
}

}  // namespace

Result<ZipMember> find_in_zip(std::span<const std::byte> bytes, std::string_view name) {
  const ByteView archive(bytes, std::endian::little);
  SKEP_TRY(const Directory directory, find_directory(archive));
  std::vector<std::string_view> names;
  u64 at = 0;
  for (u32 i = 0; i < directory.entries; ++i) {
    SKEP_TRY_IN(cat("zip directory entry ", i), const auto entry, directory.bytes.record<entry_bytes>(at));
    if (entry.at<0, u32>() != entry_signature) {
      return fail(Errc::malformed, cat("zip directory: no entry at offset ", at));
    }
    SKEP_TRY_IN(cat("zip directory entry ", i), const ByteView have,
                directory.bytes.slice(at + entry_bytes, entry.at<28, u16>()));
    if (have.chars() == name) {
      SKEP_TRY_IN(name, const ZipMember member, locate(archive, entry));
      return member;
    }
    names.push_back(have.chars());
    at += entry_bytes + entry.at<28, u16>() + entry.at<30, u16>() + entry.at<32, u16>();
  }
  const std::vector<std::string> near = nearest(name, names);
  return fail(Errc::not_found,
              cat("the archive has no file ", name,
                  near.empty() ? std::string() : cat("; did you mean ", join(near, ", "), "?")));
}

}  // namespace skep::host
