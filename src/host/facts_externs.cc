// Facts about what externs name: version, configuration, symbols.
#include "host/config_file.h"
#include "host/facts_state.h"

namespace skep::host {

Result<u32> Facts::kernel_version() const {
  if (state_->given_release || !state_->root) {
    const std::string release = state_->given_release.value_or(std::string());
    const auto code = kernel_version_code({.release = release});
    return code ? Result<u32>(*code)
           : release.empty()
               ? unknown("kernel release")
               : fail(Errc::malformed, cat("want a kernel release such as 6.1.0, have '", release, "'"));
  }
  return read_kernel_version(*state_->root);
}

Result<std::shared_ptr<const std::string>> Facts::kernel_config() const {
  const auto release = kernel_release();
  const std::scoped_lock held(state_->lock);
  if (state_->config == nullptr) {
    if (state_->known.config) {
      state_->config = std::make_shared<const std::string>(*state_->known.config);
    } else if (state_->root) {
      SKEP_TRY(std::string text, read_kernel_config(*state_->root, release ? *release : std::string()));
      state_->config = std::make_shared<const std::string>(std::move(text));
    } else {
      return unknown("kernel configuration");
    }
  }
  return state_->config;
}

const std::string& Facts::given_config() const {
  return state_->known.given_config;
}

Result<std::vector<FoundSymbol>> Facts::kernel_symbols(std::span<const std::string_view> names) const {
  if (state_->known.kallsyms) {
    SymbolSearch search(names);
    search.feed(*state_->known.kallsyms);
    return search.finish();
  }
  return state_->root ? find_symbols(cat(*state_->root, "/proc/kallsyms"), names) : unknown("symbols");
}

std::vector<std::string> Facts::near_symbols(std::string_view name) const {
  return state_->root ? host::near_symbols(cat(*state_->root, "/proc/kallsyms"), name)
                      : std::vector<std::string>();
}

}  // namespace skep::host
