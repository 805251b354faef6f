// Rows of query-side tensors, what each of them sees, and lists of positions: what several rules share.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Reference/Rows.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir::adamas;
using namespace mlir::adamas::reference;

// More than any test or tool needs, and little enough that a wrong attribute ends in a message, not in a crash.
static constexpr int64_t maxBytes = int64_t(1) << 34;

llvm::Error mlir::adamas::reference::checkFits(DType dtype, llvm::ArrayRef<int64_t> shape) {
  llvm::Expected<int64_t> bytes = Tensor::checkedSize(dtype, shape);
  if (!bytes)
    return bytes.takeError();
  if (*bytes > maxBytes)
    return ruleError("needs a tensor of {0} bytes, {1} of {2}, but the reference holds at most {3}", *bytes,
                     describeShape(shape), dtypeName(dtype), maxBytes);
  return llvm::Error::success();
}

llvm::Expected<Tensor> mlir::adamas::reference::allocate(DType dtype, llvm::ArrayRef<int64_t> shape) {
  if (llvm::Error error = checkFits(dtype, shape))
    return std::move(error);
  return Tensor(dtype, shape);
}

llvm::SmallVector<int64_t> Rows::shape(llvm::ArrayRef<int64_t> trailing) const {
  llvm::SmallVector<int64_t> result{batch};
  if (hasQueryTokens)
    result.push_back(queryTokens);
  result.push_back(heads);
  llvm::append_range(result, trailing);
  return result;
}

Rows Rows::withHeads(int64_t otherHeads) const {
  Rows result = *this;
  result.heads = otherHeads;
  return result;
}

std::string Rows::describe(int64_t b, int64_t i, int64_t h) const {
  if (hasQueryTokens)
    return llvm::formatv("sequence {0}, query token {1}, head {2}", b, i, h).str();
  return llvm::formatv("sequence {0}, head {1}", b, h).str();
}

llvm::Expected<Rows> mlir::adamas::reference::getRows(llvm::StringRef name, const Tensor &tensor, int64_t trailing) {
  int64_t leading = tensor.rank() - trailing;
  if (leading != 2 && leading != 3)
    return ruleError("expects '{0}' to have rank {1} or, with query tokens, {2}, but got rank {3}", name, trailing + 2,
                     trailing + 3, tensor.rank());
  bool hasQueryTokens = leading == 3;
  return Rows{tensor.dim(0), hasQueryTokens ? tensor.dim(1) : 1, tensor.dim(leading - 1), hasQueryTokens};
}

llvm::Error mlir::adamas::reference::expectShape(llvm::StringRef name, const Tensor &tensor,
                                                 llvm::ArrayRef<int64_t> shape) {
  if (tensor.shape() == shape)
    return llvm::Error::success();
  return ruleError("expects '{0}' to have the shape {1}, but got {2}", name, describeShape(shape),
                   describeShape(tensor.shape()));
}

llvm::Error mlir::adamas::reference::expectBatch(llvm::StringRef name, const Tensor &cache, int64_t batch) {
  if (cache.dim(0) == 1 || cache.dim(0) == batch)
    return llvm::Error::success();
  return ruleError("expects the batch of '{0}' to be 1 or that of the query, {1}, but got {2}", name, batch,
                   cache.dim(0));
}

llvm::Expected<std::vector<int64_t>> mlir::adamas::reference::getVisibleLengths(const Rows &rows, const Tensor *seqLens,
                                                                                int64_t tokens) {
  if (seqLens)
    if (llvm::Error error = expectShape("seq_lens", *seqLens, {rows.batch}))
      return std::move(error);
  std::vector<int64_t> visible;
  for (int64_t b = 0; b < rows.batch; ++b) {
    int64_t length = seqLens ? seqLens->getInt(b) : tokens;
    if (length < 0 || length > tokens)
      return ruleError("expects 'seq_lens' to be from 0 to {0}, but got {1} for sequence {2}", tokens, length, b);
    // nq-1: each query token is itself one of the sequence's tokens.
    if (length >= 1 && length < rows.queryTokens)
      return ruleError("expects the length of a sequence to be 0 or at least its {0} query tokens, but got {1} for "
                       "sequence {2}",
                       rows.queryTokens, length, b);
    for (int64_t i = 0; i < rows.queryTokens; ++i)
      visible.push_back(length == 0 ? 0 : length - rows.queryTokens + i + 1);
  }
  return visible;
}

llvm::Expected<llvm::ArrayRef<int32_t>> mlir::adamas::reference::readList(llvm::StringRef name,
                                                                          llvm::ArrayRef<int32_t> list, int64_t limit,
                                                                          const std::string &where) {
  size_t length = llvm::find(list, -1) - list.begin();
  for (size_t i = 0; i < list.size(); ++i) {
    if (i >= length) {
      if (list[i] != -1)
        return ruleError("expects '{0}' to hold -1 only after the first -1, but got {1} at {2} of {3}", name, list[i],
                         i, where);
      continue;
    }
    if (list[i] < 0 || list[i] >= limit)
      return ruleError("expects the positions of '{0}' to be from 0 to {1}, but got {2} at {3} of {4}", name, limit - 1,
                       list[i], i, where);
    if (i > 0 && list[i] <= list[i - 1])
      return ruleError("expects the positions of '{0}' to ascend, but got {1} after {2} at {3} of {4}", name, list[i],
                       list[i - 1], i, where);
  }
  return list.take_front(length);
}
