// A loop over several threads.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TOOLS_ADAMAS_RUN_PARALLEL_H
#define ADAMAS_TOOLS_ADAMAS_RUN_PARALLEL_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/ThreadPool.h"

namespace mlir::adamas {

/// Calls `body(0)` to `body(count - 1)`, each once, on up to `threads` threads (0: all that the process may use), and
/// returns when all are done.
inline void parallelFor(unsigned threads, size_t count, llvm::function_ref<void(size_t)> body) {
  if (threads == 1 || count <= 1) {
    for (size_t i = 0; i < count; ++i)
      body(i);
    return;
  }
  llvm::DefaultThreadPool pool(llvm::hardware_concurrency(threads));
  for (size_t i = 0; i < count; ++i)
    pool.async([body, i] { body(i); });
  pool.wait();
}

} // namespace mlir::adamas

#endif // ADAMAS_TOOLS_ADAMAS_RUN_PARALLEL_H
