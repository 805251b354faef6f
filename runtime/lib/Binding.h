// The tensors of an operation by name: their shapes for a plan, and whether a bundle means the same.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_RUNTIME_LIB_BINDING_H
#define ADAMAS_RUNTIME_LIB_BINDING_H

#include "Bundle.h"

namespace adamas::impl {

enum class Name {
  Query,
  Key,
  Value,
  Codes,
  PageTable,
  SeqLens,
  Thresholds,
  Output,
  Lse,
  Indices,
  Lengths,
  NewKey,
  NewValue,
  Slots,
  Offset,
  QueryThresholds
};
constexpr size_t nameCount = 16;

/// As bundles and the compiler spell it.
const char *nameText(Name name);
/// The adamas_element of its values.
int nameElement(Name name, const adamas_plan_desc &desc);
/// Whether it is a result of the operation, not an argument.
bool isResult(Name name, uint32_t operation);

/// The sizes of a call; -1 where they are not known yet.
struct Dimensions {
  int64_t batch = -1;
  int64_t pages = -1;     ///< Contiguous: sequences in the cache.
  int64_t tokens = -1;    ///< Of a page.
  int64_t maxPages = -1;  ///< Columns of the page table.
  int64_t newTokens = -1; ///< Of an append.
};

/// Fills rank and sizes of a tensor.
void setShape(adamas_tensor &tensor, Name name, const adamas_plan_desc &desc, const Dimensions &dimensions);

/// Fills strides: row-major.
void setDense(adamas_tensor &tensor);

/// The value of an operation that has this name. Fails with CORRUPT where there is none.
Name findName(const std::string &text, const char *function, uint32_t operation, const adamas_plan_desc &desc);

/// The names of a function's values, in the order of a call's tensors. Fails with CORRUPT where the bundle has a value
/// that the operation does not, or none that it must have, or one of another type or shape.
std::vector<Name> bindFunction(const FunctionInfo &function, uint32_t operation, const adamas_plan_desc &desc);

} // namespace adamas::impl

#endif // ADAMAS_RUNTIME_LIB_BINDING_H
