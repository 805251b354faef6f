// One operation on one shape, compiled and timed on a GPU.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Buffers rotate, so that together they are several times the L2; data is uniform random.

#include "GpuCase.h"

#include "adamas/GpuCompiler/Request.h"
#include "adamas/Register.h"
#include "mlir/Parser/Parser.h"
#include "support/Median.h"
#include "llvm/ADT/StringSwitch.h"
#include <numeric>
#include <random>

using namespace mlir;
using namespace mlir::adamas;
namespace json = llvm::json;

// Of every model that is measured.
static constexpr int64_t headDim = 128;
// The two-pass module's candidates for each token of the budget, and the first tokens, which it always takes.
static constexpr int64_t candidateRatio = 8, forcedTokens = 4;
// Memory that the sets of a case read together, unless so many sets would be needed.
static constexpr int64_t rotatedBytes = int64_t(320) << 20, mostSets = 128;

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

llvm::Error CaseSpec::setShape(llvm::StringRef text) {
  SmallVector<llvm::StringRef> fields;
  text.split(fields, '/');
  int64_t *sizes[] = {&queryHeads, &kvHeads, &batch, &tokens};
  if (fields.size() != std::size(sizes))
    return llvm::createStringError("--shapes expects Hq/Hkv/B/N, such as 32/8/1/32768, but got '" + text + "'");
  for (size_t i = 0; i < std::size(sizes); ++i)
    if (fields[i].getAsInteger(10, *sizes[i]) || *sizes[i] < 1)
      return llvm::createStringError("--shapes expects numbers from 1 on in Hq/Hkv/B/N, but got '" + text + "'");
  return llvm::Error::success();
}

llvm::Error CaseSpec::read(const json::Object &fields) {
  json::Value value = json::Object(fields);
  json::Path::Root root("case");
  json::ObjectMapper map(value, root);
  std::string engineName = stringifyEngine(engine).str(), fusionName = stringifyFusion(fusion).str();
  bool fits = map && map.mapOptional("query_heads", queryHeads) && map.mapOptional("kv_heads", kvHeads) &&
              map.mapOptional("batch", batch) && map.mapOptional("tokens", tokens) &&
              map.mapOptional("lengths", lengths) && map.mapOptional("module", module) &&
              map.mapOptional("operation", operation) && map.mapOptional("policy", policy) &&
              map.mapOptional("budget", budget) && map.mapOptional("page_size", pageSize) &&
              map.mapOptional("regime", regime) && map.mapOptional("ways", ways) &&
              map.mapOptional("threads", threads) && map.mapOptional("thread_tokens", threadTokens) &&
              map.mapOptional("iterations", iterations) && map.mapOptional("engine", engineName) &&
              map.mapOptional("fusion", fusionName) && map.mapOptional("kernels", eachKernel);
  if (!fits)
    return root.getError();
  if (llvm::StringRef name = module; name.consume_front("decode_")) // as records name it
    module = name.str();
  std::optional<Engine> foundEngine = symbolizeEngine(engineName);
  std::optional<Fusion> foundFusion = symbolizeFusion(fusionName);
  if (!foundEngine)
    return llvm::createStringError("engine: expected popc, carry_save, b1, s8 or choose, but got '" + engineName + "'");
  if (!foundFusion)
    return llvm::createStringError("fusion: expected stages, selection, step or choose, but got '" + fusionName + "'");
  engine = *foundEngine;
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

int64_t CaseSpec::countTokens() const {
  return lengths.empty() ? batch * tokens : std::accumulate(lengths.begin(), lengths.end(), int64_t(0));
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
// Memory
//===----------------------------------------------------------------------===//

llvm::Expected<RandomBlocks> RandomBlocks::make(const Device &device) {
  // More than what a plane of codes of 1M tokens takes: none of them is equal to another for being its copy.
  constexpr size_t bytes = size_t(64) << 20;
  std::mt19937_64 random(12345);
  std::vector<uint64_t> words(bytes / 8);
  for (uint64_t &word : words)
    word = random();
  auto bits = DeviceBuffer::allocate(device, bytes), floats = DeviceBuffer::allocate(device, bytes);
  if (!bits || !floats)
    return llvm::joinErrors(bits ? llvm::Error::success() : bits.takeError(),
                            floats ? llvm::Error::success() : floats.takeError());
  if (llvm::Error error = bits->write(words.data(), bytes))
    return error;
  for (uint64_t &word : words)
    word = (word & 0x83ff83ff83ff83ffu) | 0x3800380038003800u; // f16 in [0.5, 1), either sign
  if (llvm::Error error = floats->write(words.data(), bytes))
    return error;
  return RandomBlocks(std::move(*bits), std::move(*floats));
}

namespace {
/// Device memory of a case, filled from the random blocks.
class RandomMemory {
public:
  explicit RandomMemory(const Bench &bench) : bench(bench) {}

  llvm::Expected<void *> make(size_t bytes, bool floats) {
    auto buffer = DeviceBuffer::allocate(bench.device, bytes);
    if (!buffer)
      return buffer.takeError();
    const DeviceBuffer &block = bench.blocks.of(floats);
    constexpr size_t unit = 256;
    size_t from = random() % (block.bytes() / unit) * unit;
    for (size_t done = 0, count; done < bytes; done += count, from = 0) {
      count = std::min(bytes - done, block.bytes() - from);
      if (llvm::Error error = bench.cuda.copy(static_cast<char *>(buffer->data()) + done,
                                              static_cast<const char *>(block.data()) + from, count, bench.stream))
        return error;
    }
    if (llvm::Error error = toError(adamas_stream_synchronize(bench.device.get(), bench.stream)))
      return error;
    buffers.push_back(std::move(*buffer));
    return buffers.back().data();
  }

private:
  const Bench &bench;
  std::mt19937 random{12345};
  std::vector<DeviceBuffer> buffers;
};

//===----------------------------------------------------------------------===//
// A case
//===----------------------------------------------------------------------===//

/// A compiled operation with rotating memory.
class Case {
public:
  Case(const Bench &bench, const CaseSpec &spec) : bench(bench), spec(spec), memory(bench) {}

  llvm::Error prepare() {
    if (llvm::Error error = compile())
      return error;
    return allocate();
  }

  llvm::Expected<double> time() { return time(*program); }

  llvm::Expected<json::Object> describe();

private:
  llvm::Error compile();
  llvm::Error allocate();
  llvm::Expected<adamas_tensor> makeValue(size_t index);
  llvm::Error addKernels(json::Object &row);
  llvm::Error addStages(json::Object &row);

  llvm::Expected<double> time(const DeviceProgram &timed) {
    int64_t launches = std::max<int64_t>(20, sets.size());
    auto measured = bench.cuda.timeGraph(bench.stream, launches, bench.replays, [&](Cuda::Stream on) -> llvm::Error {
      for (int64_t i = 0; i < launches; ++i) {
        const std::vector<adamas_tensor> &values = sets[i % sets.size()];
        if (llvm::Error error = toError(adamas_program_launch(timed.get(), function.c_str(), values.data(),
                                                              values.size(), workspace, workspaceSize, on)))
          return error;
      }
      return llvm::Error::success();
    });
    if (!measured)
      return measured.takeError();
    return median(*measured);
  }

  int64_t bits() const { return spec.module == "two_pass" ? 4 : 2; }
  int64_t candidates() const { return spec.module == "two_pass" ? candidateRatio * spec.budget : 0; }
  /// Bytes of codes that a scan reads.
  int64_t codeBytes() const {
    return spec.countTokens() * spec.kvHeads * (headDim / 8) * (spec.module == "two_pass" ? 1 : bits());
  }

  const Bench &bench;
  CaseSpec spec;
  RandomMemory memory;
  GpuOptions chosen;
  GpuCompileTimes times;
  std::string function;
  std::vector<std::string> names;
  size_t workspaceSize = 0;
  std::optional<DeviceProgram> program;
  std::vector<std::vector<adamas_tensor>> sets;
  void *workspace = nullptr;
};
} // namespace

llvm::Error Case::compile() {
  Request request;
  request.chip = bench.device.info().chip;
  request.dtype = "f16";
  request.metric = spec.isStep() ? spec.module : "l1";
  request.operation = spec.isStep() ? spec.operation : spec.module;
  request.policy = spec.policy;
  request.bits = bits();
  request.budget = spec.budget;
  request.candidates = candidates();
  request.sink = spec.module == "two_pass" ? forcedTokens : 0;
  request.headDim = headDim;
  request.kvHeads = spec.kvHeads;
  request.queryHeads = spec.queryHeads;
  request.maxBatch = spec.batch;
  request.maxSeqLen = spec.tokens;
  request.pageSize = spec.pageSize;
  request.thresholdSets = spec.kvHeads;
  auto written = writeModule(request);
  if (!written)
    return written.takeError();
  DialectRegistry registry;
  registerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  // What a pass refuses is the case's error, not a line among results.
  std::string complaints;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
      complaints += (complaints.empty() ? "" : "; ") + diagnostic.str();
    return success();
  });
  auto parsed = parseSourceString<ModuleOp>(written->text, ParserConfig(&context));
  if (!parsed)
    return llvm::createStringError("cannot parse\n" + written->text + complaints);
  GpuOptions options;
  options.chip = request.chip;
  options.ways = spec.ways;
  options.threads = spec.threads;
  options.tokens = spec.threadTokens;
  options.iterations = spec.iterations;
  options.engine = spec.engine;
  options.fusion = spec.fusion;
  options.regime = *parseRegime(spec.regime);
  options.batch = spec.batch;
  options.sequenceLength = spec.tokens;
  auto launches = chooseLaunches(*parsed, options);
  if (!launches)
    return launches.takeError();
  chosen = *launches;
  auto compiled = DeviceProgram::create(bench.device, *parsed, options, &times);
  if (!compiled) {
    std::string text = llvm::toString(compiled.takeError());
    return llvm::createStringError(complaints.empty() ? text : text + ": " + complaints);
  }
  program.emplace(std::move(*compiled));
  names = written->arguments;
  function = request.operation;
  return llvm::Error::success();
}

llvm::Error Case::allocate() {
  int64_t ofCache = spec.countTokens() * spec.kvHeads * headDim * 2;
  // What a step reads of the cache, or all of it.
  int64_t cold = spec.module == "dense" ? 2 * ofCache : spec.module == "append" ? 4 * ofCache : codeBytes();
  int64_t count = std::clamp<int64_t>(rotatedBytes / std::max<int64_t>(cold, 1) + 1, 2, mostSets);
  size_t values = 0;
  if (llvm::Error error = toError(adamas_program_value_count(program->get(), function.c_str(), &values)))
    return error;
  for (int64_t i = 0; i < count; ++i) {
    std::vector<adamas_tensor> tensors;
    for (size_t v = 0; v < values; ++v) {
      auto tensor = makeValue(v);
      if (!tensor)
        return tensor.takeError();
      tensors.push_back(*tensor);
    }
    sets.push_back(std::move(tensors));
  }
  if (llvm::Error error = toError(adamas_program_workspace_size(program->get(), function.c_str(), sets[0].data(),
                                                                sets[0].size(), &workspaceSize)))
    return error;
  auto space = memory.make(workspaceSize, false);
  if (!space)
    return space.takeError();
  workspace = *space;
  return llvm::Error::success();
}

llvm::Expected<adamas_tensor> Case::makeValue(size_t index) {
  adamas_value_info info = {};
  info.struct_size = sizeof(info);
  if (llvm::Error error = toError(adamas_program_value_info(program->get(), function.c_str(), index, &info)))
    return error;
  adamas_tensor tensor = {};
  tensor.rank = info.rank;
  std::string name = info.role == ADAMAS_ARGUMENT ? names[index] : "";
  bool cache = name == "key" || name == "value" || name == "codes";
  int64_t pagesOfSequence = (spec.tokens + spec.pageSize - 1) / std::max<int64_t>(spec.pageSize, 1);
  for (int32_t axis = 0; axis < info.rank; ++axis) {
    int64_t size = info.sizes[axis];
    if (size < 0 && (name == "new_key" || name == "new_value" || name == "slots"))
      size = spec.batch * spec.tokens;
    else if (size < 0 && cache)
      size = axis == 0 ? spec.batch * (spec.pageSize ? pagesOfSequence : 1) : spec.tokens;
    else if (size < 0)
      size = axis == 0 ? spec.batch : pagesOfSequence;
    tensor.sizes[axis] = size;
  }
  int64_t stride = 1;
  for (int32_t axis = info.rank; axis-- > 0;) {
    tensor.strides[axis] = stride;
    stride *= tensor.sizes[axis];
  }
  if (name == "codes") { // planes apart
    int64_t words = tensor.sizes[4], tokens = tensor.sizes[2];
    tensor.strides[2] = words;
    tensor.strides[3] = words * tokens;
  }
  int64_t bytes = info.element == ADAMAS_I8 ? 1 : info.element == ADAMAS_F16 || info.element == ADAMAS_BF16 ? 2 : 4;
  auto data = memory.make(stride * bytes, info.element == ADAMAS_F16);
  if (!data)
    return data.takeError();
  tensor.data = *data;
  std::vector<int32_t> numbers;
  if (name == "seq_lens" && spec.lengths.empty())
    numbers.assign(spec.batch, int32_t(spec.tokens));
  else if (name == "seq_lens")
    numbers.assign(spec.lengths.begin(), spec.lengths.end());
  for (int64_t i = 0; (name == "page_table" || name == "slots") && i < stride; ++i)
    numbers.push_back(int32_t(i));
  std::vector<float> thresholds;
  for (int64_t i = 0; name == "thresholds" && i < stride; ++i)
    thresholds.push_back(float(i % tensor.sizes[tensor.rank - 1]) * 0.7f - 0.7f);
  const void *content = numbers.empty() ? static_cast<const void *>(thresholds.data()) : numbers.data();
  if (size_t count = std::max(numbers.size(), thresholds.size()))
    if (llvm::Error error =
            toError(adamas_memory_write(bench.device.get(), tensor.data, content, count * 4, bench.stream)))
      return error;
  return tensor;
}

llvm::Expected<json::Object> Case::describe() {
  json::Object row{{"method", "adamas"},
                   {"regime", spec.regime},
                   {"module", spec.isStep() ? "decode_" + spec.module : spec.module},
                   {"query_heads", spec.queryHeads},
                   {"kv_heads", spec.kvHeads},
                   {"head_dim", headDim},
                   {"dtype", "f16"},
                   {"bits", bits()},
                   {"batch", spec.batch},
                   {"tokens", spec.tokens},
                   {"budget", spec.budget},
                   {"candidates", candidates()},
                   {"policy", spec.policy},
                   {"page_size", spec.pageSize},
                   {"fusion", stringifyFusion(chosen.fusion).str()},
                   {"ways", chosen.ways},
                   {"sets", int64_t(sets.size())}};
  if (!spec.lengths.empty())
    row["lengths"] = json::Array(spec.lengths);
  if (spec.operation != "decode")
    row["operation"] = spec.operation;
  auto whole = time();
  if (!whole)
    return whole.takeError();
  row["time_us"] = *whole;
  if (spec.isStep()) { // the codes that are read, at the copy's bandwidth
    row["code_bytes"] = codeBytes();
    row["roofline_fraction"] = double(codeBytes()) / (bench.copyGbps * 1e3) / *whole;
  }
  if (llvm::Error error = addKernels(row))
    return error;
  if (spec.eachKernel)
    if (llvm::Error error = addStages(row))
      return error;
  row["compile_ms"] = times.total();
  return row;
}

/// What each kernel takes.
llvm::Error Case::addKernels(json::Object &row) {
  json::Array kernels, threads, clusters, registers, shared, spilled;
  for (const DeviceProgram::Kernel &kernel : program->describe(function)) {
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
  size_t count = program->kernels(function).size();
  json::Array alone, upTo;
  for (size_t i = 0; i < count; ++i)
    for (auto [list, first, number] : {std::tuple(&upTo, size_t(0), i + 1), {&alone, i, size_t(1)}}) {
      if (number == count) {
        list->push_back(*row.getNumber("time_us"));
        continue;
      }
      auto part = program->withKernel(function, first, number);
      if (!part)
        return part.takeError();
      auto microseconds = time(*part);
      if (!microseconds)
        return microseconds.takeError();
      list->push_back(*microseconds);
    }
  row["kernel_us"] = std::move(alone);
  row["stages_us"] = std::move(upTo);
  if (!spec.isStep() || spec.operation != "decode")
    return llvm::Error::success();
  CaseSpec selects = spec;
  selects.operation = "select";
  selects.ways = chosen.ways;
  selects.fusion = chosen.fusion;
  Case without(bench, selects);
  if (llvm::Error error = without.prepare())
    return error;
  auto microseconds = without.time();
  if (!microseconds)
    return microseconds.takeError();
  row["without_attention_us"] = *microseconds;
  return llvm::Error::success();
}

llvm::Expected<json::Object> mlir::adamas::runCase(const Bench &bench, const CaseSpec &spec) {
  Case measured(bench, spec);
  if (llvm::Error error = measured.prepare())
    return error;
  return measured.describe();
}
