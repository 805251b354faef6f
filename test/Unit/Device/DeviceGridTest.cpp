// Random decode steps on a GPU against the reference: integers exactly, outputs within att-2, twice the same bits.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "DecodeCase.h"
#include "adamas/Reference/Compare.h"
#include "adamas/Reference/Evaluate.h"
#include "device/Device.h"
#include "gtest/gtest.h"
#include <atomic>
#include <cstring>
#include <thread>

using namespace mlir;
using namespace mlir::adamas;
using namespace mlir::adamas::test;

namespace {
/// What a GPU adds to a case.
struct DeviceCase {
  DecodeCase step;
  GpuOptions options;
  DeviceLayout layout;

  std::string describe() const {
    return step.describe() + " ways " + std::to_string(options.ways) + " engine " +
           stringifyEngine(options.engine).str() + " threads " + std::to_string(options.threads) + " tokens " +
           std::to_string(options.tokens) + " iterations " + std::to_string(options.iterations) + " page " +
           std::to_string(layout.pageSize) + (layout.tokenMajor ? " token major" : "");
  }

  static DeviceCase random(std::mt19937 &random, const std::string &chip) {
    auto pick = [&](std::initializer_list<int64_t> values) { return *(values.begin() + random() % values.size()); };
    DeviceCase c;
    c.step = DecodeCase::random(random);
    c.options.chip = chip;
    c.options.ways = pick({1, 2, 4, 7});
    c.options.engine = Engine(random() % 4); // the last: choose
    c.options.threads = pick({0, 128, 256, 512});
    c.options.tokens = pick({0, 2, 4});
    c.options.iterations = pick({0, 1, 3});
    c.layout.pageSize = pick({0, 0, 1, 16, 32, 64, 128});
    c.layout.tokenMajor = random() % 2;
    c.layout.shuffle = random();
    if (int64_t longest = pick({0, 0, 0, 0, 20000}); longest && c.step.batch == 1) {
      c.step.tokens = longest + random() % 700;
      c.step.lengths = {int32_t(c.step.tokens)};
    }
    return c;
  }

  std::string run(const Device &device, MLIRContext &context, std::mt19937 &random) const {
    DecodeCase::Data data;
    if (std::string failure = step.prepare(context, random, data); !failure.empty())
      return failure;
    if (layout.pageSize)
      if (llvm::Error error = pageCaches(data.function("decode"), layout.pageSize))
        return llvm::toString(std::move(error));
    auto program = DeviceProgram::create(device, *data.module, options);
    if (!program)
      return llvm::toString(program.takeError());
    std::vector<Tensor> codes{Tensor(data.codes.dtype(), data.codes.shape())};
    auto encoded = program->run(data.function("encode"), {&data.key, &data.sets, &data.offset}, codes, data.key.dim(0));
    if (!encoded)
      return llvm::toString(encoded.takeError());
    if (std::string difference = compareExact("key_codes", data.codes, codes[0]); !difference.empty())
      return difference;
    Tensor *arguments[] = {&data.query, &data.key, &data.value, &data.codes, &data.seqLens, &data.sets};
    std::vector<Tensor> results[2];
    for (std::vector<Tensor> &each : results) {
      each = data.poisonedResults();
      auto ran = program->run(data.function("decode"), arguments, each, step.batch, layout);
      if (!ran)
        return llvm::toString(ran.takeError());
    }
    for (size_t i = 0; i < results[0].size(); ++i) // att-5
      if (std::memcmp(results[0][i].raw(), results[1][i].raw(), results[0][i].bytes()) != 0)
        return "att-5: result " + std::to_string(i) + " differs from run to run";
    return DecodeCase::check(data, results[0]);
  }
};

int64_t fromEnvironment(const char *name, int64_t otherwise) {
  const char *text = std::getenv(name);
  return text ? std::atoll(text) : otherwise;
}
} // namespace

TEST(DeviceGrid, RandomStepsEqualTheReference) {
  llvm::Expected<Device> device = Device::open();
  if (!device)
    GTEST_SKIP() << llvm::toString(device.takeError());
  int64_t cases = fromEnvironment("ADAMAS_TEST_CASES", 64), seed = fromEnvironment("ADAMAS_TEST_SEED", 1);
  int64_t workers = fromEnvironment("ADAMAS_TEST_THREADS", 4);
  std::string chip = device->info().chip;
  std::atomic<int64_t> next = 0, failures = 0;
  std::mutex printing;
  // Most of the time goes to compilers and to the reference.
  std::vector<std::thread> threads;
  for (int64_t worker = 0; worker < workers; ++worker)
    threads.emplace_back([&] {
      MLIRContext context(MLIRContext::Threading::DISABLED);
      prepareContext(context);
      for (int64_t i = next++; i < cases; i = next++) {
        std::mt19937 random(seed * 1000003 + i);
        DeviceCase c = DeviceCase::random(random, chip);
        std::string difference = c.run(*device, context, random);
        if (difference.empty())
          continue;
        std::lock_guard<std::mutex> lock(printing);
        if (++failures <= 20)
          ADD_FAILURE() << "case " << i << ": " << c.describe() << ": " << difference;
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(failures, 0);
}
