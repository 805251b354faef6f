// From the NVVM dialect to PTX, and from PTX to machine code.
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
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
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

std::string mlir::adamas::findPtxas() {
  if (const char *path = std::getenv("ADAMAS_PTXAS"))
    return path;
  for (const char *variable : {"CUDA_HOME", "CUDA_PATH"})
    if (const char *root = std::getenv(variable)) {
      llvm::SmallString<128> path(root);
      llvm::sys::path::append(path, "bin", "ptxas");
      if (llvm::sys::fs::can_execute(path))
        return std::string(path);
    }
  if (auto path = llvm::sys::findProgramByName("ptxas"))
    return *path;
  constexpr llvm::StringLiteral standard = "/usr/local/cuda/bin/ptxas";
  return llvm::sys::fs::can_execute(standard) ? standard.str() : std::string();
}

llvm::Expected<std::string> mlir::adamas::assemble(llvm::StringRef ptx, const GpuTarget &target,
                                                   llvm::StringRef ptxas) {
  llvm::SmallString<128> paths[3];
  std::vector<llvm::FileRemover> removers;
  const char *endings[] = {"ptx", "cubin", "log"};
  for (size_t i = 0; i < std::size(paths); ++i) {
    if (std::error_code code = llvm::sys::fs::createTemporaryFile("adamas", endings[i], paths[i]))
      return llvm::createStringError(code, "cannot make a temporary file for ptxas");
    removers.emplace_back(paths[i]);
  }
  {
    std::error_code code;
    llvm::raw_fd_ostream os(paths[0], code);
    os << ptx;
    os.close();
    if (code || os.has_error())
      return llvm::createStringError("cannot write " + paths[0].str() + " for ptxas");
  }
  std::string arch = ("-arch=" + target.chip).str(), message;
  llvm::StringRef arguments[] = {ptxas, arch, "-O3", paths[0], "-o", paths[1]};
  std::optional<llvm::StringRef> redirects[] = {std::nullopt, llvm::StringRef(paths[2]), llvm::StringRef(paths[2])};
  int status = llvm::sys::ExecuteAndWait(ptxas, arguments, std::nullopt, redirects, 0, 0, &message);
  if (status != 0) {
    if (auto log = llvm::MemoryBuffer::getFile(paths[2]))
      message += (*log)->getBuffer().str();
    return llvm::createStringError("ptxas failed with status " + std::to_string(status) + ": " + message);
  }
  auto cubin = llvm::MemoryBuffer::getFile(paths[1], /*IsText=*/false);
  if (!cubin)
    return llvm::createStringError(cubin.getError(), "cannot read what ptxas wrote");
  return (*cubin)->getBuffer().str();
}
