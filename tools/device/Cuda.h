// The few calls of the CUDA driver that measuring needs: graphs, events, copies, what kernels take. The library is
// opened at run time.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TOOLS_DEVICE_CUDA_H
#define ADAMAS_TOOLS_DEVICE_CUDA_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace mlir::adamas {

/// Names and types as in NVIDIA's documentation of the driver API.
class Cuda {
public:
  /// Opens the library that ADAMAS_LIBCUDA names, or libcuda.so.1, and makes the primary context of a device current in
  /// this thread, the only one that may use what it returns.
  static llvm::Expected<Cuda> open(int32_t ordinal = 0);

  using Stream = void *;
  llvm::Expected<Stream> createStream();
  llvm::Error copy(void *to, const void *from, size_t bytes, Stream stream);

  /// What a kernel takes of a multiprocessor, as the driver reports it.
  struct Resources {
    int64_t registers = 0;   ///< of a thread
    int64_t staticBytes = 0; ///< of shared memory, beside what a launch asks for
    int64_t localBytes = 0;  ///< of local memory of a thread: where registers are spilled to
  };
  /// `image` is a cubin, or PTX that ends with a zero.
  llvm::Expected<Resources> resources(const std::string &image, const std::string &kernel);

  /// Microseconds of each of `replays` replays of a graph that `record` fills by launching on the stream it gets;
  /// divided by `launches`.
  llvm::Expected<std::vector<double>> timeGraph(Stream stream, int64_t launches, int64_t replays,
                                                const std::function<llvm::Error(Stream)> &record);

  /// Microseconds of each of `replays` calls of `enqueue`.
  llvm::Expected<std::vector<double>> timeStream(Stream stream, int64_t replays,
                                                 const std::function<llvm::Error()> &enqueue);

  /// Calls `before` and then each of `steps`, which enqueue on `stream`, `replays` times. Gives microseconds of each
  /// step of the replay with the median total.
  llvm::Expected<std::vector<double>> timeSteps(Stream stream, int64_t replays,
                                                const std::function<llvm::Error()> &before,
                                                llvm::ArrayRef<std::function<llvm::Error()>> steps);

private:
  using Result = int;
  class Event;
  llvm::Error check(Result result, const char *call);

  Result (*getErrorName)(Result, const char **) = nullptr;
  Result (*streamCreate)(void **, unsigned) = nullptr;
  Result (*moduleLoadData)(void **, const void *) = nullptr;
  Result (*moduleUnload)(void *) = nullptr;
  Result (*moduleGetFunction)(void **, void *, const char *) = nullptr;
  Result (*funcGetAttribute)(int *, int, void *) = nullptr;
  Result (*memcpyDtoDAsync)(uint64_t, uint64_t, size_t, void *) = nullptr;
  Result (*beginCapture)(void *, int) = nullptr;
  Result (*endCapture)(void *, void **) = nullptr;
  Result (*graphInstantiate)(void **, void *, unsigned long long) = nullptr;
  Result (*graphLaunch)(void *, void *) = nullptr;
  Result (*graphExecDestroy)(void *) = nullptr;
  Result (*graphDestroy)(void *) = nullptr;
  Result (*eventCreate)(void **, unsigned) = nullptr;
  Result (*eventRecord)(void *, void *) = nullptr;
  Result (*eventSynchronize)(void *) = nullptr;
  Result (*eventElapsedTime)(float *, void *, void *) = nullptr;
  Result (*eventDestroy)(void *) = nullptr;
};

} // namespace mlir::adamas

#endif // ADAMAS_TOOLS_DEVICE_CUDA_H
