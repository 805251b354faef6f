// Modules from text, for the tests of the reference.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "TestSupport.h"

#include "adamas/Reference/Evaluate.h"
#include "adamas/Register.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;
using namespace mlir::adamas;
using namespace mlir::adamas::test;

Module::Module(const std::string &text) : context(MLIRContext::Threading::DISABLED) {
  static bool registered = (registerPasses(), true);
  (void)registered;
  DialectRegistry registry;
  registerDialects(registry);
  context.appendDialectRegistry(registry);
  module = parseSourceString<ModuleOp>(text, &context);
  EXPECT_TRUE(bool(module)) << text;
}

FailureOr<SmallVector<Tensor>> Module::tryEvaluate(llvm::ArrayRef<Tensor> arguments, std::string &diagnostics) {
  if (!module)
    return failure();
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) { diagnostics += diagnostic.str(); });
  return adamas::evaluate(*module->getOps<func::FuncOp>().begin(), arguments);
}

std::vector<Tensor> Module::evaluate(llvm::ArrayRef<Tensor> arguments) {
  std::string diagnostics;
  auto results = tryEvaluate(arguments, diagnostics);
  EXPECT_TRUE(succeeded(results)) << diagnostics;
  if (failed(results))
    return {};
  return {results->begin(), results->end()};
}

std::string Module::errorOf(llvm::ArrayRef<Tensor> arguments) {
  std::string diagnostics;
  auto results = tryEvaluate(arguments, diagnostics);
  EXPECT_EQ(succeeded(results), diagnostics.empty()) << diagnostics;
  return diagnostics;
}

void Module::run(const std::string &pipeline) {
  PassManager manager(&context);
  std::string diagnostics;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) { diagnostics += diagnostic.str(); });
  EXPECT_TRUE(succeeded(parsePassPipeline(pipeline, manager))) << pipeline;
  EXPECT_TRUE(succeeded(manager.run(*module))) << pipeline << ": " << diagnostics;
}

int64_t Module::count(llvm::StringRef name) {
  int64_t found = 0;
  module->walk([&](Operation *op) { found += op->getName().getStringRef() == name; });
  return found;
}
