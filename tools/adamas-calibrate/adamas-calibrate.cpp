// adamas-calibrate: makes bucketizer thresholds per KV head from a prefix of keys and queries (spec buk-4 to buk-6).
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/Calibration.h"
#include "support/Safetensors.h"
#include "support/Table.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/WithColor.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir::adamas;
namespace cl = llvm::cl;

static cl::OptionCategory category("adamas-calibrate options");

static cl::opt<std::string>
    dataPath("data", cl::value_desc("in.safetensors"), cl::cat(category),
             cl::desc("Keys 'key' [1 or B,Hkv,N,D] after rope; for quantile also 'query' "
                      "[B,Hq,D] or [B,Nq,Hq,D] with 'seq_lens' [B], or 'query_quantiles_2/3/4'"));
static cl::opt<std::string> modeName("mode", cl::value_desc("mode"), cl::cat(category),
                                     cl::desc("quantile (for the l1 distance), uniform (for the weighted distance) or "
                                              "paper (-10, 0, 10; 2 bits only)"));
static cl::opt<int64_t> bits("bits", cl::init(2), cl::value_desc("b"), cl::cat(category),
                             cl::desc("Bits of a code, 1 to 4 (default 2)"));
static cl::opt<int64_t> prefix("prefix", cl::value_desc("tokens"), cl::cat(category),
                               cl::desc("How many first tokens of a sequence count (default: half of them)"));
static cl::opt<std::string> outPath("out", cl::value_desc("out.safetensors"), cl::cat(category),
                                    cl::desc("Where to write 'thresholds', 'query_thresholds' and 'offset'; without it "
                                             "they are only shown"));
static cl::opt<bool> json("json", cl::cat(category), cl::desc("Print json in place of the table"));

static llvm::json::Array toJson(llvm::ArrayRef<float> values) {
  llvm::json::Array array;
  for (float value : values)
    array.push_back(value);
  return array;
}

static llvm::ArrayRef<float> rowOf(const Tensor &tensor, int64_t row) {
  return tensor.as<float>().slice(row * tensor.dim(1), tensor.dim(1));
}

static void printJson(CalibrationMode mode, const CalibrationData &data, const Thresholds &thresholds,
                      llvm::ArrayRef<KeyStatistics> statistics) {
  llvm::json::Array heads;
  for (const auto &[head, statistic] : llvm::enumerate(statistics)) {
    llvm::json::Object object{{"head", static_cast<int64_t>(head)},
                              {"rms", statistic.rms},
                              {"thresholds", toJson(rowOf(thresholds.keyThresholds, head))},
                              {"code_shares", llvm::json::Array(statistic.codeShares)}};
    if (thresholds.queryThresholds)
      object["query_thresholds"] = toJson(rowOf(*thresholds.queryThresholds, head));
    if (thresholds.offset)
      object["offset"] = toJson(rowOf(*thresholds.offset, head));
    heads.push_back(std::move(object));
  }
  llvm::json::Object result{{"mode", calibrationModeName(mode)},
                            {"bits", thresholds.bits},
                            {"key_tokens", data.keys.dim(1)},
                            {"heads", std::move(heads)}};
  llvm::outs() << llvm::formatv("{0:2}", llvm::json::Value(std::move(result))) << "\n";
}

/// One row a code: the thresholds that it lies above, and the share of key coordinates that get it.
static void printTable(CalibrationMode mode, const CalibrationData &data, const Thresholds &thresholds,
                       llvm::ArrayRef<KeyStatistics> statistics) {
  std::vector<std::string> columns = {"kv head", "key rms", "code", "key above"};
  if (thresholds.queryThresholds)
    columns.push_back("query above");
  columns.push_back("keys %");
  Table table(columns);
  for (const auto &[head, statistic] : llvm::enumerate(statistics))
    for (const auto &[code, share] : llvm::enumerate(statistic.codeShares)) {
      // The lowest code lies above nothing; head and rms stand once, on its row.
      std::vector<Table::Cell> row(columns.size());
      row[2] = code;
      row.back() = Table::Cell::number(100 * share, 2);
      if (code == 0) {
        row[0] = head;
        row[1] = Table::Cell::significant(statistic.rms, 5);
      } else {
        row[3] = Table::Cell::significant(rowOf(thresholds.keyThresholds, head)[code - 1], 5);
        if (thresholds.queryThresholds)
          row[4] = Table::Cell::significant(rowOf(*thresholds.queryThresholds, head)[code - 1], 5);
      }
      table.addRow(std::move(row));
    }
  llvm::outs() << calibrationModeName(mode) << " thresholds of " << thresholds.bits << " bits from " << data.keys.dim(1)
               << " key tokens";
  if (thresholds.queryThresholds)
    llvm::outs() << (data.queryQuantiles ? " and given query quantiles"
                                         : llvm::formatv(" and {0} query vectors a head", data.queries->dim(1)).str());
  if (thresholds.offset)
    llvm::outs() << ", with offsets";
  llvm::outs() << "\n\n";
  table.printText(llvm::outs());
}

static llvm::Error run() {
  if (dataPath.empty())
    return llvm::createStringError("--data is missing, expected a safetensors file with a tensor 'key'");
  if (modeName.empty())
    return llvm::createStringError("--mode is missing, expected quantile, uniform or paper");
  std::optional<CalibrationMode> mode = calibrationModeFromName(modeName);
  if (!mode)
    return llvm::createStringError("--mode is '" + modeName + "', expected quantile, uniform or paper");
  if (bits < 1 || bits > 4)
    return llvm::createStringError("--bits is " + llvm::Twine(bits) + ", expected 1 to 4");
  if (*mode == CalibrationMode::Paper && bits != 2)
    return llvm::createStringError("--bits is " + llvm::Twine(bits) +
                                   ", expected 2 for --mode=paper; other bits have "
                                   "--mode=quantile and --mode=uniform");
  std::optional<int64_t> tokens;
  if (prefix.getNumOccurrences() > 0)
    tokens = prefix;
  if (tokens && *tokens < 1)
    return llvm::createStringError("--prefix is " + llvm::Twine(*tokens) + ", expected at least 1 token");

  llvm::Expected<SafetensorsFile> file = readSafetensors(dataPath);
  if (!file)
    return file.takeError();
  llvm::Expected<CalibrationData> data = calibrationDataFromFile(*file, *mode, bits, tokens);
  if (!data)
    return data.takeError();
  llvm::Expected<Thresholds> thresholds = calibrate(*mode, bits, *data);
  if (!thresholds)
    return llvm::createStringError(llvm::Twine(dataPath) + ": " + llvm::toString(thresholds.takeError()));

  std::vector<KeyStatistics> statistics = keyStatistics(*data, *thresholds);
  if (json)
    printJson(*mode, *data, *thresholds, statistics);
  else
    printTable(*mode, *data, *thresholds, statistics);
  if (outPath.empty())
    return llvm::Error::success();
  return writeSafetensors(
      outPath, thresholdsToTensors(*thresholds),
      {{"mode", modeName}, {"bits", std::to_string(bits)}, {"key_tokens", std::to_string(data->keys.dim(1))}});
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv,
                              "adamas-calibrate: thresholds and offsets of the bucketizer, per KV head, from data\n");
  if (llvm::Error error = run()) {
    llvm::WithColor::error(llvm::errs(), "adamas-calibrate") << llvm::toString(std::move(error)) << "\n";
    return 1;
  }
  return 0;
}
