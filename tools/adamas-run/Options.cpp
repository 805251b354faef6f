// What a call of adamas-run asks for.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas-run/Options.h"

#include "llvm/Support/CommandLine.h"

using namespace mlir;
using namespace mlir::adamas;
namespace cl = llvm::cl;

static cl::OptionCategory category("adamas-run options");

namespace {
/// The flags. Made when they are parsed, not when the program is loaded: see `freeNames`.
struct CommandLine {
  cl::list<std::string> modules{cl::Positional, cl::desc("MODULE.mlir..."), cl::cat(category)};
  cl::opt<std::string> data{"data", cl::value_desc("in.safetensors"), cl::cat(category),
                            cl::desc("'query' [B,Hq,D] or [B,Nq,Hq,D], 'key' and 'value' [B or 1,Hkv,N,D], "
                                     "optional 'seq_lens' [B], 'thresholds', 'query_thresholds', 'offset'")};
  cl::opt<TargetKind> target{
      "target", cl::init(TargetKind::X86), cl::cat(category), cl::desc("What runs the module (default x86):"),
      cl::values(clEnumValN(TargetKind::X86, "x86", "compiled for this host"),
                 clEnumValN(TargetKind::Cuda, "cuda", "compiled for the first GPU that CUDA_VISIBLE_DEVICES leaves"),
                 clEnumValN(TargetKind::Reference, "reference", "the evaluator"))};
  cl::opt<int64_t> budget{"budget", cl::value_desc("K"), cl::cat(category),
                          cl::desc("Tokens that the last selection keeps; an earlier one keeps its ratio")};
  cl::opt<Policy> policy{"policy", cl::cat(category), cl::desc("Who shares a selection:"),
                         cl::values(clEnumValN(Policy::PerQueryHead, "per_query_head", "nobody"),
                                    clEnumValN(Policy::PerKvHead, "per_kv_head", "the query heads of a group"))};
  cl::opt<int64_t> bits{"bits", cl::value_desc("b"), cl::cat(category), cl::desc("Bits of a code, 1 to 4")};
  cl::opt<int64_t> sink{"sink", cl::value_desc("S"), cl::cat(category),
                        cl::desc("First tokens that are always selected")};
  cl::opt<int64_t> recent{"recent", cl::value_desc("R"), cl::cat(category),
                          cl::desc("Last tokens that are always selected, 1 or more")};
  cl::opt<std::string> thresholds{
      "thresholds", cl::value_desc("paper|quantile|uniform|FILE"), cl::cat(category),
      cl::desc("Where codes are cut: the paper's constants (2 bits), calibrated on the first half of the data, "
               "or a file of adamas-calibrate. Default: the data's, the module's, or the paper's for the l1 "
               "distance of 2 bits; --sweep calibrates")};
  cl::opt<CompareKind> compare{
      "compare", cl::init(CompareKind::None), cl::cat(category), cl::desc("What to hold the result against:"),
      cl::values(clEnumValN(CompareKind::Reference, "reference",
                            "the evaluator: integers exactly, output within att-2; a difference is an error"),
                 clEnumValN(CompareKind::Dense, "dense", "attention over all tokens: recall, mass and error"))};
  cl::opt<std::string> out{"out", cl::value_desc("out.safetensors"), cl::cat(category),
                           cl::desc("Where to write all results, the key codes, and the thresholds used")};
  cl::opt<bool> emitDistances{"emit-distances", cl::cat(category),
                              cl::desc("Also write 'distances' of all tokens to --out")};
  cl::opt<bool> sweep{"sweep", cl::cat(category),
                      cl::desc("One table over all modules and budgets 16 to 2048: recall, mass, error, bytes, "
                               "time, beside exact top-k, Quest, and sinks with recent tokens")};
  cl::opt<std::string> plot{"plot", cl::value_desc("file.svg"), cl::cat(category),
                            cl::desc("Plot the mass that --sweep finds over the budget")};
  cl::opt<unsigned> threads{"threads", cl::init(0), cl::value_desc("T"), cl::cat(category),
                            cl::desc("Threads (default: all that the process may use)")};
  cl::opt<int64_t> ways{"ways", cl::value_desc("W"), cl::cat(category),
                        cl::desc("Parts of the token axis that threads, or blocks of a GPU, share (default: 1 on x86, "
                                 "chosen by the data's shape on cuda)")};
  cl::opt<std::string> cpu{"cpu", cl::init("host"), cl::value_desc("name"), cl::cat(category),
                           cl::desc("LLVM's name of the CPU to compile for, x86 (default host)")};
  cl::opt<int64_t> repeat{"repeat", cl::value_desc("R"), cl::cat(category),
                          cl::desc("Runs whose median is the time (default 1; 5 in a sweep but on the reference)")};
  cl::opt<int64_t> paged{"paged", cl::value_desc("P"), cl::cat(category),
                         cl::desc("Caches in shuffled pages of P tokens, read through a page table, cuda")};
  cl::opt<bool> graph{"graph", cl::cat(category),
                      cl::desc("Launch by replaying a CUDA graph, whose time on the GPU is the time, cuda")};
  cl::opt<std::string> trace{"trace", cl::value_desc("file.json"), cl::cat(category),
                             cl::desc("Where to write when each stage of compilation and each kernel ran, for "
                                      "ui.perfetto.dev, cuda")};
  cl::opt<bool> listDevices{"list-devices", cl::cat(category), cl::desc("Print the GPUs and stop")};
  cl::opt<bool> strict{"strict", cl::cat(category),
                       cl::desc("Run the module as it is: data or flags that do not fit it are an error")};
  cl::opt<bool> json{"json", cl::cat(category), cl::desc("Print json in place of the table")};
};
} // namespace

/// LLVM's libraries register flags of their own, `--threads` among them, and two of a name are a fatal error.
static void freeNames(llvm::ArrayRef<llvm::StringRef> names) {
  for (llvm::StringRef name : names)
    if (cl::Option *other = cl::getRegisteredOptions().lookup(name))
      other->removeArgument();
}

llvm::StringRef mlir::adamas::targetName(TargetKind target) {
  switch (target) {
  case TargetKind::Reference:
    return "reference";
  case TargetKind::X86:
    return "x86";
  case TargetKind::Cuda:
    return "cuda";
  }
  llvm_unreachable("every target has a name");
}

template <typename T, typename Option> static void assignIfGiven(std::optional<T> &field, const Option &option) {
  if (option.getNumOccurrences() > 0)
    field = static_cast<T>(option);
}

Options mlir::adamas::parseOptions(int argc, char **argv) {
  freeNames({"data",    "target", "budget",         "policy", "bits",  "sink",    "recent",      "thresholds",
             "compare", "out",    "emit-distances", "sweep",  "plot",  "threads", "ways",        "cpu",
             "repeat",  "strict", "json",           "paged",  "graph", "trace",   "list-devices"});
  static CommandLine flags;
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv,
                              "adamas-run: runs decode steps on data and says how good and how fast they are\n");
  Options options;
  options.modules = flags.modules;
  options.data = flags.data;
  options.target = flags.target;
  options.compare = flags.compare;
  options.out = flags.out;
  options.plot = flags.plot;
  options.sweep = flags.sweep;
  options.strict = flags.strict;
  options.json = flags.json;
  options.emitDistances = flags.emitDistances;
  options.cpu = flags.cpu;
  options.threads = flags.threads;
  options.graph = flags.graph;
  options.trace = flags.trace;
  options.listDevices = flags.listDevices;
  assignIfGiven(options.ways, flags.ways);
  assignIfGiven(options.paged, flags.paged);
  assignIfGiven(options.budget, flags.budget);
  assignIfGiven(options.bits, flags.bits);
  assignIfGiven(options.sink, flags.sink);
  assignIfGiven(options.recent, flags.recent);
  assignIfGiven(options.policy, flags.policy);
  assignIfGiven(options.thresholds, flags.thresholds);
  assignIfGiven(options.repeat, flags.repeat);
  return options;
}

/// Expects a flag between `low` and `high`, if it was given.
static llvm::Error checkRange(llvm::StringRef flag, std::optional<int64_t> value, int64_t low, int64_t high) {
  if (!value || (*value >= low && *value <= high))
    return llvm::Error::success();
  return llvm::createStringError("--" + Twine(flag) + " is " + Twine(*value) + ", expected " + Twine(low) + " to " +
                                 Twine(high));
}

/// Expects a flag that only GPUs know to come with one.
static llvm::Error checkNeedsCuda(llvm::StringRef flag, bool given, llvm::StringRef why, TargetKind target) {
  if (!given || target == TargetKind::Cuda)
    return llvm::Error::success();
  return llvm::createStringError("--" + flag + " was given with --target=" + targetName(target) + ", " + why +
                                 ": add --target=cuda, or drop --" + flag);
}

llvm::Error mlir::adamas::checkOptions(const Options &options) {
  if (options.modules.empty())
    return llvm::createStringError("no module was given, expected one or more .mlir files, such as "
                                   "test/Examples/decode_weighted.mlir");
  if (options.data.empty())
    return llvm::createStringError("--data is missing, expected a safetensors file with 'query', 'key' and 'value'");
  struct {
    llvm::StringRef flag;
    std::optional<int64_t> value;
    int64_t low, high;
  } ranges[] = {{"budget", options.budget, 1, INT32_MAX}, {"bits", options.bits, 1, 4},
                {"sink", options.sink, 0, INT32_MAX},     {"recent", options.recent, 1, INT32_MAX},
                {"repeat", options.repeat, 1, 1000000},   {"threads", options.threads, 0, 4096},
                {"ways", options.ways, 1, 4096},          {"paged", options.paged, 1, 65536}};
  for (const auto &range : ranges)
    if (llvm::Error error = checkRange(range.flag, range.value, range.low, range.high))
      return error;
  struct {
    llvm::StringRef flag;
    bool given;
    llvm::StringRef why;
  } ofCuda[] = {{"paged", options.paged.has_value(), "which takes contiguous caches only"},
                {"graph", options.graph, "which has no CUDA graphs"},
                {"trace", !options.trace.empty(), "which launches no kernels"}};
  for (const auto &each : ofCuda)
    if (llvm::Error error = checkNeedsCuda(each.flag, each.given, each.why, options.target))
      return error;
  if (options.thresholds && options.thresholds->empty())
    return llvm::createStringError("--thresholds is empty, expected paper, quantile, uniform or a file");
  if (options.sweep && options.budget)
    return llvm::createStringError("--budget was given with --sweep, which tries budgets of its own: drop one of them");
  if (options.sweep && options.strict)
    return llvm::createStringError("--strict was given with --sweep, which changes budgets: drop one of them");
  if (options.sweep && !options.out.empty())
    return llvm::createStringError("--out was given with --sweep, which has no single result: drop one of them");
  if (!options.sweep && !options.plot.empty())
    return llvm::createStringError("--plot was given without --sweep, which makes what it shows: add --sweep");
  if (!options.out.empty() && options.modules.size() > 1)
    return llvm::createStringError("--out holds the results of one module, but got " + Twine(options.modules.size()) +
                                   " modules");
  if (options.emitDistances && options.out.empty())
    return llvm::createStringError("--emit-distances was given without --out, which is where they go: add --out");
  return llvm::Error::success();
}
