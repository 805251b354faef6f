// adamas-lsp-server: diagnostics, hover and completion for .mlir files in editors.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Register.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Tools/mlir-lsp-server/MlirLspServerMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::adamas::registerDialects(registry);
  return mlir::failed(mlir::MlirLspServerMain(argc, argv, registry));
}
