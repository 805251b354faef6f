// Fuzzes adamas-run: flags from the first bytes, one of the shipped modules, and the rest as its data file.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas-run/Tool.h"
#include "llvm/Support/MemoryBuffer.h"
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <sstream>

using namespace mlir::adamas;

// Allocators of LLVM are compiled into this binary and into the packaged library. Only here do they poison memory.
extern "C" const char *__asan_default_options() { return "allow_user_poisoning=0"; }

static constexpr size_t flagBytes = 8;

static std::string readModule(const char *name) {
  std::ifstream file(std::string(ADAMAS_EXAMPLES) + "/" + name);
  std::stringstream text;
  text << file.rdbuf();
  if (text.str().empty())
    std::abort();
  return text.str();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const std::string modules[] = {readModule("decode_l1.mlir"), readModule("decode_weighted.mlir"),
                                        readModule("decode_two_pass.mlir")};
  if (size < flagBytes)
    return 0;
  Options options;
  unsigned number = data[0] % 3;
  options.modules = {"module.mlir"};
  options.data = "data.safetensors";
  // The reference: it checks what it reads, and compiling each input would leave no time to fuzz.
  options.target = TargetKind::Reference;
  const char *thresholds[] = {"paper", "quantile", "uniform"};
  if (data[1] % 4)
    options.thresholds = thresholds[data[1] % 4 - 1];
  if (data[2] % 6)
    options.bits = data[2] % 6;
  options.budget = data[3];
  if (data[4] % 8)
    options.sink = int64_t(data[4] % 8) - 1;
  if (data[5] % 8)
    options.recent = int64_t(data[5] % 8) - 1;
  if (data[6] % 3)
    options.policy = data[6] % 3 == 1 ? Policy::PerQueryHead : Policy::PerKvHead;
  options.strict = data[7] & 1;
  options.emitDistances = data[7] & 2;
  options.compare = data[7] & 4 ? CompareKind::Dense : CompareKind::None;

  std::vector<std::unique_ptr<llvm::MemoryBuffer>> buffers;
  buffers.push_back(llvm::MemoryBuffer::getMemBuffer(modules[number], "module.mlir"));
  llvm::StringRef content(reinterpret_cast<const char *>(data) + flagBytes, size - flagBytes);
  std::string output;
  llvm::raw_string_ostream os(output);
  if (llvm::Error error =
          runTool(options, std::move(buffers), llvm::MemoryBuffer::getMemBufferCopy(content, options.data), os)) {
    // One message, never empty.
    if (llvm::toString(std::move(error)).empty())
      std::abort();
  }
  return 0;
}
