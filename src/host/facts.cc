#include "host/facts.h"

#include <sys/utsname.h>
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
  kernel::Kernel* kernel = nullptr;  // to ask; null: nobody
};

namespace {

std::unexpected<Error> unknown(std::string_view what) {
  return fail(Errc::not_found, cat("nothing is known of this machine's ", what));
}

/// What uname(2) says of this machine is in procfs too, and cheaper to ask for.
Result<std::string> read_release(const std::string& root) {
  utsname names{};
  if (root.empty() && uname(&names) == 0) {
    return std::string(names.release);
  }
  SKEP_TRY(const std::string text, read_text(cat(root, "/proc/sys/kernel/osrelease")));
  return std::string(trim(text));
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

Facts::Facts(std::string root, KnownFacts known, kernel::Kernel* kernel) : Facts(std::move(known)) {
  state_->root = std::move(root);
  state_->kernel = kernel;
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
    SKEP_TRY(state_->known.kernel_release, read_release(*state_->root));
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

std::optional<Release> Facts::release() const {
  const auto text = kernel_release();
  return text ? parse_release(*text) : std::nullopt;
}

Tri Facts::has(Feature feature) const {
  {
    const std::scoped_lock held(state_->lock);
    for (const KnownFeature& known : state_->known.features) {
      if (known.feature == feature) {
        return known.has;
      }
    }
  }
  const FeatureRow& row = row_of(feature);
  const std::optional<Release> have = release();
  const bool is_new_enough = have && *have >= row.since;
  if (is_new_enough && row.config.empty()) {
    return Tri::yes;
  }
  if (state_->kernel != nullptr) {
    return ask_once(feature, *state_->kernel);
  }
  if (!have) {
    return Tri::unknown;
  }
  return is_new_enough ? Tri::yes : Tri::no;
}

Facts facts_of_this_machine(kernel::Kernel* kernel) {
  return Facts(std::string(), {}, kernel);
}

}  // namespace skep::host
