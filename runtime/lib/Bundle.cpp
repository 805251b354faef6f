// Reads a bundle's envelope: magic, sizes, checksum.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Bundle.h"
#include <cstring>

// Everything inline: the library then needs no libxxhash.so where it is installed.
#define XXH_INLINE_ALL
#include <xxhash.h>

using namespace adamas::impl;

static constexpr char magic[8] = {'A', 'D', 'A', 'M', 'A', 'S', 'K', '1'};
static constexpr size_t headerBytes = 8 + 8 + 8 + 16;

static uint64_t littleEndian(const unsigned char *bytes) {
  uint64_t value = 0;
  for (int i = 7; i >= 0; --i)
    value = value << 8 | bytes[i];
  return value;
}

Bundle Bundle::parse(const void *data, size_t size) {
  const unsigned char *bytes = static_cast<const unsigned char *>(data);
  if (size < headerBytes)
    fail(ADAMAS_ERROR_CORRUPT, "bundle: expected at least %zu bytes, but got %zu", headerBytes, size);
  if (memcmp(bytes, magic, sizeof(magic)) != 0)
    fail(ADAMAS_ERROR_CORRUPT,
         "bundle: expected it to begin with ADAMASK1, but it does not: it is another kind of file");
  uint64_t manifestBytes = littleEndian(bytes + 8), imageBytes = littleEndian(bytes + 16);
  uint64_t rest = size - headerBytes;
  // Compared by subtraction, since the sum of two wrong sizes may wrap around.
  if (manifestBytes > rest || imageBytes != rest - manifestBytes)
    fail(ADAMAS_ERROR_CORRUPT,
         "bundle: expected %llu bytes of manifest and %llu of image, but %llu bytes follow: it is cut",
         static_cast<unsigned long long>(manifestBytes), static_cast<unsigned long long>(imageBytes),
         static_cast<unsigned long long>(rest));
  XXH128_canonical_t checksum;
  XXH128_canonicalFromHash(&checksum, XXH3_128bits(bytes + headerBytes, rest));
  if (memcmp(checksum.digest, bytes + 24, sizeof(checksum.digest)) != 0)
    fail(ADAMAS_ERROR_CORRUPT,
         "bundle: expected the checksum of its header, but its bytes have another: it is damaged");

  Bundle bundle;
  const char *text = reinterpret_cast<const char *>(bytes) + headerBytes;
  bundle.manifest.assign(text, manifestBytes);
  bundle.image.assign(text + manifestBytes, imageBytes);
  parseManifest(bundle.manifest, bundle);
  if (bundle.image.empty())
    fail(ADAMAS_ERROR_CORRUPT, "bundle: expected an image, but it has 0 bytes");
  for (const FunctionInfo &function : bundle.functions)
    for (const Kernel &kernel : function.kernels)
      if (kernel.imageOffset > bundle.image.size() || kernel.imageBytes > bundle.image.size() - kernel.imageOffset)
        fail(ADAMAS_ERROR_CORRUPT, "kernel %s: expected its image within the bundle's %zu bytes, but got %zu from %zu",
             kernel.name.c_str(), bundle.image.size(), kernel.imageBytes, kernel.imageOffset);
  if (bundle.ptx && bundle.image.back() != '\0')
    fail(ADAMAS_ERROR_CORRUPT, "bundle: expected ptx that ends with a NUL, but it does not");
  return bundle;
}

std::string adamas::impl::hashHex(const std::string &bytes) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes.data(), bytes.size()));
  std::string text;
  for (unsigned char byte : canonical.digest)
    text += format("%02x", byte);
  return text;
}
