// adamas-reduce: shrinks a module that shows a defect while it still shows it.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Register.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Tools/mlir-reduce/MlirReduceMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::adamas::registerDialects(registry);
  mlir::adamas::registerPasses();
  mlir::MLIRContext context(registry);
  return mlir::failed(mlir::mlirReduceMain(argc, argv, context));
}
