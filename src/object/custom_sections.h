// The sections that users of the library have named.
#pragma once

#include <memory>
#include <string_view>

#include "skep/section_handler.h"

namespace skep::object {

/// The handler for a section (without '?'), or null. It stays valid while the result lives, whoever takes it away meanwhile.
std::shared_ptr<const SectionHandler> find_custom_section(std::string_view section);

}  // namespace skep::object
