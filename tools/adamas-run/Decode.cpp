// One decode step on the data of a session: keys encoded, module run, results by name.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas-run/Decode.h"

#include "adamas/Execution/Executable.h"

using namespace mlir;
using namespace mlir::adamas;

llvm::Expected<KeyCodes> mlir::adamas::encodeKeys(const Session &session, TargetKind kind,
                                                  const Thresholds &thresholds) {
  Inputs &inputs = session.inputs;
  OwningOpRef<ModuleOp> module =
      buildEncodeModule(&session.context, inputs, thresholds.bits, thresholds.offset.has_value());
  auto function = *module->getOps<func::FuncOp>().begin();
  // Keys come as one tensor and their codes leave as one, whatever becomes of them.
  TargetSettings settings = session.settings(kind, "encode");
  settings.pageSize = 0;
  settings.expected.batch = inputs.key.dim(0);
  auto program = Program::create(function, settings, session.diagnostics);
  if (!program)
    return program.takeError();
  Tensor sets = thresholds.keyThresholds, offset;
  SmallVector<Tensor *> arguments = {&inputs.key, &sets};
  if (thresholds.offset) {
    offset = *thresholds.offset;
    arguments.push_back(&offset);
  }
  llvm::Expected<Execution> execution = (*program)->run(arguments, {inputs.key.dim(0), inputs.tokens()}, 1);
  if (!execution)
    return execution.takeError();
  KeyCodes codes;
  if (kind == TargetKind::X86) {
    codes.hosted = std::move(execution->results[0]);
    codes.canonical = unpackCodes(*codes.hosted, inputs.tokens());
    return codes;
  }
  codes.canonical = std::move(execution->results[0]);
  return codes;
}

llvm::Error mlir::adamas::checkMemory(const Inputs &inputs, const DecodeSignature &signature) {
  // Far above any real step, and below what brings a machine down.
  constexpr double limit = double(int64_t(8) << 30);
  func::FuncOp function = signature.function;
  for (Operation &op : function.getBody().front())
    for (Type type : op.getResultTypes()) {
      auto tensor = dyn_cast<RankedTensorType>(type);
      if (!tensor)
        continue;
      double elements = 1;
      for (auto [axis, size] : llvm::enumerate(tensor.getShape()))
        elements *= !ShapedType::isDynamic(size) ? size : axis == 0 ? inputs.batch() : inputs.tokens();
      if (elements * sizeof(int32_t) > limit)
        return llvm::createStringError("expected values of at most 8 GiB, but '" + op.getName().getStringRef() +
                                       "' gives " + Twine(uint64_t(elements)) +
                                       " elements: give a smaller --budget or fewer sequences");
    }
  return llvm::Error::success();
}

/// `[B, 1, ...]` to `[B, ...]`.
static Tensor withoutQueryTokens(const Tensor &tensor) {
  SmallVector<int64_t> shape(tensor.shape());
  shape.erase(shape.begin() + 1);
  return tensor.reshaped(shape);
}

/// A threshold operand of the function: one set a head, or one shared set.
static llvm::Expected<Tensor> fitThresholds(const Tensor &sets, Type type) {
  ArrayRef<int64_t> shape = cast<ShapedType>(type).getShape();
  int64_t count = sets.dim(1);
  if (shape.size() == 2 && shape[0] != 1)
    return sets;
  for (int64_t head = 1; head < sets.dim(0); ++head)
    if (sets.as<float>().slice(head * count, count) != sets.as<float>().take_front(count))
      return llvm::createStringError("the module takes one set of thresholds for all heads, but each kv head has its "
                                     "own: give its argument the shape [Hkv, 2^bits - 1]");
  Tensor shared(DType::F32, {count});
  llvm::copy(sets.as<float>().take_front(count), shared.as<float>().begin());
  return shape.size() == 2 ? shared.reshaped({1, count}) : shared;
}

/// Static lengths of batch and tokens are the one thing that adamas-specialize leaves to the module.
static llvm::Error checkArgument(ArgumentRole role, ShapedType type, llvm::ArrayRef<int64_t> shape) {
  auto fits = [](auto pair) {
    auto [wanted, got] = pair;
    return ShapedType::isDynamic(wanted) || wanted == got;
  };
  if (type.getRank() == int64_t(shape.size()) && llvm::all_of(llvm::zip_equal(type.getShape(), shape), fits))
    return llvm::Error::success();
  std::string wanted;
  llvm::raw_string_ostream os(wanted);
  llvm::interleave(
      type.getShape(), os, [&](int64_t size) { ShapedType::isDynamic(size) ? os << "?" : os << size; }, "x");
  return llvm::createStringError("takes '" + roleName(role) + "' of " + wanted + ", but the data's is " +
                                 describeShape(shape) + ": make the lengths that differ dynamic");
}

/// The tensors of the arguments, in order. `owned` holds those that are made for the call.
static llvm::Expected<SmallVector<Tensor *>> makeArguments(const Session &session, const DecodeSignature &signature,
                                                           const ThresholdChoice &thresholds, KeyCodes &codes,
                                                           std::vector<std::unique_ptr<Tensor>> &owned) {
  Inputs &inputs = session.inputs;
  SmallVector<Tensor *> arguments;
  auto own = [&](Tensor tensor) {
    owned.push_back(std::make_unique<Tensor>(std::move(tensor)));
    return owned.back().get();
  };
  for (auto [i, role] : llvm::enumerate(signature.arguments)) {
    func::FuncOp function = signature.function;
    Type type = function.getArgumentTypes()[i];
    switch (role) {
    case ArgumentRole::Query:
      if (signature.hasQueryTokens && inputs.query.rank() == 3)
        arguments.push_back(own(inputs.query.reshaped({inputs.batch(), 1, inputs.queryHeads(), inputs.headDim()})));
      else
        arguments.push_back(&inputs.query);
      break;
    case ArgumentRole::Key:
      arguments.push_back(&inputs.key);
      break;
    case ArgumentRole::Value:
      arguments.push_back(&inputs.value);
      break;
    case ArgumentRole::Codes:
      arguments.push_back(codes.argument());
      break;
    case ArgumentRole::SeqLens:
      arguments.push_back(&inputs.seqLens);
      break;
    case ArgumentRole::Offset: {
      Tensor zeros(DType::F32, {inputs.kvHeads(), inputs.headDim()});
      arguments.push_back(own(thresholds.sets.offset.value_or(zeros)));
      break;
    }
    case ArgumentRole::QueryThresholds:
    case ArgumentRole::KeyThresholds:
    case ArgumentRole::Thresholds: {
      const Tensor &keys = thresholds.sets.keyThresholds, &queries = thresholds.querySets();
      if (role == ArgumentRole::Thresholds && keys.as<float>() != queries.as<float>())
        return llvm::createStringError("the module takes one set of thresholds for queries and keys, but each has its "
                                       "own: give it an argument for each");
      llvm::Expected<Tensor> sets = fitThresholds(role == ArgumentRole::QueryThresholds ? queries : keys, type);
      if (!sets)
        return sets.takeError();
      arguments.push_back(own(std::move(*sets)));
      break;
    }
    }
    // Codes are canonical here: planes and words are part of the element.
    bool isCodes = role == ArgumentRole::Codes;
    llvm::ArrayRef<int64_t> shape = isCodes ? codes.canonical.shape().drop_back(2) : arguments.back()->shape();
    if (llvm::Error error = checkArgument(role, cast<ShapedType>(type), shape))
      return error;
  }
  return arguments;
}

llvm::Expected<DecodeResult> mlir::adamas::decode(const Session &session, TargetKind kind, const LoadedModule &module,
                                                  const ThresholdChoice &thresholds, KeyCodes &codes, int64_t repeat) {
  const DecodeSignature &signature = module.signature;
  if (llvm::Error error = checkMemory(session.inputs, signature))
    return inFile(module.path, std::move(error));
  std::vector<std::unique_ptr<Tensor>> owned;
  llvm::Expected<SmallVector<Tensor *>> arguments = makeArguments(session, signature, thresholds, codes, owned);
  if (!arguments)
    return inFile(module.path, arguments.takeError());
  if (kind == TargetKind::Cuda && session.options.paged && signature.staged)
    return inFile(module.path, llvm::createStringError("is of form 2, but --paged changes modules of form 1: drop "
                                                       "--paged, or give the module that this was made from"));
  std::string label = module.name + ", budget " + std::to_string(signature.budget);
  auto program = Program::create(signature.function, session.settings(kind, label), session.diagnostics);
  if (!program)
    return inFile(module.path, program.takeError());
  llvm::Expected<Execution> execution =
      (*program)->run(*arguments, {session.inputs.batch(), session.inputs.tokens()}, repeat);
  if (!execution)
    return inFile(module.path, execution.takeError());

  DecodeResult result;
  result.milliseconds = execution->milliseconds;
  result.compileMilliseconds = (*program)->compileMilliseconds;
  for (auto [role, tensor] : llvm::zip(signature.results, execution->results)) {
    if (role == ResultRole::Other)
      continue;
    bool unit = signature.hasQueryTokens && signature.queryTokens == 1;
    result.tensors.emplace(role, unit ? withoutQueryTokens(tensor) : std::move(tensor));
  }
  return result;
}

llvm::Expected<DenseStep> DenseStep::create(const Session &session, TargetKind kind) {
  DenseStep step;
  step.module = buildDenseModule(&session.context, session.inputs);
  auto function = *step.module->getOps<func::FuncOp>().begin();
  auto program = Program::create(function, session.settings(kind, "dense"), session.diagnostics);
  if (!program)
    return program.takeError();
  step.program = std::move(*program);
  return step;
}

llvm::Expected<double> DenseStep::time(const Session &session, int64_t repeat) {
  Inputs &inputs = session.inputs;
  llvm::Expected<Execution> execution = program->run({&inputs.query, &inputs.key, &inputs.value, &inputs.seqLens},
                                                     {inputs.batch(), inputs.tokens()}, repeat);
  if (!execution)
    return execution.takeError();
  return execution->milliseconds;
}
