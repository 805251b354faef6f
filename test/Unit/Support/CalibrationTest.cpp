// Calibration of thresholds (spec buk-4 to buk-6), their checks (buk-1, buk-2) and their file form.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/Calibration.h"

#include "adamas/Reference/Hadamard.h"
#include "llvm/ADT/STLExtras.h"
#include "gtest/gtest.h"
#include <cmath>
#include <limits>
#include <random>

using namespace mlir::adamas;

namespace {

constexpr float inf = std::numeric_limits<float>::infinity();
const float nan = std::nanf("");
const float cancelling[2][4] = {{1e30f, 1, -1e30f, 1}, {1, -1e30f, 1, 1e30f}};

Tensor floats(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<float> values) {
  Tensor tensor(DType::F32, shape);
  EXPECT_EQ(tensor.size(), static_cast<int64_t>(values.size()));
  llvm::copy(values, tensor.as<float>().begin());
  return tensor;
}

Tensor randomTensor(DType dtype, llvm::ArrayRef<int64_t> shape, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(1.0, 2.0);
  Tensor tensor(dtype, shape);
  for (int64_t i = 0; i < tensor.size(); ++i)
    tensor.setFloat(i, normal(random));
  return tensor;
}

template <typename T> std::string errorOf(llvm::Expected<T> expected) {
  return expected ? "no error" : llvm::toString(expected.takeError());
}

CalibrationData keysOnly(Tensor keys) {
  CalibrationData data;
  data.keys = std::move(keys);
  return data;
}

/// Quantile thresholds of one head's keys; the queries are the same numbers.
std::vector<float> quantiles(llvm::ArrayRef<float> values, int64_t bits) {
  CalibrationData data = keysOnly(floats({1, 1, static_cast<int64_t>(values.size())}, values));
  data.queries = data.keys;
  llvm::Expected<Thresholds> result = calibrate(CalibrationMode::Quantile, bits, data);
  if (!result) {
    ADD_FAILURE() << llvm::toString(result.takeError());
    return {};
  }
  EXPECT_EQ(result->bits, bits);
  EXPECT_FALSE(result->offset);
  EXPECT_EQ(result->queryThresholds->as<float>(), result->keyThresholds.as<float>());
  return result->keyThresholds.as<float>().vec();
}

TEST(Calibration, names) {
  for (llvm::StringRef name : {"paper", "quantile", "uniform"})
    EXPECT_EQ(calibrationModeName(*calibrationModeFromName(name)), name);
  EXPECT_FALSE(calibrationModeFromName("Paper"));
}

TEST(Calibration, buk_6_quantile_positions) {
  EXPECT_EQ(quantiles({8, 7, 6, 5, 4, 3, 2, 1}, 2), std::vector<float>({2, 4, 6}));
  EXPECT_EQ(quantiles({8, 7, 6, 5, 4, 3, 2, 1}, 1), std::vector<float>({4}));
  EXPECT_EQ(quantiles({8, 7, 6, 5, 4, 3, 2, 1}, 3), std::vector<float>({1, 2, 3, 4, 5, 6, 7}));
  // n = 5: ceil(5/4), ceil(10/4), ceil(15/4) are the 2nd, 3rd and 4th.
  EXPECT_EQ(quantiles({50, 10, 40, 20, 30}, 2), std::vector<float>({20, 30, 40}));
}

TEST(Calibration, buk_6_quantile_raises_equal_neighbours) {
  float up = std::nextafter(3.0f, inf);
  EXPECT_EQ(quantiles({3, 3, 3, 3}, 2), std::vector<float>({3, up, std::nextafter(up, inf)}));
  float tiny = std::numeric_limits<float>::denorm_min();
  EXPECT_EQ(quantiles({-0.0f, 0.0f, -0.0f, 5}, 2), std::vector<float>({0, tiny, 2 * tiny}));
  // Fewer numbers than thresholds.
  EXPECT_EQ(quantiles({1}, 1), std::vector<float>({1}));
}

TEST(Calibration, buk_6_quantile_drops_values_that_are_not_finite) {
  EXPECT_EQ(quantiles({nan, 1, -inf, 2, 3, inf, 4, nan}, 2), std::vector<float>({1, 2, 3}));
  CalibrationData data = keysOnly(floats({2, 1, 2}, {1, 2, nan, inf}));
  data.queries = floats({2, 1, 2}, {1, 2, 3, 4});
  EXPECT_EQ(errorOf(calibrate(CalibrationMode::Quantile, 1, data)),
            "the rotated keys of kv head 1 hold no finite value, expected at least one");
  std::swap(data.keys, *data.queries);
  EXPECT_EQ(errorOf(calibrate(CalibrationMode::Quantile, 1, data)),
            "the rotated queries of kv head 1 hold no finite value, expected at least one");
}

TEST(Calibration, buk_6_quantile_beyond_the_largest_float) {
  float max = std::numeric_limits<float>::max();
  CalibrationData data = keysOnly(floats({1, 1, 2}, {max, max}));
  data.queries = floats({1, 1, 2}, {1, 2});
  EXPECT_EQ(errorOf(calibrate(CalibrationMode::Quantile, 2, data)),
            "tensor 'keys': head 0 index 1 is inf, expected a finite threshold");
}

TEST(Calibration, buk_6_quantile_cuts_into_equal_shares) {
  Tensor keys = randomTensor(DType::F32, {2, 256, 64}, 1);
  CalibrationData data = keysOnly(keys);
  data.queries = randomTensor(DType::F32, {2, 10, 64}, 2);
  for (int64_t bits = 1; bits <= 4; ++bits) {
    llvm::Expected<Thresholds> result = calibrate(CalibrationMode::Quantile, bits, data);
    ASSERT_TRUE(bool(result));
    EXPECT_NE(result->queryThresholds->as<float>(), result->keyThresholds.as<float>());
    for (const KeyStatistics &statistics : keyStatistics(data, *result))
      for (double share : statistics.codeShares)
        EXPECT_NEAR(share, 1.0 / double(1 << bits), 1e-3);
  }
}

TEST(Calibration, buk_6_quantile_needs_queries) {
  EXPECT_EQ(
      errorOf(calibrate(CalibrationMode::Quantile, 1, keysOnly(floats({1, 1, 2}, {1, 2})))),
      "quantile calibration found no usable query: expected a tensor 'query' with positions (seq_lens - 1) inside "
      "the prefix, or 'query_quantiles_2'; add one, raise the prefix, or use uniform");
}

TEST(Calibration, buk_6_given_query_quantiles_go_first) {
  CalibrationData data = keysOnly(floats({1, 1, 4}, {1, 2, 3, 4}));
  data.queries = data.keys;
  data.queryQuantiles = floats({1, 3}, {-5, 0, 5});
  llvm::Expected<Thresholds> result = calibrate(CalibrationMode::Quantile, 2, data);
  ASSERT_TRUE(bool(result));
  EXPECT_EQ(result->queryThresholds->as<float>(), llvm::ArrayRef<float>({-5, 0, 5}));
  EXPECT_EQ(result->keyThresholds.as<float>(), llvm::ArrayRef<float>({1, 2, 3}));
  data.queryQuantiles = floats({1, 3}, {-5, -5, 5});
  EXPECT_EQ(errorOf(calibrate(CalibrationMode::Quantile, 2, data)),
            "tensor 'query quantiles': head 0 index 1 is -5 after -5, expected strictly increasing thresholds");
}

TEST(Calibration, buk_6_uniform_by_hand) {
  // Means 4 and -8, offsets 3 and -6; what remains is (-1, 1), (3, -5) with the mean square 36 / 4.
  CalibrationData data = keysOnly(floats({1, 2, 2}, {2, -5, 6, -11}));
  llvm::Expected<Thresholds> result = calibrate(CalibrationMode::Uniform, 2, data);
  ASSERT_TRUE(bool(result));
  EXPECT_FALSE(result->queryThresholds);
  EXPECT_EQ(result->offset->as<float>(), llvm::ArrayRef<float>({3, -6}));
  EXPECT_EQ(keyStatistics(data, *result)[0].rms, 3);
  EXPECT_EQ(result->keyThresholds.as<float>(), llvm::ArrayRef<float>({float(-0.9957 * 3), 0, float(0.9957 * 3)}));
  llvm::Expected<Thresholds> four = calibrate(CalibrationMode::Uniform, 4, data);
  ASSERT_TRUE(bool(four));
  for (int i = 0; i < 15; ++i)
    EXPECT_EQ(four->keyThresholds.as<float>()[i], float((i - 7) * 0.3352 * 3)) << i;
  llvm::Expected<Thresholds> one = calibrate(CalibrationMode::Uniform, 1, data);
  ASSERT_TRUE(bool(one));
  EXPECT_EQ(one->keyThresholds.as<float>(), llvm::ArrayRef<float>({0}));
}

TEST(Calibration, buk_6_uniform_drops_values_that_are_not_finite) {
  // Coordinate 0 counts 4 only; coordinate 1 has no finite value and gets the offset 0; 4 - 3 is all that the rms sees.
  CalibrationData data = keysOnly(floats({1, 2, 2}, {nan, inf, 4, -inf}));
  llvm::Expected<Thresholds> result = calibrate(CalibrationMode::Uniform, 2, data);
  ASSERT_TRUE(bool(result));
  EXPECT_EQ(result->offset->as<float>(), llvm::ArrayRef<float>({3, 0}));
  EXPECT_EQ(keyStatistics(data, *result)[0].rms, 1);
}

TEST(Calibration, buk_6_sums_do_not_depend_on_the_order) {
  // A running f64 sum loses the ones.
  for (llvm::ArrayRef<float> values : {llvm::ArrayRef<float>(cancelling[0]), llvm::ArrayRef<float>(cancelling[1])}) {
    llvm::Expected<Thresholds> result = calibrate(CalibrationMode::Uniform, 1, keysOnly(floats({1, 4, 1}, values)));
    ASSERT_TRUE(bool(result));
    EXPECT_EQ(result->offset->as<float>()[0], 0.375f);
  }
}

TEST(Calibration, buk_6_uniform_without_variation) {
  const char *message =
      "the rotated keys of kv head 1 have a root mean square of 0 after the offset, expected keys that "
      "vary; use paper or hand-made thresholds for such a head";
  EXPECT_EQ(errorOf(calibrate(CalibrationMode::Uniform, 2, keysOnly(floats({2, 1, 2}, {1, 2, 0, 0})))), message);
  EXPECT_EQ(errorOf(calibrate(CalibrationMode::Uniform, 2, keysOnly(floats({2, 1, 2}, {1, 2, nan, inf})))), message);
  // So small that the thresholds fall together.
  EXPECT_EQ(
      errorOf(calibrate(CalibrationMode::Uniform, 4, keysOnly(floats({1, 2, 2}, {0, 1e-45f, 0, -1e-45f})))),
      "tensor 'thresholds': head 0 index 2 is -1.40129846e-45 after -1.40129846e-45, expected strictly increasing "
      "thresholds");
}

TEST(Calibration, buk_4_uniform_is_nested) {
  CalibrationData data = keysOnly(randomTensor(DType::F32, {1, 64, 32}, 3));
  llvm::Expected<Thresholds> one = calibrate(CalibrationMode::Uniform, 1, data);
  ASSERT_TRUE(bool(one));
  double share = keyStatistics(data, *one)[0].codeShares[1];
  for (int64_t bits = 2; bits <= 4; ++bits) {
    llvm::Expected<Thresholds> many = calibrate(CalibrationMode::Uniform, bits, data);
    ASSERT_TRUE(bool(many));
    EXPECT_EQ(many->offset->as<float>(), one->offset->as<float>());
    std::vector<KeyStatistics> statistics = keyStatistics(data, *many);
    double top = 0;
    for (double part : llvm::ArrayRef(statistics[0].codeShares).take_back(size_t(1) << (bits - 1)))
      top += part;
    EXPECT_NEAR(top, share, 1e-12);
  }
}

TEST(Calibration, buk_4_paper) {
  llvm::Expected<Thresholds> paper = paperThresholds(2, 3);
  ASSERT_TRUE(bool(paper));
  EXPECT_EQ(paper->keyThresholds.as<float>(), llvm::ArrayRef<float>({-10, 0, 10, -10, 0, 10, -10, 0, 10}));
  EXPECT_FALSE(paper->queryThresholds || paper->offset);
  EXPECT_FALSE(bool(checkThresholds(*paper, 3, 64)));
  EXPECT_EQ(errorOf(paperThresholds(3, 3)), "the paper's thresholds exist for 2 bits only, got 3 bits; use quantile or "
                                            "uniform");
  EXPECT_EQ(errorOf(calibrate(CalibrationMode::Quantile, 5, keysOnly(floats({1, 1, 2}, {1, 2})))),
            "bits is 5, expected 1 to 4");
}

TEST(Thresholds, buk_1) {
  auto check = [](Tensor set, int64_t bits = 2, int64_t heads = 2) {
    return llvm::toString(checkThresholdSet(set, "t", bits, heads));
  };
  EXPECT_EQ(check(floats({2, 3}, {1, 2, 3, -1, 0, 1})), "");
  EXPECT_EQ(check(floats({2, 3}, {1, 2, 3, -1, 0, 0})),
            "tensor 't': head 1 index 2 is 0 after 0, expected strictly increasing thresholds");
  EXPECT_EQ(check(floats({2, 3}, {1, 2, 3, -0.0f, 0, 1})),
            "tensor 't': head 1 index 1 is 0 after -0, expected strictly increasing thresholds");
  EXPECT_EQ(check(floats({2, 3}, {1, nan, 3, -1, 0, 1})),
            "tensor 't': head 0 index 1 is nan, expected a finite threshold");
  EXPECT_EQ(check(floats({2, 3}, {-inf, 2, 3, -1, 0, 1})),
            "tensor 't': head 0 index 0 is -inf, expected a finite threshold");
  EXPECT_EQ(check(floats({2, 3}, {1, 2, 3, 4, 5, 6}), 3),
            "tensor 't': expected 2x7 of F32 (kv heads x 2^bits - 1 for 3 bits), got 2x3 of F32");
  EXPECT_EQ(check(floats({2, 3}, {1, 2, 3, 4, 5, 6}), 2, 3),
            "tensor 't': expected 3x3 of F32 (kv heads x 2^bits - 1 for 2 bits), got 2x3 of F32");
  EXPECT_EQ(check(Tensor(DType::F16, {2, 3})),
            "tensor 't': expected 2x3 of F32 (kv heads x 2^bits - 1 for 2 bits), got 2x3 of F16");
  EXPECT_EQ(check(floats({2, 1}, {1, 2}), 0), "bits is 0, expected 1 to 4");
}

llvm::Expected<SafetensorsFile> fileOf(llvm::ArrayRef<NamedTensor> tensors) {
  std::string bytes = llvm::cantFail(safetensorsHeader(tensors));
  for (const NamedTensor &entry : tensors)
    bytes.append(entry.tensor.raw(), entry.tensor.bytes());
  return readSafetensors(llvm::MemoryBuffer::getMemBufferCopy(bytes), "in");
}

llvm::Expected<std::optional<Thresholds>> thresholdsOf(llvm::ArrayRef<NamedTensor> tensors) {
  llvm::Expected<SafetensorsFile> file = fileOf(tensors);
  return thresholdsFromFile(llvm::cantFail(std::move(file)), 2, 2);
}

TEST(Thresholds, round_trip) {
  Thresholds thresholds;
  thresholds.bits = 2;
  thresholds.keyThresholds = floats({2, 3}, {1, 2, 3, -1, 0, 1});
  thresholds.queryThresholds = floats({2, 3}, {4, 5, 6, 7, 8, 9});
  thresholds.offset = floats({2, 2}, {1, 2, 3, 4});
  llvm::Expected<std::optional<Thresholds>> back = thresholdsOf(thresholdsToTensors(thresholds));
  ASSERT_TRUE(bool(back));
  ASSERT_TRUE(back->has_value());
  EXPECT_EQ((*back)->bits, 2);
  EXPECT_EQ((*back)->kvHeads(), 2);
  EXPECT_EQ((*back)->keyThresholds.as<float>(), thresholds.keyThresholds.as<float>());
  EXPECT_EQ((*back)->queryThresholds->as<float>(), thresholds.queryThresholds->as<float>());
  EXPECT_EQ((*back)->offset->as<float>(), thresholds.offset->as<float>());
}

TEST(Thresholds, buk_2_shared_set) {
  llvm::Expected<std::optional<Thresholds>> shared = thresholdsOf({{"thresholds", floats({1}, {0.5})}});
  ASSERT_TRUE(bool(shared));
  EXPECT_EQ((*shared)->bits, 1);
  EXPECT_EQ((*shared)->keyThresholds.as<float>(), llvm::ArrayRef<float>({0.5, 0.5}));
}

TEST(Thresholds, files_without_or_with_wrong_tensors) {
  llvm::Expected<std::optional<Thresholds>> none = thresholdsOf({{"key", floats({1}, {0.5})}});
  ASSERT_TRUE(bool(none));
  EXPECT_FALSE(none->has_value());
  EXPECT_EQ(errorOf(thresholdsOf({{"offset", floats({2, 2}, {1, 2, 3, 4})}})),
            "in: tensor 'offset': comes without a tensor 'thresholds', expected the keys' set beside it");
  EXPECT_EQ(errorOf(thresholdsOf({{"thresholds", floats({2, 2}, {1, 2, 3, 4})}})),
            "in: tensor 'thresholds': expected a last dimension of 1, 3, 7 or 15 (2^bits - 1), got tensor 2x2 of F32");
  EXPECT_EQ(
      errorOf(thresholdsOf({{"thresholds", floats({}, {1})}})),
      "in: tensor 'thresholds': expected a last dimension of 1, 3, 7 or 15 (2^bits - 1), got tensor scalar of F32");
  EXPECT_EQ(errorOf(thresholdsOf({{"thresholds", floats({1}, {1})}, {"offset", floats({2, 2}, {1, 2, nan, 4})}})),
            "in: tensor 'offset': head 1 index 0 is nan, expected a finite offset");
  EXPECT_EQ(errorOf(thresholdsOf({{"thresholds", floats({1}, {1})}, {"offset", floats({2, 1}, {1, 2})}})),
            "in: tensor 'offset': expected 2x2 of F32 (kv heads x head dimension), got 2x1 of F32");
  EXPECT_EQ(errorOf(thresholdsOf({{"thresholds", floats({1}, {1})}, {"query_thresholds", floats({3}, {1, 2, 3})}})),
            "in: tensor 'query_thresholds': expected 2x1 of F32 (kv heads x 2^bits - 1 for 1 bits), got 2x3 of F32");
}

/// Row `row` of a tensor with rows of 32, rotated.
std::vector<float> rotatedRow(const Tensor &tensor, int64_t row) {
  std::vector<float> values;
  for (int64_t j = 0; j < 32; ++j)
    values.push_back(static_cast<float>(tensor.getFloat(32 * row + j)));
  hadamardInPlace(values);
  return values;
}

llvm::ArrayRef<float> row(const Tensor &tensor, int64_t index) { return tensor.as<float>().slice(32 * index, 32); }

Tensor lengths(llvm::ArrayRef<int64_t> values) {
  Tensor tensor(DType::I32, {static_cast<int64_t>(values.size())});
  for (const auto &[i, value] : llvm::enumerate(values))
    tensor.setInt(i, value);
  return tensor;
}

TEST(Gather, shared_keys_take_the_first_half) {
  Tensor key = randomTensor(DType::F16, {1, 2, 5, 32}, 1), query = randomTensor(DType::F16, {3, 4, 32}, 2);
  // Positions 4, 1 and 2: only the second lies below floor(5 / 2).
  Tensor seqLens = lengths({5, 2, 3});
  llvm::Expected<CalibrationData> data = gatherCalibrationData(key, &query, &seqLens, std::nullopt);
  ASSERT_TRUE(bool(data)) << llvm::toString(data.takeError());
  EXPECT_EQ(data->keys.shape(), llvm::ArrayRef<int64_t>({2, 2, 32}));
  EXPECT_EQ(row(data->keys, 1), llvm::ArrayRef<float>(rotatedRow(key, 1)));
  EXPECT_EQ(row(data->keys, 2), llvm::ArrayRef<float>(rotatedRow(key, 5)));
  ASSERT_TRUE(data->queries.has_value());
  EXPECT_EQ(data->queries->shape(), llvm::ArrayRef<int64_t>({2, 2, 32}));
  // KV head 1 has query heads 2 and 3 of sequence 1.
  EXPECT_EQ(row(*data->queries, 0), llvm::ArrayRef<float>(rotatedRow(query, 4)));
  EXPECT_EQ(row(*data->queries, 2), llvm::ArrayRef<float>(rotatedRow(query, 6)));
  EXPECT_EQ(row(*data->queries, 3), llvm::ArrayRef<float>(rotatedRow(query, 7)));

  llvm::Expected<CalibrationData> longer = gatherCalibrationData(key, &query, &seqLens, 3);
  ASSERT_TRUE(bool(longer));
  EXPECT_EQ(longer->keys.dim(1), 3);
  EXPECT_EQ(longer->queries->dim(1), 4);
  // Without lengths every query stands at the end.
  llvm::Expected<CalibrationData> atEnd = gatherCalibrationData(key, &query, nullptr, std::nullopt);
  ASSERT_TRUE(bool(atEnd));
  EXPECT_FALSE(atEnd->queries.has_value());
}

TEST(Gather, own_keys_take_half_of_each_length) {
  Tensor key = randomTensor(DType::BF16, {2, 1, 6, 32}, 1), query = randomTensor(DType::BF16, {2, 2, 1, 32}, 2);
  Tensor seqLens = lengths({6, 3});
  llvm::Expected<CalibrationData> data = gatherCalibrationData(key, &query, &seqLens, std::nullopt);
  ASSERT_TRUE(bool(data)) << llvm::toString(data.takeError());
  EXPECT_EQ(data->keys.dim(1), 3 + 1);
  EXPECT_EQ(row(data->keys, 3), llvm::ArrayRef<float>(rotatedRow(key, 6)));
  EXPECT_FALSE(data->queries.has_value());
  // nq-1: positions 4, 5 and 1, 2; a prefix of 5 is cut to the length 3 of the second sequence.
  llvm::Expected<CalibrationData> longer = gatherCalibrationData(key, &query, &seqLens, 5);
  ASSERT_TRUE(bool(longer));
  EXPECT_EQ(longer->keys.dim(1), 5 + 3);
  EXPECT_EQ(longer->queries->dim(1), 3);
  EXPECT_EQ(row(*longer->queries, 1), llvm::ArrayRef<float>(rotatedRow(query, 2)));
}

TEST(Gather, wrong_shapes) {
  auto gather = [](Tensor key, std::optional<Tensor> query = std::nullopt, std::optional<Tensor> seqLens = std::nullopt,
                   std::optional<int64_t> prefix = std::nullopt) {
    return errorOf(gatherCalibrationData(key, query ? &*query : nullptr, seqLens ? &*seqLens : nullptr, prefix));
  };
  Tensor key(DType::F16, {1, 2, 8, 32}), keys(DType::F16, {3, 2, 8, 32});
  auto query = [](llvm::ArrayRef<int64_t> shape) { return Tensor(DType::F16, shape); };
  EXPECT_EQ(gather(Tensor(DType::F16, {2, 8, 32})), "tensor 'key': expected a non-empty [1 or batch, kv heads, tokens, "
                                                    "head dimension] of F16, BF16 or F32, got tensor "
                                                    "2x8x32 of F16");
  EXPECT_EQ(gather(Tensor(DType::I32, {1, 2, 8, 32})), "tensor 'key': expected a non-empty [1 or batch, kv heads, "
                                                       "tokens, head dimension] of F16, BF16 or F32, got tensor "
                                                       "1x2x8x32 of I32");
  EXPECT_EQ(gather(Tensor(DType::F16, {1, 2, 8, 48})),
            "tensor 'key': head dimension 48 has no hadamard transform, expected a power of two from 2 to 1024");
  EXPECT_EQ(gather(Tensor(DType::F16, {1, 2, 1, 32})),
            "tensor 'key': the first half of 1 tokens is empty, expected at least 2 tokens or a prefix that says how "
            "many count");
  EXPECT_EQ(
      gather(Tensor(DType::F16, {1, 2, 0, 32})),
      "tensor 'key': expected a non-empty [1 or batch, kv heads, tokens, head dimension] of F16, BF16 or F32, got "
      "tensor 1x2x0x32 of F16");
  for (const std::vector<int64_t> &shape : {std::vector<int64_t>{0, 4, 32}, {3, 0, 4, 32}, {3, 9, 4, 32}})
    EXPECT_EQ(gather(key, query(shape)), "tensor 'query': expected at least 1 sequence and 1 to 8 query tokens, got "
                                         "tensor " +
                                             describeShape(shape) + " of F16");
  EXPECT_EQ(gather(key, query({3, 32})),
            "tensor 'query': expected [batch, query heads, head dimension] or [batch, query tokens, query heads, head "
            "dimension] of F16, BF16 or F32, got tensor 3x32 of F16");
  EXPECT_EQ(gather(key, query({3, 4, 64})), "tensor 'query': head dimension is 64, expected 32 as in 'key'");
  EXPECT_EQ(gather(key, query({3, 5, 32})),
            "tensor 'query': has 5 heads, expected a multiple of the 2 kv heads of 'key'");
  EXPECT_EQ(gather(keys, query({2, 4, 32})), "tensor 'key': has batch 3, expected 1 or the 2 sequences of 'query'");
  EXPECT_EQ(gather(key, query({3, 4, 32}), lengths({1, 2})),
            "tensor 'seq_lens': expected 3 integers (one a sequence), got tensor 2 of I32");
  EXPECT_EQ(gather(key, query({2, 4, 32}), floats({2}, {1, 2})),
            "tensor 'seq_lens': expected 2 integers (one a sequence), got tensor 2 of F32");
  EXPECT_EQ(gather(key, query({2, 4, 32}), lengths({1, 9})),
            "tensor 'seq_lens': sequence 1 has length 9, expected 0 to the 8 tokens of 'key'");
  EXPECT_EQ(gather(key, query({2, 4, 32}), lengths({-1, 8})),
            "tensor 'seq_lens': sequence 0 has length -1, expected 0 to the 8 tokens of 'key'");
  EXPECT_EQ(gather(key, std::nullopt, std::nullopt, 9), "prefix is 9 tokens, expected 1 to the 8 of 'key'");
  EXPECT_EQ(gather(key, std::nullopt, std::nullopt, 0), "prefix is 0 tokens, expected 1 to the 8 of 'key'");
}

TEST(Gather, one_bit_takes_the_median_of_two) {
  llvm::Expected<SafetensorsFile> file = fileOf(
      {{"key", randomTensor(DType::F32, {1, 2, 4, 32}, 1)}, {"query_quantiles_2", floats({2, 3}, {1, 2, 3, 4, 5, 6})}});
  ASSERT_TRUE(bool(file));
  llvm::Expected<CalibrationData> one = calibrationDataFromFile(*file, CalibrationMode::Quantile, 1, std::nullopt);
  ASSERT_TRUE(bool(one)) << llvm::toString(one.takeError());
  EXPECT_EQ(one->queryQuantiles->as<float>(), llvm::ArrayRef<float>({2, 5}));
  llvm::Expected<CalibrationData> two = calibrationDataFromFile(*file, CalibrationMode::Quantile, 2, std::nullopt);
  ASSERT_TRUE(bool(two));
  EXPECT_EQ(two->queryQuantiles->as<float>(), llvm::ArrayRef<float>({1, 2, 3, 4, 5, 6}));
  llvm::Expected<CalibrationData> three = calibrationDataFromFile(*file, CalibrationMode::Quantile, 3, std::nullopt);
  ASSERT_TRUE(bool(three));
  EXPECT_FALSE(three->queryQuantiles || three->queries);
}

} // namespace
