// LLVM's part in optimization, the same for every target.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Target/Optimize.h"
#include "llvm/Passes/PassBuilder.h"

using namespace mlir::adamas;

// The emitters unroll and vectorize, so what is left is to fold addresses, hoist what a loop repeats and merge loads. A
// third of the time of -O2 for code that is as fast.
static constexpr llvm::StringLiteral optimizations =
    "function(sroa,early-cse<memssa>,instcombine<no-verify-fixpoint>,simplifycfg,loop-simplify,lcssa,"
    "loop-mssa(loop-rotate,licm),gvn,instcombine<no-verify-fixpoint>,simplifycfg)";

llvm::Error mlir::adamas::optimize(llvm::Module &module, llvm::TargetMachine &machine) {
  llvm::PassBuilder builder(&machine);
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager callGraph;
  llvm::ModuleAnalysisManager modules;
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(callGraph);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, callGraph, modules);
  llvm::ModulePassManager passes;
  if (llvm::Error error = builder.parsePassPipeline(passes, optimizations))
    return error;
  passes.run(module, modules);
  return llvm::Error::success();
}
