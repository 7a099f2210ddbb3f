#include "host/facts.h"

#include <unistd.h>

#include <mutex>

#include "base/file.h"
#include "base/result.h"
#include "btf/btf.h"
#include "host/cpus.h"

namespace skep::host {

struct Facts::State {
  std::optional<std::string> root;  // absent: a literal
  std::mutex lock;
  KnownFacts known;
};

namespace {

std::unexpected<Error> unknown(std::string_view what) {
  return fail(Errc::not_found, cat("nothing is known of this machine's ", what));
}

Result<std::shared_ptr<const btf::Btf>> read_kernel_btf(const std::string& root) {
  const std::string path = cat(root, "/sys/kernel/btf/vmlinux");
  auto file = FileBytes::open(path);
  if (!file) {
    return std::unexpected(std::move(file)
                               .error()
                               .with_code(Errc::unsupported)
                               .within("this kernel does not tell its types (CONFIG_DEBUG_INFO_BTF)"));
  }
  const auto bytes = std::make_shared<FileBytes>(std::move(*file));
  SKEP_TRY_IN(path, btf::Btf types, btf::Btf::adopt(bytes, ByteView(bytes->span(), std::endian::native)));
  return std::make_shared<const btf::Btf>(std::move(types));
}

}  // namespace

Facts::Facts(KnownFacts known) : state_(std::make_shared<State>()) {
  state_->known = std::move(known);
}

Facts::Facts(std::string root, KnownFacts known) : Facts(std::move(known)) {
  state_->root = std::move(root);
}

u32 Facts::page_bytes() const {
  const std::scoped_lock held(state_->lock);
  return state_->known.page_bytes ? *state_->known.page_bytes : static_cast<u32>(sysconf(_SC_PAGESIZE));
}

Result<u32> Facts::possible_cpus() const {
  const std::scoped_lock held(state_->lock);
  if (!state_->known.possible_cpus) {
    if (!state_->root) {
      return unknown("CPUs");
    }
    SKEP_TRY(state_->known.possible_cpus, read_possible_cpus(*state_->root));
  }
  return *state_->known.possible_cpus;
}

Result<std::string> Facts::kernel_release() const {
  const std::scoped_lock held(state_->lock);
  if (!state_->known.kernel_release) {
    if (!state_->root) {
      return unknown("kernel release");
    }
    SKEP_TRY(const std::string text, read_text(cat(*state_->root, "/proc/sys/kernel/osrelease")));
    state_->known.kernel_release = trim(text);
  }
  return *state_->known.kernel_release;
}

Result<std::shared_ptr<const btf::Btf>> Facts::kernel_btf() const {
  const std::scoped_lock held(state_->lock);
  if (state_->known.kernel_btf == nullptr) {
    if (!state_->root) {
      return unknown("kernel types");
    }
    SKEP_TRY(state_->known.kernel_btf, read_kernel_btf(*state_->root));
  }
  return state_->known.kernel_btf;
}

Facts facts_of_this_machine() {
  return Facts(std::string(), {});
}

}  // namespace skep::host
