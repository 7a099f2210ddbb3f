#include "host/config_file.h"

#include <array>
#include <charconv>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "host/inflate.h"

namespace skep::host {
namespace {

constexpr std::size_t largest_config_bytes = std::size_t{64} << 20;

/// "5.15.131" at the front of `text`.
std::optional<u32> parse_version(std::string_view text) {
  std::array<u32, 3> numbers{};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (i > 0) {
      if (!text.starts_with('.')) {
        return std::nullopt;
      }
      text.remove_prefix(1);
    }
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), numbers[i]);
    if (error != std::errc()) {
      return std::nullopt;
    }
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  }
  const auto byte = [](u32 number) { return number > 255 ? 255 : number; };
  return numbers[0] << 16 | byte(numbers[1]) << 8 | byte(numbers[2]);
}

std::string text_or_nothing(const std::string& path) {
  auto text = read_text(path);
  return text ? std::string(trim(*text)) : std::string();
}

}  // namespace

Result<std::string> read_config_file(const std::string& path) {
  SKEP_TRY(const FileBytes file, FileBytes::open(path));
  SKEP_TRY_IN(path, const std::vector<std::byte> text, inflate_any(file.span(), largest_config_bytes));
  return std::string(reinterpret_cast<const char*>(text.data()), text.size());
}

Result<std::string> read_kernel_config(const std::string& root, std::string_view release) {
  const std::array places{cat(root, "/boot/config-", release), cat(root, "/lib/modules/", release, "/config"),
                          cat(root, "/usr/lib/modules/", release, "/config"), cat(root, "/proc/config.gz")};
  std::optional<Error> trouble;
  for (const std::string& place : places) {
    auto text = read_config_file(place);
    if (text) {
      return text;
    }
    if (text.error().code() != Errc::not_found && !trouble) {
      trouble = std::move(text).error();
    }
  }
  if (trouble) {
    return std::unexpected(*std::move(trouble));
  }
  return fail(Errc::not_found,
              cat("the kernel's configuration is in none of ",
                  join(std::vector<std::string>(places.begin(), places.end()), ", "),
                  " (CONFIG_IKCONFIG_PROC is off); give it as text (LoadOptions::kconfig, --kconfig FILE)"));
}

std::optional<u32> kernel_version_code(const VersionTexts& texts) {
  if (texts.ubuntu_signature.starts_with("Ubuntu ")) {
    const std::string_view signature = texts.ubuntu_signature;
    if (const auto code = parse_version(signature.substr(signature.rfind(' ') + 1))) {
      return code;
    }
  }
  constexpr std::string_view debian = "Debian ";
  if (const std::size_t at = texts.version.find(debian); at != std::string::npos) {
    if (const auto code = parse_version(std::string_view(texts.version).substr(at + debian.size()))) {
      return code;
    }
  }
  return parse_version(texts.release);
}

Result<u32> read_kernel_version(const std::string& root) {
  const std::string path = cat(root, "/proc/sys/kernel/osrelease");
  SKEP_TRY(const std::string release, read_text(path));
  const VersionTexts texts{.release = std::string(trim(release)),
                           .version = text_or_nothing(cat(root, "/proc/sys/kernel/version")),
                           .ubuntu_signature = text_or_nothing(cat(root, "/proc/version_signature"))};
  if (const auto code = kernel_version_code(texts)) {
    return *code;
  }
  return fail(Errc::malformed, cat(path, ": want a version such as 6.1.0, have '", texts.release, "'"));
}

}  // namespace skep::host
