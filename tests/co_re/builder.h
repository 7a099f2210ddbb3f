// Two sides of a relocation built by hand, and the record that stands between them.
#pragma once

#include <gmock/gmock.h>

#include <initializer_list>
#include <string>
#include <vector>

#include "btf/edit.h"
#include "co_re/kinds.h"
#include "co_re/patch.h"
#include "co_re/relocator.h"
#include "co_re/story.h"
#include "insn/build.h"

namespace skep::co_re::test {

using btf::Kind;

/// Types by short words. Ids are those of the built Btf.
class Side {
 public:
  u32 integer(std::string_view name, u32 bytes, u32 encoding = 0) {
    return edit.add_int(name, bytes, encoding);
  }
  u32 u32_type() {
    return once(u32_, [&] { return integer("unsigned int", 4); });
  }
  u32 u64_type() {
    return once(u64_, [&] { return integer("unsigned long", 8); });
  }
  u32 int_type() {
    return once(int_, [&] { return integer("int", 4, BTF_INT_SIGNED); });
  }
  u32 char_type() {
    return once(char_, [&] { return integer("char", 1, BTF_INT_SIGNED); });
  }
  u32 pointer(u32 to = 0) { return edit.add_reference(Kind::ptr, {}, to); }
  u32 alias(std::string_view name, u32 of) { return edit.add_reference(Kind::typedef_, name, of); }
  u32 constant(u32 of) { return edit.add_reference(Kind::const_, {}, of); }
  u32 array(u32 of, u32 count) { return edit.add_array(of, u32_type(), count); }
  u32 structure(std::string_view name, u32 bytes, std::initializer_list<btf::NewMember> members) {
    return edit.add_composite(Kind::struct_, name, bytes, std::span(members.begin(), members.size()));
  }
  u32 either(std::string_view name, u32 bytes, std::initializer_list<btf::NewMember> members) {
    return edit.add_composite(Kind::union_, name, bytes, std::span(members.begin(), members.size()));
  }
  u32 enumeration(std::string_view name, std::initializer_list<btf::NewEnumerator> values, u32 bytes = 4) {
    return edit.add_enum(name, bytes, std::span(values.begin(), values.size()));
  }
  u32 wide_enumeration(std::string_view name, std::initializer_list<btf::Enumerator> values) {
    return edit.add_enum64(name, 8, std::span(values.begin(), values.size()));
  }
  u32 prototype(u32 result, std::initializer_list<btf::NewParameter> parameters) {
    return edit.add_func_proto(result, std::span(parameters.begin(), parameters.size()));
  }
  btf::Btf build() const {
    auto made = edit.finish();
    EXPECT_TRUE(made) << made.error().message();
    return *std::move(made);
  }

  btf::BtfEditor edit;

 private:
  template <class Make>
  static u32 once(u32& id, const Make& make) {
    return id != 0 ? id : id = make();
  }
  u32 u32_ = 0, u64_ = 0, int_ = 0, char_ = 0;
};

/// An object's types, the kernel's and its modules', and the engine between them.
class World {
 public:
  Side local;
  Side kernel;

  CoreRelocation record(u32 kind, u32 type_id, std::string_view access = "0") {
    return {.insn_index = 0,
            .type_id = type_id,
            .access_string_offset = local.edit.add_string(access),
            .kind = kind};
  }
  /// A module whose types build on the kernel's. Call it when the kernel's are complete.
  template <class Fill>
  void module(std::string name, const Fill& fill) {
    close_kernel();
    Side side;
    side.edit = btf::BtfEditor(kernel_->split());
    fill(side);
    modules_.push_back({.name = std::move(name), .types = std::make_shared<const btf::Btf>(side.build())});
  }

  /// The engine. Types are complete now.
  Relocator& engine(std::endian order = std::endian::little) {
    if (!relocator_) {
      local_ = std::make_unique<btf::Btf>(local.build());
      close_kernel();
      targets_ = std::make_unique<FixedTargets>(Target{.name = "vmlinux", .types = kernel_->types}, modules_);
      relocator_ = std::make_unique<Relocator>(*local_, *targets_, order);
    }
    return *relocator_;
  }
  const Resolution* resolve(const CoreRelocation& relocation) {
    const auto made = engine().resolve(relocation);
    EXPECT_TRUE(made) << made.error().message();
    return made ? *made : nullptr;
  }
  /// The number that replaces; ~0 for poison.
  u64 answer(const CoreRelocation& relocation) {
    const Resolution* made = resolve(relocation);
    return made == nullptr || made->is_poison ? ~u64{0} : made->after.number;
  }
  std::string refusal(const CoreRelocation& relocation) {
    const auto made = engine().resolve(relocation);
    return made ? std::string("no error") : made.error().message();
  }

 private:
  struct Closed {
    std::shared_ptr<const btf::Btf> types;
    /// Nothing yet, on top of these types.
    btf::Btf split() const;
  };
  void close_kernel() {
    if (!kernel_) {
      kernel_ = Closed{.types = std::make_shared<const btf::Btf>(kernel.build())};
    }
  }

  std::optional<Closed> kernel_;
  std::vector<Target> modules_;
  std::unique_ptr<btf::Btf> local_;
  std::unique_ptr<FixedTargets> targets_;
  std::unique_ptr<Relocator> relocator_;
};

inline btf::Btf World::Closed::split() const {
  const btf_header header{
      .magic = BTF_MAGIC, .version = BTF_VERSION, .flags = 0, .hdr_len = btf_header_bytes_without_layout};
  const auto raw = bytes_of(header).first(btf_header_bytes_without_layout);
  auto made = btf::Btf::take({raw.begin(), raw.end()}, types);
  EXPECT_TRUE(made) << made.error().message();
  return *std::move(made);
}

}  // namespace skep::co_re::test
