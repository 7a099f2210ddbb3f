// How the kernel lays out a ring in a map's memory: one page with the consumer's position, one with the producer's, then the data, which a mapping
// shows twice in a row. The side that a page does not belong to may only read it.
#pragma once

#include "base/result.h"
#include "skep/map.h"

namespace skep::ring {

std::size_t page_bytes();

/// The size in bytes of the ring that a map is. Errors: invalid (another type of map; `what` is what is wanted, "ring buffer"), malformed (no size of a ring).
Result<std::size_t> check_ring(const MapTraits& traits, bpf_map_type wanted, std::string_view what);

}  // namespace skep::ring
