// A request of the runtime, from its text to a bundle.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/GpuCompiler/Bundle.h"
#include "adamas/GpuCompiler/GpuCompiler.h"
#include "adamas/GpuCompiler/Ptx.h"
#include "adamas/GpuCompiler/Request.h"
#include "adamas/Register.h"
#include "adamas_gpu/IR/AdamasGPUOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/ThreadPool.h"

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
  llvm::Expected<Request> request = Request::parse(text);
  if (!request)
    return request.takeError();
  llvm::Expected<RequestModule> written = writeModule(*request);
  if (!written)
    return written.takeError();
  DialectRegistry registry;
  registerDialects(registry);
  // A step has a few kernels; passes run on them side by side.
  llvm::DefaultThreadPool pool(llvm::hardware_concurrency(4));
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.setThreadPool(pool);
  context.printOpOnDiagnostic(false);
  std::string messages;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    messages += (messages.empty() ? "" : "; ") + diagnostic.str();
    return success();
  });
  auto explain = [&](llvm::Error error) {
    std::string message = llvm::toString(std::move(error));
    return llvm::createStringError(message + (messages.empty() ? "" : ": " + messages));
  };
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(written->text, ParserConfig(&context));
  if (!module)
    return explain(llvm::createStringError("the request describes no valid step"));
  GpuOptions options;
  options.chip = request->chip;
  options.tuning = request->tuning;
  options.batch = std::max<int64_t>(1, request->maxBatch * request->queryTokens);
  options.sequenceLength = std::max<int64_t>(1, request->maxSeqLen);
  auto lowered = lowerForGpu(*module, options, times);
  if (!lowered)
    return explain(lowered.takeError());
  nameValues(**lowered, *written);
  auto image = compileImage(**lowered, options, times);
  if (!image)
    return explain(image.takeError());
  if (llvm::Error error = addCrossovers(*module, options, image->manifest))
    return explain(std::move(error));
  return makeBundle(image->manifest, image->image);
}
