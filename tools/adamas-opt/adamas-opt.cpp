// adamas-opt: runs passes and pipelines over modules.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Register.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::adamas::registerDialects(registry);
  mlir::adamas::registerPasses();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "adamas optimizer: Hadamard-coded token-sparse attention\n", registry));
}
