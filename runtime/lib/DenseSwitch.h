// Takes dense attention for the sequences below a crossover length, on the device (spec dns-1).
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_RUNTIME_LIB_DENSESWITCH_H
#define ADAMAS_RUNTIME_LIB_DENSESWITCH_H

#include "Binding.h"
#include "OwnKernels.h"

namespace adamas::impl {

/// Two kernels of its own: one gives each sequence its length in one of two arrays and 0 in the other, so that both
/// operations run on all sequences and each finds the other's empty; one takes the rows of the dense ones afterwards.
class DenseSwitch {
public:
  explicit DenseSwitch(std::shared_ptr<const GpuContext> context);

  /// What it keeps at the front of a workspace.
  struct Region {
    int32_t *selecting = nullptr, *dense = nullptr; ///< lengths
    void *output = nullptr;                         ///< of the dense operation, row-major
    float *lse = nullptr;
    size_t bytes = 0; ///< a multiple of the workspace's alignment
  };
  static Region layOut(const adamas_plan_desc &desc, int64_t batch, void *workspace);

  void split(const int32_t *lengths, const Region &region, int64_t batch, int64_t crossover, cuda::Stream stream) const;
  /// Copies rows of `region` to `output` and, where that has memory, `lse`.
  void take(const int32_t *lengths, const Region &region, const adamas_plan_desc &desc, const adamas_tensor &output,
            const adamas_tensor &lse, int64_t crossover, cuda::Stream stream) const;

private:
  OwnKernels kernels;
};

/// The kernels' text.
extern const char *const denseSwitchPtx;

} // namespace adamas::impl

#endif // ADAMAS_RUNTIME_LIB_DENSESWITCH_H
