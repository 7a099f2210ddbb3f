// One parse of a whole object in memory, by each library; the object is freed again. False: refused.
#pragma once

bool parse_with_skep(const void* bytes, unsigned long size);
bool parse_with_libbpf(const void* bytes, unsigned long size);
