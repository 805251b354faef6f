// What a compiled function takes and returns, and the checks of a call.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Execution/Signature.h"
#include "adamas/Conversion/AdamasToVector/Storage.h"
#include "llvm/ADT/TypeSwitch.h"
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
    slot.contiguous = 3;
    break;
  case ValueKind::Cache:
    slot.tokens = 2;
    slot.batch = 0;
    break;
  case ValueKind::Rows:
  case ValueKind::Parts:
    slot.batch = 0;
    if (isa<CodesType>(cast<ShapedType>(value.getType()).getElementType()))
      slot.contiguous = 2;
    break;
  case ValueKind::Vector:
  case ValueKind::Sets:
    break;
  }
  if (auto distance = value.getDefiningOp<DistanceOpInterface>(); distance && !distance.getCandidateList())
    slot.tokens = slot.shape.size() - 1;
  return slot;
}

/// What is known of an argument from one op that uses it.
static void addUse(Slot &slot, Value value, Operation *op) {
  auto is = [&](Value operand) { return operand && operand == value; };
  auto take = [&](SlotRole role, Value operand) {
    if (is(operand))
      slot.role = role;
  };
  auto takeLists = [&](Value indices, Value lengths) {
    take(SlotRole::List, indices);
    take(SlotRole::ListLengths, lengths);
    if (auto argument = is(lengths) ? dyn_cast<BlockArgument>(indices) : BlockArgument())
      slot.list = argument.getArgNumber();
  };
  auto takeDistances = [&](Value distances, Value candidates) {
    take(SlotRole::List, candidates);
    if (is(distances) && !candidates)
      slot.tokens = slot.shape.size() - 1;
  };
  TypeSwitch<Operation *>(op)
      .Case([&](DistanceOpInterface o) {
        take(SlotRole::SeqLens, o.getLengths());
        take(SlotRole::List, o.getCandidateList());
      })
      .Case([&](TopKOp o) {
        take(SlotRole::SeqLens, o.getSeqLens());
        takeDistances(o.getDistances(), o.getCandidates());
      })
      .Case<HistogramOp, CompactOp>([&](auto o) {
        take(SlotRole::SeqLens, o.getSeqLens());
        take(SlotRole::Parts, o.getParts());
        takeDistances(o.getDistances(), o.getCandidates());
      })
      .Case([&](DenseAttentionOp o) { take(SlotRole::SeqLens, o.getSeqLens()); })
      .Case([&](SparseAttentionOp o) { takeLists(o.getIndices(), o.getLengths()); })
      .Case([&](PartialAttentionOp o) {
        take(SlotRole::SeqLens, o.getSeqLens());
        take(SlotRole::Parts, o.getParts());
        takeLists(o.getIndices(), o.getLengths());
      })
      .Case([&](JoinOp o) { takeLists(o.getIndices(), o.getLengths()); });
  bool attention = isa<SparseAttentionOp, DenseAttentionOp, PartialAttentionOp>(op);
  if (attention && (is(op->getOperand(1)) || is(op->getOperand(2)))) {
    slot.tokens = 2;
    slot.batch = 0;
  }
}

Signature Signature::of(func::FuncOp function) {
  Signature signature;
  for (Value argument : function.getArguments()) {
    Slot slot = getSlot(argument);
    for (Operation *user : argument.getUsers())
      addUse(slot, argument, user);
    if (slot.role == SlotRole::SeqLens)
      slot.batch = 0;
    // A cache that is read may be one for all; what is written has a batch of its own.
    slot.shareable = slot.tiles || (slot.tokens && slot.shape.size() == 4 && *slot.tokens == 2);
    signature.arguments.push_back(slot);
  }
  for (Value result : function.getBody().front().getTerminator()->getOperands())
    signature.results.push_back(getSlot(result));
  function.walk([&](Operation *op) {
    Value rows;
    if (isa<DistanceOpInterface>(op))
      rows = op->getResult(0);
    else if (isa<DenseAttentionOp, SparseAttentionOp, PartialAttentionOp, TopKOp, HistogramOp>(op))
      rows = op->getOperand(0);
    if (auto type = rows ? cast<ShapedType>(rows.getType()) : ShapedType(); type && type.getRank() == 4)
      signature.queryTokens = type.getDimSize(1);
  });
  return signature;
}

//===--- checks ---------------------------------------------------------------------------------===//

namespace {
/// The lengths that all buffers of a call share.
struct SharedSizes {
  std::optional<int64_t> batch, tokens, tiles;

  /// Tokens that a position may name.
  int64_t capacity() const { return tokens ? *tokens : tiles ? *tiles * codeTile : 0; }
};
} // namespace

static llvm::Error mismatch(StringRef function, const Twine &what, const Twine &detail) {
  return llvm::createStringError(("'" + function + "' expects " + what + detail).str());
}

static llvm::Error checkShape(StringRef function, const Twine &name, const Slot &slot, const BufferView &view) {
  if (view.shape.size() != slot.shape.size() || view.strides.size() != slot.shape.size())
    return mismatch(function, name,
                    llvm::formatv(" of rank {0}, but got rank {1}", slot.shape.size(), view.shape.size()).str());
  bool empty = false;
  for (auto [axis, expected] : llvm::enumerate(slot.shape)) {
    if (view.shape[axis] < 0 || (!ShapedType::isDynamic(expected) && view.shape[axis] != expected))
      return mismatch(function, name,
                      llvm::formatv(" with length {0} on axis {1}, but got {2}",
                                    ShapedType::isDynamic(expected) ? 0 : expected, axis, view.shape[axis])
                          .str());
    empty |= view.shape[axis] == 0;
  }
  if (empty)
    return llvm::Error::success();
  if (!view.data)
    return mismatch(function, name, " to have memory, but got a null pointer");
  // Rows, code vectors and tiles are read whole.
  int64_t stride = 1;
  for (size_t i = view.shape.size(), count = 0; i-- > 0 && count < slot.contiguous; ++count) {
    if (view.shape[i] > 1 && view.strides[i] != stride)
      return mismatch(
          function, name,
          llvm::formatv(" with a stride of {0} on axis {1}, but got {2}", stride, i, view.strides[i]).str());
    stride *= view.shape[i];
  }
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

static llvm::Error checkSizes(StringRef function, const Twine &name, const Slot &slot, const BufferView &view,
                              SharedSizes &sizes) {
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
}

/// Visits the rows of a buffer of integers: their number, and a function that reads their elements.
static llvm::Error forRows(const BufferView &view,
                           llvm::function_ref<llvm::Error(int64_t, llvm::function_ref<int64_t(int64_t)>)> body) {
  if (llvm::is_contained(view.shape, 0))
    return llvm::Error::success();
  int64_t axes = int64_t(view.shape.size()) - 1;
  SmallVector<int64_t> index(axes, 0);
  for (int64_t row = 0;; ++row) {
    int64_t offset = 0;
    for (int64_t axis = 0; axis < axes; ++axis)
      offset += index[axis] * view.strides[axis];
    const int32_t *data = static_cast<const int32_t *>(view.data) + offset;
    int64_t stride = view.strides.back();
    if (llvm::Error error = body(row, [&](int64_t i) -> int64_t { return data[i * stride]; }))
      return error;
    int64_t axis = axes - 1;
    while (axis >= 0 && ++index[axis] == view.shape[axis])
      index[axis--] = 0;
    if (axis < 0)
      return llvm::Error::success();
  }
}

/// Lengths, lists and boundaries lead into memory, so their values are checked before anything follows them.
static llvm::Error checkValues(StringRef function, unsigned number, const Slot &slot, MutableArrayRef<BufferView> args,
                               int64_t capacity, int64_t queryTokens) {
  const BufferView &view = args[number];
  int64_t length = view.shape.empty() ? 0 : view.shape.back();
  std::string name = "argument " + std::to_string(number);
  auto outside = [&](int64_t low, int64_t high, int64_t got) {
    return mismatch(function, name,
                    llvm::formatv(" to hold values from {0} to {1}, but got {2}", low, high, got).str());
  };
  // How many positions each list holds, for the lengths that go with it.
  std::vector<int64_t> held;
  if (slot.list && slot.role == SlotRole::ListLengths) {
    const BufferView &lists = args[*slot.list];
    llvm::cantFail(forRows(lists, [&](int64_t, auto at) -> llvm::Error {
      int64_t count = 0;
      while (count < lists.shape.back() && at(count) >= 0)
        ++count;
      held.push_back(count);
      return llvm::Error::success();
    }));
  }
  return forRows(view, [&](int64_t row, llvm::function_ref<int64_t(int64_t)> at) -> llvm::Error {
    for (int64_t i = 0; i < length; ++i) {
      int64_t value = at(i), before = i ? at(i - 1) : -1;
      switch (slot.role) {
      case SlotRole::Data:
        break;
      case SlotRole::SeqLens:
        if (value < 0 || value > capacity)
          return outside(0, capacity, value);
        // nq-1
        if (value > 0 && value < queryTokens)
          return mismatch(
              function, name,
              llvm::formatv(" to hold 0 or at least the {0} query tokens, but got {1}", queryTokens, value).str());
        break;
      case SlotRole::List:
        // ref-2
        if (value < -1 || value >= capacity)
          return outside(-1, capacity - 1, value);
        if (i && value != -1 && value <= before)
          return mismatch(
              function, name,
              llvm::formatv(" to ascend and be padded with -1 at the end, but got {0} after {1}", value, before).str());
        break;
      case SlotRole::ListLengths: {
        // Rows of lengths are the lists' rows, their last axis included.
        size_t list = row * length + i;
        int64_t most = slot.list ? (list < held.size() ? held[list] : 0) : INT32_MAX;
        if (value < 0 || value > most)
          return outside(0, most, value);
        break;
      }
      case SlotRole::Parts: {
        bool last = i + 1 == length;
        if ((i == 0 && value != 0) || value < before || (!last && value % codeTile) || (last && value < capacity))
          return mismatch(function, name,
                          llvm::formatv(" to ascend from 0 in whole tiles of {0} to at least {1}, but got {2}",
                                        codeTile, capacity, value)
                              .str());
        break;
      }
      }
    }
    return llvm::Error::success();
  });
}

llvm::Error Signature::check(StringRef function, MutableArrayRef<BufferView> args, ArrayRef<BufferView> outs) const {
  if (args.size() != arguments.size() || outs.size() != results.size())
    return mismatch(function, llvm::formatv("{0} arguments and {1} results", arguments.size(), results.size()).str(),
                    llvm::formatv(", but got {0} and {1}", args.size(), outs.size()).str());
  SharedSizes sizes;
  for (auto [i, slot] : llvm::enumerate(arguments))
    if (llvm::Error error = checkSizes(function, "argument " + Twine(i), slot, args[i], sizes))
      return error;
  for (auto [i, slot] : llvm::enumerate(results))
    if (llvm::Error error = checkSizes(function, "result " + Twine(i), slot, outs[i], sizes))
      return error;
  if (sizes.tiles && sizes.tokens && *sizes.tiles != (*sizes.tokens + codeTile - 1) / codeTile)
    return mismatch(
        function, llvm::formatv("codes of {0} tokens", *sizes.tokens).str(),
        llvm::formatv(", {0} tiles, but got {1}", (*sizes.tokens + codeTile - 1) / codeTile, *sizes.tiles).str());
  for (auto [i, slot] : llvm::enumerate(arguments)) {
    if (slot.shareable && slot.batch && sizes.batch && args[i].shape[*slot.batch] == 1)
      args[i] = args[i].broadcastBatch(*sizes.batch);
    if (slot.role != SlotRole::Data)
      if (llvm::Error error = checkValues(function, i, slot, args, sizes.capacity(), queryTokens))
        return error;
  }
  return llvm::Error::success();
}
