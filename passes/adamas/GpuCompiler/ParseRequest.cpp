// A request of the runtime, from its text to a module in form 1.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/GpuCompiler/Request.h"
#include "adamas/Register.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/ThreadPool.h"

using namespace mlir;
using namespace mlir::adamas;

llvm::Error mlir::adamas::withModule(
    llvm::StringRef text,
    llvm::function_ref<llvm::Error(const Request &request, const RequestModule &written, ModuleOp module)> body) {
  llvm::Expected<Request> request = Request::parse(text);
  if (!request)
    return request.takeError();
  llvm::Expected<RequestModule> written = writeModule(*request);
  if (!written)
    return written.takeError();
  DialectRegistry registry;
  registerDialects(registry);
  // A step has a few kernels; passes run on them side by side.
  llvm::DefaultThreadPool pool(llvm::hardware_concurrency(4));
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.setThreadPool(pool);
  context.printOpOnDiagnostic(false);
  std::string messages;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    messages += (messages.empty() ? "" : "; ") + diagnostic.str();
    return success();
  });
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(written->text, ParserConfig(&context));
  llvm::Error error =
      module ? body(*request, *written, *module) : llvm::createStringError("the request describes no valid step");
  if (!error)
    return error;
  std::string message = llvm::toString(std::move(error));
  return llvm::createStringError(message + (messages.empty() ? "" : ": " + messages));
}
