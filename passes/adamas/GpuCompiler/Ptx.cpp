// From the NVVM dialect to PTX.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/GpuCompiler/Ptx.h"
#include "adamas/Target/Optimize.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/GPU/GPUToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/NVVM/NVVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include <mutex>

using namespace mlir;
using namespace mlir::adamas;

extern "C" {
void LLVMInitializeNVPTXTarget();
void LLVMInitializeNVPTXTargetInfo();
void LLVMInitializeNVPTXTargetMC();
void LLVMInitializeNVPTXAsmPrinter();
}

static llvm::Expected<std::unique_ptr<llvm::TargetMachine>> createMachine(const GpuTarget &target) {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeNVPTXTarget();
    LLVMInitializeNVPTXTargetInfo();
    LLVMInitializeNVPTXTargetMC();
    LLVMInitializeNVPTXAsmPrinter();
  });
  std::string message;
  llvm::Triple triple("nvptx64-nvidia-cuda");
  const llvm::Target *found = llvm::TargetRegistry::lookupTarget(triple, message);
  if (!found)
    return llvm::createStringError(message);
  return std::unique_ptr<llvm::TargetMachine>(
      found->createTargetMachine(triple, target.chip, "+ptx" + std::to_string(target.ptx), llvm::TargetOptions(),
                                 std::nullopt, std::nullopt, llvm::CodeGenOptLevel::Default));
}

llvm::Expected<std::unique_ptr<llvm::Module>>
mlir::adamas::translateForGpu(gpu::GPUModuleOp kernels, const GpuTarget &target, llvm::LLVMContext &context) {
  registerBuiltinDialectTranslation(*kernels.getContext());
  registerGPUDialectTranslation(*kernels.getContext());
  registerLLVMDialectTranslation(*kernels.getContext());
  registerNVVMDialectTranslation(*kernels.getContext());
  auto machine = createMachine(target);
  if (!machine)
    return machine.takeError();
  std::unique_ptr<llvm::Module> module = translateModuleToLLVMIR(kernels, context);
  if (!module)
    return llvm::createStringError("cannot translate the kernels to LLVM IR");
  module->setDataLayout((*machine)->createDataLayout());
  module->setTargetTriple((*machine)->getTargetTriple());
  return module;
}

llvm::Error mlir::adamas::optimizeForGpu(llvm::Module &module, const GpuTarget &target) {
  auto machine = createMachine(target);
  if (!machine)
    return machine.takeError();
  return optimize(module, **machine);
}

llvm::Expected<std::string> mlir::adamas::emitPtx(llvm::Module &module, const GpuTarget &target) {
  auto machine = createMachine(target);
  if (!machine)
    return machine.takeError();
  llvm::SmallString<0> text;
  llvm::raw_svector_ostream os(text);
  llvm::legacy::PassManager passes;
  if ((*machine)->addPassesToEmitFile(passes, os, nullptr, llvm::CodeGenFileType::AssemblyFile))
    return llvm::createStringError("LLVM's NVPTX target cannot emit PTX");
  passes.run(module);
  return std::string(text);
}
