// adamas-compile: takes a module through the stages of a target and prints the one asked for.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Execution/HostTarget.h"
#include "adamas/Execution/JIT.h"
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
enum class Target { X86 };
enum class Emit { Staged, Kernels, LLVM, Assembly, Object };
} // namespace

static cl::OptionCategory category("adamas-compile options");

static cl::opt<std::string> inputPath(cl::Positional, cl::desc("MODULE.mlir"), cl::init("-"), cl::cat(category));
static cl::opt<std::string> outputPath("o", cl::value_desc("file"), cl::init("-"), cl::cat(category),
                                       cl::desc("Where to write (default: standard output)"));
static cl::opt<Target> target("target", cl::init(Target::X86), cl::cat(category), cl::desc("What to compile for:"),
                              cl::values(clEnumValN(Target::X86, "x86", "the host's kind of CPU (default)")));
static cl::opt<Emit> emit("emit", cl::init(Emit::Assembly), cl::cat(category), cl::desc("What to write:"),
                          cl::values(clEnumValN(Emit::Staged, "staged", "form 2: top-k and attention opened"),
                                     clEnumValN(Emit::Kernels, "kernels", "form 3: kernels, values placed"),
                                     clEnumValN(Emit::LLVM, "llvm", "optimized llvm ir"),
                                     clEnumValN(Emit::Assembly, "asm", "assembly text (default)"),
                                     clEnumValN(Emit::Object, "obj", "an object file")));
static cl::opt<std::string> cpu("cpu", cl::value_desc("name"), cl::init("host"), cl::cat(category),
                                cl::desc("LLVM's name of the CPU, such as haswell or x86-64 (default: this host)"));
static cl::opt<int64_t> ways("ways", cl::value_desc("W"), cl::init(1), cl::cat(category),
                             cl::desc("Parts of the token axis (default 1)"));

/// Runs the passes up to the form that `emit` starts from. MLIR reports errors itself.
static LogicalResult lower(ModuleOp module, const HostTarget &host) {
  PassManager passes(module.getContext());
  if (emit == Emit::Staged) {
    OpenPipelineOptions options;
    options.ways = ways;
    buildOpenPipeline(passes, options);
    return passes.run(module);
  }
  X86PipelineOptions options;
  options.ways = ways;
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

static int fail(const llvm::Twine &message) {
  llvm::WithColor::error(llvm::errs(), "adamas-compile") << message << "\n";
  return 1;
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv, "adamas-compile: compiles decode steps, stage by stage\n");
  if (emit == Emit::Object && outputPath == "-" && llvm::outs().is_displayed())
    return fail("--emit=obj writes bytes, which a terminal cannot show: give -o FILE");
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
  if (!module || failed(lower(*module, *host)))
    return 1;
  llvm::Expected<std::string> text = render(*module, *host);
  if (!text)
    return fail(llvm::toString(text.takeError()));
  std::unique_ptr<llvm::ToolOutputFile> output = openOutputFile(outputPath, &message);
  if (!output)
    return fail(message);
  output->os() << *text;
  output->keep();
  return 0;
}
