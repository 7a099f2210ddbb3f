// `skep map ...`: maps that are in the kernel now.
#include "kernel/map.h"

#include <cerrno>
#include <optional>

#include "base/file.h"
#include "base/text.h"
#include "cli/elements.h"
#include "cli/live.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "cli/words.h"
#include "host/cpus.h"
#include "kernel/host_kernel.h"

namespace skep::cli {

namespace {

bpf_map_type type_of(const LiveMap& map) {
  return static_cast<bpf_map_type>(map.info.type);
}

Result<MapTraits> traits_of(const LiveMap& map) {
  MapTraits traits{.name = std::string(map.name()),
                   .type = type_of(map),
                   .key_bytes = map.info.key_size,
                   .value_bytes = map.info.value_size,
                   .max_entries = map.info.max_entries,
                   .flags = map.info.map_flags,
                   .key_type_id = map.info.btf_key_type_id,
                   .value_type_id = map.info.btf_value_type_id,
                   .btf = map.btf};
  if (is_per_cpu(traits.type)) {
    SKEP_TRY(traits.cpu_count, host::read_possible_cpus(""));
  }
  return traits;
}

Json summary_json(const LiveMap& map) {
  const auto type_or_null = [&](u32 id) {
    const std::string type = c_type(map.btf.get(), id);
    return type.empty() ? Json(nullptr) : Json(type);
  };
  return {{"id", map.info.id},
          {"name", map.name()},
          {"type", word(type_of(map))},
          {"key_bytes", map.info.key_size},
          {"value_bytes", map.info.value_size},
          {"max_entries", map.info.max_entries},
          {"flags", map.info.map_flags},
          {"map_extra", map.info.map_extra},
          {"btf_id", map.info.btf_id},
          {"key_type", type_or_null(map.info.btf_key_type_id)},
          {"value_type", type_or_null(map.info.btf_value_type_id)}};
}

/// A map opened by the first two words of a verb, ready to be read and written.
struct Opened {
  LiveMap map;  ///< its descriptor is with `handle`
  Map handle;
  MapView view;
};

Result<Opened> open(kernel::Kernel& kernel, const Arguments& arguments) {
  SKEP_TRY(LiveMap map, open_map(kernel, {.how = arguments.words()[0], .what = arguments.words()[1]}));
  SKEP_TRY(MapTraits traits, traits_of(map));
  Map handle(kernel, std::move(map.fd), std::move(traits));
  const MapView view = view_of(handle);
  return Opened{.map = std::move(map), .handle = std::move(handle), .view = view};
}

Result<std::vector<std::byte>> key_of(const Opened& opened, const std::string& text) {
  SKEP_TRY_IN("key", auto key,
              parse_bytes(opened.view.btf, opened.view.key_type_id, opened.view.key_bytes, text));
  return key;
}

/// The outcome of a write, with the reason where the kernel's EPERM speaks of the map and not of rights.
Result<void> written(const Opened& opened, Result<void> done) {
  const std::string noun = cat("map '", opened.map.name(), "'");
  if (!done && done.error().sys_errno() == EPERM) {
    const auto facts = read_text(cat("/proc/self/fdinfo/", opened.view.fd));
    if (facts && facts->contains("frozen:\t1")) {
      return fail(Errc::kernel,
                  cat(noun, " is frozen: since it was loaded, nobody can change it from user space"));
    }
  }
  SKEP_CHECK_IN(noun, std::move(done));
  return {};
}

Result<void> dump(const Arguments& arguments, Output& out) {
  kernel::HostKernel kernel;
  SKEP_TRY(const Opened opened, open(kernel, arguments));
  constexpr u32 default_limit = 1000;
  std::optional<Progress> progress(std::in_place, cat("reading map ", opened.map.name()));
  SKEP_TRY(const Elements elements,
           read_elements(opened.handle, opened.view, {.limit = arguments.number("limit", default_limit)}));
  progress.reset();  // its line must be gone when the elements come
  if (out.is_json()) {
    Json document = summary_json(opened.map);
    Json list = Json::array();
    for (const Element& element : elements.shown) {
      list.push_back(element_json(opened.view, element));
    }
    document.set("elements", list);
    document.set("left_out", elements.left_out);
    document.set("left_out_more", elements.left_out_more);
    out.json(document);
    return {};
  }
  for (const Element& element : elements.shown) {
    out.line(element_text(opened.view, element));
  }
  const std::string rest = remainder_text(elements);
  out.line(out.paint(Style::comment,
                     cat("(", elements.shown.size(), elements.shown.size() == 1 ? " element" : " elements",
                         rest.empty() ? "" : "; ", rest, ")")));
  return {};
}

Result<void> get(const Arguments& arguments, Output& out) {
  kernel::HostKernel kernel;
  SKEP_TRY(const Opened opened, open(kernel, arguments));
  Element element;
  SKEP_TRY(element.key, key_of(opened, arguments.words()[2]));
  element.value.resize(opened.view.buffer_bytes());
  SKEP_CHECK_IN(cat("map '", opened.map.name(), "'"),
                kernel::map_lookup(kernel, {.map_fd = opened.view.fd, .key = element.key.data()},
                                   element.value.data()));
  if (out.is_json()) {
    out.json(element_json(opened.view, element));
  } else {
    out.line(element_value_text(opened.view, element.value));
  }
  return {};
}

Result<void> set(const Arguments& arguments, Output& out) {
  kernel::HostKernel kernel;
  SKEP_TRY(const Opened opened, open(kernel, arguments));
  const MapView& view = opened.view;
  Element element;
  SKEP_TRY(element.key, key_of(opened, arguments.words()[2]));
  SKEP_TRY_IN("value", const auto value,
              parse_bytes(view.btf, view.value_type_id, view.value_bytes, arguments.words()[3]));
  element.value.resize(view.buffer_bytes());
  for (u32 cpu = 0; cpu < view.cpus; ++cpu) {
    std::ranges::copy(value, element.value.begin() + static_cast<std::ptrdiff_t>(cpu * view.stride()));
  }
  SKEP_CHECK(written(opened, kernel::map_update(kernel, {.map_fd = view.fd, .key = element.key.data()},
                                                element.value.data())));
  if (out.is_json()) {
    out.json(element_json(view, element));
  }
  return {};
}

Result<void> remove(const Arguments& arguments, Output& out) {
  kernel::HostKernel kernel;
  SKEP_TRY(const Opened opened, open(kernel, arguments));
  SKEP_TRY(const auto key, key_of(opened, arguments.words()[2]));
  SKEP_CHECK(written(opened, kernel::map_delete(kernel, {.map_fd = opened.view.fd, .key = key.data()})));
  if (out.is_json()) {
    out.json({{"deleted", value_json(opened.view.btf, opened.view.key_type_id, key)}});
  }
  return {};
}

Result<void> list(Output& out) {
  kernel::HostKernel kernel;
  SKEP_TRY(const std::vector<LiveMap> maps, all_maps(kernel));
  Json document = Json::array();
  Table table({">id", "name", "type", ">key", ">value", ">entries", "flags"});
  for (const LiveMap& map : maps) {
    if (out.is_json()) {
      document.push_back(summary_json(map));
      continue;
    }
    table.row({{std::to_string(map.info.id), Style::number},
               {std::string(map.name()), Style::name},
               {word(type_of(map)), Style::type},
               {std::to_string(map.info.key_size)},
               {std::to_string(map.info.value_size)},
               {std::to_string(map.info.max_entries)},
               {map_flags_word(map.info.map_flags)}});
  }
  if (out.is_json()) {
    out.json(document);
  } else if (maps.empty()) {
    out.line("no maps");
  } else {
    table.print(out, 0);
  }
  return {};
}

Result<void> show(const Arguments& arguments, Output& out) {
  kernel::HostKernel kernel;
  SKEP_TRY(const LiveMap map, open_map(kernel, {.how = arguments.words()[0], .what = arguments.words()[1]}));
  if (out.is_json()) {
    out.json(summary_json(map));
    return {};
  }
  out.line(cat("map ", map.info.id, ": ", out.paint(Style::name, map.name())));
  Table table({"", ""});
  const auto row = [&](std::string_view what, std::string text) {
    table.row({{std::string(what), Style::comment}, {std::move(text)}});
  };
  const auto typed = [&](u32 type_id, u32 bytes) {
    const std::string type = c_type(map.btf.get(), type_id);
    return cat(bytes, " bytes", type.empty() ? "" : ", ", type);
  };
  row("type", word(type_of(map)));
  row("key", typed(map.info.btf_key_type_id, map.info.key_size));
  row("value", typed(map.info.btf_value_type_id, map.info.value_size));
  row("entries", std::to_string(map.info.max_entries));
  row("flags", map_flags_word(map.info.map_flags));
  row("BTF", map.info.btf_id == 0 ? "none" : cat("id ", map.info.btf_id));
  table.print(out, 2);
  return {};
}

}  // namespace

Status map_list(const Arguments&, Output& out) {
  return finish(list(out), out);
}
Status map_show(const Arguments& arguments, Output& out) {
  return finish(show(arguments, out), out);
}
Status map_dump(const Arguments& arguments, Output& out) {
  return finish(dump(arguments, out), out);
}
Status map_get(const Arguments& arguments, Output& out) {
  return finish(get(arguments, out), out);
}
Status map_set(const Arguments& arguments, Output& out) {
  return finish(set(arguments, out), out);
}
Status map_delete(const Arguments& arguments, Output& out) {
  return finish(remove(arguments, out), out);
}

}  // namespace skep::cli
