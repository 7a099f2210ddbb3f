#include "btf/value.h"
#include "cli/elements.h"
#include "cli/words.h"

namespace skep::cli {

namespace {

struct ToJson {
  Json operator()(s64 number) const { return number; }
  Json operator()(u64 number) const { return number; }
  Json operator()(bool value) const { return value; }
  Json operator()(double value) const { return value; }
  Json operator()(const std::string& text) const { return text; }
  Json operator()(const btf::Word& word) const { return word.text; }
  Json operator()(const btf::Value::List& list) const {
    Json array = Json::array();
    for (const btf::Value& value : list) {
      array.push_back(to_json(value));
    }
    return array;
  }
  Json operator()(const btf::Value::Fields& fields) const {
    Json object = Json::object();
    for (const btf::Field& field : fields) {
      object.set(field.name, to_json(field.value));
    }
    return object;
  }
};

}  // namespace

Json to_json(const btf::Value& value) {
  return std::visit(ToJson{}, value.data);
}

Json value_json(const btf::Btf* btf, u32 type_id, std::span<const std::byte> bytes, btf::Strings strings) {
  if (btf != nullptr && type_id != 0 && type_id < btf->type_count()) {
    if (const auto value = btf::decode(*btf, type_id, bytes, strings)) {
      return to_json(*value);
    }
  }
  std::string hex = hex_bytes(bytes, bytes.size());
  std::erase(hex, ' ');
  return {{"hex", hex}};
}

Json element_json(const MapView& map, const Element& element) {
  Json json = {{"key", value_json(map.btf, map.key_type_id, element.key)}};
  if (!map.per_cpu()) {
    json.set("value", value_json(map.btf, map.value_type_id, element.value));
    return json;
  }
  Json values = Json::array();
  for (u32 cpu = 0; cpu < map.cpus; ++cpu) {
    const auto copy = std::span(element.value).subspan(cpu * map.stride(), map.value_bytes);
    values.push_back(value_json(map.btf, map.value_type_id, copy));
  }
  json.set("values", values);
  return json;
}

}  // namespace skep::cli
