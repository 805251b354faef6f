// Thresholds and offsets of the bucketizer: calibration from data, checks, and their safetensors form.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TOOLS_SUPPORT_CALIBRATION_H
#define ADAMAS_TOOLS_SUPPORT_CALIBRATION_H

#include "adamas/Reference/Tensor.h"
#include "support/Safetensors.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <optional>
#include <vector>

namespace mlir::adamas {

/// How thresholds come about (spec buk-4): the paper's constants, equal shares, or equal steps around an offset.
enum class CalibrationMode { Paper, Quantile, Uniform };

llvm::StringRef calibrationModeName(CalibrationMode mode);
std::optional<CalibrationMode> calibrationModeFromName(llvm::StringRef name);

/// What bucketizing needs beside the data: one set per KV head (spec buk-1, buk-2, buk-5).
struct Thresholds {
  int bits = 0;
  /// F32 `[Hkv, 2^bits - 1]`.
  Tensor keyThresholds;
  /// F32 of the same shape; none means that queries use the keys' set.
  std::optional<Tensor> queryThresholds;
  /// F32 `[Hkv, D]`, subtracted from rotated keys; none means no subtraction.
  std::optional<Tensor> offset;

  int64_t kvHeads() const { return keyThresholds.dim(0); }
};

/// 2^bits - 1 thresholds for bits of 1 to 4; an error for other bits.
llvm::Expected<int64_t> thresholdCount(int64_t bits);

/// buk-1: F32 `[kvHeads, 2^bits - 1]`, finite, strictly increasing. The error names `name`, the head and the index.
llvm::Error checkThresholdSet(const Tensor &set, llvm::StringRef name, int64_t bits, int64_t kvHeads);
/// Both sets by buk-1, and the offset F32 `[kvHeads, headDim]` and finite.
llvm::Error checkThresholds(const Thresholds &thresholds, int64_t kvHeads, int64_t headDim);

/// The tensors `thresholds`, `query_thresholds` and `offset`, those that are there.
std::vector<NamedTensor> thresholdsToTensors(const Thresholds &thresholds);
/// The inverse, checked; none if the file has no `thresholds`. A set of rank 1 is shared by all heads (buk-2).
llvm::Expected<std::optional<Thresholds>> thresholdsFromFile(const SafetensorsFile &file, int64_t kvHeads,
                                                             int64_t headDim);

/// Rotated (spec had-2) keys and queries that calibration counts, by KV head.
struct CalibrationData {
  /// F32 `[Hkv, tokens, D]`.
  Tensor keys;
  /// F32 `[Hkv, rows, D]`, each KV head with the queries of its group; none if there are no usable queries.
  std::optional<Tensor> queries;
  /// Query thresholds computed elsewhere, F32 `[Hkv, 2^bits - 1]`; they go before `queries`.
  std::optional<Tensor> queryQuantiles;
};

/// Takes the prefix that buk-6 calibrates on and rotates it. `key` is `[1 or B, Hkv, N, D]`, `query` `[B, Hq, D]` or
/// `[B, Nq, Hq, D]`, `seqLens` an integer `[B]` that defaults to N. `prefix` counts tokens and defaults to
/// floor(N / 2), or floor(N_b / 2) of each sequence that has keys of its own. Queries count if their position lies in
/// the prefix.
llvm::Expected<CalibrationData> gatherCalibrationData(const Tensor &key, const Tensor *query, const Tensor *seqLens,
                                                      std::optional<int64_t> prefix);

/// buk-4 to buk-6. Errors: bits outside 1 to 4, paper for bits other than 2, quantile without queries, a head without
/// finite values, a root mean square of 0.
llvm::Expected<Thresholds> calibrate(CalibrationMode mode, int64_t bits, const CalibrationData &data);
/// The constants (-10, 0, 10) for every KV head; an error unless `bits` is 2.
llvm::Expected<Thresholds> paperThresholds(int64_t bits, int64_t kvHeads);

/// `gatherCalibrationData` from a file's `key`, `query`, `seq_lens` and, for quantile, `query_quantiles_<bits>` (for
/// one bit the median, entry 1 of `query_quantiles_2`). Errors name the file.
llvm::Expected<CalibrationData> calibrationDataFromFile(const SafetensorsFile &file, CalibrationMode mode, int64_t bits,
                                                        std::optional<int64_t> prefix);

/// How a head's keys fall under a set, for people to look at.
struct KeyStatistics {
  /// Root mean square of the finite `y - offset`.
  double rms = 0;
  /// Share of coordinates with each of the 2^bits codes.
  std::vector<double> codeShares;
};
std::vector<KeyStatistics> keyStatistics(const CalibrationData &data, const Thresholds &thresholds);

} // namespace mlir::adamas

#endif // ADAMAS_TOOLS_SUPPORT_CALIBRATION_H
