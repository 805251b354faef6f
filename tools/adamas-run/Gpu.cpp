// The GPU of a run, and what its programs share.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas-run/Gpu.h"

#include "support/Median.h"
#include "support/Table.h"
#include "llvm/Support/FormatVariadic.h"
#include <algorithm>

using namespace mlir;
using namespace mlir::adamas;

// More than any GPU's L2, so that kernels of a trace read from memory; it keeps the GPU busy while they are launched.
static constexpr size_t coldBytes = size_t(128) << 20;

llvm::Expected<std::unique_ptr<Gpu>> Gpu::open(const Options &options) {
  auto explain = [](llvm::Error error) {
    return llvm::createStringError("--target=cuda expects a GPU, but got " + llvm::toString(std::move(error)) +
                                   "; without a GPU use --target=x86");
  };
  auto device = Device::open();
  if (!device)
    return explain(device.takeError());
  std::unique_ptr<Gpu> gpu(new Gpu(std::move(*device)));
  gpu->graph = options.graph;
  if (!options.trace.empty()) {
    gpu->trace = std::make_unique<Tracks>();
    for (int i = 0; i < 2; ++i) {
      auto buffer = DeviceBuffer::allocate(gpu->gpu, coldBytes);
      if (!buffer)
        return buffer.takeError();
      gpu->cold.push_back(std::move(*buffer));
    }
  }
  if (!gpu->graph && !gpu->trace)
    return gpu;
  auto driver = Cuda::open(gpu->gpu.info().ordinal);
  if (!driver)
    return explain(driver.takeError());
  gpu->driver = std::move(*driver);
  auto stream = gpu->driver->createStream();
  if (!stream)
    return stream.takeError();
  gpu->stream = *stream;
  return gpu;
}

void Gpu::addSpan(int64_t Tracks::*track, llvm::StringRef name, double begin, double end) {
  if (trace)
    trace->addSpan((*trace).*track, name, begin, end - begin);
}

llvm::Expected<DeviceProgram> Gpu::compile(ModuleOp module, const GpuOptions &options, llvm::StringRef label) {
  GpuCompileTimes times;
  double begin = now();
  auto program = DeviceProgram::create(gpu, module, options, &times);
  double end = now(), at = begin;
  addSpan(&Tracks::compile, label, begin, end);
  std::pair<llvm::StringRef, double> stages[] = {
      {"passes", times.passes}, {"optimize", times.optimize}, {"codegen", times.codegen}, {"assemble", times.assemble}};
  for (auto [name, milliseconds] : stages) {
    if (milliseconds > 0)
      addSpan(&Tracks::compile, name, at, std::min(end, at + milliseconds * 1e3));
    at = std::min(end, at + milliseconds * 1e3);
  }
  if (program)
    addSpan(&Tracks::compile, "load", at, end);
  return program;
}

llvm::Expected<double> Gpu::run(const DeviceProgram &program, func::FuncOp function, llvm::ArrayRef<Tensor *> arguments,
                                llvm::MutableArrayRef<Tensor> results, int64_t batch, const DeviceLayout &layout,
                                int64_t repeat, llvm::StringRef label) {
  double begin = now();
  auto call = DeviceCall::place(program, function, arguments, results, batch, layout);
  if (!call)
    return call.takeError();
  double placed = now(), milliseconds = 0;
  if (graph) {
    auto times = driver->timeGraph(stream, 1, repeat, [&](Cuda::Stream on) { return call->launch(program, on); });
    if (!times)
      return times.takeError();
    milliseconds = median(*times) * 1e-3;
  } else {
    auto time = call->time(program, repeat);
    if (!time)
      return time.takeError();
    milliseconds = *time;
  }
  double ran = now();
  if (llvm::Error error = call->read(results))
    return error;
  double end = now();
  addSpan(&Tracks::run, label, begin, end);
  addSpan(&Tracks::run, "copy to the GPU", begin, placed);
  addSpan(&Tracks::run, graph ? "capture and replays" : "launches", placed, ran);
  addSpan(&Tracks::run, "copy back", ran, end);
  if (trace)
    if (llvm::Error error = traceKernels(program, function.getName(), *call, repeat, label))
      return error;
  return milliseconds;
}

/// Times all kernels of one launch, one by one but in order, so that each finds what the one before it left.
llvm::Error Gpu::traceKernels(const DeviceProgram &program, llvm::StringRef function, const DeviceCall &call,
                              int64_t repeat, llvm::StringRef label) {
  std::vector<std::string> names = program.kernels(function);
  std::vector<DeviceProgram> alone;
  std::vector<std::function<llvm::Error()>> steps;
  for (size_t i = 0; i < names.size(); ++i) {
    auto kernel = program.withKernel(function, i);
    if (!kernel)
      return kernel.takeError();
    alone.push_back(std::move(*kernel));
  }
  for (const DeviceProgram &kernel : alone)
    steps.push_back([&] { return call.launch(kernel, stream); });
  int64_t replays = std::max<int64_t>(repeat, 5);
  double begin = now();
  auto before = [&] { return driver->copy(cold[1].data(), cold[0].data(), coldBytes, stream); };
  auto times = driver->timeSteps(stream, replays, before, steps);
  if (!times)
    return times.takeError();
  double total = 0, at = begin;
  for (double time : *times)
    total += time;
  trace->addSpan(trace->kernels, label, begin, total, llvm::json::Object{{"runs", replays}, {"cache", "L2-cold"}});
  for (auto [name, time] : llvm::zip(names, *times)) {
    trace->addSpan(trace->kernels, name, at, time);
    at += time;
  }
  return llvm::Error::success();
}

static std::string versionText(int32_t version) {
  return llvm::formatv("{0}.{1}", version / 1000, version % 1000 / 10);
}

llvm::json::Object mlir::adamas::describeDevice(const adamas_device_properties &info) {
  return llvm::json::Object{{"ordinal", info.ordinal},
                            {"name", std::string(info.name)},
                            {"chip", std::string(info.chip)},
                            {"sms", info.multiprocessors},
                            {"memory_gib", double(info.memory_bytes) / (int64_t(1) << 30)},
                            {"driver", versionText(info.driver_version)}};
}

llvm::Error mlir::adamas::listDevices(bool json, llvm::raw_ostream &os) {
  int32_t count = 0;
  std::string reason;
  adamas_status status = adamas_device_count(&count);
  if (status == ADAMAS_ERROR_NO_DRIVER || status == ADAMAS_ERROR_OLD_DRIVER || status == ADAMAS_ERROR_NO_DEVICE)
    reason = llvm::toString(toError(status));
  else if (llvm::Error error = toError(status))
    return error;
  else if (count == 0)
    reason = "the driver finds none: see CUDA_VISIBLE_DEVICES";
  Table table({"ordinal", "name", "chip", "sms", "memory_gib", "driver"});
  llvm::json::Array objects;
  for (int32_t ordinal = 0; ordinal < count; ++ordinal) {
    adamas_device_properties info = {};
    info.struct_size = sizeof(info);
    if (llvm::Error error = toError(adamas_device_info(ordinal, &info)))
      return error;
    table.addRow({info.ordinal, std::string(info.name), std::string(info.chip), info.multiprocessors,
                  Table::Cell::number(double(info.memory_bytes) / (int64_t(1) << 30), 1),
                  versionText(info.driver_version)});
    objects.push_back(describeDevice(info));
  }
  if (json) {
    llvm::json::Object all{{"devices", std::move(objects)}};
    if (!reason.empty())
      all["message"] = "no GPU: " + reason;
    os << llvm::formatv("{0:2}", llvm::json::Value(std::move(all))) << "\n";
  } else if (!reason.empty()) {
    os << "no GPU: " << reason << "; --target=x86 needs none\n";
  } else {
    table.printText(os);
  }
  return llvm::Error::success();
}
