// What a compiled function takes and returns, and the checks of a call.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Execution/Signature.h"
#include "adamas/Conversion/AdamasToVector/Storage.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace mlir::adamas;

static Slot getSlot(Value value) {
  Slot slot;
  MemRefType type = getBoundaryType(value);
  slot.shape.assign(type.getShape().begin(), type.getShape().end());
  switch (getValueKind(value)) {
  case ValueKind::KeyCodes:
    slot.tiles = 3;
    slot.batch = 0;
    slot.shareable = true;
    break;
  case ValueKind::Cache:
    slot.tokens = 2;
    slot.batch = 0;
    slot.shareable = true;
    break;
  case ValueKind::Rows:
  case ValueKind::Parts:
    slot.batch = 0;
    break;
  case ValueKind::Vector:
  case ValueKind::Sets:
    break;
  }
  if (value.getDefiningOp<DistanceOpInterface>() &&
      !cast<DistanceOpInterface>(value.getDefiningOp()).getCandidateList())
    slot.tokens = slot.shape.size() - 1;
  return slot;
}

/// What is known of an argument from the ops that use it.
static void addUses(Slot &slot, Value value) {
  for (OpOperand &use : value.getUses()) {
    Operation *op = use.getOwner();
    auto is = [&](Value operand) { return operand && operand == value; };
    auto list = [&](Value indices, Value lengths, int64_t capacity) {
      slot.isList |= is(indices);
      if (is(lengths)) {
        slot.isListLengths = true;
        slot.listCapacity = capacity;
      }
    };
    auto last = [](Value v) { return cast<ShapedType>(v.getType()).getShape().back(); };
    if (auto o = dyn_cast<DistanceOpInterface>(op)) {
      slot.isSeqLens |= is(o.getLengths());
      list(o.getCandidateList(), Value(), 0);
    } else if (auto o = dyn_cast<TopKOp>(op)) {
      slot.isSeqLens |= is(o.getSeqLens());
      list(o.getCandidates(), Value(), 0);
    } else if (auto o = dyn_cast<DenseAttentionOp>(op)) {
      slot.isSeqLens |= is(o.getSeqLens());
    } else if (auto o = dyn_cast<SparseAttentionOp>(op)) {
      list(o.getIndices(), o.getLengths(), last(o.getIndices()));
    } else if (auto o = dyn_cast<HistogramOp>(op)) {
      slot.isSeqLens |= is(o.getSeqLens());
      list(o.getCandidates(), Value(), 0);
    } else if (auto o = dyn_cast<CompactOp>(op)) {
      slot.isSeqLens |= is(o.getSeqLens());
      list(o.getCandidates(), Value(), 0);
    } else if (auto o = dyn_cast<PartialAttentionOp>(op)) {
      slot.isSeqLens |= is(o.getSeqLens());
      if (o.getIndices())
        list(o.getIndices(), o.getLengths(), last(o.getIndices()));
    }
    if (isa<SparseAttentionOp, DenseAttentionOp>(op) && (is(op->getOperand(1)) || is(op->getOperand(2)))) {
      slot.tokens = 2;
      slot.shareable = true;
    }
  }
  if (slot.isSeqLens)
    slot.batch = 0;
}

Signature Signature::of(func::FuncOp function) {
  Signature signature;
  for (Value argument : function.getArguments()) {
    signature.arguments.push_back(getSlot(argument));
    addUses(signature.arguments.back(), argument);
  }
  for (Value result : function.getBody().front().getTerminator()->getOperands())
    signature.results.push_back(getSlot(result));
  function.walk([&](Operation *op) {
    if (auto distance = dyn_cast<DistanceOpInterface>(op)) {
      auto type = cast<ShapedType>(op->getResult(0).getType());
      if (type.getRank() == 4)
        signature.queryTokens = type.getDimSize(1);
    } else if (isa<DenseAttentionOp, SparseAttentionOp>(op)) {
      auto type = cast<ShapedType>(op->getOperand(0).getType());
      if (type.getRank() == 4)
        signature.queryTokens = type.getDimSize(1);
    }
  });
  return signature;
}

namespace {
/// The lengths that all buffers of a call share.
struct SharedSizes {
  std::optional<int64_t> batch, tokens, tiles;
};
} // namespace

static llvm::Error mismatch(StringRef function, const Twine &what, const Twine &detail) {
  return llvm::createStringError(("'" + function + "' expects " + what + detail).str());
}

static llvm::Error checkShape(StringRef function, const Twine &name, const Slot &slot, const BufferView &view) {
  if (view.shape.size() != slot.shape.size() || view.strides.size() != slot.shape.size())
    return mismatch(function, name,
                    llvm::formatv(" of rank {0}, but got rank {1}", slot.shape.size(), view.shape.size()).str());
  int64_t size = 1;
  for (auto [axis, expected] : llvm::enumerate(slot.shape)) {
    if (view.shape[axis] < 0 || (!ShapedType::isDynamic(expected) && view.shape[axis] != expected))
      return mismatch(function, name,
                      llvm::formatv(" with length {0} on axis {1}, but got {2}",
                                    ShapedType::isDynamic(expected) ? 0 : expected, axis, view.shape[axis])
                          .str());
    size *= std::min<int64_t>(view.shape[axis], 1);
  }
  if (size && !view.data)
    return mismatch(function, name, " to have memory, but got a null pointer");
  // Code vectors and rows are read whole.
  if (!view.strides.empty() && view.shape.back() > 1 && view.strides.back() != 1)
    return mismatch(function, name,
                    llvm::formatv(" with an innermost stride of 1, but got {0}", view.strides.back()).str());
  return llvm::Error::success();
}

static llvm::Error agree(StringRef function, const Twine &name, StringRef what, std::optional<int64_t> &shared,
                         int64_t got) {
  if (!shared)
    shared = got;
  if (*shared == got)
    return llvm::Error::success();
  return mismatch(function, name,
                  llvm::formatv(" of {0} {1}, as the others have, but got {2}", *shared, what, got).str());
}

llvm::Error Signature::check(StringRef function, MutableArrayRef<BufferView> args, ArrayRef<BufferView> outs) const {
  if (args.size() != arguments.size() || outs.size() != results.size())
    return mismatch(function, llvm::formatv("{0} arguments and {1} results", arguments.size(), results.size()).str(),
                    llvm::formatv(", but got {0} and {1}", args.size(), outs.size()).str());
  SharedSizes sizes;
  auto checkSlot = [&](const Twine &name, const Slot &slot, const BufferView &view) -> llvm::Error {
    if (llvm::Error error = checkShape(function, name, slot, view))
      return error;
    if (slot.batch && !(slot.shareable && view.shape[*slot.batch] == 1))
      if (llvm::Error error = agree(function, name, "sequences", sizes.batch, view.shape[*slot.batch]))
        return error;
    if (slot.tokens)
      if (llvm::Error error = agree(function, name, "tokens", sizes.tokens, view.shape[*slot.tokens]))
        return error;
    if (slot.tiles)
      return agree(function, name, "tiles of codes", sizes.tiles, view.shape[*slot.tiles]);
    return llvm::Error::success();
  };
  for (auto [i, slot] : llvm::enumerate(arguments))
    if (llvm::Error error = checkSlot("argument " + Twine(i), slot, args[i]))
      return error;
  for (auto [i, slot] : llvm::enumerate(results))
    if (llvm::Error error = checkSlot("result " + Twine(i), slot, outs[i]))
      return error;
  if (sizes.tiles && sizes.tokens && *sizes.tiles != (*sizes.tokens + codeTile - 1) / codeTile)
    return mismatch(
        function, llvm::formatv("codes of {0} tokens", *sizes.tokens).str(),
        llvm::formatv(", {0} tiles, but got {1}", (*sizes.tokens + codeTile - 1) / codeTile, *sizes.tiles).str());
  int64_t capacity = sizes.tokens ? *sizes.tokens : sizes.tiles ? *sizes.tiles * codeTile : 0;
  for (auto [i, slot] : llvm::enumerate(arguments)) {
    BufferView &view = args[i];
    if (slot.shareable && slot.batch && sizes.batch && view.shape[*slot.batch] == 1)
      view = view.broadcastBatch(*sizes.batch);
    if (!slot.isSeqLens && !slot.isList && !slot.isListLengths)
      continue;
    // Lengths and lists lead into memory, so their values are checked before anything follows them.
    int64_t low = slot.isList ? -1 : 0, high = slot.isList          ? capacity - 1
                                               : slot.isListLengths ? slot.listCapacity
                                                                    : capacity;
    SmallVector<int64_t> index(view.shape.size(), 0);
    bool empty = llvm::is_contained(view.shape, 0);
    while (!empty) {
      int64_t offset = 0;
      for (auto [at, stride] : llvm::zip(index, view.strides))
        offset += at * stride;
      int64_t value = static_cast<const int32_t *>(view.data)[offset];
      if (value < low || value > high)
        return mismatch(function, "argument " + Twine(i),
                        llvm::formatv(" to hold values from {0} to {1}, but got {2}", low, high, value).str());
      // nq-1
      if (slot.isSeqLens && value > 0 && value < queryTokens)
        return mismatch(
            function, "argument " + Twine(i),
            llvm::formatv(" to hold 0 or at least the {0} query tokens, but got {1}", queryTokens, value).str());
      int64_t axis = index.size() - 1;
      while (axis >= 0 && ++index[axis] == view.shape[axis])
        index[axis--] = 0;
      if (axis < 0)
        break;
    }
  }
  return llvm::Error::success();
}
