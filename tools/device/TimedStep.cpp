// One operation of a shape, timed on a GPU.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "device/TimedStep.h"

#include "adamas/GpuCompiler/Request.h"
#include "adamas/Register.h"
#include "adamas/Transforms/LaunchChoice.h"
#include "adamas/Transforms/Passes.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "support/Median.h"

using namespace mlir;
using namespace mlir::adamas;

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
  request.sink = step.module == "two_pass" ? 4 : 0;
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

llvm::Expected<GpuOptions> mlir::adamas::estimateOptions(const StepDescription &step, StringRef chip) {
  auto written = writeStep(step, chip);
  if (!written)
    return written.takeError();
  Parsed parsed(written->text);
  if (!parsed.module)
    return parsed.explain("the step describes no valid module");
  GpuOptions options;
  expect(step, chip, options);
  PassManager passes(parsed.module->getContext());
  passes.addPass(createAdamasOpenTopK());
  passes.addPass(createAdamasOpenAttention());
  if (failed(passes.run(*parsed.module)))
    return parsed.explain("the step cannot be opened");
  auto choice = LaunchChoice::make(*parsed.module->getOps<func::FuncOp>().begin(),
                                   {options.chip, options.batch, options.sequenceLength, Fusion::Choose, 0, "none"});
  if (!choice)
    return choice.takeError();
  options.fusion = choice->fusion;
  options.ways = choice->ways;
  options.tuning = "none";
  return options;
}

llvm::Expected<DeviceProgram> TimedStep::load(CompiledStep compiled) {
  names = std::move(compiled.arguments); // the same however it is compiled
  return DeviceProgram::load(device, std::move(compiled.bundle));
}

/// Memory that holds random bits, or floats of unit size.
llvm::Expected<void *> TimedStep::allocate(size_t bytes, bool floats) {
  auto buffer = DeviceBuffer::allocate(device, bytes);
  if (!buffer)
    return buffer.takeError();
  // A block is drawn and then repeated.
  size_t block = std::min<size_t>(bytes, size_t(8) << 20);
  std::vector<uint32_t> words((block + 3) / 4);
  for (uint32_t &word : words)
    word = floats ? (random() & 0x83ff83ffu) | 0x38003800u : uint32_t(random()); // f16 in [0.5, 1), either sign
  if (llvm::Error error = buffer->write(words.data(), block))
    return error;
  for (size_t done = block; done < bytes; done += block)
    if (llvm::Error error = cuda.copy(static_cast<char *>(buffer->data()) + done, buffer->data(),
                                      std::min(block, bytes - done), stream))
      return error;
  if (llvm::Error error = toError(adamas_stream_synchronize(device.get(), stream)))
    return error;
  buffers.push_back(std::move(*buffer));
  return buffers.back().data();
}

llvm::Error TimedStep::makeSets(const DeviceProgram &program) {
  int64_t ofCodes = step.batch * step.kvHeads * step.tokens * 16 * step.bits();
  int64_t ofCache = step.batch * step.kvHeads * step.tokens * 256;
  // What a step reads of the cache, or all of it.
  int64_t cold = step.module == "dense" ? 2 * ofCache : step.module == "append" ? 4 * ofCache : ofCodes;
  int64_t count = std::clamp<int64_t>((int64_t(320) << 20) / cold + 1, 2, 128);
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
      size = step.batch * step.tokens;
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
  if (name == "seq_lens")
    numbers.assign(step.batch, int32_t(step.tokens));
  for (int64_t i = 0; (name == "page_table" || name == "slots") && i < stride; ++i)
    numbers.push_back(int32_t(i));
  std::vector<float> thresholds;
  for (int64_t i = 0; name == "thresholds" && i < stride; ++i)
    thresholds.push_back(float(i % tensor.sizes[1]) * 0.7f - 0.7f);
  if (!numbers.empty())
    if (llvm::Error error = toError(
            adamas_memory_write(device.get(), tensor.data, numbers.data(), numbers.size() * sizeof(int32_t), stream)))
      return error;
  if (!thresholds.empty())
    if (llvm::Error error = toError(adamas_memory_write(device.get(), tensor.data, thresholds.data(),
                                                        thresholds.size() * sizeof(float), stream)))
      return error;
  return tensor;
}

llvm::Error TimedStep::reserveWorkspace(const DeviceProgram &program) {
  size_t size = 0;
  if (llvm::Error error = toError(
          adamas_program_workspace_size(program.get(), step.function().c_str(), sets[0].data(), sets[0].size(), &size)))
    return error;
  if (workspace && workspace->bytes() >= size)
    return llvm::Error::success();
  workspace.reset();
  auto buffer = DeviceBuffer::allocate(device, size);
  if (!buffer)
    return buffer.takeError();
  workspace.emplace(std::move(*buffer));
  return llvm::Error::success();
}

llvm::Expected<double> TimedStep::time(const DeviceProgram &program, int64_t replays) {
  if (sets.empty())
    if (llvm::Error error = makeSets(program))
      return error;
  if (llvm::Error error = reserveWorkspace(program))
    return error;
  int64_t launches = std::max<int64_t>(20, sets.size());
  auto measured = cuda.timeGraph(stream, launches, replays, [&](Cuda::Stream on) -> llvm::Error {
    for (int64_t i = 0; i < launches; ++i) {
      const std::vector<adamas_tensor> &values = sets[i % sets.size()];
      if (llvm::Error error = toError(adamas_program_launch(program.get(), step.function().c_str(), values.data(),
                                                            values.size(), workspace->data(), workspace->bytes(), on)))
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
