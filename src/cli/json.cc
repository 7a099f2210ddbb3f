#include "cli/json.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace skep::cli {

using nlohmann::ordered_json;

Json::Json(ordered_json&& value) : value_(std::make_unique<ordered_json>(std::move(value))) {}
Json::Json(std::nullptr_t) : Json(ordered_json(nullptr)) {}
Json::Json(bool value) : Json(ordered_json(value)) {}
Json::Json(double value) : Json(std::isfinite(value) ? ordered_json(value) : ordered_json(nullptr)) {}
Json::Json(std::string_view text) : Json(ordered_json(text)) {}
Json::Json(const Json& other) : Json(ordered_json(*other.value_)) {}
Json::Json(Json&&) noexcept = default;
Json::~Json() = default;

Json& Json::operator=(Json other) noexcept {
  std::swap(value_, other.value_);
  return *this;
}

Json::Json(std::initializer_list<Member> members) : Json(ordered_json::object()) {
  for (const Member& member : members) {
    set(member.name, member.value);
  }
}

Json Json::from_signed(s64 number) {
  return Json(ordered_json(number));
}

Json Json::from_unsigned(u64 number) {
  return Json(ordered_json(number));
}

Json Json::array() {
  return Json(ordered_json::array());
}

Json Json::object() {
  return Json(ordered_json::object());
}

void Json::push_back(const Json& value) {
  value_->push_back(*value.value_);
}

void Json::set(std::string_view name, const Json& value) {
  (*value_)[std::string(name)] = *value.value_;
}

void Json::merge(const Json& other) {
  value_->update(*other.value_);
}

std::string Json::text() const {
  constexpr int one_line = -1;
  return value_->dump(one_line, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace skep::cli
