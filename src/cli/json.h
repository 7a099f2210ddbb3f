// JSON documents, built and written; nothing is ever parsed. Small on purpose: a general JSON library would cost each of a dozen files seconds to compile.
#pragma once

#include <concepts>
#include <initializer_list>
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

  Json(std::nullptr_t) : text_("null") {}
  Json(bool value) : text_(value ? "true" : "false") {}
  Json(double value);
  template <std::integral T>
    requires(!std::same_as<T, bool> && !std::same_as<T, char>)
  Json(T number) : text_(std::to_string(number)) {}
  Json(std::string_view text);
  Json(const std::string& text) : Json(std::string_view(text)) {}
  Json(const char* text) : Json(std::string_view(text)) {}
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
  enum class Kind : u8 { scalar, array, object };
  Json(Kind kind) : kind_(kind) {}
  void add(std::string_view text);

  Kind kind_ = Kind::scalar;
  std::string text_;  // a scalar's text, or the members so far, joined by commas
};

struct Json::Member {
  std::string_view name;
  Json value;
};

/// `text` as a JSON string, with its quotes.
std::string quoted(std::string_view text);

}  // namespace skep::cli
