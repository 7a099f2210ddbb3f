// JSON documents, built and written; nothing is ever parsed. nlohmann-json does the work behind a small face, because its header would cost each of a
// dozen files seconds to compile.
#pragma once

#include <concepts>
#include <initializer_list>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "skep/types.h"

namespace skep::cli {

/// One JSON value. Objects keep the order in which their members were added. Text need not be UTF-8 (names in a damaged object are not): the output is, always.
class Json {
 public:
  struct Member;

  Json(std::nullptr_t);
  Json(bool value);
  Json(double value);
  template <std::integral T>
    requires(!std::same_as<T, bool> && !std::same_as<T, char>)
  Json(T number)
      : Json(std::is_signed_v<T> ? from_signed(static_cast<s64>(number))
                                 : from_unsigned(static_cast<u64>(number))) {}
  Json(std::string_view text);
  Json(const std::string& text) : Json(std::string_view(text)) {}
  Json(const char* text) : Json(std::string_view(text)) {}
  Json(const Json& other);
  Json(Json&&) noexcept;
  Json& operator=(Json other) noexcept;
  ~Json();
  /// An object: {{"name", x}, {"size", 3}}.
  Json(std::initializer_list<Member> members);
  /// An array of what is convertible.
  template <class T>
  Json(const std::vector<T>& values) : Json(array()) {
    for (const T& value : values) {
      push_back(value);
    }
  }

  static Json array();
  static Json object();

  /// Adds to an array.
  void push_back(const Json& value);
  /// Adds a member to an object.
  void set(std::string_view name, const Json& value);
  /// Adds every member of another object.
  void merge(const Json& other);
  /// The document, on one line.
  std::string text() const;

 private:
  explicit Json(nlohmann::ordered_json&& value);
  static Json from_signed(s64 number);
  static Json from_unsigned(u64 number);

  std::unique_ptr<nlohmann::ordered_json> value_;
};

struct Json::Member {
  std::string_view name;
  Json value;
};

}  // namespace skep::cli
