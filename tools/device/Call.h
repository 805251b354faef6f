// One call of a program: its tensors in the device's memory, launched as often as wanted.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TOOLS_DEVICE_CALL_H
#define ADAMAS_TOOLS_DEVICE_CALL_H

#include "device/Placement.h"

namespace mlir::adamas {

class DeviceCall {
public:
  /// Copies `arguments` to the device and makes poisoned memory for `results` and the workspace. The parameters are
  /// those of `DeviceProgram::run`.
  static llvm::Expected<DeviceCall> place(const DeviceProgram &program, func::FuncOp function,
                                          ArrayRef<Tensor *> arguments, ArrayRef<Tensor> results, int64_t batch,
                                          const DeviceLayout &layout);

  /// Launches, on a stream, `program` or one of its kernels alone; does not wait.
  llvm::Error launch(const DeviceProgram &program, void *stream = nullptr) const;
  /// The median of `repeat` launches in milliseconds, each waited for, by the host's clock.
  llvm::Expected<double> time(const DeviceProgram &program, int64_t repeat) const;
  /// The device memory of a value: arguments in order, page table if there is one, results.
  void *data(size_t value) const { return placed[value].buffer.data(); }
  size_t bytes(size_t value) const { return placed[value].buffer.bytes(); }
  /// Copies the results back.
  llvm::Error read(MutableArrayRef<Tensor> results) const;
  /// Copies back the arguments of numbers `updated`, which are written in place and lie densely.
  llvm::Error readArguments(ArrayRef<Tensor *> arguments, ArrayRef<unsigned> updated) const;

private:
  std::string function;
  std::vector<PlacedTensor> placed;
  std::vector<adamas_tensor> values;
  /// Exactly one, once it is made.
  std::vector<DeviceBuffer> workspace;
};

} // namespace mlir::adamas

#endif // ADAMAS_TOOLS_DEVICE_CALL_H
