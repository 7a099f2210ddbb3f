// The object's BTF, rewritten for a kernel that does not know all of it. Ids stay what they are, so that maps, programs and the object itself go on agreeing; a kind that the
// kernel does not know becomes an older one whose record is as long. What a type means to a person may suffer, what it means to programs does not.
#include <algorithm>
#include <optional>

#include "btf/edit.h"
#include "load/plan_steps.h"

namespace skep::load {
namespace {

using btf::Kind;
using host::Feature;

constexpr bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// What kernels take as the name of a section before any printable text is one.
constexpr bool is_plain_section_name(std::string_view name) {
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return is_letter_or_digit(c) || c == '_' || c == '.'; });
}

/// `name` with every character that is not of an identifier (or, with `dots`, a dot) made '_'.
std::string as_identifier(std::string_view name, bool dots) {
  std::string made(name);
  for (std::size_t i = 0; i < made.size(); ++i) {
    const bool is_taken = made[i] == '_' || (dots && made[i] == '.') ||
                          (is_letter_or_digit(made[i]) && (i > 0 || made[i] > '9'));
    made[i] = is_taken ? made[i] : '_';
  }
  return made;
}

/// Asked once per feature, and only when a type needs it.
class Needs {
 public:
  explicit Needs(const host::Facts& facts) : facts_(facts) {}
  bool lacks(Feature feature) {
    auto& answer = answers_[static_cast<std::size_t>(feature)];
    if (!answer) {
      answer = facts_.lacks(feature);
    }
    return *answer;
  }

 private:
  const host::Facts& facts_;
  std::array<std::optional<bool>, host::feature_count> answers_;
};

/// Rewrites the types one by one into `editor`, which is begun by the first that needs it.
class Fitter {
 public:
  Fitter(const btf::Btf& from, const host::Facts& facts, std::optional<btf::BtfEditor>& editor)
      : from_(from), needs_(facts), editor_(editor) {}

  void run() {
    for (u32 id = from_.first_id(); id < from_.type_count(); ++id) {
      fit(from_.type(id));
    }
  }

  /// How many types were rewritten for want of the feature.
  u32 count(Feature feature) const { return counts_[static_cast<std::size_t>(feature)]; }

 private:
  btf::BtfEditor& edit(Feature feature) {
    ++counts_[static_cast<std::size_t>(feature)];
    if (!editor_) {
      editor_.emplace(from_);
    }
    return *editor_;
  }

  void fit(const btf::Type& type) {
    switch (type.kind()) {
      case Kind::func_proto:
        if (needs_.lacks(Feature::btf_func)) {
          edit(Feature::btf_func).recast(type.id(), Kind::enum_, type.vlen());
          editor_->set_size(type.id(), 4);
        }
        break;
      case Kind::func: fit_function(type); break;
      case Kind::var:
        if (needs_.lacks(Feature::btf_datasec)) {
          become_byte(type, Feature::btf_datasec);
        }
        break;
      case Kind::decl_tag:
        if (needs_.lacks(Feature::btf_decl_tag)) {
          become_byte(type, Feature::btf_decl_tag);
        }
        break;
      case Kind::datasec: fit_section(type); break;
      case Kind::float_:
        // Without a name, because "float" is none that a struct may have.
        if (needs_.lacks(Feature::btf_float)) {
          edit(Feature::btf_float).recast(type.id(), Kind::struct_, 0);
          editor_->set_name(type.id(), {});
        }
        break;
      case Kind::type_tag:
        if (needs_.lacks(Feature::btf_type_tag)) {
          edit(Feature::btf_type_tag).recast(type.id(), Kind::const_, 0);
          editor_->set_name(type.id(), {});
        }
        break;
      case Kind::enum_:
        if (type.kind_flag() && needs_.lacks(Feature::btf_enum64)) {
          edit(Feature::btf_enum64).set_kind_flag(type.id(), false);
        }
        break;
      case Kind::enum64:
        if (needs_.lacks(Feature::btf_enum64)) {
          fit_enum64(type);
        }
        break;
      default: break;
    }
  }

  void fit_function(const btf::Type& type) {
    if (needs_.lacks(Feature::btf_func)) {
      edit(Feature::btf_func).recast(type.id(), Kind::typedef_, 0);
    } else if (type.linkage() != BTF_FUNC_STATIC && needs_.lacks(Feature::btf_global_func)) {
      edit(Feature::btf_global_func).set_linkage(type.id(), BTF_FUNC_STATIC);
    }
  }

  /// An INT of one byte: larger would not fit where a small variable was.
  void become_byte(const btf::Type& type, Feature feature) {
    edit(feature).recast(type.id(), Kind::int_, 0);
    editor_->set_size(type.id(), 1);
    editor_->set_tail(type.id(), 0, 8);
  }

  void fit_section(const btf::Type& type) {
    if (needs_.lacks(Feature::btf_datasec)) {
      edit(Feature::btf_datasec).recast(type.id(), Kind::struct_, type.vlen());
      editor_->set_name(type.id(), as_identifier(type.name(), false));
      for (u32 i = 0; i < type.vlen(); ++i) {
        const btf::SectionVariable variable = type.section_variable(i);
        editor_->set_tail(type.id(), 3 * i, from_.type(variable.type_id).name_offset());
        editor_->set_tail(type.id(), 3 * i + 1, variable.type_id);
        editor_->set_tail(type.id(), 3 * i + 2, variable.offset * 8);
      }
    } else if (!is_plain_section_name(type.name()) && needs_.lacks(Feature::btf_datasec_any_name)) {
      edit(Feature::btf_datasec_any_name).set_name(type.id(), as_identifier(type.name(), true));
    }
  }

  /// A union of as many members, which keeps names and size.
  void fit_enum64(const btf::Type& type) {
    edit(Feature::btf_enum64).recast(type.id(), Kind::union_, type.vlen());
    if (placeholder_ == 0) {
      placeholder_ = editor_->add_int("enum64_placeholder", 1, 0);
    }
    for (u32 i = 0; i < type.vlen(); ++i) {
      editor_->set_tail(type.id(), 3 * i + 1, placeholder_);
      editor_->set_tail(type.id(), 3 * i + 2, 0);
    }
  }

  const btf::Btf& from_;
  Needs needs_;
  std::optional<btf::BtfEditor>& editor_;
  u32 placeholder_ = 0;
  std::array<u32, host::feature_count> counts_{};
};

struct KindRow {
  Feature feature{};
  std::string_view done;
};

/// What Fitter looks at, and what it does.
constexpr auto kinds = std::to_array<KindRow>({
    {Feature::btf_func, "FUNC_PROTO written as ENUM and FUNC as TYPEDEF"},
    {Feature::btf_datasec, "VAR written as INT and DATASEC as STRUCT"},
    {Feature::btf_global_func, "FUNC written without its linkage"},
    {Feature::btf_float, "FLOAT written as STRUCT"},
    {Feature::btf_decl_tag, "DECL_TAG written as INT"},
    {Feature::btf_type_tag, "TYPE_TAG written as CONST"},
    {Feature::btf_enum64, "ENUM64 written as UNION and ENUM without its sign"},
    {Feature::btf_datasec_any_name, "names of sections written with '_' for odd letters"},
});

void drop_program_types(LoadPlan& plan) {
  for (ProgramPlan& program : plan.programs) {
    program.func_info.clear();
    program.line_info.clear();
  }
}

bool has_layout(const btf::Btf& types) {
  const ByteView bytes(types.bytes(), std::endian::native);
  const auto header = bytes.record<sizeof(btf_header)>(0);
  return header && header->at<offsetof(btf_header, hdr_len), u32>() >= sizeof(btf_header) &&
         header->at<offsetof(btf_header, layout_len), u32>() != 0;
}

}  // namespace

void fit_types(const ObjectSpec& spec, const host::Facts& facts, LoadPlan& plan) {
  if (spec.btf == nullptr || (plan.maps.empty() && plan.programs.empty())) {
    return;
  }
  if (facts.lacks(Feature::btf)) {
    drop_program_types(plan);
    plan.notes.push_back(
        cat("loaded without types and source lines (BTF)", because_it_lacks(facts, Feature::btf)));
    return;
  }
  plan.types = spec.btf;
  std::optional<btf::BtfEditor> editor;
  // First, because what it adds is of kinds that have to fit, too: it adds none that an older kernel lacks.
  fit_context_arguments(spec, facts, plan, editor);
  Fitter fitter(*spec.btf, facts, editor);
  if (std::any_of(kinds.begin(), kinds.end(),
                  [&](const KindRow& row) { return facts.may_lack(row.feature); })) {
    fitter.run();
  }
  for (const KindRow& row : kinds) {
    if (const u32 count = fitter.count(row.feature); count != 0) {
      plan.notes.push_back(cat("BTF: ", row.done, " (", count, count == 1 ? " type)" : " types)",
                               because_it_lacks(facts, row.feature)));
    }
  }
  if (fitter.count(Feature::btf_func) != 0) {
    drop_program_types(plan);
  }
  if (has_layout(*spec.btf) && facts.lacks(Feature::btf_layout)) {
    if (!editor) {
      editor.emplace(*spec.btf);
    }
    editor->drop_layout();
    plan.notes.push_back(
        cat("BTF: its layout part is left out", because_it_lacks(facts, Feature::btf_layout)));
  }
  if (!editor) {
    return;
  }
  auto fitted = editor->finish();
  if (!fitted) {
    plan.types = nullptr;
    drop_program_types(plan);
    plan.notes.push_back(
        cat("loaded without BTF, which could not be rewritten for this kernel: ", fitted.error().message()));
    return;
  }
  plan.types = std::make_shared<const btf::Btf>(std::move(*fitted));
}

}  // namespace skep::load
