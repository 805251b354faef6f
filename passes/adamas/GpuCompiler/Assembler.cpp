// From PTX to machine code, by ptxas or by the same compiler as a library.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/GpuCompiler/Assembler.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#ifdef ADAMAS_NVPTXCOMPILER
#include <nvPTXCompiler.h>
#endif

using namespace mlir;
using namespace mlir::adamas;

static std::string findPtxas() {
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

static llvm::Expected<std::string> runPtxas(llvm::StringRef ptx, const GpuTarget &target, llvm::StringRef ptxas) {
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

#ifdef ADAMAS_NVPTXCOMPILER
static llvm::Expected<std::string> runLibrary(llvm::StringRef ptx, const GpuTarget &target) {
  nvPTXCompilerHandle compiler = nullptr;
  auto check = [&](nvPTXCompileResult result, const char *doing) -> llvm::Error {
    if (result == NVPTXCOMPILE_SUCCESS)
      return llvm::Error::success();
    std::string log;
    size_t size = 0;
    if (compiler && nvPTXCompilerGetErrorLogSize(compiler, &size) == NVPTXCOMPILE_SUCCESS && size) {
      log.resize(size + 1);
      nvPTXCompilerGetErrorLog(compiler, log.data());
      log = ": " + log.substr(0, size);
    }
    return llvm::createStringError("nvPTXCompiler failed to " + std::string(doing) + " with status " +
                                   std::to_string(result) + log);
  };
  std::string cubin;
  auto run = [&]() -> llvm::Error {
    if (llvm::Error error = check(nvPTXCompilerCreate(&compiler, ptx.size(), ptx.data()), "start"))
      return error;
    std::string arch = ("-arch=" + target.chip).str();
    const char *options[] = {arch.c_str(), "-O3"};
    if (llvm::Error error = check(nvPTXCompilerCompile(compiler, std::size(options), options), "compile"))
      return error;
    size_t size = 0;
    if (llvm::Error error = check(nvPTXCompilerGetCompiledProgramSize(compiler, &size), "tell the size"))
      return error;
    cubin.resize(size);
    return check(nvPTXCompilerGetCompiledProgram(compiler, cubin.data()), "give machine code");
  };
  llvm::Error error = run();
  if (compiler)
    nvPTXCompilerDestroy(&compiler);
  if (error)
    return error;
  return cubin;
}
#else
static llvm::Expected<std::string> runLibrary(llvm::StringRef, const GpuTarget &) {
  return llvm::createStringError(
      "expected ptxas or nvPTXCompiler, but got neither; set ADAMAS_PTXAS to the path of ptxas");
}
#endif

Assembler Assembler::find() {
  Assembler assembler;
  assembler.ptxas = findPtxas();
#ifdef ADAMAS_NVPTXCOMPILER
  assembler.linked = true;
#endif
  return assembler;
}

llvm::Expected<std::string> Assembler::assemble(llvm::StringRef ptx, const GpuTarget &target) const {
  return ptxas.empty() ? runLibrary(ptx, target) : runPtxas(ptx, target, ptxas);
}
