// adamas-bench-gpu: times decode steps on a GPU, whole and kernel by kernel: CUDA graph, L2-cold, median.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Buffers rotate, so that together they are several times the L2; data is uniform random. Beside every run a 1 GiB copy
// gives the bandwidth that is there.

#include "adamas/GpuCompiler/GpuCompiler.h"
#include "device/TimedStep.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/ToolOutputFile.h"
#include "llvm/Support/WithColor.h"

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
static cl::opt<int64_t> budget("budget", cl::init(128), cl::cat(category), cl::desc("Tokens selected (default 128)"));
static cl::opt<int64_t> pageSize("page", cl::init(0), cl::cat(category), cl::desc("Tokens of a page (default: none)"));
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
static cl::opt<bool> eachKernel("kernels", cl::init(false), cl::cat(category), cl::desc("Time every kernel alone too"));
static cl::opt<std::string> jsonPath("json", cl::cat(category), cl::desc("Where to write the record"));
static cl::opt<std::string> commit("commit", cl::cat(category), cl::desc("Of the source, for the record"));
static cl::opt<std::string> date("date", cl::cat(category), cl::desc("Of the run, for the record"));

/// Times one step; `copyGbps` is the bandwidth of a copy.
static llvm::Expected<json::Object> runCase(const Device &device, Cuda &cuda, Cuda::Stream stream,
                                            const StepDescription &step, double copyGbps) {
  GpuOptions options;
  options.ways = ways;
  options.threads = threadsOption;
  options.tokens = tokensOption;
  options.iterations = iterationsOption;
  options.engine = engine;
  options.fusion = fusion;
  auto compiled = compileStep(step, device.info().chip, options);
  if (!compiled)
    return compiled.takeError();
  json::Object row{{"method", "adamas"},
                   // Nothing of a step is read before the kernels in front of the step are done.
                   {"regime", "pdl_wait"},
                   {"module", step.selects() ? "decode_" + step.module : step.module},
                   {"query_heads", step.queryHeads},
                   {"kv_heads", step.kvHeads},
                   {"head_dim", 128},
                   {"dtype", "f16"},
                   {"bits", step.bits()},
                   {"batch", step.batch},
                   {"tokens", step.tokens},
                   {"budget", step.budget},
                   {"candidates", step.candidates()},
                   {"policy", step.policy},
                   {"page_size", step.pageSize},
                   {"compile_ms", compiled->times.total()}};
  TimedStep timed(device, cuda, stream, step);
  auto program = timed.load(std::move(*compiled));
  if (!program)
    return program.takeError();
  auto whole = timed.time(*program, replays);
  if (!whole)
    return whole.takeError();
  row["time_us"] = *whole;
  row["sets"] = int64_t(timed.countSets());
  if (step.selects()) { // the codes that are read, at the copy's bandwidth
    int64_t planes = step.module == "two_pass" ? 1 : step.bits();
    double bytes = double(step.batch * step.kvHeads * step.tokens * 16 * planes);
    row["roofline_fraction"] = bytes / (copyGbps * 1e3) / *whole;
  }
  size_t kernelCount = program->kernels(step.function()).size();
  row["launches"] = int64_t(kernelCount);
  for (size_t i = 0; eachKernel && i < kernelCount; ++i) {
    auto alone = program->withKernel(step.function(), i);
    if (!alone)
      return alone.takeError();
    auto microseconds = timed.time(*alone, replays);
    if (!microseconds)
      return microseconds.takeError();
    row["kernel" + std::to_string(i) + "_us"] = *microseconds;
  }
  return row;
}

/// Adds a row a case to `rows`, each with `common`.
static llvm::Error runAll(json::Object common, json::Array &rows) {
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
  common["suite"] = "gpu";
  common["device"] = std::string(device->info().name);
  common["driver"] = device->info().driver_version;
  common["commit"] = std::string(commit);
  common["date"] = std::string(date);
  common["copy_gbps"] = *copy;
  llvm::outs() << llvm::formatv("{0}, copy {1:f0} GB/s\n", device->info().name, *copy);
  for (const std::string &text : shapes) {
    StepDescription step;
    step.policy = policy;
    step.budget = budget;
    step.pageSize = pageSize;
    if (llvm::Error error = step.parseShape(text, "--shapes"))
      return error;
    for (const std::string &module : modules) {
      step.module = module;
      auto row = runCase(*device, *cuda, *stream, step, *copy);
      if (!row)
        return llvm::createStringError(text + " " + module + ": " + llvm::toString(row.takeError()));
      llvm::outs() << llvm::formatv("{0,-18} {1,-9} {2,8:f2} us", text, module, *row->getNumber("time_us"));
      for (int64_t i = 0; i < *row->getInteger("launches"); ++i)
        if (auto kernel = row->getNumber("kernel" + std::to_string(i) + "_us"))
          llvm::outs() << llvm::formatv(" {0:f2}", *kernel);
      llvm::outs() << "\n";
      llvm::outs().flush();
      for (const auto &[key, value] : common)
        row->try_emplace(key, value);
      rows.push_back(std::move(*row));
    }
  }
  return llvm::Error::success();
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv, "adamas-bench-gpu: times decode steps on a GPU\n");
  if (shapes.empty())
    shapes.push_back("32/32/1/32768");
  if (modules.empty())
    for (const char *name : {"l1", "weighted", "two_pass"})
      modules.push_back(name);
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
