// One call of a program: its tensors in the device's memory, launched as often as wanted.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "device/Call.h"

#include "support/Median.h"
#include <chrono>

using namespace mlir;
using namespace mlir::adamas;

llvm::Expected<DeviceCall> DeviceCall::place(const DeviceProgram &program, func::FuncOp function,
                                             ArrayRef<Tensor *> arguments, ArrayRef<Tensor> results, int64_t batch,
                                             const DeviceLayout &layout) {
  const Device &device = program.on();
  DeviceCall call;
  call.function = function.getName().str();
  Pages pages;
  for (auto [i, argument] : llvm::enumerate(arguments)) {
    auto tensor = placeArgument(device, function.getArgument(i), *argument, batch, layout, pages);
    if (!tensor)
      return tensor.takeError();
    call.placed.push_back(std::move(*tensor));
  }
  if (layout.pageSize) {
    auto table = pages.placeTable(device, batch);
    if (!table)
      return table.takeError();
    call.placed.push_back(std::move(*table));
  }
  for (const Tensor &result : results) {
    auto tensor = placeResult(device, result);
    if (!tensor)
      return tensor.takeError();
    call.placed.push_back(std::move(*tensor));
  }
  for (const PlacedTensor &tensor : call.placed)
    call.values.push_back(tensor.view);
  size_t size = 0;
  if (llvm::Error error = toError(adamas_program_workspace_size(program.get(), call.function.c_str(),
                                                                call.values.data(), call.values.size(), &size)))
    return error;
  auto workspace = DeviceBuffer::allocate(device, size);
  if (!workspace)
    return workspace.takeError();
  // Poison shows what is read before it is written.
  std::vector<uint8_t> poison(size, 0xcd);
  if (llvm::Error error = workspace->write(poison.data(), size))
    return error;
  call.workspace.push_back(std::move(*workspace));
  return call;
}

llvm::Error DeviceCall::launch(const DeviceProgram &program, void *stream) const {
  return toError(adamas_program_launch(program.get(), function.c_str(), values.data(), values.size(),
                                       workspace[0].data(), workspace[0].bytes(), stream));
}

llvm::Expected<double> DeviceCall::time(const DeviceProgram &program, int64_t repeat) const {
  std::vector<double> times;
  // Where times count, the first run only warms up.
  for (int64_t i = repeat > 1 ? -1 : 0; i < repeat; ++i) {
    auto start = std::chrono::steady_clock::now();
    if (llvm::Error error = launch(program))
      return error;
    if (llvm::Error error = toError(adamas_stream_synchronize(program.on().get(), nullptr)))
      return error;
    if (i >= 0)
      times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  return median(std::move(times));
}

llvm::Error DeviceCall::read(MutableArrayRef<Tensor> results) const {
  size_t first = placed.size() - results.size();
  for (auto [i, result] : llvm::enumerate(results))
    if (llvm::Error error = placed[first + i].buffer.read(result.raw(), result.bytes()))
      return error;
  return llvm::Error::success();
}

llvm::Error DeviceCall::readArguments(ArrayRef<Tensor *> arguments, ArrayRef<unsigned> updated) const {
  for (unsigned i : updated)
    if (llvm::Error error = placed[i].buffer.read(arguments[i]->raw(), arguments[i]->bytes()))
      return error;
  return llvm::Error::success();
}
