// Thresholds and offsets of the bucketizer: calibration (spec buk-4 to buk-6), checks (buk-1) and their file form.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/Calibration.h"

#include "adamas/Reference/Hadamard.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <algorithm>
#include <cmath>
#include <limits>

using namespace mlir::adamas;
using llvm::Twine;

// buk-4: the steps, in units of the root mean square, by bits. With one bit the only threshold is 0 whatever the step.
static constexpr double uniformSteps[] = {0, 1.0, 0.9957, 0.5860, 0.3352};
static constexpr double offsetShare = 0.75;

llvm::StringRef mlir::adamas::calibrationModeName(CalibrationMode mode) {
  switch (mode) {
  case CalibrationMode::Paper:
    return "paper";
  case CalibrationMode::Quantile:
    return "quantile";
  case CalibrationMode::Uniform:
    return "uniform";
  }
  llvm_unreachable("unknown calibration mode");
}

std::optional<CalibrationMode> mlir::adamas::calibrationModeFromName(llvm::StringRef name) {
  for (CalibrationMode mode : {CalibrationMode::Paper, CalibrationMode::Quantile, CalibrationMode::Uniform})
    if (calibrationModeName(mode) == name)
      return mode;
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

static std::string number(double value) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%.9g", value);
  return text;
}

static llvm::Error tensorError(llvm::StringRef name, const Twine &message) {
  return llvm::createStringError("tensor '" + Twine(name) + "': " + message);
}

/// Puts the file's name before an error that does not know it.
static llvm::Error inFile(const SafetensorsFile &file, llvm::Error error) {
  return llvm::createStringError(Twine(file.path()) + ": " + llvm::toString(std::move(error)));
}

llvm::Expected<int64_t> mlir::adamas::thresholdCount(int64_t bits) {
  if (bits < 1 || bits > 4)
    return llvm::createStringError("bits is " + Twine(bits) + ", expected 1 to 4");
  return (int64_t(1) << bits) - 1;
}

llvm::Error mlir::adamas::checkThresholdSet(const Tensor &set, llvm::StringRef name, int64_t bits, int64_t kvHeads) {
  llvm::Expected<int64_t> count = thresholdCount(bits);
  if (!count)
    return count.takeError();
  int64_t expected[] = {kvHeads, *count};
  if (set.dtype() != DType::F32 || set.shape() != llvm::ArrayRef<int64_t>(expected))
    return tensorError(name, "expected " + describeShape(expected) + " of F32 (kv heads x 2^bits - 1 for " +
                                 Twine(bits) + " bits), got " + describeShape(set.shape()) + " of " +
                                 dtypeName(set.dtype()));
  llvm::ArrayRef<float> values = set.as<float>();
  for (int64_t head = 0; head < kvHeads; ++head)
    for (int64_t i = 0; i < *count; ++i) {
      float value = values[head * *count + i];
      if (!std::isfinite(value))
        return tensorError(name, "head " + Twine(head) + " index " + Twine(i) + " is " + number(value) +
                                     ", expected a finite threshold");
      if (i > 0 && !(value > values[head * *count + i - 1]))
        return tensorError(name, "head " + Twine(head) + " index " + Twine(i) + " is " + number(value) + " after " +
                                     number(values[head * *count + i - 1]) +
                                     ", expected strictly increasing thresholds");
    }
  return llvm::Error::success();
}

llvm::Error mlir::adamas::checkThresholds(const Thresholds &thresholds, int64_t kvHeads, int64_t headDim) {
  if (llvm::Error error = checkThresholdSet(thresholds.keyThresholds, "thresholds", thresholds.bits, kvHeads))
    return error;
  if (thresholds.queryThresholds)
    if (llvm::Error error =
            checkThresholdSet(*thresholds.queryThresholds, "query_thresholds", thresholds.bits, kvHeads))
      return error;
  if (!thresholds.offset)
    return llvm::Error::success();
  const Tensor &offset = *thresholds.offset;
  int64_t expected[] = {kvHeads, headDim};
  if (offset.dtype() != DType::F32 || offset.shape() != llvm::ArrayRef<int64_t>(expected))
    return tensorError("offset", "expected " + describeShape(expected) + " of F32 (kv heads x head dimension), got " +
                                     describeShape(offset.shape()) + " of " + dtypeName(offset.dtype()));
  for (const auto &[i, value] : llvm::enumerate(offset.as<float>()))
    if (!std::isfinite(value))
      return tensorError("offset", "head " + Twine(i / headDim) + " index " + Twine(i % headDim) + " is " +
                                       number(value) + ", expected a finite offset");
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

std::vector<NamedTensor> mlir::adamas::thresholdsToTensors(const Thresholds &thresholds) {
  std::vector<NamedTensor> tensors = {{"thresholds", thresholds.keyThresholds}};
  if (thresholds.queryThresholds)
    tensors.push_back({"query_thresholds", *thresholds.queryThresholds});
  if (thresholds.offset)
    tensors.push_back({"offset", *thresholds.offset});
  return tensors;
}

/// buk-2: a set of rank 1 is shared; repeating it leaves one form to everything behind this point.
static Tensor perHead(Tensor set, int64_t kvHeads) {
  if (set.rank() != 1 || set.dtype() != DType::F32)
    return set;
  Tensor result(DType::F32, {kvHeads, set.size()});
  for (int64_t head = 0; head < kvHeads; ++head)
    llvm::copy(set.as<float>(), result.as<float>().begin() + head * set.size());
  return result;
}

llvm::Expected<std::optional<Thresholds>> mlir::adamas::thresholdsFromFile(const SafetensorsFile &file, int64_t kvHeads,
                                                                           int64_t headDim) {
  if (!file.contains("thresholds")) {
    for (llvm::StringRef name : {"query_thresholds", "offset"})
      if (file.contains(name))
        return inFile(file, tensorError(name, "comes without a tensor 'thresholds', expected the keys' set beside it"));
    return std::nullopt;
  }
  Thresholds result;
  llvm::Expected<Tensor> keys = file.load("thresholds");
  if (!keys)
    return keys.takeError();
  result.keyThresholds = perHead(std::move(*keys), kvHeads);
  int64_t count = result.keyThresholds.rank() == 0 ? 0 : result.keyThresholds.dim(-1);
  for (int bits = 1; bits <= 4; ++bits)
    if ((1 << bits) - 1 == count)
      result.bits = bits;
  if (result.bits == 0)
    return inFile(file, tensorError("thresholds", "expected a last dimension of 1, 3, 7 or 15 (2^bits - 1), got " +
                                                      result.keyThresholds.describe()));
  llvm::Expected<std::optional<Tensor>> queries = file.loadIfPresent("query_thresholds");
  if (!queries)
    return queries.takeError();
  if (*queries)
    result.queryThresholds = perHead(std::move(**queries), kvHeads);
  llvm::Expected<std::optional<Tensor>> offset = file.loadIfPresent("offset");
  if (!offset)
    return offset.takeError();
  result.offset = std::move(*offset);
  if (llvm::Error error = checkThresholds(result, kvHeads, headDim))
    return inFile(file, std::move(error));
  return result;
}

llvm::Expected<CalibrationData> mlir::adamas::calibrationDataFromFile(const SafetensorsFile &file, CalibrationMode mode,
                                                                      int64_t bits, std::optional<int64_t> prefix) {
  llvm::Expected<int64_t> count = thresholdCount(bits);
  if (!count)
    return count.takeError();
  llvm::Expected<Tensor> key = file.load("key");
  if (!key)
    return key.takeError();
  // Only quantile looks at queries, so damaged ones should not stop the other modes.
  std::optional<Tensor> query, seqLens;
  llvm::Expected<std::optional<Tensor>> loaded = file.loadIfPresent("seq_lens");
  if (!loaded)
    return loaded.takeError();
  seqLens = std::move(*loaded);
  std::string quantileName = "query_quantiles_" + std::to_string(bits == 1 ? 2 : bits);
  bool precomputed = mode == CalibrationMode::Quantile && file.contains(quantileName);
  if (mode == CalibrationMode::Quantile && !precomputed) {
    llvm::Expected<std::optional<Tensor>> loadedQuery = file.loadIfPresent("query");
    if (!loadedQuery)
      return loadedQuery.takeError();
    query = std::move(*loadedQuery);
  }
  llvm::Expected<CalibrationData> data =
      gatherCalibrationData(*key, query ? &*query : nullptr, seqLens ? &*seqLens : nullptr, prefix);
  if (!data)
    return inFile(file, data.takeError());
  if (!precomputed)
    return data;

  llvm::Expected<Tensor> quantiles = file.load(quantileName);
  if (!quantiles)
    return quantiles.takeError();
  int64_t kvHeads = data->keys.dim(0);
  if (llvm::Error error = checkThresholdSet(*quantiles, quantileName, bits == 1 ? 2 : bits, kvHeads))
    return inFile(file, std::move(error));
  if (bits > 1) {
    data->queryQuantiles = std::move(*quantiles);
    return data;
  }
  data->queryQuantiles.emplace(DType::F32, llvm::ArrayRef<int64_t>{kvHeads, 1});
  for (int64_t head = 0; head < kvHeads; ++head)
    data->queryQuantiles->as<float>()[head] = quantiles->as<float>()[3 * head + 1];
  return data;
}

//===----------------------------------------------------------------------===//
// Gathering
//===----------------------------------------------------------------------===//

static bool isDataType(DType dtype) { return dtype == DType::F16 || dtype == DType::BF16 || dtype == DType::F32; }

/// Copies row `from` of `source` to row `to` of `target`, both F32 with rows of the same length.
static void copyRow(const Tensor &source, int64_t from, Tensor &target, int64_t to) {
  int64_t size = source.dim(-1);
  std::copy_n(source.as<float>().begin() + from * size, size, target.as<float>().begin() + to * size);
}

/// N_b of every sequence: `seqLens`, or N for each of `batch`.
static llvm::Expected<std::vector<int64_t>> sequenceLengths(const Tensor *seqLens, int64_t batch, int64_t tokens) {
  std::vector<int64_t> lengths(batch, tokens);
  if (!seqLens)
    return lengths;
  if (isFloat(seqLens->dtype()) || seqLens->rank() != 1 || seqLens->dim(0) != batch)
    return tensorError("seq_lens",
                       "expected " + Twine(batch) + " integers (one a sequence), got " + seqLens->describe());
  for (int64_t b = 0; b < batch; ++b) {
    lengths[b] = seqLens->getInt(b);
    if (lengths[b] < 0 || lengths[b] > tokens)
      return tensorError("seq_lens", "sequence " + Twine(b) + " has length " + Twine(lengths[b]) +
                                         ", expected 0 to the " + Twine(tokens) + " tokens of 'key'");
  }
  return lengths;
}

llvm::Expected<CalibrationData> mlir::adamas::gatherCalibrationData(const Tensor &key, const Tensor *query,
                                                                    const Tensor *seqLens,
                                                                    std::optional<int64_t> prefix) {
  // 'kv heads' and 'tokens' of 0 leave nothing to calibrate on.
  if (key.rank() != 4 || !isDataType(key.dtype()) || key.dim(0) < 1 || key.dim(1) < 1 || key.dim(2) < 1)
    return tensorError("key",
                       "expected a non-empty [1 or batch, kv heads, tokens, head dimension] of F16, BF16 or F32, got " +
                           key.describe());
  int64_t keyBatch = key.dim(0), kvHeads = key.dim(1), tokens = key.dim(2), headDim = key.dim(3);
  if (llvm::Error error = checkHadamardSize(headDim))
    return tensorError("key", llvm::toString(std::move(error)));
  if (query && ((query->rank() != 3 && query->rank() != 4) || !isDataType(query->dtype())))
    return tensorError("query", "expected [batch, query heads, head dimension] or [batch, query tokens, query heads, "
                                "head dimension] of F16, BF16 or F32, got " +
                                    query->describe());
  if (query && query->dim(-1) != headDim)
    return tensorError("query",
                       "head dimension is " + Twine(query->dim(-1)) + ", expected " + Twine(headDim) + " as in 'key'");
  if (query && (query->dim(-2) < 1 || query->dim(-2) % kvHeads != 0))
    return tensorError("query", "has " + Twine(query->dim(-2)) + " heads, expected a multiple of the " +
                                    Twine(kvHeads) + " kv heads of 'key'");
  // Loops over sequences and tokens are bounded by the data only if no dimension is empty.
  if (query && (query->dim(0) < 1 || (query->rank() == 4 && (query->dim(1) < 1 || query->dim(1) > 8))))
    return tensorError("query", "expected at least 1 sequence and 1 to 8 query tokens, got " + query->describe());
  int64_t batch = query ? query->dim(0) : seqLens && seqLens->rank() == 1 && keyBatch == 1 ? seqLens->dim(0) : keyBatch;
  if (keyBatch != 1 && keyBatch != batch)
    return tensorError("key", "has batch " + Twine(keyBatch) + ", expected 1 or the " + Twine(batch) +
                                  " sequences of 'query'");
  llvm::Expected<std::vector<int64_t>> lengths = sequenceLengths(seqLens, batch, tokens);
  if (!lengths)
    return lengths.takeError();
  if (prefix && (*prefix < 1 || *prefix > tokens))
    return llvm::createStringError("prefix is " + Twine(*prefix) + " tokens, expected 1 to the " + Twine(tokens) +
                                   " of 'key'");

  // Keys shared by all sequences have one prefix; sequences with keys of their own have one each, within their length.
  std::vector<int64_t> prefixes;
  int64_t keyRows = 0;
  for (int64_t b = 0; b < keyBatch; ++b) {
    int64_t length = keyBatch == 1 ? tokens : (*lengths)[b];
    prefixes.push_back(prefix ? std::min(*prefix, length) : length / 2);
    keyRows += prefixes.back();
  }
  if (keyRows == 0)
    return tensorError("key", "the first half of " + Twine(tokens) +
                                  " tokens is empty, expected at least 2 tokens or a prefix that says how many count");

  CalibrationData data;
  Tensor keyValues = key.castTo(DType::F32);
  Tensor keys(DType::F32, {kvHeads, keyRows, headDim});
  for (int64_t head = 0; head < kvHeads; ++head) {
    int64_t to = head * keyRows;
    for (int64_t b = 0; b < keyBatch; ++b)
      for (int64_t n = 0; n < prefixes[b]; ++n)
        copyRow(keyValues, (b * kvHeads + head) * tokens + n, keys, to++);
  }
  llvm::Expected<Tensor> rotated = hadamardRows(keys);
  if (!rotated)
    return rotated.takeError();
  data.keys = std::move(*rotated);
  if (!query)
    return data;

  // Query token i of a sequence stands at position N_b - Nq + i.
  int64_t queryHeads = query->dim(-2), group = queryHeads / kvHeads;
  int64_t queryTokens = query->rank() == 4 ? query->dim(1) : 1;
  std::vector<int64_t> used;
  for (int64_t b = 0; b < batch; ++b)
    for (int64_t i = 0; i < queryTokens; ++i) {
      int64_t position = (*lengths)[b] - queryTokens + i;
      if (position >= 0 && position < prefixes[keyBatch == 1 ? 0 : b])
        used.push_back(b * queryTokens + i);
    }
  if (used.empty())
    return data;
  Tensor queryValues = query->castTo(DType::F32);
  Tensor queries(DType::F32, {kvHeads, static_cast<int64_t>(used.size()) * group, headDim});
  int64_t to = 0;
  for (int64_t head = 0; head < kvHeads; ++head)
    for (int64_t row : used)
      for (int64_t h = head * group; h < (head + 1) * group; ++h)
        copyRow(queryValues, row * queryHeads + h, queries, to++);
  rotated = hadamardRows(queries);
  if (!rotated)
    return rotated.takeError();
  data.queries = std::move(*rotated);
  return data;
}

//===----------------------------------------------------------------------===//
// Calibration
//===----------------------------------------------------------------------===//

/// All coordinates of one KV head.
static llvm::ArrayRef<float> headOf(const Tensor &tensor, int64_t head) {
  int64_t size = tensor.dim(1) * tensor.dim(2);
  return tensor.as<float>().slice(head * size, size);
}

/// buk-6: `t_i = sorted[ceil((i + 1) n / 2^b) - 1]`, an equal neighbour raised by nextafter.
static llvm::Expected<Tensor> quantileSets(const Tensor &rotated, llvm::StringRef what, int64_t bits) {
  int64_t kvHeads = rotated.dim(0), count = (int64_t(1) << bits) - 1;
  Tensor sets(DType::F32, {kvHeads, count});
  for (int64_t head = 0; head < kvHeads; ++head) {
    std::vector<float> sorted;
    llvm::copy_if(headOf(rotated, head), std::back_inserter(sorted), [](float y) { return std::isfinite(y); });
    if (sorted.empty())
      return llvm::createStringError("the rotated " + Twine(what) + " of kv head " + Twine(head) +
                                     " hold no finite value, expected at least one");
    std::sort(sorted.begin(), sorted.end());
    int64_t n = static_cast<int64_t>(sorted.size());
    llvm::MutableArrayRef<float> set = sets.as<float>().slice(head * count, count);
    for (int64_t i = 0; i < count; ++i) {
      // Adding zero turns -0.0 into 0.0; which of the two equals comes first in a sort is not defined.
      set[i] = sorted[((i + 1) * n + count) / (count + 1) - 1] + 0.0f;
      if (i > 0 && !(set[i] > set[i - 1]))
        set[i] = std::nextafter(set[i - 1], std::numeric_limits<float>::infinity());
    }
  }
  if (llvm::Error error = checkThresholdSet(sets, what, bits, kvHeads))
    return std::move(error);
  return sets;
}

namespace {
/// A sum of f64 values, rounded once at the end, so that it depends on no order of addition: every implementation of
/// the specification gets the same thresholds. Shewchuk's algorithm: `parts` do not overlap and add up to the exact
/// sum.
class ExactSum {
public:
  void add(double value) {
    size_t kept = 0;
    for (double part : parts) {
      if (std::fabs(value) < std::fabs(part))
        std::swap(value, part);
      double high = value + part;
      double low = part - (high - value);
      if (low != 0)
        parts[kept++] = low;
      value = high;
    }
    parts.resize(kept);
    parts.push_back(value);
  }

  double total() const {
    if (parts.empty())
      return 0;
    size_t i = parts.size() - 1;
    double high = parts[i], low = 0;
    while (i > 0 && low == 0) {
      double sum = high + parts[--i];
      low = parts[i] - (sum - high);
      high = sum;
    }
    // A tie was rounded to even, but what lies below it decides.
    if (i > 0 && ((low < 0 && parts[i - 1] < 0) || (low > 0 && parts[i - 1] > 0))) {
      double raised = high + 2 * low;
      if (raised - high == 2 * low)
        high = raised;
    }
    return high;
  }

private:
  llvm::SmallVector<double, 16> parts;
};
} // namespace

/// 0.75 of the mean of each coordinate over the tokens, in f64, rounded once. A coordinate without finite values gets
/// 0.
static Tensor meanOffsets(const Tensor &keys) {
  int64_t kvHeads = keys.dim(0), headDim = keys.dim(2);
  Tensor offsets(DType::F32, {kvHeads, headDim});
  for (int64_t head = 0; head < kvHeads; ++head) {
    std::vector<ExactSum> sums(headDim);
    std::vector<int64_t> counts(headDim);
    for (const auto &[i, y] : llvm::enumerate(headOf(keys, head)))
      if (std::isfinite(y)) {
        sums[i % headDim].add(y);
        ++counts[i % headDim];
      }
    for (int64_t j = 0; j < headDim; ++j)
      if (counts[j] > 0)
        offsets.as<float>()[head * headDim + j] =
            static_cast<float>(offsetShare * (sums[j].total() / double(counts[j])));
  }
  return offsets;
}

/// `f32(y - offset)` for coordinate `i` of a head (buk-5).
static float centred(llvm::ArrayRef<float> head, size_t i, llvm::ArrayRef<float> offset) {
  return offset.empty() ? head[i] : head[i] - offset[i % offset.size()];
}

static llvm::ArrayRef<float> offsetOf(const std::optional<Tensor> &offset, int64_t head) {
  if (!offset)
    return {};
  return offset->as<float>().slice(head * offset->dim(1), offset->dim(1));
}

/// Root mean square of the finite `f32(y - offset)` of a head in f64; 0 if there are none.
static double rootMeanSquare(llvm::ArrayRef<float> head, llvm::ArrayRef<float> offset) {
  ExactSum squares;
  int64_t count = 0;
  for (size_t i = 0; i < head.size(); ++i) {
    float y = centred(head, i, offset);
    if (!std::isfinite(y))
      continue;
    squares.add(double(y) * double(y));
    ++count;
  }
  return count == 0 ? 0 : std::sqrt(squares.total() / double(count));
}

static llvm::Expected<Thresholds> calibrateUniform(int64_t bits, const Tensor &keys) {
  int64_t kvHeads = keys.dim(0), count = (int64_t(1) << bits) - 1;
  Thresholds result;
  result.bits = static_cast<int>(bits);
  result.keyThresholds = Tensor(DType::F32, {kvHeads, count});
  result.offset = meanOffsets(keys);
  for (int64_t head = 0; head < kvHeads; ++head) {
    double rms = rootMeanSquare(headOf(keys, head), offsetOf(result.offset, head));
    if (rms == 0)
      return llvm::createStringError("the rotated keys of kv head " + Twine(head) +
                                     " have a root mean square of 0 after the offset, expected keys that vary; use "
                                     "paper or hand-made thresholds for such a head");
    for (int64_t i = 0; i < count; ++i)
      result.keyThresholds.as<float>()[head * count + i] =
          static_cast<float>(double(i - (count - 1) / 2) * uniformSteps[bits] * rms);
  }
  // A root mean square near the smallest denormal can make neighbours equal.
  if (llvm::Error error = checkThresholdSet(result.keyThresholds, "thresholds", bits, kvHeads))
    return std::move(error);
  return result;
}

llvm::Expected<Thresholds> mlir::adamas::paperThresholds(int64_t bits, int64_t kvHeads) {
  if (bits != 2)
    return llvm::createStringError("the paper's thresholds exist for 2 bits only, got " + Twine(bits) +
                                   " bits; use quantile or uniform");
  Thresholds result;
  result.bits = 2;
  result.keyThresholds = Tensor(DType::F32, {kvHeads, 3});
  for (int64_t head = 0; head < kvHeads; ++head)
    llvm::copy(llvm::ArrayRef<float>{-10, 0, 10}, result.keyThresholds.as<float>().begin() + 3 * head);
  return result;
}

llvm::Expected<Thresholds> mlir::adamas::calibrate(CalibrationMode mode, int64_t bits, const CalibrationData &data) {
  llvm::Expected<int64_t> count = thresholdCount(bits);
  if (!count)
    return count.takeError();
  int64_t kvHeads = data.keys.dim(0);
  if (mode == CalibrationMode::Paper)
    return paperThresholds(bits, kvHeads);
  if (mode == CalibrationMode::Uniform)
    return calibrateUniform(bits, data.keys);

  Thresholds result;
  result.bits = static_cast<int>(bits);
  llvm::Expected<Tensor> keys = quantileSets(data.keys, "keys", bits);
  if (!keys)
    return keys.takeError();
  result.keyThresholds = std::move(*keys);
  if (data.queryQuantiles) {
    if (llvm::Error error = checkThresholdSet(*data.queryQuantiles, "query quantiles", bits, kvHeads))
      return std::move(error);
    result.queryThresholds = data.queryQuantiles;
    return result;
  }
  if (!data.queries)
    return llvm::createStringError("quantile calibration found no usable query: expected a tensor 'query' with "
                                   "positions (seq_lens - 1) inside the prefix, or 'query_quantiles_" +
                                   Twine(bits == 1 ? 2 : bits) + "'; add one, raise the prefix, or use uniform");
  llvm::Expected<Tensor> queries = quantileSets(*data.queries, "queries", bits);
  if (!queries)
    return queries.takeError();
  result.queryThresholds = std::move(*queries);
  return result;
}

std::vector<KeyStatistics> mlir::adamas::keyStatistics(const CalibrationData &data, const Thresholds &thresholds) {
  std::vector<KeyStatistics> result;
  int64_t count = thresholds.keyThresholds.dim(1);
  for (int64_t head = 0; head < data.keys.dim(0); ++head) {
    llvm::ArrayRef<float> values = headOf(data.keys, head), offset = offsetOf(thresholds.offset, head);
    llvm::ArrayRef<float> set = thresholds.keyThresholds.as<float>().slice(head * count, count);
    std::vector<int64_t> histogram(count + 1);
    for (size_t i = 0; i < values.size(); ++i) {
      float y = centred(values, i, offset);
      ++histogram[llvm::count_if(set, [&](float t) { return y > t; })];
    }
    KeyStatistics statistics;
    statistics.rms = rootMeanSquare(values, offset);
    for (int64_t n : histogram)
      statistics.codeShares.push_back(double(n) / double(std::max<size_t>(values.size(), 1)));
    result.push_back(std::move(statistics));
  }
  return result;
}
