// Parsed BTF files of this process, each parsed once while somebody uses it. Private to this layer.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "btf/btf.h"

namespace skep::host {

using Types = std::shared_ptr<const btf::Btf>;

/// The types in the file at `path`: those that are open already when it is still the same file (and on the same `base`), else what `open` makes of it.
/// Nothing is kept alive: what nobody holds is opened anew. Thread-safe; one file is opened at a time. Errors: those of `open`.
Result<Types> shared_types(const std::string& path, const Types& base,
                           const std::function<Result<btf::Btf>()>& open);

}  // namespace skep::host
