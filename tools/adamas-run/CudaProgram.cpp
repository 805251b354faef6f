// A function ready to run on a GPU.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas-run/Gpu.h"
#include "adamas-run/Program.h"

using namespace mlir;
using namespace mlir::adamas;

// Any seed but 0, which would leave pages in order.
static constexpr uint32_t shuffleOfPages = 1;

namespace {
class CudaProgram final : public Program {
public:
  CudaProgram(const TargetSettings &settings, func::FuncOp function, OwningOpRef<ModuleOp> owned, DeviceProgram program)
      : settings(settings), function(function), owned(std::move(owned)), program(std::move(program)) {}

  llvm::Expected<Execution> run(llvm::ArrayRef<Tensor *> arguments, RunShape shape, int64_t repeat) override;

private:
  TargetSettings settings;
  func::FuncOp function;
  /// Holds `function` if its caches were paged.
  OwningOpRef<ModuleOp> owned;
  DeviceProgram program;
};
} // namespace

llvm::Expected<Execution> CudaProgram::run(llvm::ArrayRef<Tensor *> arguments, RunShape shape, int64_t repeat) {
  auto results = allocateResults(function, shape, /*tiledCodes=*/false);
  if (!results)
    return results.takeError();
  DeviceLayout layout;
  layout.pageSize = settings.pageSize;
  layout.shuffle = shuffleOfPages;
  auto time = settings.gpu->run(program, function, arguments, *results, shape.batch, layout, repeat, settings.label);
  if (!time)
    return time.takeError();
  return Execution{std::move(*results), *time};
}

llvm::Expected<std::unique_ptr<Program>>
mlir::adamas::createCudaProgram(func::FuncOp function, const TargetSettings &settings, DiagnosticCapture &diagnostics) {
  Stopwatch watch;
  OwningOpRef<ModuleOp> owned;
  auto module = function->getParentOfType<ModuleOp>();
  if (settings.pageSize) {
    owned = cast<ModuleOp>(module->clone());
    module = *owned;
    function = module.lookupSymbol<func::FuncOp>(function.getName());
    if (llvm::Error error = pageCaches(function, settings.pageSize))
      return llvm::createStringError("--paged: " + llvm::toString(std::move(error)));
  }
  GpuOptions options;
  options.chip = settings.gpu->device().info().chip;
  options.ways = settings.ways.value_or(0);
  options.batch = settings.expected.batch;
  options.sequenceLength = std::max<int64_t>(1, settings.expected.tokens);
  auto compiled = settings.gpu->compile(module, options, settings.label);
  if (!compiled)
    return diagnostics.take(compiled.takeError());
  auto program = std::make_unique<CudaProgram>(settings, function, std::move(owned), std::move(*compiled));
  program->compileMilliseconds = watch.elapsed();
  return program;
}
