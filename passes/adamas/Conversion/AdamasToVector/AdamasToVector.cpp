// convert-adamas-to-vector: kernels to functions over a work item, tensors to memory.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Conversion/AdamasToVector/KernelBuilder.h"
#include "adamas/Conversion/Passes.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/TypeSwitch.h"
#include <functional>

namespace mlir::adamas {
#define GEN_PASS_DEF_CONVERTADAMASTOVECTOR
#include "adamas/Conversion/Passes.h.inc"
} // namespace mlir::adamas

using namespace mlir;
using namespace mlir::adamas;

static LogicalResult emitOp(KernelBuilder &b, Operation &op) {
  b.setLoc(op.getLoc());
  return TypeSwitch<Operation *, LogicalResult>(&op)
      .Case([&](HadamardOp o) { return emitHadamard(b, o); })
      .Case([&](BucketizePackOp o) { return emitBucketizePack(b, o); })
      .Case([&](WeighOp o) { return emitWeigh(b, o); })
      .Case([&](HistogramOp o) { return emitHistogram(b, o); })
      .Case([&](ThresholdOp o) { return emitThreshold(b, o); })
      .Case([&](CompactOp o) { return emitCompact(b, o); })
      .Case([&](JoinOp o) { return emitJoin(b, o); })
      .Case([&](AddPartAxisOp o) { return emitAddPartAxis(b, o); })
      .Case([&](PartialAttentionOp o) { return emitPartialAttention(b, o); })
      .Case([&](MergeAttentionOp o) { return emitMergeAttention(b, o); })
      .Case([&](DistanceOpInterface o) { return emitDistance(b, o); })
      .Default([](Operation *o) { return o->emitOpError() << "is not lowered to CPUs"; });
}

namespace {
/// Converts one function: its host side here, its kernels through `KernelBuilder`.
class FunctionConverter {
public:
  FunctionConverter(func::FuncOp function, int64_t kvHeads)
      : function(function), kvHeads(kvHeads), b(function.getLoc(), function) {}

  LogicalResult convert() {
    Block &body = function.getBody().front();
    auto terminator = cast<func::ReturnOp>(body.getTerminator());
    SmallVector<Type> types;
    for (Value argument : body.getArguments())
      types.push_back(getBoundaryType(argument));
    for (Value result : terminator.getOperands())
      types.push_back(getBoundaryType(result));
    host = func::FuncOp::create(b, function.getLoc(), function.getName(), b.getFunctionType(types, {}));
    Block *entry = host.addEntryBlock();
    for (Value argument : body.getArguments())
      memory[argument] = entry->getArgument(cast<BlockArgument>(argument).getArgNumber());
    for (auto [i, result] : llvm::enumerate(terminator.getOperands()))
      results.push_back({result, entry->getArgument(body.getNumArguments() + i)});
    b.setInsertionPointToStart(entry);
    for (Operation &op : body.without_terminator()) {
      b.setLoc(op.getLoc());
      LogicalResult converted = TypeSwitch<Operation *, LogicalResult>(&op)
                                    .Case([&](KernelOp o) { return convertKernel(o); })
                                    .Case([&](PartitionOp o) { return convertPartition(o); })
                                    .Case([&](arith::ConstantOp o) { return convertConstant(o); })
                                    .Default([](Operation *o) {
                                      return o->emitOpError()
                                             << "is not lowered to CPUs; evaluate it with the reference";
                                    });
      if (failed(converted))
        return failure();
    }
    // What no kernel wrote in place is copied.
    for (auto [value, target] : results)
      if (Value source = memory.lookup(value); source && source != target && !exported.contains(target))
        copy(source, target);
    for (Value buffer : buffers)
      memref::DeallocOp::create(b, buffer);
    func::ReturnOp::create(b);
    function.erase();
    return success();
  }

private:
  Value index(int64_t value) { return arith::ConstantIndexOp::create(b, value); }

  /// Copies element by element: no run-time library is there to copy strided memory.
  void copy(Value source, Value target) {
    SmallVector<Value> indices;
    std::function<void()> loop = [&] {
      int64_t axis = indices.size();
      if (axis == cast<MemRefType>(source.getType()).getRank()) {
        memref::StoreOp::create(b, memref::LoadOp::create(b, source, indices), target, indices);
        return;
      }
      auto each = scf::ForOp::create(b, index(0), memref::DimOp::create(b, source, axis), index(1));
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(each.getBody());
      indices.push_back(each.getInductionVar());
      loop();
      indices.pop_back();
    };
    loop();
  }

  /// A small i32 vector on the host's stack.
  Value stackVector(Value value) {
    auto type = cast<ShapedType>(value.getType());
    memory[value] = memref::AllocaOp::create(b, MemRefType::get(type.getShape(), type.getElementType()));
    return memory[value];
  }

  LogicalResult convertPartition(PartitionOp op) {
    Value cache = memory.lookup(op.getCache());
    bool tiled = isKeyCodes(op.getCache());
    Value tokens = memref::DimOp::create(b, cache, tiled ? 3 : 2);
    if (tiled)
      tokens = arith::MulIOp::create(b, tokens, index(tileTokens));
    int64_t ways = op.getWays(), tile = op.getTile();
    if (tile % tileTokens != 0)
      return op.emitOpError() << "expects 'tile' to be whole tiles of " << tileTokens
                              << " tokens on this target, but got " << tile;
    Value tiles = arith::CeilDivUIOp::create(b, tokens, index(tile));
    Value target = stackVector(op.getResult());
    for (int64_t i = 0; i <= ways; ++i) {
      Value boundary = arith::MulIOp::create(
          b, arith::DivUIOp::create(b, arith::MulIOp::create(b, tiles, index(i)), index(ways)), index(tile));
      memref::StoreOp::create(b, arith::IndexCastOp::create(b, b.getI32Type(), boundary), target, index(i));
    }
    return success();
  }

  LogicalResult convertConstant(arith::ConstantOp op) {
    auto values = dyn_cast<DenseIntElementsAttr>(op.getValue());
    if (!values || values.getType().getRank() != 1 || !values.getElementType().isInteger(32))
      return op.emitOpError() << "is not lowered to CPUs; pass the tensor as an argument";
    for (OpOperand &use : op->getUses()) {
      auto histogram = dyn_cast<HistogramOp>(use.getOwner());
      auto compact = dyn_cast<CompactOp>(use.getOwner());
      auto attention = dyn_cast<PartialAttentionOp>(use.getOwner());
      Value parts = histogram   ? histogram.getParts()
                    : compact   ? compact.getParts()
                    : attention ? attention.getParts()
                                : Value();
      if (parts != op.getResult())
        return op.emitOpError() << "is lowered to CPUs as boundaries of parts only; pass the tensor as an argument";
    }
    Value target = stackVector(op.getResult());
    for (auto [i, value] : llvm::enumerate(values.getValues<int32_t>())) {
      // Parts write whole tiles of distances.
      if (value % tileTokens != 0)
        return op.emitOpError() << "expects boundaries of whole tiles of " << tileTokens
                                << " tokens on this target, but got " << value;
      // The last part takes what is left, as every token belongs to one.
      bool last = int64_t(i) + 1 == values.getNumElements();
      memref::StoreOp::create(b, arith::ConstantIntOp::create(b, last ? INT32_MAX : value, 32), target, index(i));
    }
    return success();
  }

  /// Memory for `value`, result of `kernel`: the caller's where it is returned as it is, else a buffer.
  Value allocateResult(Value value, Value batch, Value tokens) {
    bool distances = cast<YieldOp>(value.getDefiningOp<KernelOp>().getBody().front().back())
                         .getValues()[cast<OpResult>(value).getResultNumber()]
                         .getDefiningOp<DistanceOpInterface>() != nullptr;
    if (!distances)
      for (auto [result, target] : results)
        if (result == value)
          return target;
    MemRefType type = getGlobalType(value);
    SmallVector<Value> sizes;
    for (int64_t axis = 0; axis < type.getRank(); ++axis)
      if (type.isDynamicDim(axis)) {
        Value size = axis == 0 ? batch : tokens;
        if (isKeyCodes(value) && axis == 3)
          size = arith::CeilDivUIOp::create(b, tokens, index(tileTokens));
        sizes.push_back(size);
      }
    buffers.push_back(memref::AllocOp::create(b, type, sizes, b.getI64IntegerAttr(64)));
    return buffers.back();
  }

  LogicalResult convertKernel(KernelOp kernel) {
    auto yield = cast<YieldOp>(kernel.getBody().front().back());
    auto first = cast<StagedOpInterface>(kernel.getBody().front().front());
    Value leading = memory.lookup(first->getOperand(0));
    if (!leading)
      return kernel.emitOpError() << "expects its first op to work on a value of the function";
    Value batch = memref::DimOp::create(b, leading, 0);

    // The token axis: of the cache that is worked on, or of the codes that are scanned.
    Value tokens, blocks = index(1);
    int64_t ways = 1;
    kernel.walk([&](Operation *op) {
      Value cache;
      if (auto distance = dyn_cast<DistanceOpInterface>(op); distance && !distance.getCandidateList())
        cache = distance.getKeyCodes();
      if (auto distance = dyn_cast<DistanceOpInterface>(op))
        if (Value parts = getDistanceParts(distance))
          ways = cast<ShapedType>(parts.getType()).getDimSize(0) - 1;
      if (Value codes = cache ? memory.lookup(cache) : Value(); codes && !tokens)
        tokens = arith::MulIOp::create(b, memref::DimOp::create(b, codes, 3), index(tileTokens));
      if (auto attention = dyn_cast<PartialAttentionOp>(op))
        ways = attention.getLse().getType().getShape().back();
      if (auto histogram = dyn_cast<HistogramOp>(op))
        ways = histogram.getResult().getType().getShape().drop_back().back();
      if (auto compact = dyn_cast<CompactOp>(op))
        ways = compact.getLengths().getType().getShape().back();
    });
    if (kernel.getLevel() == Level::Token) {
      tokens = memref::DimOp::create(b, leading, 2);
      blocks = arith::CeilDivUIOp::create(b, tokens, index(tokenBlock));
    } else if (kernel.getLevel() == Level::Part) {
      blocks = index(ways);
    }

    // Arguments: what the region captures, the results, and distances that the function returns.
    llvm::SetVector<Value> captured;
    kernel.walk([&](Operation *op) {
      for (Value operand : op->getOperands())
        if (operand.getParentRegion() != &kernel.getBody())
          captured.insert(operand);
    });
    SmallVector<Value> arguments;
    for (Value value : captured)
      arguments.push_back(memory.lookup(value));
    for (Value result : kernel.getResults()) {
      memory[result] = allocateResult(result, batch, tokens);
      arguments.push_back(memory[result]);
    }
    SmallVector<std::pair<DistanceOpInterface, unsigned>> exports;
    for (auto [result, yielded] : llvm::zip(kernel.getResults(), yield.getValues()))
      if (auto distance = yielded.getDefiningOp<DistanceOpInterface>())
        for (auto [value, target] : results)
          if (value == result) {
            exports.push_back({distance, arguments.size()});
            arguments.push_back(target);
            exported.insert(target);
          }

    std::string name = (function.getName() + "_kernel" + Twine(numKernels++)).str();
    if (failed(buildKernel(kernel, name, captured.getArrayRef(), arguments, exports)))
      return failure();
    LaunchOp::create(b, name, batch, index(kvHeads), blocks, arguments);
    return success();
  }

  LogicalResult buildKernel(KernelOp kernel, StringRef name, ArrayRef<Value> captured, ArrayRef<Value> arguments,
                            ArrayRef<std::pair<DistanceOpInterface, unsigned>> exports) {
    SmallVector<Type> types(3, b.getIndexType());
    llvm::append_range(types, ValueRange(arguments).getTypes());
    OpBuilder outside(function);
    auto callee = func::FuncOp::create(outside, kernel.getLoc(), name, b.getFunctionType(types, {}));
    callee.setPrivate();
    Block *entry = callee.addEntryBlock();
    outside.setInsertionPointToStart(entry);
    KernelBuilder kb(kernel.getLoc(), outside, kernel, kvHeads);
    kb.batch = entry->getArgument(0);
    kb.head = entry->getArgument(1);
    kb.block = entry->getArgument(2);
    for (auto [i, value] : llvm::enumerate(captured))
      kb.setGlobal(value, entry->getArgument(3 + i));
    auto yield = cast<YieldOp>(kernel.getBody().front().back());
    for (auto [i, value] : llvm::enumerate(yield.getValues()))
      kb.setGlobal(value, entry->getArgument(3 + captured.size() + i));
    for (Operation &op : kernel.getBody().front().without_terminator())
      if (failed(emitOp(kb, op)))
        return failure();
    for (auto [distance, argument] : exports)
      emitDistanceExport(kb, distance, entry->getArgument(3 + argument));
    kb.freeScratch();
    func::ReturnOp::create(kb);
    return success();
  }

  func::FuncOp function, host;
  int64_t kvHeads;
  ImplicitLocOpBuilder b;
  DenseMap<Value, Value> memory;
  SmallVector<std::pair<Value, Value>> results; ///< what is returned, and the caller's memory for it
  DenseSet<Value> exported;
  SmallVector<Value> buffers;
  unsigned numKernels = 0;
};

struct AdamasToVector : mlir::adamas::impl::ConvertAdamasToVectorBase<AdamasToVector> {
  void runOnOperation() override {
    SmallVector<func::FuncOp> functions(getOperation().getOps<func::FuncOp>());
    for (func::FuncOp function : functions) {
      bool tensors = llvm::any_of(function.getArgumentTypes(), llvm::IsaPred<TensorType>) ||
                     llvm::any_of(function.getResultTypes(), llvm::IsaPred<TensorType>);
      if (!tensors || function.isExternal())
        continue;
      for (Type type : llvm::concat<const Type>(function.getArgumentTypes(), function.getResultTypes()))
        if (!isa<RankedTensorType>(type)) {
          function.emitError() << "expects ranked tensors for arguments and results on this target, but got " << type;
          return signalPassFailure();
        }
      if (!function.getBody().hasOneBlock()) {
        function.emitError() << "expects a function of one block, but got " << function.getBody().getBlocks().size();
        return signalPassFailure();
      }
      auto heads = getKvHeads(function);
      if (failed(heads) || failed(FunctionConverter(function, *heads).convert()))
        return signalPassFailure();
    }
  }
};
} // namespace
