// Text of values: a first line that is a path into a value, then the text to set there. It is refused, or what it sets is shown as text that sets the same
// bytes again.
#include <string>
#include <vector>

#include "btf/edit.h"
#include "btf/value.h"
#include "btf/value_parse.h"

namespace {

using namespace skep;

struct Types {
  btf::Btf btf;
  u32 root;
};

/// One struct with a member of every kind that values have.
Types make_types() {
  btf::BtfEditor edit;
  const u32 u8_id = edit.add_int("u8", 1, 0);
  const u32 s16_id = edit.add_int("s16", 2, BTF_INT_SIGNED);
  const u32 u32_id = edit.add_int("u32", 4, 0);
  const u32 s64_id = edit.add_int("s64", 8, BTF_INT_SIGNED);
  const u32 char_id = edit.add_int("char", 1, BTF_INT_SIGNED);
  const u32 bool_id = edit.add_int("_Bool", 1, BTF_INT_BOOL);
  const u32 float_id = edit.add_float("float", 4);
  const u32 double_id = edit.add_float("double", 8);
  const u32 text_id = edit.add_array(char_id, u32_id, 12);
  const u32 grid_id = edit.add_array(edit.add_array(s16_id, u32_id, 2), u32_id, 3);
  const u32 octets_id = edit.add_array(u8_id, u32_id, 4);
  const u32 color_id = edit.add_enum("color", 4, std::vector<btf::NewEnumerator>{{"RED", 0}, {"BLUE", -3}});
  const u32 pointer_id = edit.add_reference(btf::Kind::ptr, "", 0);
  const u32 typedef_id = edit.add_reference(btf::Kind::typedef_, "number", s64_id);
  const u32 inner_id = edit.add_composite(btf::Kind::struct_, "", 4,
                                          std::vector<btf::NewMember>{{"x", s16_id, 0}, {"y", s16_id, 16}});
  const u32 union_id =
      edit.add_composite(btf::Kind::union_, "address", 4,
                         std::vector<btf::NewMember>{{"word", u32_id, 0}, {"octets", octets_id, 0}});
  const u32 root = edit.add_composite(btf::Kind::struct_, "root", 80,
                                      std::vector<btf::NewMember>{{"byte", u8_id, 0},
                                                                  {"on", bool_id, 8},
                                                                  {"small", s16_id, 16},
                                                                  {"low", u32_id, 32, 3},
                                                                  {"high", u32_id, 35, 29},
                                                                  {"number", typedef_id, 64},
                                                                  {"real", double_id, 128},
                                                                  {"single", float_id, 192},
                                                                  {"color", color_id, 224},
                                                                  {"text", text_id, 256},
                                                                  {"grid", grid_id, 352},
                                                                  {"", inner_id, 448},
                                                                  {"address", union_id, 480},
                                                                  {"pointer", pointer_id, 512},
                                                                  {"single_char", char_id, 576}});
  auto made = edit.finish();
  SKEP_ASSERT(made);
  return {.btf = std::move(*made), .root = root};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  static const Types types = make_types();
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line = input.find('\n');
  const std::string_view path = input.substr(0, line);
  const std::string_view text = line == input.npos ? std::string_view() : input.substr(line + 1);

  std::vector<std::byte> bytes(80);
  const auto place = btf::resolve_path(types.btf, types.root, path);
  if (!place) {
    SKEP_ASSERT(!place.error().message().empty());
    return 0;
  }
  SKEP_ASSERT(place->offset_bits < bytes.size() * 8);
  if (const auto set = btf::parse_at(types.btf, *place, text, bytes); !set) {
    SKEP_ASSERT(!set.error().message().empty());
    SKEP_ASSERT(bytes == std::vector<std::byte>(80));  // nothing is written
    return 0;
  }
  const auto shown = btf::format(types.btf, types.root, bytes);
  SKEP_ASSERT(shown);
  std::vector<std::byte> again(80);
  SKEP_ASSERT(btf::parse_into(types.btf, types.root, *shown, again));
  SKEP_ASSERT(again == bytes);
  return 0;
}
