// Puts a bundle together: written from the format's description, not from the runtime's reader.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TEST_UNIT_RUNTIME_MAKEBUNDLE_H
#define ADAMAS_TEST_UNIT_RUNTIME_MAKEBUNDLE_H

#include <cstdint>
#include <string>

#define XXH_INLINE_ALL
#include <xxhash.h>

inline std::string littleEndian(uint64_t value) {
  std::string bytes;
  for (int i = 0; i < 8; ++i)
    bytes += static_cast<char>(value >> 8 * i);
  return bytes;
}

inline std::string makeBundle(const std::string &manifest, const std::string &image) {
  std::string body = manifest + image;
  XXH128_canonical_t checksum;
  XXH128_canonicalFromHash(&checksum, XXH3_128bits(body.data(), body.size()));
  return "ADAMASK1" + littleEndian(manifest.size()) + littleEndian(image.size()) +
         std::string(reinterpret_cast<const char *>(checksum.digest), 16) + body;
}

#endif // ADAMAS_TEST_UNIT_RUNTIME_MAKEBUNDLE_H
