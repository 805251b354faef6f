// Modules compiled for NVIDIA GPUs.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/GpuCompiler/GpuCompiler.h"
#include "adamas/GpuCompiler/Assembler.h"
#include "adamas/GpuCompiler/Bundle.h"
#include "adamas/GpuCompiler/Ptx.h"
#include "adamas/Target/StageTimer.h"
#include "adamas/Transforms/LaunchChoice.h"
#include "adamas/Transforms/Passes.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/IR/LLVMContext.h"
#include <cstdlib>
#include <thread>

using namespace mlir;
using namespace mlir::adamas;
namespace json = llvm::json;

void GpuOptions::configure(NVVMPipelineOptions &options) const {
  const char *table = std::getenv("ADAMAS_TUNING_TABLE");
  options.table = tuning.empty() && table ? table : tuning;
  options.chip = chip;
  options.ways = ways;
  options.threads = threads;
  options.tokens = tokens;
  options.iterations = iterations;
  options.engine = engine;
  options.attention = attention;
  options.distanceBits = distanceBits;
  options.fusion = fusion;
  options.regime = regime;
  options.batch = batch;
  options.sequenceLength = sequenceLength;
  options.explain = explain;
}

llvm::Expected<OwningOpRef<ModuleOp>> mlir::adamas::lowerForGpu(ModuleOp source, const GpuOptions &options,
                                                                GpuCompileTimes &times) {
  llvm::Expected<GpuTarget> target = GpuTarget::get(options.chip);
  if (!target)
    return target.takeError();
  StageTimer timer(times.passes);
  OwningOpRef<ModuleOp> module = source.clone();
  PassManager passes(source.getContext());
  NVVMPipelineOptions pipeline;
  options.configure(pipeline);
  buildToNVVMPipeline(passes, pipeline);
  if (failed(passes.run(*module)))
    return llvm::createStringError("the module cannot be compiled for " + options.chip);
  return module;
}

static gpu::GPUModuleOp getKernels(ModuleOp lowered) { return *lowered.getOps<gpu::GPUModuleOp>().begin(); }

namespace {
/// Kernels on their way to machine code, apart from MLIR and from each other.
struct Compilation {
  std::string name;
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> module;
  GpuCompileTimes times;
  std::string code;
  std::string error;

  llvm::Error optimizeAndEmit(const GpuTarget &target) {
    {
      StageTimer timer(times.optimize);
      if (llvm::Error failure = optimizeForGpu(*module, target))
        return failure;
    }
    StageTimer timer(times.codegen);
    auto ptx = emitPtx(*module, target);
    if (!ptx)
      return ptx.takeError();
    code = std::move(*ptx);
    return llvm::Error::success();
  }

  void run(const GpuTarget &target, const Assembler &assembler) {
    if (llvm::Error failure = optimizeAndEmit(target)) {
      error = llvm::toString(std::move(failure));
      return;
    }
    StageTimer timer(times.assemble);
    auto cubin = assembler.assemble(code, target);
    if (cubin)
      code = std::move(*cubin);
    else
      error = llvm::toString(cubin.takeError());
  }
};
} // namespace

llvm::Expected<std::string> mlir::adamas::emitPtxOf(ModuleOp lowered, const GpuOptions &options,
                                                    GpuCompileTimes &times) {
  llvm::Expected<GpuTarget> target = GpuTarget::get(options.chip);
  if (!target)
    return target.takeError();
  Compilation all;
  auto translated = translateForGpu(getKernels(lowered), *target, all.context);
  if (!translated)
    return translated.takeError();
  all.module = std::move(*translated);
  if (llvm::Error error = all.optimizeAndEmit(*target))
    return error;
  times.optimize += all.times.optimize;
  times.codegen += all.times.codegen;
  return std::move(all.code);
}

/// One compilation for each kernel of `lowered`, translated.
static llvm::Error splitKernels(ModuleOp lowered, const GpuTarget &target,
                                std::vector<std::unique_ptr<Compilation>> &compilations) {
  gpu::GPUModuleOp kernels = getKernels(lowered);
  for (auto kernel : kernels.getOps<LLVM::LLVMFuncOp>()) {
    // The kernel and what kernels share, without the other kernels.
    OpBuilder b(kernels.getContext());
    OwningOpRef<gpu::GPUModuleOp> alone = gpu::GPUModuleOp::create(b, kernels.getLoc(), kernels.getName());
    b.setInsertionPointToStart(alone->getBody());
    for (auto shared : kernels.getOps<LLVM::GlobalOp>())
      b.clone(*shared);
    b.clone(*kernel);
    auto compilation = std::make_unique<Compilation>();
    compilation->name = kernel.getName().str();
    auto translated = translateForGpu(*alone, target, compilation->context);
    if (!translated)
      return translated.takeError();
    compilation->module = std::move(*translated);
    compilations.push_back(std::move(compilation));
  }
  return llvm::Error::success();
}

llvm::Expected<GpuImage> mlir::adamas::compileImage(ModuleOp lowered, const GpuOptions &options,
                                                    GpuCompileTimes &times) {
  llvm::Expected<GpuTarget> target = GpuTarget::get(options.chip);
  if (!target)
    return target.takeError();
  Assembler assembler = Assembler::find();
  if (!assembler) { // the driver takes text that ends with a zero
    auto ptx = emitPtxOf(lowered, options, times);
    if (!ptx)
      return ptx.takeError();
    return GpuImage{makeManifest(lowered, *target, ImageKind::Ptx), *ptx + '\0'};
  }
  std::vector<std::unique_ptr<Compilation>> compilations;
  {
    StageTimer timer(times.optimize);
    if (llvm::Error error = splitKernels(lowered, *target, compilations))
      return error;
  }
  std::vector<std::thread> threads;
  for (auto &compilation : compilations)
    threads.emplace_back([&] { compilation->run(*target, assembler); });
  for (std::thread &thread : threads)
    thread.join();
  GpuImage result{json::Value(nullptr), ""};
  llvm::StringMap<ImagePlace> places;
  GpuCompileTimes slowest;
  for (auto &compilation : compilations) {
    if (!compilation->error.empty())
      return llvm::createStringError(compilation->name + ": " + compilation->error);
    result.image.resize(llvm::alignTo(result.image.size(), 16));
    places[compilation->name] = {int64_t(result.image.size()), int64_t(compilation->code.size())};
    result.image += compilation->code;
    if (compilation->times.total() > slowest.total())
      slowest = compilation->times;
  }
  times.optimize += slowest.optimize;
  times.codegen += slowest.codegen;
  times.assemble += slowest.assemble;
  result.manifest = makeManifest(lowered, *target, ImageKind::Cubin, places);
  return result;
}

/// Calls `use` with what is chosen for each function of `module`.
static llvm::Error forChoices(ModuleOp module, const GpuOptions &options,
                              llvm::function_ref<void(func::FuncOp, const LaunchChoice &)> use) {
  NVVMPipelineOptions pipeline;
  options.configure(pipeline);
  OwningOpRef<ModuleOp> opened = module.clone();
  PassManager passes(module.getContext());
  passes.addPass(createAdamasOpenTopK());
  passes.addPass(createAdamasOpenAttention());
  if (failed(passes.run(*opened)))
    return llvm::createStringError("the module cannot be opened");
  for (auto function : opened->getOps<func::FuncOp>()) {
    auto choice = LaunchChoice::make(function, {pipeline.chip, pipeline.batch, pipeline.sequenceLength,
                                                getFusion(pipeline), pipeline.ways, pipeline.table});
    if (!choice)
      return choice.takeError();
    use(function, *choice);
  }
  return llvm::Error::success();
}

llvm::Expected<GpuOptions> mlir::adamas::chooseLaunches(ModuleOp module, GpuOptions options) {
  GpuOptions chosen = options;
  llvm::Error error = forChoices(module, options, [&](func::FuncOp, const LaunchChoice &choice) {
    chosen.fusion = choice.fusion;
    chosen.ways = choice.ways;
  });
  if (error)
    return std::move(error);
  return chosen;
}

llvm::Error mlir::adamas::addCrossovers(ModuleOp module, const GpuOptions &options, json::Value &manifest) {
  return forChoices(module, options, [&](func::FuncOp function, const LaunchChoice &choice) {
    for (json::Value &each : *manifest.getAsObject()->getArray("functions"))
      if (choice.crossover && each.getAsObject()->getString("name") == function.getName())
        each.getAsObject()->try_emplace("crossover_tokens", choice.crossover);
  });
}

llvm::Expected<std::string> mlir::adamas::compileToBundle(ModuleOp module, const GpuOptions &options,
                                                          GpuCompileTimes &times) {
  auto lowered = lowerForGpu(module, options, times);
  if (!lowered)
    return lowered.takeError();
  auto image = compileImage(**lowered, options, times);
  if (!image)
    return image.takeError();
  if (llvm::Error error = addCrossovers(module, options, image->manifest))
    return error;
  return makeBundle(image->manifest, image->image);
}
