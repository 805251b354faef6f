// Key codes between canonical form and the host's tiles.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Execution/Executable.h"

using namespace mlir;
using namespace mlir::adamas;

Tensor mlir::adamas::allocateCodes(int64_t batch, int64_t heads, int64_t tokens, int64_t bits, int64_t dim) {
  return Tensor(DType::U32, {batch, heads, bits, (tokens + codeTile - 1) / codeTile, dim / 32, codeTile});
}

/// Visits every word of `tokens` tokens: its place in canonical form and in tiles.
static void forWords(const Tensor &tiled, int64_t tokens, llvm::function_ref<void(int64_t, int64_t)> body) {
  int64_t rows = tiled.dim(0) * tiled.dim(1), bits = tiled.dim(2), tiles = tiled.dim(3), words = tiled.dim(4);
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t token = 0; token < tokens; ++token)
      for (int64_t plane = 0; plane < bits; ++plane)
        for (int64_t word = 0; word < words; ++word)
          body(((row * tokens + token) * bits + plane) * words + word,
               (((row * bits + plane) * tiles + token / codeTile) * words + word) * codeTile + token % codeTile);
}

Tensor mlir::adamas::packCodes(const Tensor &canonical) {
  int64_t tokens = canonical.dim(2);
  Tensor tiled = allocateCodes(canonical.dim(0), canonical.dim(1), tokens, canonical.dim(3), canonical.dim(4) * 32);
  auto from = canonical.as<uint32_t>();
  auto to = tiled.as<uint32_t>();
  forWords(tiled, tokens, [&](int64_t a, int64_t b) { to[b] = from[a]; });
  return tiled;
}

Tensor mlir::adamas::unpackCodes(const Tensor &tiled, int64_t tokens) {
  Tensor canonical(DType::U32, {tiled.dim(0), tiled.dim(1), tokens, tiled.dim(2), tiled.dim(4)});
  auto from = tiled.as<uint32_t>();
  auto to = canonical.as<uint32_t>();
  forWords(tiled, tokens, [&](int64_t a, int64_t b) { to[a] = from[b]; });
  return canonical;
}
