#include "host/loaded_parts.h"

#include <algorithm>

namespace skep::host {

std::vector<LoadedPart> loaded_parts(const elf::Image& image) {
  std::vector<elf::Segment> segments(image.segments().begin(), image.segments().end());
  std::ranges::stable_sort(segments, {}, &elf::Segment::offset);
  std::vector<LoadedPart> parts;
  u64 seen = 0;  // bytes of the file that are in a part already
  for (const elf::Segment& segment : segments) {
    const auto loaded = image.file().slice(segment.offset, segment.file_bytes);
    if (segment.type != PT_LOAD || !loaded) {
      continue;
    }
    const u64 skip = seen > segment.offset ? seen - segment.offset : 0;
    const auto rest = loaded->from(skip);
    if (!rest || rest->empty()) {
      continue;
    }
    parts.push_back({.bytes = *rest, .address = segment.address + skip, .flags = segment.flags});
    seen = segment.offset + segment.file_bytes;  // no further than the file's end, so that nothing wraps
  }
  return parts;
}

}  // namespace skep::host
