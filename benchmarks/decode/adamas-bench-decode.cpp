// adamas-bench-decode: the decode step on this machine's CPU, beside dense attention and the memory's own speed.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Bandwidth.h"
#include "Shape.h"
#include "adamas/Execution/ThreadPool.h"
#include "adamas/Register.h"
#include "support/Table.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/raw_ostream.h"
#include <ctime>

using namespace mlir;
using namespace mlir::adamas;
using namespace mlir::adamas::bench;
using llvm::formatv;

namespace cl = llvm::cl;

namespace {
struct Flags {
  cl::list<std::string> suites{"suite", cl::CommaSeparated,
                               cl::desc("What to measure: decode, scan, jit, linear (default all)")};
  cl::opt<unsigned> threads{"threads", cl::init(0), cl::desc("Worker threads (default all)")};
  cl::opt<unsigned> repeat{"repeat", cl::init(7), cl::desc("Runs of each measurement, the median counts (default 7)")};
  cl::opt<int64_t> tokens{"tokens", cl::init(32768), cl::desc("Tokens of the decode suite (default 32768)")};
  cl::opt<std::string> json{"json", cl::desc("Write records to this file")};
  cl::opt<std::string> commit{"commit", cl::desc("Commit that the records name")};
};
} // namespace

/// Made on first use: LLVM's libraries register a `--threads` of their own, which is taken away first.
static Flags &flags() {
  static Flags *made = [] {
    if (cl::Option *other = cl::getRegisteredOptions().lookup("threads"))
      other->removeArgument();
    return new Flags;
  }();
  return *made;
}

namespace {
class Bench {
public:
  Bench() : context(MLIRContext::Threading::DISABLED) {
    DialectRegistry registry;
    registerDialects(registry);
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
  }

  llvm::Error all();
  llvm::json::Array takeRecords() { return std::move(records); }

private:
  static bool wants(StringRef suite) { return flags().suites.empty() || llvm::is_contained(flags().suites, suite); }

  llvm::Error decode();
  llvm::Error scan();
  llvm::Error jit();
  llvm::Error linear();

  llvm::Expected<double> time(Step step, Data &data, const HostOptions &options);
  void record(const Shape &shape, StringRef method, unsigned threads, llvm::json::Object fields);

  MLIRContext context;
  llvm::json::Array records;
};
} // namespace

static std::string cpuName() {
  auto info = llvm::MemoryBuffer::getFileAsStream("/proc/cpuinfo");
  if (!info)
    return "unknown";
  StringRef name = (*info)->getBuffer().split("model name").second.split(':').second.split('\n').first.trim();
  return formatv("{0}, {1} threads", name, ThreadPool(0).size()).str();
}

void Bench::record(const Shape &shape, StringRef method, unsigned threads, llvm::json::Object fields) {
  std::time_t now = std::time(nullptr);
  char date[32];
  std::strftime(date, sizeof(date), "%Y-%m-%d", std::gmtime(&now));
  fields["device"] = cpuName();
  fields["commit"] = flags().commit.getValue();
  fields["date"] = std::string(date);
  fields["method"] = method.str();
  fields["threads"] = threads;
  fields["batch"] = shape.batch;
  fields["query_heads"] = shape.queryHeads;
  fields["kv_heads"] = shape.kvHeads;
  fields["head_dim"] = shape.dim;
  fields["tokens"] = shape.tokens;
  fields["budget"] = shape.budget;
  fields["dtype"] = dtypeName(shape.dtype).str();
  records.push_back(llvm::json::Value(std::move(fields)));
}

llvm::Expected<double> Bench::time(Step step, Data &data, const HostOptions &options) {
  auto runner = Runner::make(context, step, data, options);
  if (!runner)
    return runner.takeError();
  llvm::Error error = llvm::Error::success();
  double seconds = medianSeconds(flags().repeat, [&] {
    if (!error)
      error = runner->run();
  });
  if (error)
    return std::move(error);
  return seconds;
}

llvm::Error Bench::decode() {
  llvm::outs() << "\nwhole decode step, 32 heads, D 128, k 128 (ms; ratio = dense / step)\n";
  Table table({"dtype", "threads", "method", "time_ms", "ratio", "gb_s"});
  for (DType dtype : {DType::F16, DType::F32}) {
    Shape shape;
    shape.dtype = dtype;
    shape.tokens = flags().tokens;
    Data data(shape, /*attention=*/true);
    HostOptions options;
    options.threads = flags().threads;
    unsigned threads = ThreadPool(flags().threads).size();
    double dense = 0;
    for (Step step : {Step::Dense, Step::L1, Step::Weighted, Step::TwoPass}) {
      auto seconds = time(step, data, options);
      if (!seconds)
        return seconds.takeError();
      if (step == Step::Dense)
        dense = *seconds;
      double bytes = step == Step::Dense ? double(data.key.bytes() * 2) : double(scanBytes(step, shape));
      table.addRow({dtypeName(dtype).str(), std::to_string(threads), stepName(step).str(),
                    Table::Cell::number(*seconds * 1e3, 3), Table::Cell::number(dense / *seconds, 2),
                    Table::Cell::number(bytes / *seconds / 1e9, 1)});
      record(shape, stepName(step), threads,
             llvm::json::Object{{"time_us", *seconds * 1e6}, {"dense_us", dense * 1e6}, {"ratio", dense / *seconds}});
    }
  }
  table.printText(llvm::outs());
  return llvm::Error::success();
}

llvm::Error Bench::scan() {
  llvm::outs()
      << "\ndistance scan, 32 heads, D 128, 131072 tokens, codes cold (share of the read bandwidth in the same run)\n";
  Table table({"threads", "method", "time_ms", "gb_s", "read_gb_s", "share"});
  Shape shape;
  shape.tokens = 131072;
  Data data(shape, /*attention=*/true);
  SmallVector<unsigned> counts{1};
  if (unsigned most = ThreadPool(flags().threads).size(); most > 1)
    counts.push_back(most);
  for (unsigned threads : counts) {
    HostOptions options;
    options.threads = threads;
    double read = measureReadBandwidth(512 << 20, threads, flags().repeat);
    for (Step step : {Step::ScanL1, Step::ScanWeighted, Step::ScanOnePlane}) {
      auto seconds = time(step, data, options);
      if (!seconds)
        return seconds.takeError();
      double rate = double(scanBytes(step, shape)) / *seconds;
      table.addRow({std::to_string(threads), stepName(step).str(), Table::Cell::number(*seconds * 1e3, 3),
                    Table::Cell::number(rate / 1e9, 1), Table::Cell::number(read / 1e9, 1),
                    Table::Cell::number(rate / read, 2)});
      record(shape, stepName(step), threads,
             llvm::json::Object{{"time_us", *seconds * 1e6},
                                {"gb_s", rate / 1e9},
                                {"read_gb_s", read / 1e9},
                                {"roofline_fraction", rate / read}});
    }
  }
  table.printText(llvm::outs());
  return llvm::Error::success();
}

llvm::Error Bench::jit() {
  llvm::outs() << "\nJIT, text to callable, 9 query heads on 3 KV heads, D 64 (ms, median)\n";
  Table table({"module", "passes", "translate", "optimize", "codegen", "total"});
  Shape shape;
  shape.queryHeads = 9;
  shape.kvHeads = 3;
  shape.dim = 64;
  shape.tokens = 64;
  Data data(shape, /*attention=*/true);
  for (Step step : {Step::L1, Step::Weighted, Step::TwoPass}) {
    std::vector<CompileTimes> runs;
    for (unsigned i = 0; i <= flags().repeat; ++i) {
      auto runner = Runner::make(context, step, data, {});
      if (!runner)
        return runner.takeError();
      if (i)
        runs.push_back(runner->times());
    }
    llvm::sort(runs, [](const CompileTimes &a, const CompileTimes &b) { return a.total() < b.total(); });
    const CompileTimes &t = runs[runs.size() / 2];
    table.addRow({stepName(step).str(), Table::Cell::number(t.passes, 1), Table::Cell::number(t.translate, 1),
                  Table::Cell::number(t.optimize, 1), Table::Cell::number(t.codegen, 1),
                  Table::Cell::number(t.total(), 1)});
    record(shape, ("jit_" + stepName(step)).str(), ThreadPool(0).size(),
           llvm::json::Object{{"passes_ms", t.passes},
                              {"translate_ms", t.translate},
                              {"optimize_ms", t.optimize},
                              {"codegen_ms", t.codegen},
                              {"total_ms", t.total()}});
  }
  table.printText(llvm::outs());
  return llvm::Error::success();
}

llvm::Error Bench::linear() {
  llvm::outs() << "\ncost over length, 1 KV head, G 4, D 128, k 128, f16\n";
  Table table({"tokens", "method", "time_us", "ns_per_token"});
  for (int64_t tokens = 1024; tokens <= (1 << 20); tokens *= 4) {
    Shape shape;
    shape.queryHeads = 4;
    shape.kvHeads = 1;
    shape.tokens = tokens;
    Data data(shape, /*attention=*/true);
    HostOptions options;
    options.threads = flags().threads;
    // One row of work: threads share it by parts of the token axis.
    options.ways = tokens >= 16384 ? ThreadPool(flags().threads).size() : 1;
    for (Step step : {Step::L1, Step::Weighted, Step::TwoPass, Step::Dense}) {
      auto seconds = time(step, data, options);
      if (!seconds)
        return seconds.takeError();
      table.addRow({std::to_string(tokens), stepName(step).str(), Table::Cell::number(*seconds * 1e6, 1),
                    Table::Cell::number(*seconds * 1e9 / tokens, 2)});
      record(shape, stepName(step), ThreadPool(flags().threads).size(),
             llvm::json::Object{{"time_us", *seconds * 1e6}, {"ways", options.ways}});
    }
  }
  table.printText(llvm::outs());
  return llvm::Error::success();
}

llvm::Error Bench::all() {
  llvm::outs() << "device: " << cpuName() << "\nmethod: median of " << flags().repeat
               << " runs after one that is not counted\n";
  if (wants("decode"))
    if (llvm::Error error = decode())
      return error;
  if (wants("scan"))
    if (llvm::Error error = scan())
      return error;
  if (wants("jit"))
    if (llvm::Error error = jit())
      return error;
  if (wants("linear"))
    return linear();
  return llvm::Error::success();
}

int main(int argc, char **argv) {
  flags();
  cl::ParseCommandLineOptions(argc, argv, "adamas decode benchmark for this machine's CPU\n");
  Bench bench;
  if (llvm::Error error = bench.all()) {
    llvm::errs() << "error: " << llvm::toString(std::move(error)) << "\n";
    return 1;
  }
  if (flags().json.empty())
    return 0;
  std::string command;
  for (int i = 0; i < argc; ++i)
    command += (i ? " " : "") + std::string(i ? argv[i] : "adamas-bench-decode");
  llvm::json::Array records = bench.takeRecords();
  for (llvm::json::Value &record : records)
    (*record.getAsObject())["command"] = command;
  std::error_code code;
  llvm::raw_fd_ostream os(flags().json, code);
  if (code) {
    llvm::errs() << "error: cannot write '" << flags().json << "': " << code.message() << "\n";
    return 1;
  }
  os << formatv("{0:2}", llvm::json::Value(std::move(records))) << "\n";
  return 0;
}
