// A function ready to run on a target.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas-run/Program.h"

#include "adamas/Execution/Executable.h"
#include "adamas/Reference/Evaluate.h"
#include "support/Median.h"
#include <algorithm>

using namespace mlir;
using namespace mlir::adamas;

namespace {
class ReferenceProgram final : public Program {
public:
  ReferenceProgram(func::FuncOp function, DiagnosticCapture &diagnostics)
      : function(function), diagnostics(diagnostics) {}

  llvm::Expected<Execution> run(llvm::ArrayRef<Tensor *> arguments, RunShape, int64_t repeat) override;

private:
  func::FuncOp function;
  DiagnosticCapture &diagnostics;
};
} // namespace

llvm::Expected<Execution> ReferenceProgram::run(llvm::ArrayRef<Tensor *> arguments, RunShape, int64_t repeat) {
  SmallVector<Tensor> copies;
  for (Tensor *argument : arguments)
    copies.push_back(*argument);
  Execution execution;
  std::vector<double> times;
  for (int64_t i = 0; i < repeat; ++i) {
    Stopwatch watch;
    FailureOr<SmallVector<Tensor>> results = evaluate(function, copies);
    if (failed(results))
      return diagnostics.take();
    times.push_back(watch.elapsed());
    execution.results.assign(std::make_move_iterator(results->begin()), std::make_move_iterator(results->end()));
  }
  execution.milliseconds = median(times);
  return execution;
}

namespace {
class X86Program final : public Program {
public:
  X86Program(func::FuncOp function, std::unique_ptr<Executable> executable)
      : function(function), executable(std::move(executable)) {}

  llvm::Expected<Execution> run(llvm::ArrayRef<Tensor *> arguments, RunShape shape, int64_t repeat) override;

private:
  func::FuncOp function;
  std::unique_ptr<Executable> executable;
};
} // namespace

/// A tensor for a result of the function.
static llvm::Expected<Tensor> allocateResult(Value value, RunShape run, bool tiledCodes) {
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<int64_t> shape(type.getShape());
  for (auto [axis, size] : llvm::enumerate(shape))
    if (ShapedType::isDynamic(size))
      size = axis == 0 ? run.batch : run.tokens;
  DType dtype = DType::I32;
  Type element = type.getElementType();
  if (auto codes = dyn_cast<CodesType>(element)) {
    auto pack = value.getDefiningOp<BucketizePackOp>();
    if (tiledCodes && pack && pack.getHeadAxis() != pack.getInput().getType().getRank() - 2)
      return allocateCodes(shape[0], shape[1], shape[2], codes.getBits(), codes.getDim());
    shape.append({int64_t(codes.getBits()), codes.getWords()});
    dtype = DType::U32;
  } else if (element.isF16()) {
    dtype = DType::F16;
  } else if (element.isBF16()) {
    dtype = DType::BF16;
  } else if (element.isF32()) {
    dtype = DType::F32;
  } else if (element.isInteger(8)) {
    dtype = DType::I8;
  }
  if (auto size = Tensor::checkedSize(dtype, shape); !size)
    return size.takeError();
  return Tensor(dtype, shape);
}

llvm::Expected<std::vector<Tensor>> mlir::adamas::allocateResults(func::FuncOp function, RunShape shape,
                                                                  bool tiledCodes) {
  std::vector<Tensor> results;
  for (Value value : function.getBody().front().getTerminator()->getOperands()) {
    llvm::Expected<Tensor> result = allocateResult(value, shape, tiledCodes);
    if (!result)
      return result.takeError();
    results.push_back(std::move(*result));
  }
  return results;
}

llvm::Expected<Execution> X86Program::run(llvm::ArrayRef<Tensor *> arguments, RunShape shape, int64_t repeat) {
  SmallVector<BufferView> operands, outputs;
  for (auto [argument, type] : llvm::zip(arguments, function.getArgumentTypes())) {
    BufferView view = BufferView::of(*argument);
    // kv-1: one cache for all sequences. A dynamic batch stands for the query's, a static 1 for itself.
    bool dynamic = cast<ShapedType>(type).isDynamicDim(0);
    operands.push_back(dynamic && argument->dim(0) == 1 ? view.broadcastBatch(shape.batch) : view);
  }
  Execution execution;
  auto results = allocateResults(function, shape, /*tiledCodes=*/true);
  if (!results)
    return results.takeError();
  execution.results = std::move(*results);
  for (Tensor &result : execution.results)
    outputs.push_back(BufferView::of(result));
  std::vector<double> times;
  // Where times count, the first run only warms caches and pages.
  for (int64_t i = repeat > 1 ? -1 : 0; i < repeat; ++i) {
    Stopwatch watch;
    if (llvm::Error error = executable->run(function.getName(), operands, outputs))
      return error;
    if (i >= 0)
      times.push_back(watch.elapsed());
  }
  execution.milliseconds = median(times);
  return execution;
}

llvm::Expected<std::unique_ptr<Program>> Program::create(func::FuncOp function, const TargetSettings &settings,
                                                         DiagnosticCapture &diagnostics) {
  if (settings.kind == TargetKind::Reference)
    return std::make_unique<ReferenceProgram>(function, diagnostics);
  if (settings.kind == TargetKind::Cuda)
    return createCudaProgram(function, settings, diagnostics);
  Stopwatch watch;
  HostOptions options;
  options.cpu = settings.cpu;
  options.threads = settings.threads;
  options.ways = settings.ways.value_or(1);
  llvm::Expected<std::unique_ptr<Executable>> executable =
      Executable::compile(function->getParentOfType<ModuleOp>(), options);
  if (!executable)
    return diagnostics.take(executable.takeError());
  auto program = std::make_unique<X86Program>(function, std::move(*executable));
  program->compileMilliseconds = watch.elapsed();
  return program;
}
