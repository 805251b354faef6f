// From the LLVM dialect to machine code in memory, or to text and objects.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Execution/JIT.h"
#include "adamas/Execution/ThreadPool.h"
#include "adamas/Target/Optimize.h"
#include "adamas/Target/StageTimer.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/ExecutionEngine/Orc/ExecutionUtils.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/Support/SmallVectorMemoryBuffer.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using namespace mlir::adamas;

llvm::Expected<std::unique_ptr<llvm::Module>> mlir::adamas::translateForHost(ModuleOp module, const HostTarget &target,
                                                                             llvm::LLVMContext &context,
                                                                             CompileTimes &times) {
  registerBuiltinDialectTranslation(*module.getContext());
  registerLLVMDialectTranslation(*module.getContext());
  llvm::orc::JITTargetMachineBuilder builder = target.builder;
  auto machine = builder.createTargetMachine();
  if (!machine)
    return machine.takeError();
  std::unique_ptr<llvm::Module> result;
  {
    StageTimer timer(times.translate);
    result = translateModuleToLLVMIR(module, context);
    if (!result)
      return llvm::createStringError("cannot translate the module to LLVM IR");
    result->setDataLayout((*machine)->createDataLayout());
    result->setTargetTriple((*machine)->getTargetTriple());
    for (llvm::Function &function : *result) {
      function.addFnAttr("target-cpu", target.builder.getCPU());
      // Vectors are as wide as the emitters chose, whatever the CPU's tuning prefers.
      function.addFnAttr("prefer-vector-width", std::to_string(32 * target.lanes));
    }
  }
  StageTimer timer(times.optimize);
  if (llvm::Error error = optimize(*result, **machine))
    return error;
  return result;
}

llvm::Expected<std::string> mlir::adamas::emitMachineCode(llvm::Module &module, const HostTarget &target,
                                                          MachineCode kind) {
  llvm::orc::JITTargetMachineBuilder builder = target.builder;
  builder.setRelocationModel(llvm::Reloc::PIC_);
  auto machine = builder.createTargetMachine();
  if (!machine)
    return machine.takeError();
  llvm::SmallString<0> code;
  llvm::raw_svector_ostream os(code);
  llvm::legacy::PassManager passes;
  auto type = kind == MachineCode::Assembly ? llvm::CodeGenFileType::AssemblyFile : llvm::CodeGenFileType::ObjectFile;
  if ((*machine)->addPassesToEmitFile(passes, os, nullptr, type))
    return llvm::createStringError("this target cannot emit machine code files");
  passes.run(module);
  return std::string(code);
}

llvm::Expected<std::unique_ptr<llvm::orc::LLJIT>> mlir::adamas::loadForHost(ModuleOp module, const HostTarget &target,
                                                                            CompileTimes &times) {
  auto context = std::make_unique<llvm::LLVMContext>();
  auto translated = translateForHost(module, target, *context, times);
  if (!translated)
    return translated.takeError();
  StageTimer timer(times.codegen);
  auto jit = llvm::orc::LLJITBuilder().setJITTargetMachineBuilder(target.builder).create();
  if (!jit)
    return jit.takeError();
  llvm::orc::JITDylib &library = (*jit)->getMainJITDylib();
  auto generator =
      llvm::orc::DynamicLibrarySearchGenerator::GetForCurrentProcess((*jit)->getDataLayout().getGlobalPrefix());
  if (!generator)
    return generator.takeError();
  library.addGenerator(std::move(*generator));
  llvm::orc::SymbolMap symbols{
      {(*jit)->mangleAndIntern("adamas_parallel_for"),
       {llvm::orc::ExecutorAddr::fromPtr(&adamas_parallel_for), llvm::JITSymbolFlags::Exported}}};
  if (llvm::Error error = library.define(llvm::orc::absoluteSymbols(symbols)))
    return error;
  if (llvm::Error error = (*jit)->addIRModule(llvm::orc::ThreadSafeModule(std::move(*translated), std::move(context))))
    return error;
  // Code is made when it is first looked up: do so here, where it is timed and errors are the compiler's.
  for (auto function : module.getOps<LLVM::LLVMFuncOp>())
    if (function.getName().starts_with("_adamas_"))
      if (auto address = (*jit)->lookup(function.getName()); !address)
        return address.takeError();
  return jit;
}
