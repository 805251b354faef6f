// The few calls of the CUDA driver that measuring needs.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "device/Cuda.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/DynamicLibrary.h"
#include <cstdlib>

using namespace mlir::adamas;

llvm::Expected<Cuda> Cuda::open(int32_t ordinal) {
  const char *chosen = std::getenv("ADAMAS_LIBCUDA"); // as the runtime does
  std::string path = chosen && *chosen ? chosen : "libcuda.so.1", message;
  auto library = llvm::sys::DynamicLibrary::getPermanentLibrary(path.c_str(), &message);
  if (!library.isValid())
    return llvm::createStringError("cannot open " + path + ": " + message);
  Cuda cuda;
  const char *missing = nullptr;
  auto find = [&](auto &function, const char *name) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(library.getAddressOfSymbol(name));
    if (!function)
      missing = name;
  };
  find(cuda.getErrorName, "cuGetErrorName");
  find(cuda.streamCreate, "cuStreamCreate");
  find(cuda.moduleLoadData, "cuModuleLoadData");
  find(cuda.moduleUnload, "cuModuleUnload");
  find(cuda.moduleGetFunction, "cuModuleGetFunction");
  find(cuda.funcGetAttribute, "cuFuncGetAttribute");
  find(cuda.memcpyDtoDAsync, "cuMemcpyDtoDAsync_v2");
  find(cuda.beginCapture, "cuStreamBeginCapture_v2");
  find(cuda.endCapture, "cuStreamEndCapture");
  find(cuda.graphInstantiate, "cuGraphInstantiateWithFlags");
  find(cuda.graphLaunch, "cuGraphLaunch");
  find(cuda.graphExecDestroy, "cuGraphExecDestroy");
  find(cuda.graphDestroy, "cuGraphDestroy");
  find(cuda.eventCreate, "cuEventCreate");
  find(cuda.eventRecord, "cuEventRecord");
  find(cuda.eventSynchronize, "cuEventSynchronize");
  find(cuda.eventElapsedTime, "cuEventElapsedTime");
  find(cuda.eventDestroy, "cuEventDestroy_v2");
  Result (*init)(unsigned) = nullptr;
  Result (*deviceGet)(int *, int) = nullptr;
  Result (*primaryRetain)(void **, int) = nullptr;
  Result (*setCurrent)(void *) = nullptr;
  find(init, "cuInit");
  find(deviceGet, "cuDeviceGet");
  find(primaryRetain, "cuDevicePrimaryCtxRetain");
  find(setCurrent, "cuCtxSetCurrent");
  if (missing)
    return llvm::createStringError(path + ": expected a driver of CUDA 12.0 or later, but it has no " +
                                   llvm::Twine(missing) + ": update the driver");
  // The context that the runtime retains too; streams and events belong to the one that is current.
  int device = 0;
  void *context = nullptr;
  if (llvm::Error error = cuda.check(init(0), "cuInit"))
    return error;
  if (llvm::Error error = cuda.check(deviceGet(&device, ordinal), "cuDeviceGet"))
    return error;
  if (llvm::Error error = cuda.check(primaryRetain(&context, device), "cuDevicePrimaryCtxRetain"))
    return error;
  if (llvm::Error error = cuda.check(setCurrent(context), "cuCtxSetCurrent"))
    return error;
  return cuda;
}

llvm::Error Cuda::check(Result result, const char *call) {
  if (result == 0)
    return llvm::Error::success();
  const char *name = nullptr;
  if (getErrorName(result, &name) != 0 || !name)
    name = "an error that the driver has no name for";
  return llvm::createStringError(llvm::Twine(call) + ": expected success, but got " + name + " (" +
                                 llvm::Twine(result) + ")");
}

llvm::Expected<Cuda::Stream> Cuda::createStream() {
  Stream stream;
  if (llvm::Error error = check(streamCreate(&stream, 1 /* non-blocking */), "cuStreamCreate"))
    return error;
  return stream;
}

llvm::Error Cuda::copy(void *to, const void *from, size_t bytes, Stream stream) {
  return check(memcpyDtoDAsync(reinterpret_cast<uint64_t>(to), reinterpret_cast<uint64_t>(from), bytes, stream),
               "cuMemcpyDtoDAsync");
}

llvm::Expected<Cuda::Resources> Cuda::resources(const std::string &image, const std::string &kernel) {
  void *module = nullptr, *function = nullptr;
  if (llvm::Error error = check(moduleLoadData(&module, image.data()), "cuModuleLoadData"))
    return error;
  constexpr int ofShared = 1, ofLocal = 3, ofRegisters = 4; // CUfunction_attribute
  int shared = 0, local = 0, registers = 0;
  llvm::Error error = check(moduleGetFunction(&function, module, kernel.c_str()), "cuModuleGetFunction");
  for (auto [number, value] : {std::pair<int, int *>(ofShared, &shared), {ofLocal, &local}, {ofRegisters, &registers}})
    if (!error)
      error = check(funcGetAttribute(value, number, function), "cuFuncGetAttribute");
  moduleUnload(module);
  if (error)
    return error;
  return Resources{registers, shared, local};
}

/// A time stamp of a stream.
class Cuda::Event {
public:
  explicit Event(Cuda &cuda) : cuda(cuda), created(cuda.eventCreate(&event, 0)) {}
  Event(const Event &) = delete;
  Event(Event &&other) : cuda(other.cuda), event(std::exchange(other.event, nullptr)), created(other.created) {}
  ~Event() {
    if (event)
      cuda.eventDestroy(event);
  }

  llvm::Error record(Stream stream) {
    return cuda.check(created ? created : cuda.eventRecord(event, stream), "cuEventRecord");
  }
  llvm::Error wait() { return cuda.check(cuda.eventSynchronize(event), "cuEventSynchronize"); }
  llvm::Expected<double> microsecondsSince(const Event &other) {
    float milliseconds = 0;
    if (llvm::Error error = cuda.check(cuda.eventElapsedTime(&milliseconds, other.event, event), "cuEventElapsedTime"))
      return error;
    return milliseconds * 1e3;
  }

private:
  Cuda &cuda;
  void *event = nullptr;
  Result created;
};

// The first calls only warm up.
static constexpr int64_t warmUps = 3;

llvm::Expected<std::vector<double>> Cuda::timeStream(Stream stream, int64_t replays,
                                                     const std::function<llvm::Error()> &enqueue) {
  Event start(*this), stop(*this);
  std::vector<double> times;
  for (int64_t i = -warmUps; i < replays; ++i) {
    if (llvm::Error error = start.record(stream))
      return error;
    if (llvm::Error error = enqueue())
      return error;
    if (llvm::Error error = stop.record(stream))
      return error;
    if (llvm::Error error = stop.wait())
      return error;
    auto time = stop.microsecondsSince(start);
    if (!time)
      return time.takeError();
    if (i >= 0)
      times.push_back(*time);
  }
  return times;
}

llvm::Expected<std::vector<double>> Cuda::timeSteps(Stream stream, int64_t replays,
                                                    const std::function<llvm::Error()> &before,
                                                    llvm::ArrayRef<std::function<llvm::Error()>> steps) {
  std::vector<Event> events;
  for (size_t i = 0; i <= steps.size(); ++i)
    events.emplace_back(*this);
  std::vector<std::pair<double, std::vector<double>>> runs;
  for (int64_t replay = -warmUps; replay < replays; ++replay) {
    if (llvm::Error error = before())
      return error;
    if (llvm::Error error = events[0].record(stream))
      return error;
    for (size_t i = 0; i < steps.size(); ++i) {
      if (llvm::Error error = steps[i]())
        return error;
      if (llvm::Error error = events[i + 1].record(stream))
        return error;
    }
    if (llvm::Error error = events.back().wait())
      return error;
    std::vector<double> times;
    double total = 0;
    for (size_t i = 0; i < steps.size(); ++i) {
      auto time = events[i + 1].microsecondsSince(events[i]);
      if (!time)
        return time.takeError();
      times.push_back(*time);
      total += *time;
    }
    if (replay >= 0)
      runs.emplace_back(total, std::move(times));
  }
  if (runs.empty())
    return std::vector<double>();
  llvm::sort(runs);
  return std::move(runs[runs.size() / 2].second);
}

llvm::Expected<std::vector<double>> Cuda::timeGraph(Stream stream, int64_t launches, int64_t replays,
                                                    const std::function<llvm::Error(Stream)> &record) {
  void *graph = nullptr, *executable = nullptr;
  if (llvm::Error error = check(beginCapture(stream, 1 /* thread local */), "cuStreamBeginCapture"))
    return error;
  llvm::Error recorded = record(stream);
  llvm::Error ended = check(endCapture(stream, &graph), "cuStreamEndCapture");
  if (llvm::Error error = llvm::joinErrors(std::move(recorded), std::move(ended)))
    return error;
  if (llvm::Error error = check(graphInstantiate(&executable, graph, 0), "cuGraphInstantiateWithFlags"))
    return error;
  auto times = timeStream(stream, replays, [&] { return check(graphLaunch(executable, stream), "cuGraphLaunch"); });
  graphExecDestroy(executable);
  graphDestroy(graph);
  if (!times)
    return times.takeError();
  for (double &time : *times)
    time /= launches;
  return times;
}
