// What was measured to be fastest, as `adamas-tune` writes it.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TARGET_TUNINGTABLE_H
#define ADAMAS_TARGET_TUNINGTABLE_H

#include "adamas/IR/AdamasDialect.h"
#include "adamas/Target/GpuTarget.h"
#include "llvm/Support/JSON.h"
#include <optional>
#include <string>
#include <vector>

namespace mlir::adamas {

/// A step, as far as its schedule depends on it.
struct TuningKey {
  std::string module; ///< l1, weighted, two_pass or dense
  int64_t queryHeads = 1, kvHeads = 1;
  bool perKvHead = false; ///< one list for each KV head rather than each query head
  int64_t headDim = 128, bits = 2;
  int64_t elementBits = 16; ///< of keys and values
  int64_t batch = 1, tokens = 1, budget = 128;

  std::string describe() const;
};

/// What a table decides; what it leaves open is 0 or `Choose`.
struct TuningChoices {
  Fusion fusion = Fusion::Choose;
  int64_t ways = 0;
  int64_t threads = 0, tokens = 0, iterations = 0; ///< of a scan
  Engine engine = Engine::Choose;

  llvm::json::Object toJson() const;
};

struct TuningEntry {
  TuningKey key;
  TuningChoices choices;
  double microseconds = 0;
  int64_t crossover = 0; ///< tokens from which on the step is faster than dense attention; 0: not measured
};

/// The measurements of one chip. passes/docs/Tuning.md has the format.
class TuningTable {
public:
  /// The error says where in `name` what was expected.
  static llvm::Expected<TuningTable> parse(llvm::StringRef text, llvm::StringRef name);
  /// From a file; an empty path is the table that comes with the compiler for `chip`, and "none" is an empty one.
  static llvm::Expected<TuningTable> load(llvm::StringRef path, llvm::StringRef chip);

  /// The nearest entry for `key` on a chip of compute capability `sm`, or null. Module, policy, head dimension, bits,
  /// size of an element and heads on a KV head must be equal. Rows (sequences times KV heads) may be half as many
  /// again, or as few; tokens and budget may be twice as many, or half.
  const TuningEntry *find(const TuningKey &key, int64_t sm) const;

  /// The same for crossovers, whatever the tokens: of the nearest rows and budget, then tokens. Rows may be twice as
  /// many or half. 0: none.
  int64_t findCrossover(const TuningKey &key, int64_t sm) const;

  const std::string &name() const { return source; }
  std::vector<TuningEntry> entries;
  std::string chip;

private:
  std::string source;
};

} // namespace mlir::adamas

#endif // ADAMAS_TARGET_TUNINGTABLE_H
