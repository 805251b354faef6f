// A request of the runtime, from its text to a bundle.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/GpuCompiler/Bundle.h"
#include "adamas/GpuCompiler/GpuCompiler.h"
#include "adamas/GpuCompiler/Ptx.h"
#include "adamas/GpuCompiler/Request.h"
#include "adamas_gpu/IR/AdamasGPUOps.h"

using namespace mlir;
using namespace mlir::adamas;

/// Names the values of the only program of `module` in their order.
static void nameValues(ModuleOp module, const RequestModule &names) {
  size_t argument = 0, result = 0;
  auto program = *module.getOps<adamas_gpu::ProgramOp>().begin();
  for (auto value : program.getBody().getOps<adamas_gpu::ValueOp>()) {
    if (value.getRole() == adamas_gpu::Role::Argument)
      value.setName(names.arguments[argument++]);
    else if (value.getRole() == adamas_gpu::Role::Result)
      value.setName(names.results[result++]);
  }
}

llvm::Expected<std::string> mlir::adamas::compileRequest(llvm::StringRef text, GpuCompileTimes &times) {
  std::string bundle;
  llvm::Error error =
      withModule(text, [&](const Request &request, const RequestModule &written, ModuleOp module) -> llvm::Error {
        GpuOptions options;
        options.chip = request.chip;
        options.tuning = request.tuning;
        options.batch = std::max<int64_t>(1, request.maxBatch * request.queryTokens);
        options.sequenceLength = std::max<int64_t>(1, request.maxSeqLen);
        auto lowered = lowerForGpu(module, options, times);
        if (!lowered)
          return lowered.takeError();
        nameValues(**lowered, written);
        auto image = compileImage(**lowered, options, times);
        if (!image)
          return image.takeError();
        if (llvm::Error error = addCrossovers(module, options, image->manifest))
          return error;
        bundle = makeBundle(image->manifest, image->image);
        return llvm::Error::success();
      });
  if (error)
    return std::move(error);
  return bundle;
}
