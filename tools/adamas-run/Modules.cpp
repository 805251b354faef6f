// Modules of a run: read, specialized to the data, and the two that the tool builds itself.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas-run/Modules.h"

#include "adamas/Transforms/Passes.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
using namespace mlir::adamas;

llvm::Expected<LoadedModule> mlir::adamas::loadModule(std::unique_ptr<llvm::MemoryBuffer> buffer, llvm::StringRef path,
                                                      MLIRContext *context, DiagnosticCapture &diagnostics) {
  LoadedModule loaded;
  loaded.path = path.str();
  loaded.name = llvm::sys::path::stem(path).str();
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(std::move(buffer), llvm::SMLoc());
  loaded.module = parseSourceFile<ModuleOp>(sources, ParserConfig(context));
  if (!loaded.module)
    return inFile(path, diagnostics.take());
  llvm::Expected<DecodeSignature> signature = findSignature(*loaded.module);
  if (!signature)
    return inFile(path, signature.takeError());
  loaded.signature = std::move(*signature);
  return loaded;
}

//===----------------------------------------------------------------------===//
// Specialization
//===----------------------------------------------------------------------===//

static std::string passDType(DType dtype) { return dtypeName(dtype).lower(); }

/// An error for the first thing in which a module that must stay as it is does not fit.
static llvm::Error checkFits(const DecodeSignature &signature, const Inputs &inputs, const Wishes &wishes,
                             llvm::StringRef remedy) {
  auto error = [&](llvm::StringRef what, const Twine &has, const Twine &wanted) {
    return llvm::createStringError("has " + what + " " + has + ", expected " + wanted + ": " + remedy);
  };
  struct {
    llvm::StringRef what;
    int64_t has;
    std::optional<int64_t> wanted;
  } sizes[] = {{"query heads", signature.queryHeads, inputs.queryHeads()},
               {"kv heads", signature.kvHeads, inputs.kvHeads()},
               {"head dimension", signature.headDim, inputs.headDim()},
               {"query tokens", signature.queryTokens, inputs.queryTokens()},
               {"bits", signature.bits, wishes.bits},
               {"budget", signature.budget, wishes.budget},
               {"sink", signature.sink, wishes.sink},
               {"recent", signature.recent, wishes.recent}};
  for (const auto &size : sizes)
    if (size.wanted && size.has != *size.wanted)
      return error(size.what, Twine(size.has), Twine(*size.wanted));
  if (signature.dtype != inputs.query.dtype())
    return error("element type", dtypeName(signature.dtype), dtypeName(inputs.query.dtype()));
  if (wishes.policy && signature.policy != *wishes.policy && signature.queryHeads != signature.kvHeads)
    return error("policy", stringifyPolicy(signature.policy), stringifyPolicy(*wishes.policy));
  return llvm::Error::success();
}

static AdamasSpecializeOptions passOptions(const Inputs &inputs, const Wishes &wishes) {
  AdamasSpecializeOptions options;
  options.queryHeads = inputs.queryHeads();
  options.kvHeads = inputs.kvHeads();
  options.headDim = inputs.headDim();
  options.queryTokens = inputs.queryTokens();
  options.dtype = passDType(inputs.query.dtype());
  options.bits = wishes.bits;
  options.budget = wishes.budget.value_or(keepOption);
  options.sink = wishes.sink.value_or(keepOption);
  options.recent = wishes.recent.value_or(keepOption);
  if (wishes.policy)
    options.policy = stringifyPolicy(*wishes.policy).str();
  return options;
}

llvm::Expected<LoadedModule> mlir::adamas::specializeModule(const LoadedModule &module, const Inputs &inputs,
                                                            const Wishes &wishes, bool strict,
                                                            DiagnosticCapture &diagnostics) {
  LoadedModule result;
  result.path = module.path;
  result.name = module.name;
  if (strict || module.signature.staged) {
    llvm::StringRef remedy = strict ? "drop --strict to let it be changed"
                                    : "only modules of form 1 can be changed, give the one that this was made from";
    if (llvm::Error error = checkFits(module.signature, inputs, wishes, remedy))
      return inFile(module.path, std::move(error));
    result.module = cast<ModuleOp>(module.module.get()->clone());
  } else {
    result.module = cast<ModuleOp>(module.module.get()->clone());
    PassManager manager(result.module->getContext());
    manager.addPass(createAdamasSpecialize(passOptions(inputs, wishes)));
    if (failed(manager.run(*result.module)))
      return inFile(module.path, diagnostics.take());
  }
  llvm::Expected<DecodeSignature> signature = findSignature(*result.module);
  if (!signature)
    return inFile(module.path, signature.takeError());
  auto returns = [&](ResultRole role) { return llvm::is_contained(signature->results, role); };
  auto addIfMissing = [&](Value value, ResultRole role) {
    if (!value || returns(role))
      return;
    addResult(signature->function, value);
    signature->results.push_back(role);
  };
  addIfMissing(signature->indices, ResultRole::Indices);
  addIfMissing(signature->lengths, ResultRole::Lengths);
  addIfMissing(signature->output, ResultRole::Output);
  if (wishes.emitDistances)
    addIfMissing(signature->distances, ResultRole::Distances);
  result.signature = std::move(*signature);
  return result;
}

//===----------------------------------------------------------------------===//
// Modules of our own
//===----------------------------------------------------------------------===//

static Type elementType(OpBuilder &b, DType dtype) {
  return dtype == DType::F16 ? Type(b.getF16Type()) : dtype == DType::BF16 ? Type(b.getBF16Type()) : b.getF32Type();
}

/// A function of `types` and the builder at the start of its body.
static func::FuncOp startFunction(OpBuilder &b, ModuleOp module, llvm::StringRef name, ArrayRef<Type> types) {
  b.setInsertionPointToEnd(module.getBody());
  auto function = func::FuncOp::create(b, b.getUnknownLoc(), name, b.getFunctionType(types, {}));
  b.setInsertionPointToStart(function.addEntryBlock());
  return function;
}

static void finishFunction(OpBuilder &b, func::FuncOp function, Value result) {
  func::ReturnOp::create(b, b.getUnknownLoc(), result);
  function.setType(b.getFunctionType(function.getArgumentTypes(), result.getType()));
}

static RankedTensorType cacheType(OpBuilder &b, const Inputs &inputs) {
  return RankedTensorType::get({ShapedType::kDynamic, inputs.kvHeads(), ShapedType::kDynamic, inputs.headDim()},
                               elementType(b, inputs.key.dtype()));
}

OwningOpRef<ModuleOp> mlir::adamas::buildEncodeModule(MLIRContext *context, const Inputs &inputs, int64_t bits,
                                                      bool offset) {
  OpBuilder b(context);
  Location loc = b.getUnknownLoc();
  OwningOpRef<ModuleOp> module(ModuleOp::create(loc));
  SmallVector<Type> types = {cacheType(b, inputs),
                             RankedTensorType::get({inputs.kvHeads(), (int64_t(1) << bits) - 1}, b.getF32Type())};
  if (offset)
    types.push_back(RankedTensorType::get({inputs.kvHeads(), inputs.headDim()}, b.getF32Type()));
  auto function = startFunction(b, *module, "encode", types);
  auto rotated = HadamardOp::create(b, loc, function.getArgument(0), PlacementAttr());
  auto codes = BucketizePackOp::create(b, loc, rotated.getResult(), function.getArgument(1),
                                       offset ? function.getArgument(2) : Value(), DenseF32ArrayAttr(),
                                       b.getI64IntegerAttr(1), PlacementAttr());
  finishFunction(b, function, codes.getResult());
  return module;
}

OwningOpRef<ModuleOp> mlir::adamas::buildDenseModule(MLIRContext *context, const Inputs &inputs) {
  OpBuilder b(context);
  Location loc = b.getUnknownLoc();
  OwningOpRef<ModuleOp> module(ModuleOp::create(loc));
  SmallVector<int64_t> queryShape(inputs.query.shape());
  queryShape[0] = ShapedType::kDynamic;
  auto function =
      startFunction(b, *module, "dense",
                    {RankedTensorType::get(queryShape, elementType(b, inputs.query.dtype())), cacheType(b, inputs),
                     cacheType(b, inputs), RankedTensorType::get({ShapedType::kDynamic}, b.getI32Type())});
  auto attention = DenseAttentionOp::create(b, loc, function.getArgument(0), function.getArgument(1),
                                            function.getArgument(2), function.getArgument(3), FloatAttr(), UnitAttr());
  finishFunction(b, function, attention.getOutput());
  return module;
}
