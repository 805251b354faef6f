// adamas-bench-gpu: times decode steps on a GPU, whole and kernel by kernel: CUDA graph, L2-cold, median.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Buffers rotate, so that together they are several times the L2, but lengths and page tables, which the layers of a
// model share; data is uniform random. Beside every run a 1 GiB copy gives the bandwidth that is there.

#include "adamas/GpuCompiler/GpuCompiler.h"
#include "adamas/GpuCompiler/Request.h"
#include "adamas/Register.h"
#include "device/Cuda.h"
#include "device/Device.h"
#include "mlir/Parser/Parser.h"
#include "support/Median.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/ToolOutputFile.h"
#include "llvm/Support/WithColor.h"
#include <random>

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

namespace {
struct Shape {
  int64_t queryHeads, kvHeads, batch, tokens;
};

/// Device memory that holds random bits, or floats of unit size.
class RandomMemory {
public:
  RandomMemory(const Device &device, Cuda &cuda, Cuda::Stream stream) : device(device), cuda(cuda), stream(stream) {}

  llvm::Expected<void *> make(size_t bytes, bool floats) {
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

private:
  const Device &device;
  Cuda &cuda;
  Cuda::Stream stream;
  std::mt19937 random{12345};
  std::vector<DeviceBuffer> buffers;
};

/// One compiled operation with rotating memory.
class Case {
public:
  Case(const Device &device, Cuda &cuda, Cuda::Stream stream, Shape shape, std::string module)
      : device(device), cuda(cuda), stream(stream), shape(shape), module(std::move(module)),
        memory(device, cuda, stream) {}

  /// Times it; `copyGbps` is the bandwidth of a copy.
  llvm::Expected<json::Object> run(double copyGbps) {
    if (llvm::Error error = compile())
      return error;
    if (llvm::Error error = allocate())
      return error;
    bool step = module != "dense" && module != "append";
    json::Object row{{"method", "adamas"},
                     // Nothing of a step is read before the kernels in front of the step are done.
                     {"regime", "pdl_wait"},
                     {"module", step ? "decode_" + module : module},
                     {"query_heads", shape.queryHeads},
                     {"kv_heads", shape.kvHeads},
                     {"head_dim", 128},
                     {"dtype", "f16"},
                     {"bits", bits},
                     {"batch", shape.batch},
                     {"tokens", shape.tokens},
                     {"budget", int64_t(budget)},
                     {"candidates", module == "two_pass" ? 8 * budget : 0},
                     {"policy", std::string(policy)},
                     {"page_size", int64_t(pageSize)},
                     {"sets", int64_t(sets.size())}};
    auto whole = time(*program);
    if (!whole)
      return whole.takeError();
    row["time_us"] = *whole;
    if (step) { // the codes that are read, at the copy's bandwidth
      double bytes =
          double(shape.batch * shape.kvHeads * shape.tokens * 16) * (module == "two_pass" ? 1 : double(bits));
      row["roofline_fraction"] = bytes / (copyGbps * 1e3) / *whole;
    }
    size_t kernelCount = program->kernels(function).size();
    for (size_t i = 0; eachKernel && i < kernelCount; ++i) {
      auto alone = program->withKernel(function, i);
      if (!alone)
        return alone.takeError();
      auto microseconds = time(*alone);
      if (!microseconds)
        return microseconds.takeError();
      row["kernel" + std::to_string(i) + "_us"] = *microseconds;
    }
    row["launches"] = int64_t(kernelCount);
    row["compile_ms"] = times.total();
    return row;
  }

private:
  llvm::Error compile() {
    Request request;
    request.chip = device.info().chip;
    request.dtype = "f16";
    bool other = module == "dense" || module == "append";
    request.metric = other ? "l1" : module;
    request.operation = other ? module : "decode";
    request.policy = policy;
    request.bits = module == "two_pass" ? 4 : 2;
    request.budget = budget;
    request.candidates = module == "two_pass" ? 8 * budget : 0;
    request.sink = module == "two_pass" ? 4 : 0;
    request.kvHeads = shape.kvHeads;
    request.queryHeads = shape.queryHeads;
    request.maxBatch = shape.batch;
    request.maxSeqLen = shape.tokens;
    request.pageSize = pageSize;
    request.thresholdSets = shape.kvHeads;
    bits = request.bits;
    auto written = writeModule(request);
    if (!written)
      return written.takeError();
    DialectRegistry registry;
    registerDialects(registry);
    MLIRContext context(registry, MLIRContext::Threading::DISABLED);
    auto parsed = parseSourceString<ModuleOp>(written->text, ParserConfig(&context));
    if (!parsed)
      return llvm::createStringError("cannot parse\n" + written->text);
    GpuOptions options;
    options.chip = request.chip;
    options.ways = ways;
    options.threads = threadsOption;
    options.tokens = tokensOption;
    options.iterations = iterationsOption;
    options.engine = engine;
    options.fusion = fusion;
    options.batch = shape.batch;
    options.sequenceLength = shape.tokens;
    auto compiled = DeviceProgram::create(device, *parsed, options, &times);
    if (!compiled)
      return compiled.takeError();
    program.emplace(std::move(*compiled));
    names = written->arguments;
    function = request.operation;
    return llvm::Error::success();
  }

  llvm::Error allocate() {
    int64_t ofCodes = shape.batch * shape.kvHeads * shape.tokens * 16 * bits;
    int64_t ofCache = shape.batch * shape.kvHeads * shape.tokens * 256;
    // What a step reads of the cache, or all of it.
    int64_t cold = module == "dense" ? 2 * ofCache : module == "append" ? 4 * ofCache : ofCodes;
    int64_t count = std::clamp<int64_t>((int64_t(320) << 20) / cold + 1, 2, 128);
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

  llvm::Expected<adamas_tensor> makeValue(size_t index) {
    adamas_value_info info = {};
    info.struct_size = sizeof(info);
    if (llvm::Error error = toError(adamas_program_value_info(program->get(), function.c_str(), index, &info)))
      return error;
    adamas_tensor tensor = {};
    tensor.rank = info.rank;
    std::string name = info.role == ADAMAS_ARGUMENT ? names[index] : "";
    // All layers of a model share their lengths and pages.
    bool ofModel = name == "seq_lens" || name == "page_table";
    if (auto it = shared.find(name); ofModel && it != shared.end())
      return it->second;
    bool cache = name == "key" || name == "value" || name == "codes";
    int64_t pages = pageSize ? shape.batch * ((shape.tokens + pageSize - 1) / pageSize) : shape.batch;
    for (int32_t axis = 0; axis < info.rank; ++axis) {
      int64_t size = info.sizes[axis];
      if (size < 0 && (name == "new_key" || name == "new_value" || name == "slots"))
        size = shape.batch * shape.tokens;
      else if (size < 0 && cache)
        size = axis == 0 ? pages : shape.tokens;
      else if (size < 0)
        size = axis == 0 ? shape.batch : (shape.tokens + pageSize - 1) / std::max<int64_t>(pageSize, 1);
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
    if (name == "seq_lens")
      numbers.assign(shape.batch, int32_t(shape.tokens));
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
    if (ofModel)
      shared[name] = tensor;
    return tensor;
  }

  llvm::Expected<double> time(const DeviceProgram &timed) {
    int64_t launches = std::max<int64_t>(20, sets.size());
    auto measured = cuda.timeGraph(stream, launches, replays, [&](Cuda::Stream on) -> llvm::Error {
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

  const Device &device;
  Cuda &cuda;
  Cuda::Stream stream;
  Shape shape;
  std::string module, function;
  RandomMemory memory;
  int64_t bits = 2;
  GpuCompileTimes times;
  std::vector<std::string> names;
  size_t workspaceSize = 0;
  std::optional<DeviceProgram> program;
  std::vector<std::vector<adamas_tensor>> sets;
  llvm::StringMap<adamas_tensor> shared; ///< by the names of arguments
  void *workspace = nullptr;
};
} // namespace

static llvm::Expected<Shape> parseShape(llvm::StringRef text) {
  SmallVector<llvm::StringRef> fields;
  text.split(fields, '/');
  Shape shape;
  int64_t *sizes[] = {&shape.queryHeads, &shape.kvHeads, &shape.batch, &shape.tokens};
  if (fields.size() != std::size(sizes))
    return llvm::createStringError("--shapes expects Hq/Hkv/B/N, such as 32/8/1/32768, but got '" + text + "'");
  for (size_t i = 0; i < std::size(sizes); ++i)
    if (fields[i].getAsInteger(10, *sizes[i]) || *sizes[i] < 1)
      return llvm::createStringError("--shapes expects numbers from 1 on in Hq/Hkv/B/N, but got '" + text + "'");
  return shape;
}

/// Read and written bytes per second of a 1 GiB copy, in GB/s.
static llvm::Expected<double> measureCopy(const Device &device, Cuda &cuda, Cuda::Stream stream) {
  constexpr size_t size = size_t(1) << 30;
  auto from = DeviceBuffer::allocate(device, size), to = DeviceBuffer::allocate(device, size);
  if (!from)
    return from.takeError();
  if (!to)
    return to.takeError();
  std::vector<double> times;
  // Not in a graph: a captured copy takes a slower path.
  auto measured = cuda.timeStream(stream, replays, [&] { return cuda.copy(to->data(), from->data(), size, stream); });
  if (!measured)
    return measured.takeError();
  return 2 * double(size) / median(*measured) * 1e-3;
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
  auto copy = measureCopy(*device, *cuda, *stream);
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
    auto shape = parseShape(text);
    if (!shape)
      return shape.takeError();
    for (const std::string &module : modules) {
      auto row = Case(*device, *cuda, *stream, *shape, module).run(*copy);
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
