// What the arguments and results of a decode function are, found from the ops that use and make them.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas-run/Signature.h"

#include "adamas/Transforms/AxisRoles.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/SmallSet.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::adamas;

llvm::StringRef mlir::adamas::roleName(ArgumentRole role) {
  static constexpr llvm::StringLiteral names[] = {
      "query", "key", "value", "codes", "seq_lens", "query_thresholds", "thresholds", "thresholds", "offset"};
  return names[static_cast<size_t>(role)];
}

llvm::StringRef mlir::adamas::roleName(ResultRole role) {
  static constexpr llvm::StringLiteral names[] = {"indices",     "lengths",       "output",    "lse",
                                                  "query_codes", "query_weights", "distances", "other"};
  return names[static_cast<size_t>(role)];
}

//===----------------------------------------------------------------------===//
// Arguments
//===----------------------------------------------------------------------===//

/// Codes of a query have their heads right before the dimension; codes of keys have tokens between.
static bool cutsQueries(BucketizePackOp op) { return op.getHeadAxis() == op.getInput().getType().getRank() - 2; }

/// The role that one use gives; none where it gives none.
static std::optional<ArgumentRole> roleOfUse(OpOperand &use) {
  using Role = std::optional<ArgumentRole>;
  Value value = use.get();
  auto attention = [&](auto op) -> Role {
    if (value == op.getQuery())
      return ArgumentRole::Query;
    if (value == op.getKey())
      return ArgumentRole::Key;
    return value == op.getValue() ? Role(ArgumentRole::Value) : std::nullopt;
  };
  return llvm::TypeSwitch<Operation *, Role>(use.getOwner())
      .Case([&](HadamardOp op) -> Role {
        for (OpOperand &rotated : op.getResult().getUses())
          if (Role role = roleOfUse(rotated))
            return role;
        return std::nullopt;
      })
      .Case([&](WeighOp) -> Role { return ArgumentRole::Query; })
      .Case([&](BucketizePackOp op) -> Role {
        if (value == op.getInput())
          return cutsQueries(op) ? ArgumentRole::Query : ArgumentRole::Key;
        if (value == op.getThresholds())
          return cutsQueries(op) ? ArgumentRole::QueryThresholds : ArgumentRole::KeyThresholds;
        return ArgumentRole::Offset;
      })
      .Case([&](DistanceOpInterface op) -> Role {
        if (value == op.getKeyCodes())
          return ArgumentRole::Codes;
        return value == op.getLengths() ? Role(ArgumentRole::SeqLens) : std::nullopt;
      })
      .Case<TopKOp, HistogramOp, CompactOp>(
          [&](auto op) -> Role { return value == op.getSeqLens() ? Role(ArgumentRole::SeqLens) : std::nullopt; })
      .Case<DenseAttentionOp, PartialAttentionOp>(
          [&](auto op) -> Role { return value == op.getSeqLens() ? Role(ArgumentRole::SeqLens) : attention(op); })
      .Case([&](SparseAttentionOp op) -> Role { return attention(op); })
      .Default([](Operation *) -> Role { return std::nullopt; });
}

static llvm::Error argumentError(BlockArgument argument, const Twine &message) {
  return llvm::createStringError("argument " + Twine(argument.getArgNumber()) + " of the decode function " + message);
}

static llvm::Expected<ArgumentRole> roleOf(BlockArgument argument) {
  SmallVector<ArgumentRole> roles;
  for (OpOperand &use : argument.getUses())
    if (auto role = roleOfUse(use); role && !llvm::is_contained(roles, *role))
      roles.push_back(*role);
  if (roles.size() == 1)
    return roles.front();
  if (roles.empty() && argument.use_empty())
    return argumentError(argument, "is used by nothing, expected one that an op uses: remove it");
  if (roles.empty())
    return argumentError(argument, "is an operand of '" +
                                       argument.getUses().begin()->getOwner()->getName().getStringRef() +
                                       "' that no data can be given for, expected query, key, value, codes, seq_lens, "
                                       "thresholds or offset");
  if (roles.size() == 2 && llvm::is_contained(roles, ArgumentRole::QueryThresholds) &&
      llvm::is_contained(roles, ArgumentRole::KeyThresholds))
    return ArgumentRole::Thresholds;
  return argumentError(argument, "is used as '" + roleName(roles[0]) + "' and as '" + roleName(roles[1]) +
                                     "', expected one of them");
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

static std::optional<DType> floatDType(Type type) {
  return type.isF16()    ? std::optional(DType::F16)
         : type.isBF16() ? std::optional(DType::BF16)
         : type.isF32()  ? std::optional(DType::F32)
                         : std::nullopt;
}

/// Thresholds that are an attribute or a constant.
static std::optional<Tensor> statedThresholds(BucketizePackOp op) {
  if (auto fixed = op.getFixed()) {
    Tensor tensor(DType::F32, {int64_t(fixed->size())});
    llvm::copy(*fixed, tensor.as<float>().begin());
    return tensor;
  }
  DenseElementsAttr values;
  if (!matchPattern(op.getThresholds(), m_Constant(&values)))
    return std::nullopt;
  Tensor tensor(DType::F32, values.getType().getShape());
  llvm::copy(values.getValues<float>(), tensor.as<float>().begin());
  return tensor;
}

/// Reads what the ops of the body say, in order, so that the last selection and attention stay.
static void readOps(Block &body, DecodeSignature &signature) {
  auto forced = [&](auto op) {
    signature.budget = op.getBudget();
    signature.sink = op.getSink();
    signature.recent = op.getRecent();
    if (auto distance = op.getDistances().template getDefiningOp<DistanceOpInterface>()) {
      signature.isL1 = isa<L1DistanceOp>(distance);
      signature.candidates.reset();
      if (Value list = distance.getCandidateList())
        signature.candidates = cast<ShapedType>(list.getType()).getShape().back();
    }
  };
  auto attention = [&](auto op) {
    if (auto scale = op.getScale())
      signature.scale = scale->convertToDouble();
  };
  for (Operation &op : body) {
    signature.staged |= !isAlgebraicOp(&op);
    llvm::TypeSwitch<Operation *>(&op)
        .Case([&](TopKOp topk) {
          forced(topk);
          signature.indices = topk.getIndices();
          signature.lengths = topk.getLengths();
        })
        .Case([&](CompactOp compact) { forced(compact); })
        .Case([&](JoinOp join) {
          signature.indices = join.getJoined();
          signature.lengths = join.getJoinedLengths();
        })
        .Case([&](SparseAttentionOp sparse) {
          attention(sparse);
          signature.output = sparse.getOutput();
        })
        .Case([&](PartialAttentionOp partial) { attention(partial); })
        .Case([&](MergeAttentionOp merge) { signature.output = merge.getMerged(); })
        .Case([&](BucketizePackOp pack) {
          if (cutsQueries(pack))
            signature.fixed = statedThresholds(pack);
        })
        .Case([&](WeighOp weigh) {
          if (weigh.getKvHeads())
            signature.policy = Policy::PerKvHead;
        })
        .Case([&](DistanceOpInterface distance) {
          if (auto l1 = dyn_cast<L1DistanceOp>(op))
            signature.policy = l1.getPolicy();
          if (distance.getCandidateList() || signature.distances)
            return;
          signature.distances = op.getResult(0);
          signature.scanPlanes = distance.getPlanesRead();
          auto codes = cast<ShapedType>(distance.getKeyCodes().getType());
          signature.bits = cast<CodesType>(codes.getElementType()).getBits();
          signature.kvHeads = codes.getDimSize(1);
        });
  }
}

static ResultRole resultRole(Value value, const DecodeSignature &signature) {
  if (value == signature.indices)
    return ResultRole::Indices;
  if (value == signature.lengths)
    return ResultRole::Lengths;
  if (value == signature.output)
    return ResultRole::Output;
  if (value == signature.distances)
    return ResultRole::Distances;
  Operation *op = value.getDefiningOp();
  if (op && signature.output && op == signature.output.getDefiningOp())
    return ResultRole::Lse;
  if (isa_and_nonnull<WeighOp>(op))
    return ResultRole::QueryWeights;
  if (auto pack = dyn_cast_or_null<BucketizePackOp>(op); pack && cutsQueries(pack))
    return ResultRole::QueryCodes;
  return ResultRole::Other;
}

//===----------------------------------------------------------------------===//
// The function
//===----------------------------------------------------------------------===//

static llvm::Expected<func::FuncOp> findFunction(ModuleOp module) {
  SmallVector<func::FuncOp> found;
  for (auto function : module.getOps<func::FuncOp>())
    if (!function.isExternal() && function
                                      .walk([](Operation *op) {
                                        return isa<TopKOp, CompactOp>(op) ? WalkResult::interrupt()
                                                                          : WalkResult::advance();
                                      })
                                      .wasInterrupted())
      found.push_back(function);
  if (found.empty())
    return llvm::createStringError("expected a function that selects tokens with 'adamas.topk', but got none");
  if (found.size() > 1)
    return llvm::createStringError("expected one function that selects tokens, but got '@" + found[0].getName() +
                                   "' and '@" + found[1].getName() + "'");
  if (!found[0].getBody().hasOneBlock())
    return llvm::createStringError("expected the decode function '@" + found[0].getName() + "' to have one block");
  return found[0];
}

llvm::Expected<DecodeSignature> mlir::adamas::findSignature(ModuleOp module) {
  llvm::Expected<func::FuncOp> function = findFunction(module);
  if (!function)
    return function.takeError();
  auto kernels = function->walk([](KernelOp) { return WalkResult::interrupt(); });
  if (kernels.wasInterrupted())
    return llvm::createStringError("expected a module of form 1 or 2, but got one of form 3: give the one that its "
                                   "kernels were formed from");
  DecodeSignature signature;
  signature.function = *function;
  Block &body = function->getBody().front();
  readOps(body, signature);
  if (!signature.indices || !signature.distances)
    return llvm::createStringError("expected the decode function to measure all tokens with a distance and to select "
                                   "among them with 'adamas.topk' or 'adamas.join', but got no " +
                                   Twine(signature.indices ? "distance" : "selection"));
  for (BlockArgument argument : body.getArguments()) {
    llvm::Expected<ArgumentRole> role = roleOf(argument);
    if (!role)
      return role.takeError();
    if (signature.takes(*role))
      return argumentError(argument, "is a second '" + roleName(*role) + "', expected one");
    signature.arguments.push_back(*role);
    if (*role != ArgumentRole::Query)
      continue;
    auto type = cast<RankedTensorType>(argument.getType());
    int64_t rank = type.getRank();
    auto dtype = floatDType(type.getElementType());
    if (!dtype || (rank != 3 && rank != 4) || llvm::any_of(type.getShape().drop_front(), ShapedType::isDynamic))
      return argumentError(argument, "is the query, expected [B, Hq, D] or [B, Nq, Hq, D] of f16, bf16 or f32 with "
                                     "static heads and dimension");
    signature.dtype = *dtype;
    signature.headDim = type.getDimSize(rank - 1);
    signature.queryHeads = type.getDimSize(rank - 2);
    signature.hasQueryTokens = rank == 4;
    signature.queryTokens = rank == 4 ? type.getDimSize(1) : 1;
  }
  if (!signature.takes(ArgumentRole::Query))
    return llvm::createStringError("expected an argument of the decode function to be the query, but got none");

  for (Value value : body.getTerminator()->getOperands()) {
    ResultRole role = resultRole(value, signature);
    signature.results.push_back(llvm::is_contained(signature.results, role) ? ResultRole::Other : role);
  }
  return signature;
}

void mlir::adamas::addResult(func::FuncOp function, Value value) {
  Operation *terminator = function.getBody().front().getTerminator();
  terminator->insertOperands(terminator->getNumOperands(), value);
  function.setType(
      FunctionType::get(function.getContext(), function.getArgumentTypes(), terminator->getOperandTypes()));
}
