// How a GPU measures distances between a query's side and key codes. One implementation for each engine and metric.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_CONVERSION_ADAMASTOGPU_DISTANCEENGINE_H
#define ADAMAS_CONVERSION_ADAMASTOGPU_DISTANCEENGINE_H

#include "adamas/Conversion/AdamasToGPU/ThreadBuilder.h"
#include <array>

namespace mlir::adamas {

/// The words of one key: `[plane][word]`, the planes that are read, least significant first.
using KeyWords = SmallVector<SmallVector<Value>>;

/// Two keys of a lane; the engine measures both at once.
using KeyPair = std::array<KeyWords, 2>;

/// Every lane brings two keys of its own and gets their distances to every row of the work item, so engines are
/// interchangeable: which words of which tokens meet in a matrix unit is the engine's own affair.
class DistanceEngine {
public:
  virtual ~DistanceEngine() = default;

  /// The engine that `schedule` names, for rows `rows` of the query's side (see `ThreadBuilder::countRows`), which
  /// follow each other.
  static std::unique_ptr<DistanceEngine> create(ThreadBuilder &b, DistanceOpInterface op, ArrayRef<Value> rows);

  /// Brings the query's side into registers, or shared memory if it is too much. All threads of a CTA take part.
  virtual void prepare() = 0;
  /// Distances of the two keys, one pair for each row of the result. All lanes of a warp take part.
  virtual SmallVector<std::array<Value, 2>> measure(const KeyPair &keys) = 0;

  DistanceEngine(ThreadBuilder &b, DistanceOpInterface op, ArrayRef<Value> rows);

protected:
  /// Codes of query row `row`, which lanes may have their own of: `[plane][word]`, the planes that are read.
  SmallVector<SmallVector<Value>> queryCodes(Value row);
  /// The sum of the codes of query row `row`, in every lane of the warp that asks.
  Value sumCodes(Value row);
  /// Adds; `value` null stands for zero.
  Value sum(Value total, Value value) { return total ? b.add(total, value) : value; }

  ThreadBuilder &b;
  DistanceOpInterface op;
  SmallVector<Value> rows;
  CodesType codes;
  int64_t planes, words;
};

/// The thermometer planes of a code (dst-3): plane i - 1 has the bits where it is at least i.
SmallVector<Value> thermometer(ThreadBuilder &b, ArrayRef<Value> code);

/// Weights of one row as bit planes, the same in every lane.
struct WeightPlanes {
  SmallVector<SmallVector<Value>> planes; ///< two's complement, `[plane][word]`, the last is the sign
  Value positiveSum;                      ///< the sum of the weights above zero
};

/// Word by word, the weight that a lane has of a row: of coordinate 32 word + lane, as i32.
SmallVector<Value> loadLaneWeights(ThreadBuilder &b, WeightedDistanceOp op, Value row);
/// The sum of a row's weights above zero, in every lane.
Value sumPositive(ThreadBuilder &b, ArrayRef<Value> laneWeights);
/// Bit `plane` of every lane's `number`, as a word that all lanes get.
Value gatherBit(ThreadBuilder &b, Value number, int64_t plane);

/// Bits of a weight of `op` in two's complement.
int64_t weightBits(WeightedDistanceOp op);
WeightPlanes loadWeightPlanes(ThreadBuilder &b, WeightedDistanceOp op, Value row);

std::unique_ptr<DistanceEngine> createPopcountEngine(ThreadBuilder &b, DistanceOpInterface op, ArrayRef<Value> rows,
                                                     bool carrySave);
std::unique_ptr<DistanceEngine> createMatrixEngine(ThreadBuilder &b, DistanceOpInterface op, ArrayRef<Value> rows);
std::unique_ptr<DistanceEngine> createByteEngine(ThreadBuilder &b, WeightedDistanceOp op, ArrayRef<Value> rows);

} // namespace mlir::adamas

#endif // ADAMAS_CONVERSION_ADAMASTOGPU_DISTANCEENGINE_H
