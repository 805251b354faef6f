// Fuzzes the safetensors reader, and what stands directly behind it: thresholds and calibration from a file.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/Calibration.h"
#include "support/Safetensors.h"
#include "llvm/Support/MemoryBuffer.h"
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

using namespace mlir::adamas;

/// Ends the process unless `holds`, in every build type.
static void require(bool holds) {
  if (!holds)
    std::abort();
}

/// Every error is one line.
static void checkError(llvm::Error error) {
  std::string text = llvm::toString(std::move(error));
  require(!text.empty() && text.find('\n') == std::string::npos);
}

template <typename T> static void discard(llvm::Expected<T> expected) {
  if (!expected)
    checkError(expected.takeError());
}

/// What was read must be written and read again unchanged.
static void checkRoundTrip(const SafetensorsFile &file) {
  std::vector<NamedTensor> tensors;
  for (const TensorInfo &info : file.tensors()) {
    llvm::Expected<Tensor> tensor = file.load(info.name);
    require(bool(tensor) == info.dtype.has_value());
    if (!tensor)
      checkError(tensor.takeError());
    else
      tensors.push_back({info.name, std::move(*tensor)});
  }
  std::string bytes = llvm::cantFail(safetensorsHeader(tensors, file.metadata()));
  for (const NamedTensor &entry : tensors)
    bytes.append(entry.tensor.raw(), entry.tensor.bytes());
  SafetensorsFile copy = llvm::cantFail(readSafetensors(llvm::MemoryBuffer::getMemBufferCopy(bytes), "copy"));
  require(copy.metadata() == file.metadata() && copy.tensors().size() == tensors.size());
  for (const NamedTensor &entry : tensors) {
    Tensor tensor = llvm::cantFail(copy.load(entry.name));
    require(tensor.dtype() == entry.tensor.dtype() && tensor.shape() == entry.tensor.shape());
    require(tensor.bytes() == 0 || std::memcmp(tensor.raw(), entry.tensor.raw(), tensor.bytes()) == 0);
  }
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  llvm::StringRef bytes(reinterpret_cast<const char *>(data), size);
  // A copy of its own size, so that the address sanitizer sees a read behind the end.
  llvm::Expected<SafetensorsFile> file = readSafetensors(llvm::MemoryBuffer::getMemBufferCopy(bytes), "in");
  if (!file) {
    checkError(file.takeError());
    return 0;
  }
  checkRoundTrip(*file);
  discard(thresholdsFromFile(*file, /*kvHeads=*/2, /*headDim=*/2));
  for (CalibrationMode mode : {CalibrationMode::Quantile, CalibrationMode::Uniform})
    for (int64_t bits = 1; bits <= 4; ++bits) {
      llvm::Expected<CalibrationData> calibration = calibrationDataFromFile(*file, mode, bits, std::nullopt);
      if (!calibration)
        checkError(calibration.takeError());
      else
        discard(calibrate(mode, bits, *calibration));
    }
  return 0;
}
