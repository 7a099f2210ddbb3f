#include "skep/data_region.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "base/result.h"

namespace skep {
namespace {

std::size_t whole_pages(std::size_t bytes) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return (bytes + page - 1) / page * page;
}

}  // namespace

DataRegion::~DataRegion() {
  if (data_ != nullptr) {
    ::munmap(data_, mapped_bytes());
  }
}

std::size_t DataRegion::mapped_bytes() const {
  return whole_pages(size_);
}

Result<DataRegion> DataRegion::allocate(std::size_t bytes) {
  DataRegion region;
  if (bytes == 0) {
    return region;
  }
  void* at = ::mmap(nullptr, whole_pages(bytes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) {
    return fail_errno(errno, cat("allocate ", bytes, " bytes for a data section"));
  }
  region.data_ = static_cast<std::byte*>(at);
  region.size_ = bytes;
  return region;
}

}  // namespace skep
