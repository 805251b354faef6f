// One operation of a shape, timed on a GPU.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "device/TimedStep.h"

#include "adamas/GpuCompiler/Request.h"
#include "adamas/Register.h"
#include "mlir/Parser/Parser.h"
#include "support/Median.h"
#include <numeric>
#include <optional>

using namespace mlir;
using namespace mlir::adamas;

// The first tokens, which the two-pass module always takes.
static constexpr int64_t forcedTokens = 4;
// Memory that the sets of a step read together, unless so many sets would be needed.
static constexpr int64_t rotatedBytes = int64_t(320) << 20, mostSets = 128;

llvm::Error StepDescription::parseShape(StringRef text, StringRef flag) {
  SmallVector<StringRef> fields;
  text.split(fields, '/');
  int64_t *sizes[] = {&queryHeads, &kvHeads, &batch, &tokens};
  if (fields.size() != std::size(sizes))
    return llvm::createStringError(flag + " expects Hq/Hkv/B/N, such as 32/8/1/32768, but got '" + text + "'");
  for (size_t i = 0; i < std::size(sizes); ++i)
    if (fields[i].getAsInteger(10, *sizes[i]) || *sizes[i] < 1)
      return llvm::createStringError(flag + " expects numbers from 1 on in Hq/Hkv/B/N, but got '" + text + "'");
  return llvm::Error::success();
}

int64_t StepDescription::countTokens() const {
  return lengths.empty() ? batch * tokens : std::accumulate(lengths.begin(), lengths.end(), int64_t(0));
}

int64_t StepDescription::codeBytes() const {
  return countTokens() * kvHeads * (headDim / 8) * (module == "two_pass" ? 1 : bits());
}

/// The module of `step`.
static llvm::Expected<RequestModule> writeStep(const StepDescription &step, StringRef chip) {
  Request request;
  request.chip = chip.str();
  request.dtype = "f16";
  request.metric = step.selects() ? step.module : "l1";
  request.operation = step.function();
  request.policy = step.policy;
  request.bits = step.bits();
  request.budget = step.budget;
  request.candidates = step.candidates();
  request.sink = step.module == "two_pass" ? forcedTokens : 0;
  request.headDim = StepDescription::headDim;
  request.kvHeads = step.kvHeads;
  request.queryHeads = step.queryHeads;
  request.maxBatch = step.batch;
  request.maxSeqLen = step.expected ? step.expected : step.tokens;
  request.pageSize = step.pageSize;
  request.thresholdSets = step.kvHeads;
  return writeModule(request);
}

namespace {
/// A context for one module, whose diagnostics end in errors.
class Parsed {
public:
  explicit Parsed(StringRef text) : context(makeRegistry(), MLIRContext::Threading::DISABLED) {
    context.printOpOnDiagnostic(false);
    handler.emplace(&context, [&](Diagnostic &diagnostic) {
      messages += (messages.empty() ? "" : "; ") + diagnostic.str();
      return success();
    });
    module = parseSourceString<ModuleOp>(text, ParserConfig(&context));
  }

  llvm::Error explain(const std::string &message) const {
    return llvm::createStringError(message + (messages.empty() ? "" : ": " + messages));
  }

private:
  static DialectRegistry makeRegistry() {
    DialectRegistry registry;
    registerDialects(registry);
    return registry;
  }
  MLIRContext context;
  std::string messages;
  std::optional<ScopedDiagnosticHandler> handler;

public:
  OwningOpRef<ModuleOp> module;
};
} // namespace

static void expect(const StepDescription &step, StringRef chip, GpuOptions &options) {
  options.chip = chip.str();
  options.batch = step.batch;
  options.sequenceLength = step.expected ? step.expected : step.tokens;
}

llvm::Expected<CompiledStep> mlir::adamas::compileStep(const StepDescription &step, StringRef chip,
                                                       GpuOptions options) {
  auto written = writeStep(step, chip);
  if (!written)
    return written.takeError();
  Parsed parsed(written->text);
  if (!parsed.module)
    return parsed.explain("the step describes no valid module");
  expect(step, chip, options);
  CompiledStep result;
  auto bundle = compileToBundle(*parsed.module, options, result.times);
  if (!bundle)
    return parsed.explain(llvm::toString(bundle.takeError()));
  result.bundle = std::move(*bundle);
  result.arguments = written->arguments;
  return result;
}

llvm::Expected<GpuOptions> mlir::adamas::chooseLaunches(const StepDescription &step, StringRef chip,
                                                        GpuOptions options) {
  auto written = writeStep(step, chip);
  if (!written)
    return written.takeError();
  Parsed parsed(written->text);
  if (!parsed.module)
    return parsed.explain("the step describes no valid module");
  expect(step, chip, options);
  auto chosen = chooseLaunches(*parsed.module, options);
  if (!chosen)
    return parsed.explain(llvm::toString(chosen.takeError()));
  return chosen;
}

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

llvm::Expected<DeviceProgram> TimedStep::load(CompiledStep compiled) {
  names = std::move(compiled.arguments); // the same however it is compiled
  return DeviceProgram::load(bench.device, std::move(compiled.bundle));
}

/// Memory filled from the random blocks.
llvm::Expected<void *> TimedStep::allocate(size_t bytes, bool floats) {
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

llvm::Error TimedStep::makeSets(const DeviceProgram &program) {
  int64_t ofCache = step.countTokens() * step.kvHeads * StepDescription::headDim * 2;
  // What a step reads of the cache, or all of it.
  int64_t cold = step.module == "dense" ? 2 * ofCache : step.module == "append" ? 4 * ofCache : step.codeBytes();
  int64_t count = std::clamp<int64_t>(rotatedBytes / std::max<int64_t>(cold, 1) + 1, 2, mostSets);
  size_t values = 0;
  if (llvm::Error error = toError(adamas_program_value_count(program.get(), step.function().c_str(), &values)))
    return error;
  for (int64_t i = 0; i < count; ++i) {
    std::vector<adamas_tensor> tensors;
    for (size_t v = 0; v < values; ++v) {
      auto tensor = makeValue(program, v);
      if (!tensor)
        return tensor.takeError();
      tensors.push_back(*tensor);
    }
    sets.push_back(std::move(tensors));
  }
  return llvm::Error::success();
}

llvm::Expected<adamas_tensor> TimedStep::makeValue(const DeviceProgram &program, size_t index) {
  adamas_value_info info = {};
  info.struct_size = sizeof(info);
  if (llvm::Error error = toError(adamas_program_value_info(program.get(), step.function().c_str(), index, &info)))
    return error;
  adamas_tensor tensor = {};
  tensor.rank = info.rank;
  std::string name = info.role == ADAMAS_ARGUMENT ? names[index] : "";
  bool cache = name == "key" || name == "value" || name == "codes";
  int64_t pageSize = step.pageSize, ofSequence = (step.tokens + pageSize - 1) / std::max<int64_t>(pageSize, 1);
  int64_t pages = pageSize ? step.batch * ofSequence : step.batch;
  for (int32_t axis = 0; axis < info.rank; ++axis) {
    int64_t size = info.sizes[axis];
    if (size < 0 && (name == "new_key" || name == "new_value" || name == "slots"))
      size = step.module == "append" ? step.batch * step.tokens : step.batch;
    else if (size < 0 && cache)
      size = axis == 0 ? pages : step.tokens;
    else if (size < 0)
      size = axis == 0 ? step.batch : ofSequence;
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
  auto data = allocate(stride * bytes, info.element == ADAMAS_F16);
  if (!data)
    return data.takeError();
  tensor.data = *data;
  std::vector<int32_t> numbers;
  if (name == "seq_lens" && step.lengths.empty())
    numbers.assign(step.batch, int32_t(step.tokens));
  else if (name == "seq_lens")
    numbers.assign(step.lengths.begin(), step.lengths.end());
  for (int64_t i = 0; (name == "page_table" || (name == "slots" && step.module == "append")) && i < stride; ++i)
    numbers.push_back(int32_t(i));
  // A step appends the last token of each sequence.
  int64_t capacity = pageSize ? ofSequence * pageSize : step.tokens;
  for (int64_t i = 0; name == "slots" && step.module != "append" && i < stride; ++i)
    numbers.push_back(int32_t(i * capacity + (step.lengths.empty() ? step.tokens : step.lengths[i]) - 1));
  std::vector<float> thresholds;
  for (int64_t i = 0; (name == "thresholds" || name == "query_thresholds") && i < stride; ++i)
    thresholds.push_back(float(i % tensor.sizes[tensor.rank - 1]) * 0.7f - 0.7f);
  const void *content = numbers.empty() ? static_cast<const void *>(thresholds.data()) : numbers.data();
  if (size_t count = std::max(numbers.size(), thresholds.size()))
    if (llvm::Error error =
            toError(adamas_memory_write(bench.device.get(), tensor.data, content, count * 4, bench.stream)))
      return error;
  return tensor;
}

llvm::Error TimedStep::reserveWorkspace(const DeviceProgram &program) {
  size_t size = 0;
  if (llvm::Error error = toError(
          adamas_program_workspace_size(program.get(), step.function().c_str(), sets[0].data(), sets[0].size(), &size)))
    return error;
  if (workspace && workspaceSize >= size)
    return llvm::Error::success();
  auto space = allocate(size, false);
  if (!space)
    return space.takeError();
  workspace = *space;
  workspaceSize = size;
  return llvm::Error::success();
}

llvm::Expected<double> TimedStep::time(const DeviceProgram &program, int64_t replays) {
  if (sets.empty())
    if (llvm::Error error = makeSets(program))
      return error;
  if (llvm::Error error = reserveWorkspace(program))
    return error;
  int64_t launches = std::max<int64_t>(20, sets.size());
  auto measured = bench.cuda.timeGraph(bench.stream, launches, replays, [&](Cuda::Stream on) -> llvm::Error {
    for (int64_t i = 0; i < launches; ++i) {
      const std::vector<adamas_tensor> &values = sets[i % sets.size()];
      if (llvm::Error error = toError(adamas_program_launch(program.get(), step.function().c_str(), values.data(),
                                                            values.size(), workspace, workspaceSize, on)))
        return error;
    }
    return llvm::Error::success();
  });
  if (!measured)
    return measured.takeError();
  return median(*measured);
}

llvm::Expected<double> mlir::adamas::measureCopy(const Device &device, Cuda &cuda, Cuda::Stream stream,
                                                 int64_t replays) {
  constexpr size_t size = size_t(1) << 30;
  auto from = DeviceBuffer::allocate(device, size), to = DeviceBuffer::allocate(device, size);
  if (!from)
    return from.takeError();
  if (!to)
    return to.takeError();
  // Not in a graph: a captured copy takes a slower path.
  auto measured = cuda.timeStream(stream, replays, [&] { return cuda.copy(to->data(), from->data(), size, stream); });
  if (!measured)
    return measured.takeError();
  return 2 * double(size) / median(*measured) * 1e-3;
}
