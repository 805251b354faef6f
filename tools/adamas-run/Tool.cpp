// adamas-run without its command line, so that tests and fuzzers can call it.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas-run/Tool.h"

#include "adamas-run/Agreement.h"
#include "adamas-run/Baselines.h"
#include "adamas-run/Gpu.h"
#include "adamas-run/Report.h"
#include "adamas-run/Sweep.h"
#include "adamas/Register.h"

using namespace mlir;
using namespace mlir::adamas;

/// One module, once, with what --compare and --out ask for.
static llvm::Expected<RunReport> runOnce(const Session &session, const LoadedModule &module) {
  const Options &options = session.options;
  std::optional<llvm::StringRef> flag;
  if (options.thresholds)
    flag = *options.thresholds;
  auto thresholds = chooseThresholds(flag, options.bits, session.data, session.inputs, module);
  if (!thresholds)
    return thresholds.takeError();
  Wishes wishes{thresholds->sets.bits, options.budget, options.sink,
                options.recent,        options.policy, options.emitDistances};
  auto fitted = specializeModule(module, session.inputs, wishes, options.strict, session.diagnostics);
  if (!fitted)
    return fitted.takeError();
  const DecodeSignature &signature = fitted->signature;
  if (llvm::Error error = checkMemory(session.inputs, signature))
    return inFile(module.path, std::move(error));
  auto codes = encodeKeys(session, options.target, thresholds->sets);
  if (!codes)
    return codes.takeError();
  auto result = decode(session, options.target, *fitted, *thresholds, *codes, options.repeat.value_or(1));
  if (!result)
    return result.takeError();

  if (options.compare == CompareKind::Reference) {
    auto expectedCodes = encodeKeys(session, TargetKind::Reference, thresholds->sets);
    if (!expectedCodes)
      return expectedCodes.takeError();
    auto expected = decode(session, TargetKind::Reference, *fitted, *thresholds, *expectedCodes, 1);
    if (!expected)
      return expected.takeError();
    std::string difference = compareKeyCodes(*expectedCodes, *codes);
    if (difference.empty()) {
      auto compared = compareResults(session, signature.scale, *expected, *result);
      if (!compared)
        return compared.takeError();
      difference = std::move(*compared);
    }
    if (!difference.empty())
      return inFile(module.path, llvm::createStringError("differs from the reference: " + difference));
  }
  RunReport report;
  report.method = module.name;
  report.thresholds = thresholds->origin;
  report.policy = stringifyPolicy(signature.policy).str();
  report.bits = signature.bits;
  report.budget = signature.budget;
  report.compileMilliseconds = result->compileMilliseconds;
  report.milliseconds = result->milliseconds;
  int64_t selected = 0;
  for (int32_t length : result->lengths().as<int32_t>())
    selected += length;
  report.meanSelected = double(selected) / result->lengths().size();
  if (options.compare == CompareKind::Dense) {
    const Inputs &inputs = session.inputs;
    auto dense = attendVisible(inputs.query, inputs.key, inputs.value, inputs.seqLens, nullptr, signature.scale);
    if (!dense)
      return dense.takeError();
    Tensor best = Ranking::byScore(inputs, signature.budget, options.threads)
                      .select(inputs, signature.budget, signature.sink, signature.recent);
    auto quality =
        measureQuality(inputs, *dense, best, result->indices(), result->find(ResultRole::Output), signature.scale);
    if (!quality)
      return quality.takeError();
    report.quality = *quality;
  }
  if (!options.out.empty())
    if (llvm::Error error = writeResults(session, *result, *thresholds, *codes, signature.isL1))
      return error;
  return report;
}

static llvm::Error runAll(const Session &session, llvm::ArrayRef<LoadedModule> modules, llvm::raw_ostream &os) {
  if (!session.options.sweep) {
    std::vector<RunReport> reports;
    for (const LoadedModule &module : modules) {
      auto report = runOnce(session, module);
      if (!report)
        return report.takeError();
      reports.push_back(std::move(*report));
    }
    printRuns(session, reports, os);
    return llvm::Error::success();
  }
  auto sweep = runSweep(session, modules);
  if (!sweep)
    return sweep.takeError();
  printSweep(session, *sweep, os);
  if (!session.options.plot.empty())
    if (llvm::Error error = plotSweep(*sweep, session.options.plot))
      return error;
  for (const SweepRow &row : sweep->rows)
    if (!row.difference.empty())
      return llvm::createStringError(row.method + " with '" + row.thresholds + "' thresholds at budget " +
                                     Twine(row.budget) + " differs from the reference: " + row.difference);
  return llvm::Error::success();
}

/// Everything after the files are open.
static llvm::Error runOn(const Options &options, std::vector<std::unique_ptr<llvm::MemoryBuffer>> modules,
                         const SafetensorsFile &file, llvm::raw_ostream &os) {
  std::unique_ptr<Gpu> gpu;
  if (options.target == TargetKind::Cuda) {
    auto opened = Gpu::open(options);
    if (!opened)
      return opened.takeError();
    gpu = std::move(*opened);
  }
  llvm::Expected<Inputs> inputs = loadInputs(file);
  if (!inputs)
    return inputs.takeError();
  DialectRegistry registry;
  registerDialects(registry);
  MLIRContext context(registry);
  context.loadAllAvailableDialects();
  context.printOpOnDiagnostic(false);
  DiagnosticCapture diagnostics(&context);
  std::vector<LoadedModule> loaded;
  for (auto [path, buffer] : llvm::zip(options.modules, modules)) {
    auto module = loadModule(std::move(buffer), path, &context, diagnostics);
    if (!module)
      return module.takeError();
    loaded.push_back(std::move(*module));
  }
  Session session{options, context, diagnostics, file, *inputs, gpu.get()};
  llvm::Error error = runAll(session, loaded, os);
  // A run that failed is worth looking at too.
  return options.trace.empty() ? std::move(error) : joinErrors(std::move(error), gpu->writeTrace(options.trace));
}

llvm::Error mlir::adamas::runTool(const Options &options, std::vector<std::unique_ptr<llvm::MemoryBuffer>> modules,
                                  std::unique_ptr<llvm::MemoryBuffer> data, llvm::raw_ostream &os) {
  if (llvm::Error error = checkOptions(options))
    return error;
  llvm::Expected<SafetensorsFile> file = readSafetensors(std::move(data), options.data);
  if (!file)
    return file.takeError();
  return runOn(options, std::move(modules), *file, os);
}

llvm::Error mlir::adamas::runTool(const Options &options, llvm::raw_ostream &os) {
  if (options.listDevices)
    return listDevices(options.json, os);
  if (llvm::Error error = checkOptions(options))
    return error;
  std::vector<std::unique_ptr<llvm::MemoryBuffer>> modules;
  for (const std::string &path : options.modules) {
    auto buffer = llvm::MemoryBuffer::getFile(path);
    if (!buffer)
      return llvm::createStringError(path + ": cannot open the file: " + buffer.getError().message());
    modules.push_back(std::move(*buffer));
  }
  llvm::Expected<SafetensorsFile> file = readSafetensors(options.data);
  if (!file)
    return file.takeError();
  return runOn(options, std::move(modules), *file, os);
}
