// Modules compiled in memory for the host and called on buffers of the caller.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_EXECUTION_EXECUTABLE_H
#define ADAMAS_EXECUTION_EXECUTABLE_H

#include "adamas/Reference/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"
#include <memory>

namespace mlir::adamas {

/// Tokens whose code words lie interleaved in one tile of the host's layout of codes (spec pak-2).
constexpr int64_t codeTile = 16;

/// Memory of the caller: an element pointer, and the length and stride (in elements) of each axis. The innermost stride
/// is 1. A stride of 0 shares one entry, as a batch of 1 is shared by all queries.
struct BufferView {
  void *data = nullptr;
  SmallVector<int64_t> shape, strides;

  /// All of `tensor`, row-major.
  static BufferView of(Tensor &tensor);
  /// The same memory with axis 0 repeated `batch` times through a stride of 0.
  BufferView broadcastBatch(int64_t batch) const;
};

/// Codes as the host scans them: `[B, Hkv, bits, ceil(N / 16), D / 32, 16]` u32. Planes lie apart, so that a scan of
/// one plane reads one plane's bytes, and inside a tile the same word of 16 tokens lies together, one vector load.
Tensor allocateCodes(int64_t batch, int64_t heads, int64_t tokens, int64_t bits, int64_t dim);
/// From and to the canonical form `[B, Hkv, N, bits, D / 32]` (spec pak-1).
Tensor packCodes(const Tensor &canonical);
Tensor unpackCodes(const Tensor &tiled, int64_t tokens);

class ThreadPool;

/// How to compile for the host.
struct HostOptions {
  std::string cpu = "host";   ///< "host", or an LLVM name such as "haswell" or "x86-64" to see older code paths
  unsigned threads = 0;       ///< worker threads; 0: all that the process may use
  ThreadPool *pool = nullptr; ///< shared by several executables, instead of threads of its own
  int64_t ways = 1;           ///< parts of the token axis; more than 1 lets several threads share a row
};

/// Milliseconds of each stage of compilation.
struct CompileTimes {
  double passes = 0, translate = 0, optimize = 0, codegen = 0;
  double total() const { return passes + translate + optimize + codegen; }
};

/// A compiled module. It may be called from several threads at once, and each call's work is then shared out to all.
class Executable {
public:
  virtual ~Executable() = default;

  /// Compiles every function of `module` (form 1 or 2; left unchanged). Diagnostics of passes go to the context's
  /// handler.
  static llvm::Expected<std::unique_ptr<Executable>> compile(ModuleOp module, const HostOptions &options = {});

  /// Calls `function`: arguments in order, then memory for each result in order, which it fills. Codes are in the
  /// host's layout where they are `[B, Hkv, N]` and canonical `[B, (Nq,) Hq, bits, D / 32]` where they are a query's.
  /// Shapes are checked against the function's types and each other; an error names the argument, what was expected and
  /// what came.
  virtual llvm::Error run(StringRef function, ArrayRef<BufferView> arguments, ArrayRef<BufferView> results) = 0;

  virtual const CompileTimes &times() const = 0;
  virtual unsigned threads() const = 0;
};

} // namespace mlir::adamas

#endif // ADAMAS_EXECUTION_EXECUTABLE_H
