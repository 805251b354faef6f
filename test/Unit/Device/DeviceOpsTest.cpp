// Dense attention and append on a GPU against the reference.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "DecodeCase.h"
#include "adamas/GpuCompiler/Request.h"
#include "adamas/Reference/Attention.h"
#include "adamas/Reference/Compare.h"
#include "adamas/Reference/Evaluate.h"
#include "device/Call.h"
#include "device/Cuda.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"
#include <cmath>
#include <cstring>
#include <numeric>

using namespace mlir;
using namespace mlir::adamas;
using namespace mlir::adamas::test;

namespace {
class DeviceOps : public testing::Test {
protected:
  DeviceOps() : context(MLIRContext::Threading::DISABLED) { prepareContext(context); }

  void SetUp() override {
    auto opened = Device::open();
    if (!opened)
      GTEST_SKIP() << llvm::toString(opened.takeError());
    device.emplace(std::move(*opened));
  }

  /// Cases to draw; ADAMAS_TEST_CASES raises it for a long run.
  static int count() {
    const char *text = std::getenv("ADAMAS_TEST_CASES");
    return text ? std::atoi(text) / 8 : 8;
  }

  int64_t pick(std::initializer_list<int64_t> values) { return *(values.begin() + random() % values.size()); }

  Request drawRequest(const char *operation) {
    Request request;
    request.chip = device->info().chip;
    request.operation = operation;
    request.metric = "l1";
    request.policy = "per_query_head";
    request.dtype = std::vector<const char *>{"f16", "bf16", "f32"}[random() % 3];
    request.headDim = pick({32, 64, 128, 256});
    request.kvHeads = pick({1, 2, 3});
    request.queryHeads = request.kvHeads * pick({1, 3, 4, 8, 16});
    request.queryTokens = pick({1, 1, 2, 5});
    request.bits = pick({1, 2, 3, 4});
    request.thresholdSets = pick({1, request.kvHeads});
    request.lse = true;
    return request;
  }

  OwningOpRef<ModuleOp> parse(const Request &request) {
    auto written = writeModule(request);
    EXPECT_TRUE(bool(written));
    return parseSourceString<ModuleOp>(written->text, ParserConfig(&context));
  }

  Tensor makeFloats(const std::string &dtype, ArrayRef<int64_t> shape) {
    Tensor tensor(dtype == "f16" ? DType::F16 : dtype == "bf16" ? DType::BF16 : DType::F32, shape);
    std::normal_distribution<double> normal(0, 1);
    for (int64_t i = 0; i < tensor.size(); ++i)
      tensor.setFloat(i, normal(random));
    return tensor;
  }

  /// Ascending thresholds of every set, each set a little off the others.
  static Tensor makeThresholds(const Request &request) {
    int64_t count = (1 << request.bits) - 1;
    SmallVector<int64_t> shape{count};
    if (request.thresholdSets > 1)
      shape.insert(shape.begin(), request.thresholdSets);
    Tensor sets(DType::F32, shape);
    for (int64_t t = 0; t < sets.size(); ++t)
      sets.setFloat(t, (t % count - (count - 1) / 2.0) * 0.5 + 0.01 * (t / count));
    return sets;
  }

  GpuOptions options(const Request &request, int64_t ways) {
    GpuOptions options;
    options.chip = request.chip;
    options.ways = ways;
    return options;
  }

  MLIRContext context;
  std::optional<Device> device;
  std::mt19937 random{7};
};
} // namespace

TEST_F(DeviceOps, DenseAttentionEqualsTheReference) {
  for (int i = 0; i < count(); ++i) {
    Request request = drawRequest("dense");
    int64_t batch = pick({1, 2, 3}), tokens = pick({1, 7, 64, 300, 2500});
    auto module = parse(request);
    ASSERT_TRUE(bool(module));
    SmallVector<int64_t> shape{batch};
    if (request.queryTokens > 1)
      shape.push_back(request.queryTokens);
    shape.append({request.queryHeads, request.headDim});
    Tensor query = makeFloats(request.dtype, shape);
    Tensor key = makeFloats(request.dtype, {batch, request.kvHeads, tokens, request.headDim});
    Tensor value = makeFloats(request.dtype, {batch, request.kvHeads, tokens, request.headDim});
    // A first token that takes nearly all of the weight and has nothing to say: the output is made of the small
    // weights.
    if (random() % 3 == 0) {
      for (int64_t row = 0; row < query.size(); row += request.headDim)
        query.setFloat(row, 4);
      for (int64_t row = 0; row < key.size(); row += request.headDim)
        key.setFloat(row, row / request.headDim % tokens ? 0 : 13 * std::sqrt(double(request.headDim)) / 4);
      for (int64_t row = 0; row < value.size(); row += tokens * request.headDim)
        for (int64_t j = 0; j < request.headDim; ++j)
          value.setFloat(row + j, 0);
    }
    Tensor lengths(DType::I32, {batch});
    for (int64_t s = 0; s < batch; ++s) {
      int64_t length = random() % 2 ? tokens : int64_t(random() % (tokens + 1));
      lengths.setInt(s, length < request.queryTokens ? 0 : length);
    }
    std::string text = request.dtype + " D " + std::to_string(request.headDim) + " Hq " +
                       std::to_string(request.queryHeads) + " Hkv " + std::to_string(request.kvHeads) + " Nq " +
                       std::to_string(request.queryTokens) + " N " + std::to_string(tokens);
    auto function = *module->getOps<func::FuncOp>().begin();
    int64_t page = pick({0, 0, 16, 64});
    if (page)
      ASSERT_FALSE(bool(pageCaches(function, page)));
    auto program = DeviceProgram::create(*device, *module, options(request, pick({1, 3, 20, 40})));
    ASSERT_TRUE(bool(program)) << text << llvm::toString(program.takeError());
    std::vector<Tensor> results{Tensor(query.dtype(), shape), Tensor(DType::F32, ArrayRef<int64_t>(shape).drop_back())};
    DeviceLayout layout{page, random() % 2 == 0, 3};
    auto ran = program->run(function, {&query, &key, &value, &lengths}, results, batch, layout);
    ASSERT_TRUE(bool(ran)) << text << llvm::toString(ran.takeError());
    auto exact = attendVisible(query, key, value, lengths, nullptr, std::nullopt);
    ASSERT_TRUE(bool(exact)) << llvm::toString(exact.takeError());
    EXPECT_EQ(compareAttention(*exact, results[0], &results[1]), "") << text;
  }
}

TEST_F(DeviceOps, AppendEqualsTheReference) {
  for (int i = 0; i < count(); ++i) {
    Request request = drawRequest("append");
    request.offset = random() % 2;
    request.pageSize = pick({1, 16, 64});
    int64_t pages = 9, tokens = pick({1, 5, 9});
    auto module = parse(request);
    ASSERT_TRUE(bool(module));
    Tensor newKey = makeFloats(request.dtype, {tokens, request.kvHeads, request.headDim});
    Tensor newValue = makeFloats(request.dtype, {tokens, request.kvHeads, request.headDim});
    SmallVector<int64_t> pool{pages, request.kvHeads, request.pageSize, request.headDim};
    Tensor key = makeFloats(request.dtype, pool), value = makeFloats(request.dtype, pool);
    Tensor codes(DType::U32, {pages, request.kvHeads, request.pageSize, request.bits, request.headDim / 32});
    for (uint32_t &word : codes.as<uint32_t>())
      word = random();
    // Every slot once, and one that is skipped.
    std::vector<int32_t> order(pages * request.pageSize);
    for (size_t s = 0; s < order.size(); ++s)
      order[s] = int32_t(s);
    std::shuffle(order.begin(), order.end(), random);
    Tensor slots(DType::I32, {tokens});
    for (int64_t t = 0; t < tokens; ++t)
      slots.setInt(t, t == tokens / 2 && tokens > 1 ? -1 : order[t]);
    Tensor sets = makeThresholds(request), offset(DType::F32, {request.kvHeads, request.headDim});
    for (int64_t t = 0; t < offset.size(); ++t)
      offset.setFloat(t, int64_t(random() % 100) / 100.0 - 0.5);
    SmallVector<Tensor> inputs{key, value, codes, newKey, newValue, slots, sets};
    if (request.offset)
      inputs.push_back(offset);
    auto function = *module->getOps<func::FuncOp>().begin();
    auto expected = evaluate(function, inputs);
    ASSERT_TRUE(succeeded(expected));
    auto program = DeviceProgram::create(*device, *module, options(request, 1));
    ASSERT_TRUE(bool(program)) << llvm::toString(program.takeError());
    SmallVector<Tensor *> arguments;
    for (Tensor &tensor : inputs)
      arguments.push_back(&tensor);
    auto ran = program->run(function, arguments, {}, 1, {}, 1, {0, 1, 2});
    ASSERT_TRUE(bool(ran)) << llvm::toString(ran.takeError());
    const char *names[] = {"key", "value", "codes"};
    for (unsigned r = 0; r < 3; ++r)
      EXPECT_EQ(std::memcmp((*expected)[r].raw(), inputs[r].raw(), inputs[r].bytes()), 0)
          << names[r] << " " << request.dtype << " D " << request.headDim << " bits " << request.bits << " page "
          << request.pageSize;
  }
}

/// The logical sequences of `pool` by `table`, `[B, Hkv, N, D]`.
static Tensor gather(const Tensor &pool, const Tensor &table) {
  int64_t batch = table.dim(0), pages = table.dim(1), heads = pool.dim(1), size = pool.dim(2), dim = pool.dim(3);
  Tensor sequences(pool.dtype(), {batch, heads, pages * size, dim});
  for (int64_t i = 0; i < sequences.size(); ++i) {
    int64_t d = i % dim, n = i / dim % (pages * size), h = i / dim / (pages * size) % heads;
    int64_t page = table.getInt(i / dim / (pages * size) / heads * pages + n / size);
    sequences.setFloat(i, pool.getFloat(((page * heads + h) * size + n % size) * dim + d));
  }
  return sequences;
}

// append and decode in one module: what is appended is seen by the scan and the attention behind it.
TEST_F(DeviceOps, AStepReadsWhatItAppends) {
  for (int i = 0; i < 4 * count(); ++i) {
    Request request = drawRequest("step");
    request.queryHeads = request.kvHeads * pick({1, 3, 4});
    request.metric = std::vector<const char *>{"l1", "weighted", "two_pass"}[random() % 3];
    request.policy = random() % 2 ? "per_kv_head" : "per_query_head";
    request.budget = pick({1, 32, 100});
    request.candidates = request.metric == "two_pass" ? 4 * request.budget : 0;
    request.range = 2 * request.headDim;
    request.cap = 7;
    request.recent = 1;
    request.indices = true;
    request.offset = random() % 2;
    request.pageSize = pick({0, 16, 64});
    int64_t batch = pick({1, 1, 3}), size = pick({200, 3000}), each = 1;
    if (request.pageSize) {
      each = (size + request.pageSize - 1) / request.pageSize;
      size = request.pageSize;
    }
    int64_t capacity = each * size, pages = batch * each, tokens = batch * request.queryTokens;
    auto module = parse(request);
    ASSERT_TRUE(bool(module));
    SmallVector<int64_t> shape{batch};
    if (request.queryTokens > 1)
      shape.push_back(request.queryTokens);
    shape.append({request.queryHeads, request.headDim});
    SmallVector<int64_t> pool{pages, request.kvHeads, size, request.headDim};
    Tensor query = makeFloats(request.dtype, shape), key = makeFloats(request.dtype, pool),
           value = makeFloats(request.dtype, pool), table(DType::I32, {batch, each}), lengths(DType::I32, {batch});
    Tensor codes(DType::U32, {pages, request.kvHeads, size, request.bits, request.headDim / 32});
    for (uint32_t &word : codes.as<uint32_t>())
      word = random();
    std::vector<int32_t> order(pages);
    std::iota(order.begin(), order.end(), 0);
    if (request.pageSize)
      std::shuffle(order.begin(), order.end(), random);
    for (int64_t p = 0; p < pages; ++p)
      table.setInt(p, order[p]);
    // The last tokens of each sequence are new, one of all is skipped, and one lies somewhere in front.
    Tensor newKey = makeFloats(request.dtype, {tokens, request.kvHeads, request.headDim});
    Tensor newValue = makeFloats(request.dtype, {tokens, request.kvHeads, request.headDim}),
           slots(DType::I32, {tokens});
    int64_t oneInFront = tokens > 1 ? int64_t(random() % tokens) : -1;
    for (int64_t t = 0; t < tokens; ++t) {
      int64_t sequence = t / request.queryTokens, place = t % request.queryTokens;
      if (place == 0)
        lengths.setInt(sequence, capacity - int64_t(random() % 100));
      int64_t position = lengths.getInt(sequence) - request.queryTokens + place;
      if (t == oneInFront)
        position = int64_t(random() % 90);
      slots.setInt(t, table.getInt(sequence * each + position / size) * size + position % size);
    }
    if (tokens > 2)
      slots.setInt(int64_t(random() % tokens), -1);
    Tensor sets = makeThresholds(request), offset(DType::F32, {request.kvHeads, request.headDim});
    SmallVector<Tensor> inputs{query, key, value, codes};
    if (request.pageSize)
      inputs.push_back(table);
    inputs.push_back(lengths);
    if (request.metric == "l1")
      inputs.push_back(sets);
    inputs.append({newKey, newValue, slots, sets});
    if (request.offset)
      inputs.push_back(offset);
    auto function = *module->getOps<func::FuncOp>().begin();
    auto expected = evaluate(function, inputs); // output, lse, indices, lengths, and the pools
    ASSERT_TRUE(succeeded(expected));
    GpuOptions chosen = options(request, pick({0, 1, 2, 4, 7}));
    chosen.fusion = Fusion(random() % 4);
    std::string text = request.metric + " " + request.policy + " " + request.dtype + " D " +
                       std::to_string(request.headDim) + " Hq " + std::to_string(request.queryHeads) + " Hkv " +
                       std::to_string(request.kvHeads) + " Nq " + std::to_string(request.queryTokens) + " B " +
                       std::to_string(batch) + " bits " + std::to_string(request.bits) + " k " +
                       std::to_string(request.budget) + " page " + std::to_string(request.pageSize) + " ways " +
                       std::to_string(chosen.ways) + " fusion " + stringifyFusion(chosen.fusion).str();
    auto program = DeviceProgram::create(*device, *module, chosen);
    ASSERT_TRUE(bool(program)) << text << llvm::toString(program.takeError());
    SmallVector<Tensor *> arguments;
    for (Tensor &tensor : inputs)
      arguments.push_back(&tensor);
    std::vector<Tensor> results;
    for (unsigned r = 0; r < 4; ++r)
      results.emplace_back((*expected)[r].dtype(), (*expected)[r].shape());
    auto ran = program->run(function, arguments, results, batch, {}, 1, {1, 2, 3});
    ASSERT_TRUE(bool(ran)) << text << llvm::toString(ran.takeError());
    const char *names[] = {"key", "value", "codes"};
    for (unsigned r = 0; r < 3; ++r)
      EXPECT_EQ(std::memcmp((*expected)[4 + r].raw(), inputs[1 + r].raw(), inputs[1 + r].bytes()), 0)
          << names[r] << " " << text;
    EXPECT_EQ(compareExact("indices", (*expected)[2], results[2]), "") << text;
    EXPECT_EQ(compareExact("lengths", (*expected)[3], results[3]), "") << text;
    auto exact =
        attendListed(query, gather((*expected)[4], table), gather((*expected)[5], table), results[2], results[3]);
    ASSERT_TRUE(bool(exact)) << text << llvm::toString(exact.takeError());
    EXPECT_EQ(compareAttention(*exact, results[0], &results[1]), "") << text;
  }
}

// kv-4: lengths are read on the device, so what was captured once follows them as sequences grow.
TEST_F(DeviceOps, ACapturedStepFollowsGrowingLengths) {
  DecodeCase step;
  step.metric = DecodeCase::Weighted;
  step.batch = 1;
  step.tokens = 3000;
  step.lengths = {3000};
  DecodeCase::Data data;
  ASSERT_EQ(step.prepare(context, random, data), "");
  auto program = DeviceProgram::create(*device, *data.module, options(drawRequest("decode"), 4));
  ASSERT_TRUE(bool(program)) << llvm::toString(program.takeError());
  Tensor *arguments[] = {&data.query, &data.key, &data.value, &data.codes, &data.seqLens, &data.sets};
  std::vector<Tensor> results = data.poisonedResults();
  auto call = DeviceCall::place(*program, data.function("decode"), arguments, results, 1, {});
  ASSERT_TRUE(bool(call)) << llvm::toString(call.takeError());
  constexpr size_t seqLens = 4, indices = 6;
  const int32_t lengths[] = {0, 31, 1500, 1501, 3000};
  std::vector<DeviceBuffer> sources, targets;
  for (int32_t length : lengths) {
    auto source = DeviceBuffer::allocate(*device, sizeof(length));
    auto target = DeviceBuffer::allocate(*device, call->bytes(indices));
    ASSERT_TRUE(source && target);
    ASSERT_FALSE(bool(source->write(&length, sizeof(length))));
    sources.push_back(std::move(*source));
    targets.push_back(std::move(*target));
  }
  auto cuda = Cuda::open();
  ASSERT_TRUE(bool(cuda)) << llvm::toString(cuda.takeError());
  auto stream = cuda->createStream();
  ASSERT_TRUE(bool(stream)) << llvm::toString(stream.takeError());
  auto replayed = cuda->timeGraph(*stream, 1, 2, [&](Cuda::Stream on) -> llvm::Error {
    for (size_t i = 0; i < std::size(lengths); ++i) {
      if (llvm::Error error = cuda->copy(call->data(seqLens), sources[i].data(), sizeof(int32_t), on))
        return error;
      if (llvm::Error error = call->launch(*program, on))
        return error;
      if (llvm::Error error = cuda->copy(targets[i].data(), call->data(indices), call->bytes(indices), on))
        return error;
    }
    return llvm::Error::success();
  });
  ASSERT_TRUE(bool(replayed)) << llvm::toString(replayed.takeError());
  for (size_t i = 0; i < std::size(lengths); ++i) {
    data.seqLens.setInt(0, lengths[i]);
    auto expected =
        evaluate(data.function("decode"), {data.query, data.key, data.value, data.codes, data.seqLens, data.sets});
    ASSERT_TRUE(succeeded(expected));
    Tensor got((*expected)[0].dtype(), (*expected)[0].shape());
    ASSERT_FALSE(bool(targets[i].read(got.raw(), got.bytes())));
    EXPECT_EQ(compareExact("indices", (*expected)[0], got), "") << "length " << lengths[i];
  }
}
