// One operation on one shape, compiled and timed on a GPU.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "GpuCase.h"

#include "llvm/ADT/StringSwitch.h"
#include <optional>

using namespace mlir;
using namespace mlir::adamas;
namespace json = llvm::json;

//===----------------------------------------------------------------------===//
// What to measure
//===----------------------------------------------------------------------===//

std::optional<Regime> mlir::adamas::parseRegime(llvm::StringRef name) {
  return llvm::StringSwitch<std::optional<Regime>>(name)
      .Case("no_pdl", Regime::NoPdl)
      .Case("pdl_wait", Regime::PdlWait)
      .Case("pdl_prefetch", Regime::PdlPrefetch)
      .Default(std::nullopt);
}

llvm::Error CaseSpec::read(const json::Object &fields) {
  json::Value value = json::Object(fields);
  json::Path::Root root("case");
  json::ObjectMapper map(value, root);
  std::string engineName = stringifyEngine(engine).str(), fusionName = stringifyFusion(fusion).str();
  std::string attentionName = stringifyAttentionEngine(attention).str();
  bool fits = map && map.mapOptional("query_heads", queryHeads) && map.mapOptional("kv_heads", kvHeads) &&
              map.mapOptional("batch", batch) && map.mapOptional("tokens", tokens) &&
              map.mapOptional("lengths", lengths) && map.mapOptional("module", module) &&
              map.mapOptional("operation", operation) && map.mapOptional("policy", policy) &&
              map.mapOptional("budget", budget) && map.mapOptional("page_size", pageSize) &&
              map.mapOptional("regime", regime) && map.mapOptional("ways", ways) &&
              map.mapOptional("threads", threads) && map.mapOptional("thread_tokens", threadTokens) &&
              map.mapOptional("iterations", iterations) && map.mapOptional("engine", engineName) &&
              map.mapOptional("fusion", fusionName) && map.mapOptional("attention", attentionName) &&
              map.mapOptional("distance_bits", distanceBits) && map.mapOptional("kernels", eachKernel);
  if (!fits)
    return root.getError();
  if (llvm::StringRef name = module; name.consume_front("decode_")) // as records name it
    module = name.str();
  std::optional<Engine> foundEngine = symbolizeEngine(engineName);
  std::optional<Fusion> foundFusion = symbolizeFusion(fusionName);
  std::optional<AttentionEngine> foundAttention = symbolizeAttentionEngine(attentionName);
  if (!foundEngine)
    return llvm::createStringError("engine: expected popc, carry_save, b1, s8 or choose, but got '" + engineName + "'");
  if (!foundFusion)
    return llvm::createStringError("fusion: expected stages, selection, step or choose, but got '" + fusionName + "'");
  if (!foundAttention)
    return llvm::createStringError("attention: expected fma, mma or choose, but got '" + attentionName + "'");
  engine = *foundEngine;
  attention = *foundAttention;
  fusion = *foundFusion;
  return check();
}

llvm::Error CaseSpec::check() {
  if (!llvm::is_contained({"l1", "weighted", "two_pass", "dense", "append"}, llvm::StringRef(module)))
    return llvm::createStringError("module: expected l1, weighted, two_pass, dense or append, but got '" + module +
                                   "'");
  if (!parseRegime(regime))
    return llvm::createStringError("regime: expected no_pdl, pdl_wait or pdl_prefetch, but got '" + regime + "'");
  for (auto [name, number] : {std::pair<const char *, int64_t>("query_heads", queryHeads),
                              {"kv_heads", kvHeads},
                              {"batch", batch},
                              {"tokens", tokens},
                              {"budget", budget}})
    if (number < 1)
      return llvm::createStringError(llvm::Twine(name) + ": expected 1 or more, but got " + llvm::Twine(number));
  if (lengths.empty())
    return llvm::Error::success();
  if (int64_t(lengths.size()) != batch)
    return llvm::createStringError("lengths: expected one for each of " + llvm::Twine(batch) + " sequences, but got " +
                                   llvm::Twine(lengths.size()));
  for (int64_t length : lengths)
    if (length < 0 || length > tokens)
      return llvm::createStringError("lengths: expected 0 to " + llvm::Twine(tokens) + ", but got " +
                                     llvm::Twine(length));
  return llvm::Error::success();
}

std::string CaseSpec::describe() const {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << queryHeads << '/' << kvHeads << '/' << batch << '/' << tokens << (lengths.empty() ? " " : " ragged ") << module;
  if (operation != "decode")
    os << ' ' << operation;
  if (policy != "per_query_head")
    os << ' ' << policy;
  os << " k " << budget;
  if (pageSize)
    os << " page " << pageSize;
  if (regime != "pdl_wait")
    os << ' ' << regime;
  return text;
}

//===----------------------------------------------------------------------===//
// A case
//===----------------------------------------------------------------------===//

namespace {
/// A compiled operation with rotating memory.
class Case {
public:
  Case(const Bench &bench, double copyGbps, const CaseSpec &spec)
      : bench(bench), copyGbps(copyGbps), spec(spec), timed(bench, spec) {}

  llvm::Error prepare();
  llvm::Expected<double> time() { return timed.time(*program, bench.replays); }
  llvm::Expected<json::Object> describe();

private:
  llvm::Error addKernels(json::Object &row);
  llvm::Error addStages(json::Object &row);

  const Bench &bench;
  double copyGbps;
  CaseSpec spec;
  TimedStep timed;
  GpuOptions chosen;
  double compileMs = 0;
  std::optional<DeviceProgram> program;
};
} // namespace

llvm::Error Case::prepare() {
  GpuOptions options;
  options.ways = spec.ways;
  options.threads = spec.threads;
  options.tokens = spec.threadTokens;
  options.iterations = spec.iterations;
  options.engine = spec.engine;
  options.attention = spec.attention;
  options.distanceBits = spec.distanceBits;
  options.fusion = spec.fusion;
  options.regime = *parseRegime(spec.regime);
  std::string chip = bench.device.info().chip;
  auto launches = chooseLaunches(spec, chip, options);
  if (!launches)
    return launches.takeError();
  chosen = *launches;
  auto compiled = compileStep(spec, chip, options);
  if (!compiled)
    return compiled.takeError();
  compileMs = compiled->times.total();
  auto loaded = timed.load(std::move(*compiled));
  if (!loaded)
    return loaded.takeError();
  program.emplace(std::move(*loaded));
  return llvm::Error::success();
}

llvm::Expected<json::Object> Case::describe() {
  json::Object row{{"method", "adamas"},
                   {"regime", spec.regime},
                   {"module", spec.selects() ? "decode_" + spec.module : spec.module},
                   {"query_heads", spec.queryHeads},
                   {"kv_heads", spec.kvHeads},
                   {"head_dim", StepDescription::headDim},
                   {"dtype", "f16"},
                   {"bits", spec.bits()},
                   {"batch", spec.batch},
                   {"tokens", spec.tokens},
                   {"budget", spec.budget},
                   {"candidates", spec.candidates()},
                   {"policy", spec.policy},
                   {"page_size", spec.pageSize},
                   {"fusion", stringifyFusion(chosen.fusion).str()},
                   {"ways", chosen.ways}};
  if (!spec.lengths.empty())
    row["lengths"] = json::Array(spec.lengths);
  if (spec.operation != "decode")
    row["operation"] = spec.operation;
  auto whole = time();
  if (!whole)
    return whole.takeError();
  row["time_us"] = *whole;
  row["sets"] = int64_t(timed.countSets());
  if (spec.selects()) { // the codes that are read, at the copy's bandwidth
    row["code_bytes"] = spec.codeBytes();
    row["roofline_fraction"] = double(spec.codeBytes()) / (copyGbps * 1e3) / *whole;
  }
  if (llvm::Error error = addKernels(row))
    return error;
  if (spec.eachKernel)
    if (llvm::Error error = addStages(row))
      return error;
  row["compile_ms"] = compileMs;
  return row;
}

/// What each kernel takes.
llvm::Error Case::addKernels(json::Object &row) {
  json::Array kernels, threads, clusters, registers, shared, spilled;
  for (const DeviceProgram::Kernel &kernel : program->describe(spec.function())) {
    auto taken = bench.cuda.resources(kernel.image, kernel.name);
    if (!taken)
      return taken.takeError();
    kernels.push_back(kernel.name);
    threads.push_back(kernel.threads);
    clusters.push_back(kernel.cluster);
    registers.push_back(taken->registers);
    shared.push_back(kernel.sharedBytes + taken->staticBytes);
    spilled.push_back(taken->localBytes);
  }
  row["launches"] = int64_t(kernels.size());
  row["kernels"] = std::move(kernels);
  row["threads"] = std::move(threads);
  row["cluster"] = std::move(clusters);
  row["registers"] = std::move(registers);
  row["shared_bytes"] = std::move(shared);
  row["spill_bytes"] = std::move(spilled);
  return llvm::Error::success();
}

/// Where the time goes. A kernel that is left out from the middle would have the later ones read what nobody made, so
/// kernels are left out from the end of the chain, and attention by compiling a step that ends with its selection.
llvm::Error Case::addStages(json::Object &row) {
  size_t count = program->kernels(spec.function()).size();
  json::Array alone, upTo;
  for (size_t i = 0; i < count; ++i)
    for (auto [list, first, number] : {std::tuple(&upTo, size_t(0), i + 1), {&alone, i, size_t(1)}}) {
      if (number == count) {
        list->push_back(*row.getNumber("time_us"));
        continue;
      }
      auto part = program->withKernel(spec.function(), first, number);
      if (!part)
        return part.takeError();
      auto microseconds = timed.time(*part, bench.replays);
      if (!microseconds)
        return microseconds.takeError();
      list->push_back(*microseconds);
    }
  row["kernel_us"] = std::move(alone);
  row["stages_us"] = std::move(upTo);
  if (!spec.selects() || spec.operation != "decode")
    return llvm::Error::success();
  CaseSpec selects = spec;
  selects.operation = "select";
  selects.ways = chosen.ways;
  selects.fusion = chosen.fusion;
  Case without(bench, copyGbps, selects);
  if (llvm::Error error = without.prepare())
    return error;
  auto microseconds = without.time();
  if (!microseconds)
    return microseconds.takeError();
  row["without_attention_us"] = *microseconds;
  return llvm::Error::success();
}

llvm::Expected<json::Object> mlir::adamas::runCase(const Bench &bench, double copyGbps, const CaseSpec &spec) {
  Case measured(bench, copyGbps, spec);
  if (llvm::Error error = measured.prepare())
    return error;
  return measured.describe();
}
