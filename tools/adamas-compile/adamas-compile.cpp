// adamas-compile: takes a module through the stages of a target and prints the one asked for.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Execution/HostTarget.h"
#include "adamas/Execution/JIT.h"
#include "adamas/GpuCompiler/Assembler.h"
#include "adamas/GpuCompiler/Bundle.h"
#include "adamas/GpuCompiler/GpuCompiler.h"
#include "adamas/GpuCompiler/Ptx.h"
#include "adamas/Pipelines/Pipelines.h"
#include "adamas/Register.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/ToolOutputFile.h"
#include "llvm/Support/WithColor.h"

using namespace mlir;
using namespace mlir::adamas;
namespace cl = llvm::cl;

namespace {
enum class Target { X86, NVPTX };
enum class Emit { Staged, Kernels, LLVM, Assembly, Object, Ptx, Cubin, Bundle };
} // namespace

static cl::OptionCategory category("adamas-compile options");

static cl::opt<std::string> inputPath(cl::Positional, cl::desc("MODULE.mlir"), cl::init("-"), cl::cat(category));
static cl::opt<std::string> outputPath("o", cl::value_desc("file"), cl::init("-"), cl::cat(category),
                                       cl::desc("Where to write (default: standard output)"));
static cl::opt<Target> target("target", cl::init(Target::X86), cl::cat(category), cl::desc("What to compile for:"),
                              cl::values(clEnumValN(Target::X86, "x86", "the host's kind of CPU (default)"),
                                         clEnumValN(Target::NVPTX, "nvptx", "NVIDIA GPUs")));
static cl::opt<Emit> emit(
    "emit", cl::cat(category), cl::desc("What to write (default: asm, or ptx on nvptx):"),
    cl::values(clEnumValN(Emit::Staged, "staged", "form 2: top-k and attention opened"),
               clEnumValN(Emit::Kernels, "kernels", "form 3: kernels, values placed"),
               clEnumValN(Emit::LLVM, "llvm", "optimized llvm ir"),
               clEnumValN(Emit::Assembly, "asm", "assembly text of a cpu"),
               clEnumValN(Emit::Object, "obj", "an object file of a cpu"), clEnumValN(Emit::Ptx, "ptx", "ptx text"),
               clEnumValN(Emit::Cubin, "cubin", "machine code of a gpu, by ptxas or nvPTXCompiler"),
               clEnumValN(Emit::Bundle, "bundle", "what the runtime loads")));
static cl::opt<std::string> cpu("cpu", cl::value_desc("name"), cl::init("host"), cl::cat(category),
                                cl::desc("LLVM's name of the CPU, such as haswell or x86-64 (default: this host)"));
static cl::opt<std::string>
    chip("chip", cl::value_desc("name"), cl::init("sm_90a"), cl::cat(category),
         cl::desc("The GPU: sm_80, sm_86, sm_89, sm_90, sm_90a, sm_100, sm_120, ... (default sm_90a)"));
static cl::opt<int64_t> ways("ways", cl::value_desc("W"), cl::init(0), cl::cat(category),
                             cl::desc("Parts of the token axis (default: 1 on cpus, by the gpu and the shape there)"));
static cl::opt<int64_t> batch("batch", cl::value_desc("B"), cl::init(1), cl::cat(category),
                              cl::desc("Sequences to expect, on gpus (default 1)"));
static cl::opt<int64_t> tokens("tokens", cl::value_desc("N"), cl::init(32768), cl::cat(category),
                               cl::desc("Tokens of a sequence to expect, on gpus (default 32768)"));
static cl::opt<std::string>
    tuning("tuning", cl::value_desc("file"), cl::cat(category),
           cl::desc("Tuning table for gpus, or none (default: ADAMAS_TUNING_TABLE, or the chip's)"));
static cl::opt<bool> explain("explain", cl::init(false), cl::cat(category),
                             cl::desc("Say on standard error what is chosen for a gpu, and why"));

/// Runs the passes up to the form that `emit` starts from. MLIR reports errors itself.
static LogicalResult lower(ModuleOp module, const HostTarget &host) {
  PassManager passes(module.getContext());
  if (emit == Emit::Staged) {
    OpenPipelineOptions options;
    options.ways = ways.getNumOccurrences() ? int64_t(ways) : 1;
    buildOpenPipeline(passes, options);
    return passes.run(module);
  }
  X86PipelineOptions options;
  options.ways = ways.getNumOccurrences() ? int64_t(ways) : 1;
  host.configure(options);
  if (emit == Emit::Kernels)
    buildKernelsPipeline(passes, options);
  else
    buildToX86Pipeline(passes, options);
  return passes.run(module);
}

/// The text or bytes of the stage.
static llvm::Expected<std::string> render(ModuleOp module, const HostTarget &host) {
  std::string text;
  llvm::raw_string_ostream os(text);
  if (emit == Emit::Staged || emit == Emit::Kernels) {
    module.print(os);
    return text;
  }
  llvm::LLVMContext context;
  CompileTimes times;
  auto translated = translateForHost(module, host, context, times);
  if (!translated)
    return translated.takeError();
  if (emit == Emit::LLVM) {
    (*translated)->print(os, nullptr);
    return text;
  }
  return emitMachineCode(**translated, host, emit == Emit::Object ? MachineCode::Object : MachineCode::Assembly);
}

/// The same for a GPU, from form 1 or 2 on.
static llvm::Expected<std::string> renderForGpu(ModuleOp module) {
  llvm::Expected<GpuTarget> target = GpuTarget::get(chip);
  if (!target)
    return llvm::createStringError("--chip " + llvm::toString(target.takeError()));
  GpuOptions options;
  options.chip = chip;
  options.ways = ways;
  options.batch = batch;
  options.sequenceLength = tokens;
  options.tuning = tuning;
  options.explain = explain;
  std::string text;
  llvm::raw_string_ostream os(text);
  if (emit == Emit::Staged || emit == Emit::Kernels) {
    PassManager passes(module.getContext());
    NVVMPipelineOptions pipeline;
    options.configure(pipeline);
    if (emit == Emit::Staged)
      buildGpuOpenPipeline(passes, pipeline);
    else
      buildGpuKernelsPipeline(passes, pipeline);
    if (failed(passes.run(module)))
      return llvm::createStringError("the module does not reach this form");
    module.print(os);
    return text;
  }
  GpuCompileTimes times;
  if (emit == Emit::Bundle)
    return compileToBundle(module, options, times);
  auto lowered = lowerForGpu(module, options, times);
  if (!lowered)
    return lowered.takeError();
  if (emit == Emit::LLVM) {
    llvm::LLVMContext context;
    auto kernels = *(*lowered)->getOps<gpu::GPUModuleOp>().begin();
    auto translated = translateForGpu(kernels, *target, context);
    if (!translated)
      return translated.takeError();
    if (llvm::Error error = optimizeForGpu(**translated, *target))
      return error;
    (*translated)->print(os, nullptr);
    return text;
  }
  auto ptx = emitPtxOf(**lowered, options, times);
  if (!ptx || emit == Emit::Ptx)
    return ptx;
  Assembler assembler = Assembler::find();
  if (!assembler)
    return llvm::createStringError(
        "--emit=cubin needs ptxas: install the CUDA toolkit, or give its path in ADAMAS_PTXAS");
  return assembler.assemble(*ptx, *target);
}

static int fail(const llvm::Twine &message) {
  llvm::WithColor::error(llvm::errs(), "adamas-compile") << message << "\n";
  return 1;
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv, "adamas-compile: compiles decode steps, stage by stage\n");
  bool gpu = target == Target::NVPTX;
  if (emit.getNumOccurrences() == 0)
    emit = gpu ? Emit::Ptx : Emit::Assembly;
  bool ofCpu = emit == Emit::Assembly || emit == Emit::Object;
  bool ofGpu = emit == Emit::Ptx || emit == Emit::Cubin || emit == Emit::Bundle;
  if (gpu ? ofCpu : ofGpu)
    return fail(gpu ? "--emit=asm and --emit=obj are for --target=x86; a GPU has ptx, cubin and bundle"
                    : "--emit=ptx, --emit=cubin and --emit=bundle are for --target=nvptx; a CPU has asm and obj");
  if (explain && !gpu)
    return fail("--explain is for --target=nvptx: nothing is chosen for a CPU");
  bool bytes = emit == Emit::Object || emit == Emit::Cubin || emit == Emit::Bundle;
  if (bytes && outputPath == "-" && llvm::outs().is_displayed())
    return fail("this stage is bytes, which a terminal cannot show: give -o FILE");
  auto host = HostTarget::get(cpu);
  if (!host)
    return fail("--cpu: " + llvm::toString(host.takeError()));
  std::string message;
  std::unique_ptr<llvm::MemoryBuffer> input = openInputFile(inputPath, &message);
  if (!input)
    return fail(message);

  DialectRegistry registry;
  registerDialects(registry);
  MLIRContext context(registry);
  context.printOpOnDiagnostic(false);
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(std::move(input), llvm::SMLoc());
  SourceMgrDiagnosticHandler handler(sources, &context);
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(sources, ParserConfig(&context));
  if (!module || (!gpu && failed(lower(*module, *host))))
    return 1;
  llvm::Expected<std::string> text = gpu ? renderForGpu(*module) : render(*module, *host);
  if (!text)
    return fail(llvm::toString(text.takeError()));
  std::unique_ptr<llvm::ToolOutputFile> output = openOutputFile(outputPath, &message);
  if (!output)
    return fail(message);
  output->os() << *text;
  output->keep();
  return 0;
}
