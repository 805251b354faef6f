// What the arguments and results of a decode function are, found from the ops that use and make them.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TOOLS_ADAMAS_RUN_SIGNATURE_H
#define ADAMAS_TOOLS_ADAMAS_RUN_SIGNATURE_H

#include "adamas/IR/AdamasOps.h"
#include "adamas/Reference/Tensor.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/Error.h"
#include <optional>

namespace mlir::adamas {

/// Thresholds is one operand that cuts queries and keys.
enum class ArgumentRole { Query, Key, Value, Codes, SeqLens, QueryThresholds, KeyThresholds, Thresholds, Offset };

/// Other is what adamas-run has no name for.
enum class ResultRole { Indices, Lengths, Output, Lse, QueryCodes, QueryWeights, Distances, Other };

llvm::StringRef roleName(ArgumentRole role);
/// The name of the tensor in an output file.
llvm::StringRef roleName(ResultRole role);

/// A decode function. Names and discardable attributes play no part: the last selection is the one that counts, the
/// first distance over all tokens is the scan, the last attention makes the output.
struct DecodeSignature {
  func::FuncOp function;
  SmallVector<ArgumentRole> arguments;
  SmallVector<ResultRole> results;

  int64_t queryHeads = 0, kvHeads = 0, headDim = 0, queryTokens = 1, bits = 0;
  bool hasQueryTokens = false;
  DType dtype = DType::F16;
  Policy policy = Policy::PerQueryHead;
  int64_t budget = 0, sink = 0, recent = 1;
  /// The metric of the last selection: l1 or weighted.
  bool isL1 = false;
  /// Bit planes that the scan of all tokens reads, and the length of the list that a second pass measures.
  int64_t scanPlanes = 0;
  std::optional<int64_t> candidates;
  std::optional<double> scale;
  /// Whether the module holds ops of form 2 or 3, which cannot be specialized.
  bool staged = false;
  /// Thresholds that the module states for its queries, F32 `[m]` or `[sets, m]`.
  std::optional<Tensor> fixed;

  Value indices, lengths, output, distances;

  bool takes(ArgumentRole role) const { return llvm::is_contained(arguments, role); }
  /// The head count of selections.
  int64_t selections() const { return policy == Policy::PerKvHead ? kvHeads : queryHeads; }
};

/// The one function of `module` that selects; an error if there is none or more, or if an argument is nothing that
/// adamas-run could give data to.
llvm::Expected<DecodeSignature> findSignature(ModuleOp module);

/// Makes `function` return `value` too.
void addResult(func::FuncOp function, Value value);

} // namespace mlir::adamas

#endif // ADAMAS_TOOLS_ADAMAS_RUN_SIGNATURE_H
