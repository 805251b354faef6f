// A GPU, its memory, and programs on it.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "device/Device.h"

#include "adamas/GpuCompiler/Bundle.h"
#include "device/Call.h"

using namespace mlir;
using namespace mlir::adamas;
namespace json = llvm::json;

llvm::Error mlir::adamas::toError(adamas_status status) {
  if (status == ADAMAS_OK)
    return llvm::Error::success();
  return llvm::createStringError(std::string(adamas_status_name(status)) + ": " + adamas_last_error());
}

llvm::Expected<Device> Device::open(int32_t ordinal) {
  Device device;
  if (llvm::Error error = toError(adamas_context_create(ordinal, &device.context)))
    return error;
  device.properties.struct_size = sizeof(device.properties);
  if (llvm::Error error = toError(adamas_context_info(device.context, &device.properties)))
    return error;
  return device;
}

llvm::Expected<DeviceBuffer> DeviceBuffer::allocate(const Device &device, size_t bytes) {
  DeviceBuffer buffer;
  buffer.context = device.get();
  buffer.size = bytes;
  // Empty tensors have an address too.
  if (llvm::Error error = toError(adamas_memory_allocate(device.get(), std::max<size_t>(bytes, 256), &buffer.memory)))
    return error;
  return buffer;
}

DeviceBuffer::~DeviceBuffer() {
  if (memory)
    adamas_memory_free(context, memory);
}

llvm::Error DeviceBuffer::write(const void *bytes, size_t count) {
  return toError(adamas_memory_write(context, memory, bytes, count, nullptr));
}

llvm::Error DeviceBuffer::read(void *bytes, size_t count) const {
  return toError(adamas_memory_read(context, bytes, memory, count, nullptr));
}

llvm::Expected<DeviceProgram> DeviceProgram::create(const Device &device, ModuleOp module, const GpuOptions &options,
                                                    GpuCompileTimes *times) {
  GpuCompileTimes ignored;
  llvm::Expected<std::string> bundle = compileToBundle(module, options, times ? *times : ignored);
  if (!bundle)
    return bundle.takeError();
  return load(device, std::move(*bundle));
}

llvm::Expected<DeviceProgram> DeviceProgram::load(const Device &device, std::string bundle) {
  DeviceProgram program(device);
  if (llvm::Error error = toError(adamas_program_load(device.get(), bundle.data(), bundle.size(), &program.program)))
    return error;
  program.bundle = std::move(bundle);
  return program;
}

/// The kernels of `function` in a manifest; null if there is no such function.
static json::Array *kernelsOf(json::Value &manifest, StringRef function) {
  for (json::Value &each : *manifest.getAsObject()->getArray("functions"))
    if (each.getAsObject()->getString("name") == function)
      return each.getAsObject()->getArray("kernels");
  return nullptr;
}

std::vector<std::string> DeviceProgram::kernels(StringRef function) const {
  auto [manifest, image] = splitBundle(bundle);
  std::vector<std::string> names;
  if (json::Array *kernels = kernelsOf(manifest, function))
    for (const json::Value &kernel : *kernels)
      names.push_back(kernel.getAsObject()->getString("name")->str());
  return names;
}

llvm::Expected<DeviceProgram> DeviceProgram::withKernel(StringRef function, size_t index, size_t count) const {
  auto [manifest, image] = splitBundle(bundle);
  json::Array *kernels = kernelsOf(manifest, function);
  if (!kernels || index + count > kernels->size())
    return llvm::createStringError("the program has no kernel " + Twine(index + count - 1) + " of '" + function + "'");
  json::Array only;
  for (size_t i = index; i < index + count; ++i)
    only.push_back((*kernels)[i]);
  *kernels = std::move(only);
  return load(*device, makeBundle(manifest, image));
}

std::vector<DeviceProgram::Kernel> DeviceProgram::describe(StringRef function) const {
  auto [manifest, image] = splitBundle(bundle);
  std::vector<Kernel> described;
  json::Array *kernels = kernelsOf(manifest, function);
  for (size_t i = 0; kernels && i < kernels->size(); ++i) {
    const json::Object &kernel = *(*kernels)[i].getAsObject();
    auto number = [](const json::Object &of, StringRef name) { return of.getInteger(name).value_or(0); };
    const json::Object *place = kernel.getObject("image"); // else it is anywhere in the image
    StringRef code = place ? image.substr(number(*place, "offset"), number(*place, "size")) : image;
    described.push_back({kernel.getString("name")->str(), code.str(), number(kernel, "threads"),
                         number(kernel, "shared_bytes"), number(kernel, "cluster")});
  }
  return described;
}

llvm::Expected<double> DeviceProgram::run(func::FuncOp function, ArrayRef<Tensor *> arguments,
                                          MutableArrayRef<Tensor> results, int64_t batch, const DeviceLayout &layout,
                                          int64_t repeat, ArrayRef<unsigned> updated) {
  auto call = DeviceCall::place(*this, function, arguments, results, batch, layout);
  if (!call)
    return call.takeError();
  auto time = call->time(*this, repeat);
  if (!time)
    return time.takeError();
  if (llvm::Error error = call->read(results))
    return error;
  if (llvm::Error error = call->readArguments(arguments, updated))
    return error;
  return *time;
}
