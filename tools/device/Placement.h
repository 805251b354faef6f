// Host tensors in a device's memory: pages, strides, planes of codes.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TOOLS_DEVICE_PLACEMENT_H
#define ADAMAS_TOOLS_DEVICE_PLACEMENT_H

#include "device/Device.h"

namespace mlir::adamas {

struct PlacedTensor {
  DeviceBuffer buffer;
  adamas_tensor view;
};

/// The pages of a call: every cache has the same.
class Pages {
public:
  /// Decides where the pages of `sequences` sequences of `tokens` tokens lie; the same again for the same sizes.
  void lay(int64_t sequences, int64_t tokens, const DeviceLayout &layout);
  int64_t count() const { return order.size(); }
  int64_t perSequence() const { return pagesOfSequence; }
  int32_t at(int64_t sequence, int64_t page) const { return order[sequence * pagesOfSequence + page]; }
  /// The page table of `batch` sequences, which may share the pages of one.
  llvm::Expected<PlacedTensor> placeTable(const Device &device, int64_t batch) const;

private:
  std::vector<int32_t> order;
  int64_t sequences = 0, pagesOfSequence = 0;
};

/// Copies `tensor`, what the call gives for `argument`, to the device as `layout` says.
llvm::Expected<PlacedTensor> placeArgument(const Device &device, Value argument, const Tensor &tensor, int64_t batch,
                                           const DeviceLayout &layout, Pages &pages);
/// Memory for a result, poisoned.
llvm::Expected<PlacedTensor> placeResult(const Device &device, const Tensor &tensor);

} // namespace mlir::adamas

#endif // ADAMAS_TOOLS_DEVICE_PLACEMENT_H
