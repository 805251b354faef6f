// What the rules of schedules look at, and what does not depend on the shape that is expected.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Transforms/ScheduleRules.h"
#include "adamas/Transforms/KernelGroups.h"

using namespace mlir;
using namespace mlir::adamas;

// Heads that share their tokens, and listed tokens of a part times such heads, from which matrix products gain on lanes
// that share a row. On an H200 with one selection a KV head: 64 query heads on 8 in batch 8, 64 tokens a part, 18.3 to
// 16.9 us; 32 on 8 and 42 tokens a part in batch 1, 10.1 to 11.1 us; dense, 32K, batch 8: 382 to 286 us (4 heads).
static constexpr int64_t leastHeadsOfProducts = 4, leastRowsOfProducts = 512;

int64_t mlir::adamas::countQueryRows(DistanceOpInterface op) {
  auto query = cast<ShapedType>(op.getQuerySide().getType());
  bool weights = isa<WeightedDistanceOp>(op.getOperation());
  int64_t heads = query.getShape()[query.getRank() - (weights ? 2 : 1)];
  return heads / cast<ShapedType>(op.getKeyCodes().getType()).getDimSize(1);
}

Engine mlir::adamas::chooseEngine(DistanceOpInterface op, const GpuTarget &target) {
  bool weighted = isa<WeightedDistanceOp>(op.getOperation());
  if (target.nativeB1 && (weighted || countQueryRows(op) > 1))
    return Engine::B1;
  return weighted ? Engine::S8 : countQueryRows(op) > 1 ? Engine::CarrySave : Engine::Popc;
}

Engine mlir::adamas::chooseCandidateEngine(KernelOp kernel, const GpuTarget &target, Engine engine) {
  bool many = false;
  kernel.walk([&](WeightedDistanceOp op) { many |= op.getCandidateList() && op.getPlanesRead() > 1; });
  return !many || engine != Engine::Popc ? Engine::Choose : target.nativeB1 ? Engine::B1 : Engine::S8;
}

bool mlir::adamas::isScan(StagedOpInterface op) {
  auto distance = dyn_cast<DistanceOpInterface>(op.getOperation());
  return distance && !distance.getCandidateList();
}

int64_t mlir::adamas::estimateShared(KernelOp kernel, int64_t warps, Engine engine, AttentionEngine attends) {
  int64_t bytes = 2048; // prefix sums, rows of the query's side and the like
  auto rowOf = [](Value value) { return cast<ShapedType>(value.getType()).getShape().back() * 4; };
  kernel.walk([&](StagedOpInterface op) {
    if ((op.getPlacementKind() == Placement::Shared || op.getPlacementKind() == Placement::Cluster) && !isScan(op) &&
        isa<CompactOp, DistanceOpInterface, HistogramOp>(op.getOperation()))
      bytes += rowOf(op->getResult(0));
    if (auto histogram = dyn_cast<HistogramOp>(op.getOperation());
        histogram && histogram.getPlacement() == Placement::Cluster) // of all parts: counted together, or sent
      bytes += (histogram.getCandidates() ? 1 : countParts(histogram.getResult(), 1)) * rowOf(histogram.getResult());
    if (isa<CompactOp>(op.getOperation()))
      bytes += warps * 32 * 8; // two bits of each of 32 slots of a thread
    if (auto weighted = dyn_cast<WeightedDistanceOp>(op.getOperation()); weighted && engine == Engine::S8)
      bytes += (countQueryRows(weighted) + 1) * weighted.getWeights().getType().getShape().back();
    auto attention = dyn_cast<PartialAttentionOp>(op.getOperation());
    if (!attention)
      return;
    int64_t heads = attention.getHeadsPerItem(), dim = attention.getOutput().getType().getShape().back();
    int64_t rows = attention.getPlacement() == Placement::Cluster ? countParts(attention.getLse(), 0) : 1;
    int64_t ofWarp = attends == AttentionEngine::Mma ? heads : std::min<int64_t>(heads, 8);
    int64_t ofQuery = attention.getQuery().getType().getElementTypeBitWidth() / 8;
    bytes += (warps * ofWarp + rows * heads) * (dim + 4) * 4 + heads * dim * ofQuery;
  });
  return bytes;
}

AttentionEngine mlir::adamas::chooseAttentionEngine(KernelOp kernel, AttentionEngine given) {
  int64_t count = 0;
  bool can = true, gains = true; // all that there are
  kernel.walk([&](PartialAttentionOp op) {
    ++count;
    auto query = op.getQuery().getType();
    int64_t dim = query.getShape().back(), heads = op.getHeadsPerItem();
    can &= heads <= 16 && (dim == 64 || dim == 128) && !query.getElementType().isF32();
    // All tokens, or a part of a list.
    gains &= heads >= leastHeadsOfProducts;
    if (op.getIndices())
      gains &= heads * op.getIndices().getType().getShape().back() / countParts(op.getLse(), 0) >= leastRowsOfProducts;
  });
  bool wanted = given == AttentionEngine::Choose ? gains : given == AttentionEngine::Mma;
  return count && can && wanted ? AttentionEngine::Mma : AttentionEngine::Fma;
}
