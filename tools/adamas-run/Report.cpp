// What adamas-run prints and writes.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas-run/Report.h"

#include "adamas-run/Gpu.h"
#include "support/Plot.h"
#include "support/Table.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace mlir::adamas;

/// Table and JSON carry the same columns.
static void print(const Session &session, const Table &table, llvm::ArrayRef<std::string> notes, int64_t repeat,
                  llvm::raw_ostream &os) {
  const Inputs &inputs = session.inputs;
  const Options &options = session.options;
  if (options.json) {
    llvm::json::Object data{{"path", session.data.path()},          {"batch", inputs.batch()},
                            {"query_tokens", inputs.queryTokens()}, {"query_heads", inputs.queryHeads()},
                            {"kv_heads", inputs.kvHeads()},         {"tokens", inputs.tokens()},
                            {"head_dim", inputs.headDim()},         {"dtype", dtypeName(inputs.key.dtype())}};
    llvm::json::Object all{{"data", std::move(data)},
                           {"target", targetName(options.target)},
                           {"repeat", repeat},
                           {"notes", llvm::json::Array(notes)},
                           {"rows", table.toJson()}};
    if (session.gpu) {
      all["device"] = describeDevice(session.gpu->device().info());
      all["paged"] = options.paged.value_or(0);
      all["graph"] = options.graph;
    }
    os << llvm::formatv("{0:2}", llvm::json::Value(std::move(all))) << "\n";
    return;
  }
  os << llvm::formatv("{0}: {1} sequence{2}, {3} query heads on {4} kv heads of {5}, {6} tokens, {7}\n",
                      session.data.path(), inputs.batch(), inputs.batch() == 1 ? "" : "s", inputs.queryHeads(),
                      inputs.kvHeads(), inputs.headDim(), inputs.tokens(), dtypeName(inputs.key.dtype()).lower());
  os << "target " << targetName(options.target);
  if (session.gpu)
    os << " on " << session.gpu->device().info().name << " (" << session.gpu->device().info().chip << ")";
  if (options.paged)
    os << ", pages of " << *options.paged << (*options.paged == 1 ? " token" : " tokens");
  if (options.graph)
    os << ", as a CUDA graph";
  if (isTimed(options.target) && repeat > 1)
    os << ", times are medians of " << repeat << " runs";
  os << "\n";
  for (const std::string &note : notes)
    os << note << "\n";
  os << "\n";
  table.printText(os);
}

static void addNoteOnNonFinite(int64_t leftOut, std::vector<std::string> &notes) {
  if (leftOut > 0)
    notes.push_back(
        llvm::formatv("mass and error leave out heads with NaN or infinity in their data, up to {0}", leftOut));
}

static Table::Cell cellOf(const std::string &text) { return text.empty() ? Table::Cell() : Table::Cell(text); }
static Table::Cell timeCell(std::optional<double> milliseconds) {
  return milliseconds ? Table::Cell::significant(*milliseconds, 3) : Table::Cell();
}

void mlir::adamas::printRuns(const Session &session, llvm::ArrayRef<RunReport> runs, llvm::raw_ostream &os) {
  bool quality = session.options.compare == CompareKind::Dense, timed = isTimed(session.options.target);
  std::vector<std::string> columns = {"method", "thresholds", "policy", "bits", "budget", "selected"};
  if (quality)
    columns.insert(columns.end(), {"recall", "mass", "error"});
  if (timed)
    columns.insert(columns.end(), {"compile_ms", "time_ms"});
  Table table(columns);
  int64_t leftOut = 0;
  for (const RunReport &run : runs) {
    std::vector<Table::Cell> row = {run.method, run.thresholds, run.policy,
                                    run.bits,   run.budget,     Table::Cell::number(run.meanSelected, 1)};
    if (quality) {
      row.push_back(Table::Cell::number(run.quality->recall, 4));
      row.push_back(Table::Cell::number(run.quality->mass, 4));
      row.push_back(Table::Cell::number(run.quality->error, 4));
      leftOut = std::max(leftOut, run.quality->leftOut);
    }
    if (timed) {
      row.push_back(timeCell(run.compileMilliseconds));
      row.push_back(timeCell(run.milliseconds));
    }
    table.addRow(std::move(row));
  }
  std::vector<std::string> notes;
  if (session.options.compare == CompareKind::Reference)
    notes.push_back("all results agree with the reference");
  addNoteOnNonFinite(leftOut, notes);
  print(session, table, notes, session.options.repeat.value_or(1), os);
}

void mlir::adamas::printSweep(const Session &session, const Sweep &sweep, llvm::raw_ostream &os) {
  bool timed = isTimed(session.options.target);
  bool compared = session.options.compare == CompareKind::Reference;
  std::vector<std::string> columns = {"budget", "method", "bits",  "thresholds",   "policy",
                                      "recall", "mass",   "error", "bytes_a_token"};
  if (timed)
    columns.insert(columns.end(), {"time_ms", "dense_ms", "dense/time"});
  if (compared)
    columns.push_back("reference");
  if (session.options.json)
    columns.push_back("indices_sha1");
  Table table(columns);
  std::vector<std::string> notes = sweep.notes;
  int64_t leftOut = 0;
  for (const SweepRow &row : sweep.rows) {
    std::vector<Table::Cell> cells = {row.budget,
                                      row.method,
                                      row.bits ? Table::Cell(*row.bits) : Table::Cell(),
                                      cellOf(row.thresholds),
                                      cellOf(row.policy),
                                      Table::Cell::number(row.quality.recall, 3),
                                      Table::Cell::number(row.quality.mass, 3),
                                      Table::Cell::number(row.quality.error, 3),
                                      Table::Cell::number(row.bytesPerToken, 1)};
    if (timed) {
      cells.push_back(timeCell(row.milliseconds));
      cells.push_back(timeCell(row.denseMilliseconds));
      cells.push_back(row.milliseconds ? Table::Cell::number(*row.denseMilliseconds / *row.milliseconds, 1)
                                       : Table::Cell());
    }
    if (compared)
      cells.push_back(!row.bits ? Table::Cell() : Table::Cell(row.difference.empty() ? "equal" : "DIFFERS"));
    if (session.options.json)
      cells.push_back(row.indicesDigest);
    leftOut = std::max(leftOut, row.quality.leftOut);
    table.addRow(std::move(cells));
  }
  addNoteOnNonFinite(leftOut, notes);
  print(session, table, notes, sweep.repeat, os);
}

llvm::Error mlir::adamas::plotSweep(const Sweep &sweep, llvm::StringRef path) {
  Plot plot;
  plot.title = "attention mass captured";
  plot.x = {"tokens selected", PlotAxis::Scale::Log2};
  plot.y = {"mass"};
  for (const SweepRow &row : sweep.rows) {
    std::string name = row.method;
    if (row.bits)
      name += llvm::formatv(", {0} bit{1}, {2}", *row.bits, *row.bits == 1 ? "" : "s", row.thresholds).str();
    auto series = llvm::find_if(plot.series, [&](const PlotSeries &other) { return other.name == name; });
    if (series == plot.series.end())
      series = plot.series.insert(series, {name, {}});
    series->points.emplace_back(row.budget, row.quality.mass);
  }
  return writePlot(path, plot);
}

/// `[B, ...]` to `[B, 1, ...]`.
static Tensor withQueryTokens(const Tensor &tensor) {
  SmallVector<int64_t> shape(tensor.shape());
  shape.insert(shape.begin() + 1, 1);
  return tensor.reshaped(shape);
}

llvm::Error mlir::adamas::writeResults(const Session &session, const DecodeResult &result,
                                       const ThresholdChoice &thresholds, const KeyCodes &codes, bool isL1) {
  const Inputs &inputs = session.inputs;
  bool unit = inputs.writeQueryTokens && inputs.queryTokens() == 1;
  std::vector<NamedTensor> tensors;
  for (const auto &[role, tensor] : result.tensors)
    if (role != ResultRole::Distances || session.options.emitDistances)
      tensors.push_back({roleName(role).str(), unit ? withQueryTokens(tensor) : tensor});
  tensors.push_back({"key_codes", codes.canonical});
  tensors.push_back({"thresholds", thresholds.sets.keyThresholds});
  if (isL1)
    tensors.push_back({"query_thresholds", thresholds.querySets()});
  tensors.push_back(
      {"offset", thresholds.sets.offset.value_or(Tensor(DType::F32, {inputs.kvHeads(), inputs.headDim()}))});
  return writeSafetensors(
      session.options.out, tensors,
      {{"target", targetName(session.options.target).str()}, {"threshold_origin", thresholds.origin}});
}
