// adamas-bench-gpu: times decode steps on a GPU, whole and kernel by kernel: CUDA graph, L2-cold, median.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Beside every run a 1 GiB copy gives the bandwidth that is there. With --cases it answers a driver: a case a line
// comes in, a record a line goes out, so that what is measured is safe whatever happens to the next case.

#include "GpuCase.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/ToolOutputFile.h"
#include "llvm/Support/WithColor.h"
#include <fstream>
#include <iostream>

using namespace mlir;
using namespace mlir::adamas;
namespace cl = llvm::cl;
namespace json = llvm::json;

static cl::OptionCategory category("adamas-bench-gpu options");
static cl::list<std::string> shapes("shapes", cl::CommaSeparated, cl::cat(category), cl::value_desc("Hq/Hkv/B/N"),
                                    cl::desc("Query heads, KV heads, sequences, tokens of each, such as 32/8/1/32768"));
static cl::list<std::string> modules("modules", cl::CommaSeparated, cl::cat(category),
                                     cl::desc("l1, weighted, two_pass, dense, append (default the first three)"));
static cl::opt<std::string> policy("policy", cl::init("per_query_head"), cl::cat(category),
                                   cl::desc("per_query_head (default) or per_kv_head"));
static cl::list<int64_t> budgets("budget", cl::CommaSeparated, cl::cat(category),
                                 cl::desc("Tokens selected (default 128)"));
static cl::list<int64_t> lengths("lengths", cl::CommaSeparated, cl::cat(category), cl::value_desc("N,N..."),
                                 cl::desc("Tokens of each sequence (default: N of the shape)"));
static cl::opt<int64_t> pageSize("page", cl::init(0), cl::cat(category), cl::desc("Tokens of a page (default: none)"));
static cl::list<std::string>
    regimes("regime", cl::CommaSeparated, cl::cat(category),
            cl::desc("no_pdl, pdl_wait (default), pdl_prefetch: how kernels follow each other"));
static cl::opt<int64_t> replays("replays", cl::init(20), cl::cat(category), cl::desc("Replays timed (default 20)"));
static cl::opt<int64_t> ways("ways", cl::init(0), cl::cat(category), cl::desc("Parts (default: chosen)"));
static cl::opt<int64_t> threadsOption("cta-threads", cl::init(0), cl::cat(category), cl::desc("Of a scan"));
static cl::opt<int64_t> tokensOption("thread-tokens", cl::init(0), cl::cat(category), cl::desc("Of a scan"));
static cl::opt<int64_t> iterationsOption("iterations", cl::init(0), cl::cat(category), cl::desc("Of a scan"));
static cl::opt<Engine> engine("engine", cl::init(Engine::Choose), cl::cat(category), cl::desc("Of distances:"),
                              cl::values(clEnumValN(Engine::Choose, "choose", "by chip and group"),
                                         clEnumValN(Engine::Popc, "popc", "population counts"),
                                         clEnumValN(Engine::CarrySave, "carry_save", "carry-save adders first"),
                                         clEnumValN(Engine::B1, "b1", "binary matrix products"),
                                         clEnumValN(Engine::S8, "s8", "matrix products of bytes (weighted)")));
static cl::opt<Fusion> fusion("fusion", cl::init(Fusion::Choose), cl::cat(category), cl::desc("Launches of a step:"),
                              cl::values(clEnumValN(Fusion::Choose, "choose", "by the shape"),
                                         clEnumValN(Fusion::Stages, "stages", "a launch for each stage"),
                                         clEnumValN(Fusion::Selection, "selection", "queries, scan, the rest"),
                                         clEnumValN(Fusion::Step, "step", "one")));
static cl::opt<int64_t> distanceBits("distance-bits", cl::init(0), cl::cat(category),
                                     cl::desc("That are kept for a selection: 8 or 16"));
static cl::opt<AttentionEngine>
    attention("attention", cl::init(AttentionEngine::Choose), cl::cat(category), cl::desc("How queries meet keys:"),
              cl::values(clEnumValN(AttentionEngine::Choose, "choose", "by the heads that share their tokens"),
                         clEnumValN(AttentionEngine::Fma, "fma", "lanes that share a token's row"),
                         clEnumValN(AttentionEngine::Mma, "mma", "matrix products, where they fit")));
static cl::opt<bool> eachKernel("kernels", cl::init(false), cl::cat(category),
                                cl::desc("Time every kernel alone too, every beginning of the step, and it without "
                                         "attention"));
static cl::opt<std::string> casesPath("cases", cl::cat(category), cl::value_desc("FILE"),
                                      cl::desc("Cases, a JSON object a line ('-': standard input); records go to the "
                                               "standard output, a line each, and nothing else does"));
static cl::opt<std::string> jsonPath("json", cl::cat(category), cl::desc("Where to write the record"));
static cl::opt<std::string> commit("commit", cl::cat(category), cl::desc("Of the source, for the record"));
static cl::opt<std::string> date("date", cl::cat(category), cl::desc("Of the run, for the record"));

/// The cases that options describe.
static llvm::Expected<std::vector<CaseSpec>> listCases() {
  std::vector<CaseSpec> cases;
  for (const std::string &shape : shapes)
    for (const std::string &module : modules)
      for (int64_t budget : budgets)
        for (const std::string &regime : regimes) {
          CaseSpec spec;
          if (llvm::Error error = spec.parseShape(shape, "--shapes"))
            return error;
          spec.lengths.assign(lengths.begin(), lengths.end());
          spec.module = module;
          spec.policy = policy;
          spec.budget = budget;
          spec.pageSize = pageSize;
          spec.regime = regime;
          spec.ways = ways;
          spec.threads = threadsOption;
          spec.threadTokens = tokensOption;
          spec.iterations = iterationsOption;
          spec.engine = engine;
          spec.fusion = fusion;
          spec.attention = attention;
          spec.distanceBits = distanceBits;
          spec.eachKernel = eachKernel;
          if (llvm::Error error = spec.check())
            return error;
          cases.push_back(std::move(spec));
        }
  return cases;
}

static void print(const CaseSpec &spec, const json::Object &row) {
  llvm::outs() << llvm::formatv("{0,-36} {1,8:f2} us", spec.describe(), *row.getNumber("time_us"));
  if (const json::Array *alone = row.getArray("kernel_us"))
    for (const json::Value &each : *alone)
      llvm::outs() << llvm::formatv(" {0:f2}", *each.getAsNumber());
  if (auto without = row.getNumber("without_attention_us"))
    llvm::outs() << llvm::formatv(", without attention {0:f2}", *without);
  for (const json::Value &spilled : *row.getArray("spill_bytes"))
    if (*spilled.getAsInteger())
      llvm::outs() << llvm::formatv(", spills {0} bytes", *spilled.getAsInteger());
  llvm::outs() << "\n";
  llvm::outs().flush();
}

/// Answers each line of `input` with a line: a record, or an object with the field `error`.
static void answer(const Bench &bench, double copyGbps, const json::Object &common, std::istream &input) {
  for (std::string line; std::getline(input, line);) {
    if (llvm::StringRef(line).trim().empty())
      continue;
    json::Object row;
    auto run = [&]() -> llvm::Error {
      auto fields = json::parse(line);
      if (!fields)
        return fields.takeError();
      CaseSpec spec;
      const json::Object *object = fields->getAsObject();
      if (!object)
        return llvm::createStringError("case: expected an object, but got " + line);
      if (llvm::Error error = spec.read(*object))
        return error;
      auto measured = runCase(bench, copyGbps, spec);
      if (!measured)
        return measured.takeError();
      row = std::move(*measured);
      return llvm::Error::success();
    };
    if (llvm::Error error = run())
      row = json::Object{{"error", llvm::toString(std::move(error))}};
    for (const auto &[key, value] : common)
      row.try_emplace(key, value);
    llvm::outs() << json::Value(std::move(row)) << "\n";
    llvm::outs().flush();
  }
}

/// Adds a record a case to `rows`, or answers a driver.
static llvm::Error runAll(json::Object common, json::Array &rows) {
  auto cases = listCases(); // before the GPU is asked for
  if (!cases)
    return cases.takeError();
  auto device = Device::open();
  if (!device)
    return device.takeError();
  auto cuda = Cuda::open();
  if (!cuda)
    return cuda.takeError();
  auto stream = cuda->createStream();
  if (!stream)
    return stream.takeError();
  auto copy = measureCopy(*device, *cuda, *stream, replays);
  if (!copy)
    return copy.takeError();
  auto blocks = RandomBlocks::make(*device);
  if (!blocks)
    return blocks.takeError();
  common["suite"] = "gpu";
  common["device"] = std::string(device->info().name);
  common["driver"] = device->info().driver_version;
  common["commit"] = std::string(commit);
  common["date"] = std::string(date);
  common["copy_gbps"] = *copy;
  Bench bench{*device, *cuda, *stream, *blocks, replays};
  if (casesPath == "-") {
    answer(bench, *copy, common, std::cin);
    return llvm::Error::success();
  }
  if (!casesPath.empty()) {
    std::ifstream file(casesPath);
    if (!file)
      return llvm::createStringError("--cases: expected a file that can be read, but got '" + casesPath + "'");
    answer(bench, *copy, common, file);
    return llvm::Error::success();
  }
  llvm::outs() << llvm::formatv("{0}, copy {1:f0} GB/s\n", device->info().name, *copy);
  for (const CaseSpec &spec : *cases) {
    auto row = runCase(bench, *copy, spec);
    if (!row)
      return llvm::createStringError(spec.describe() + ": " + llvm::toString(row.takeError()));
    print(spec, *row);
    for (const auto &[key, value] : common)
      row->try_emplace(key, value);
    rows.push_back(std::move(*row));
  }
  return llvm::Error::success();
}

template <typename List, typename... Values> static void fillIfEmpty(List &list, Values... values) {
  if (list.empty())
    (list.push_back(values), ...);
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv, "adamas-bench-gpu: times decode steps on a GPU\n");
  fillIfEmpty(shapes, "32/32/1/32768");
  fillIfEmpty(modules, "l1", "weighted", "two_pass");
  fillIfEmpty(budgets, int64_t(128));
  fillIfEmpty(regimes, "pdl_wait");
  json::Object common;
  json::Array rows;
  std::vector<std::string> words(argv + 1, argv + argc);
  common["command"] = "adamas-bench-gpu " + llvm::join(words, " ");
  if (llvm::Error error = runAll(std::move(common), rows)) {
    llvm::WithColor::error(llvm::errs(), "adamas-bench-gpu") << llvm::toString(std::move(error)) << "\n";
    return 1;
  }
  if (jsonPath.empty())
    return 0;
  std::error_code code;
  llvm::ToolOutputFile file(jsonPath, code, llvm::sys::fs::OF_Text);
  if (code) {
    llvm::WithColor::error(llvm::errs(), "adamas-bench-gpu") << jsonPath << ": " << code.message() << "\n";
    return 1;
  }
  file.os() << llvm::formatv("{0:2}\n", json::Value(std::move(rows)));
  file.keep();
  return 0;
}
