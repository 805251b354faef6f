// adamas-run: runs decode steps on data, judges them, and measures them.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas-run/Tool.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/WithColor.h"

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  mlir::adamas::Options options = mlir::adamas::parseOptions(argc, argv);
  if (llvm::Error error = mlir::adamas::runTool(options, llvm::outs())) {
    llvm::outs().flush();
    llvm::WithColor::error(llvm::errs(), "adamas-run") << llvm::toString(std::move(error)) << "\n";
    return 1;
  }
  return 0;
}
