// The data of a run: queries, keys, values and lengths, checked.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas-run/Inputs.h"

#include "adamas-run/Diagnostics.h"

using namespace mlir;
using namespace mlir::adamas;
using llvm::Twine;

static llvm::Error tensorError(llvm::StringRef name, const Twine &message) {
  return llvm::createStringError("tensor '" + Twine(name) + "': " + message);
}

static bool isDataType(DType dtype) { return dtype == DType::F16 || dtype == DType::BF16 || dtype == DType::F32; }

static llvm::Error checkQuery(const Tensor &query) {
  if ((query.rank() != 3 && query.rank() != 4) || !isDataType(query.dtype()))
    return tensorError("query", "expected [batch, query heads, dimension] or [batch, query tokens, query heads, "
                                "dimension] of F16, BF16 or F32, got " +
                                    query.describe());
  // nq-1
  if (query.rank() == 4 && (query.dim(1) < 1 || query.dim(1) > 8))
    return tensorError("query", "has " + Twine(query.dim(1)) + " query tokens, expected 1 to 8");
  if (query.dim(0) < 1)
    return tensorError("query", "has no sequences, expected a batch of 1 or more");
  // had-1, pak-3
  int64_t dim = query.dim(-1);
  if (dim < 32 || dim > 1024 || (dim & (dim - 1)))
    return tensorError("query", "has dimension " + Twine(dim) + ", expected a power of two from 32 to 1024");
  return llvm::Error::success();
}

static llvm::Error checkCache(llvm::StringRef name, const Tensor &cache, const Tensor &query) {
  if (cache.rank() != 4)
    return tensorError(name, "expected [1 or batch, kv heads, tokens, dimension], got " + cache.describe());
  // att-1
  if (cache.dtype() != query.dtype())
    return tensorError(name,
                       "is of " + dtypeName(cache.dtype()) + ", expected " + dtypeName(query.dtype()) + " as 'query'");
  // kv-1
  if (cache.dim(0) != 1 && cache.dim(0) != query.dim(0))
    return tensorError(name, "has batch " + Twine(cache.dim(0)) + ", expected 1 or the " + Twine(query.dim(0)) +
                                 " sequences of 'query'");
  if (cache.dim(3) != query.dim(-1))
    return tensorError(name,
                       "has dimension " + Twine(cache.dim(3)) + ", expected " + Twine(query.dim(-1)) + " as 'query'");
  // dst-2
  if (cache.dim(1) < 1 || query.dim(-2) < 1 || query.dim(-2) % cache.dim(1) != 0)
    return tensorError(name, "has " + Twine(cache.dim(1)) + " heads, expected a divisor of the " +
                                 Twine(query.dim(-2)) + " query heads");
  if (cache.dim(2) > INT32_MAX)
    return tensorError(name, "has " + Twine(cache.dim(2)) + " tokens, expected at most " + Twine(INT32_MAX));
  return llvm::Error::success();
}

/// N_b of each sequence, and that its query tokens see something (nq-1).
static llvm::Expected<Tensor> makeLengths(std::optional<Tensor> given, const Inputs &inputs) {
  int64_t batch = inputs.batch(), tokens = inputs.tokens(), queryTokens = inputs.queryTokens();
  Tensor lengths(DType::I32, {batch});
  if (given && (isFloat(given->dtype()) || given->rank() != 1 || given->dim(0) != batch))
    return tensorError("seq_lens", "expected " + Twine(batch) + " integers, one a sequence, got " + given->describe());
  for (int64_t b = 0; b < batch; ++b) {
    int64_t length = given ? given->getInt(b) : tokens;
    if (length < 0 || length > tokens)
      return tensorError("seq_lens", "sequence " + Twine(b) + " has length " + Twine(length) + ", expected 0 to the " +
                                         Twine(tokens) + " tokens of 'key'");
    if (length > 0 && length < queryTokens)
      return tensorError("seq_lens", "sequence " + Twine(b) + " has length " + Twine(length) +
                                         ", expected 0 or at least the " + Twine(queryTokens) + " query tokens");
    lengths.setInt(b, length);
  }
  return lengths;
}

static llvm::Expected<Inputs> load(const SafetensorsFile &file) {
  Inputs inputs;
  for (auto [name, tensor] : {std::pair("query", &inputs.query), {"key", &inputs.key}, {"value", &inputs.value}}) {
    llvm::Expected<Tensor> loaded = file.load(name);
    if (!loaded)
      return loaded.takeError();
    *tensor = std::move(*loaded);
  }
  llvm::Expected<std::optional<Tensor>> lengths = file.loadIfPresent("seq_lens");
  if (!lengths)
    return lengths.takeError();
  if (llvm::Error error = checkQuery(inputs.query))
    return error;
  inputs.writeQueryTokens = inputs.query.rank() == 4;
  if (inputs.writeQueryTokens && inputs.query.dim(1) == 1)
    inputs.query = inputs.query.reshaped({inputs.query.dim(0), inputs.query.dim(2), inputs.query.dim(3)});
  if (llvm::Error error = checkCache("key", inputs.key, inputs.query))
    return error;
  if (llvm::Error error = checkCache("value", inputs.value, inputs.query))
    return error;
  if (inputs.value.shape() != inputs.key.shape())
    return tensorError("value", "has shape " + describeShape(inputs.value.shape()) + ", expected " +
                                    describeShape(inputs.key.shape()) + " as 'key'");
  llvm::Expected<Tensor> made = makeLengths(std::move(*lengths), inputs);
  if (!made)
    return made.takeError();
  inputs.seqLens = std::move(*made);
  return inputs;
}

llvm::Expected<Inputs> mlir::adamas::loadInputs(const SafetensorsFile &file) {
  llvm::Expected<Inputs> inputs = load(file);
  if (!inputs)
    return inFile(file.path(), inputs.takeError());
  return inputs;
}

double Inputs::meanVisible() const {
  double sum = 0;
  for (int64_t b = 0; b < batch(); ++b)
    for (int64_t i = 0; i < queryTokens(); ++i)
      sum += visible(b, i);
  return sum / (batch() * queryTokens());
}
