// Random decode steps on a GPU against the reference: integers exactly, outputs within att-2, twice the same bits.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// ADAMAS_TEST_SEED, ADAMAS_TEST_CASES and ADAMAS_TEST_THREADS draw others; ADAMAS_TEST_CASE runs one alone, as the line
// of a failure says. With ADAMAS_TEST_SECONDS more is drawn, schedules and regimes too, for that long
// (tools/scripts/fuzz_gpu.py).

#include "DecodeCase.h"
#include "adamas/Reference/Compare.h"
#include "adamas/Reference/Evaluate.h"
#include "adamas/Target/GpuTarget.h"
#include "device/Device.h"
#include "gtest/gtest.h"
#include <atomic>
#include <chrono>
#include <cstring>
#include <thread>

using namespace mlir;
using namespace mlir::adamas;
using namespace mlir::adamas::test;

/// Results of `@decode` that a case may leave out: what is returned is kept in global memory, the rest need not be.
static const std::vector<std::vector<size_t>> returnedResults = {{0, 1, 2, 3, 4, 5}, {0, 1, 2, 3}, {2, 3}, {2}};

/// Makes `function` return `kept` of its results only.
static void keepResults(func::FuncOp function, ArrayRef<size_t> kept) {
  Operation *terminator = function.getBody().front().getTerminator();
  SmallVector<Value> values;
  for (size_t index : kept)
    values.push_back(terminator->getOperand(index));
  terminator->setOperands(values);
  auto type = function.getFunctionType();
  function.setType(FunctionType::get(function.getContext(), type.getInputs(), ValueRange(values).getTypes()));
}

namespace {
/// Every engine that `chip` has and that measures `metric`, and the choice between them.
std::vector<Engine> enginesFor(const std::string &chip, DecodeCase::Metric metric) {
  std::vector<Engine> engines;
  llvm::Expected<GpuTarget> target = GpuTarget::get(chip);
  bool nativeB1 = target && target->nativeB1;
  if (!target)
    llvm::consumeError(target.takeError());
  for (uint32_t i = 0; i <= getMaxEnumValForEngine(); ++i)
    if (std::optional<Engine> engine = symbolizeEngine(i);
        engine && (*engine != Engine::B1 || nativeB1) && (*engine != Engine::S8 || metric != DecodeCase::L1))
      engines.push_back(*engine);
  return engines;
}

/// What a GPU adds to a case.
struct DeviceCase {
  DecodeCase step;
  GpuOptions options;
  DeviceLayout layout;
  size_t returned = 0; ///< which of `returnedResults`

  static constexpr const char *regimeNames[] = {"no_pdl", "pdl_wait", "pdl_prefetch"};

  std::string describe() const {
    return step.describe() + " ways " + std::to_string(options.ways) + " engine " +
           stringifyEngine(options.engine).str() + " attention " + stringifyAttentionEngine(options.attention).str() +
           " distance bits " + std::to_string(options.distanceBits) + " fusion " +
           stringifyFusion(options.fusion).str() + " returned " + std::to_string(returned) + " threads " +
           std::to_string(options.threads) + " tokens " + std::to_string(options.tokens) + " iterations " +
           std::to_string(options.iterations) + " regime " + regimeNames[size_t(options.regime)] + " expected " +
           std::to_string(options.batch) + " x " + std::to_string(options.sequenceLength) + " page " +
           std::to_string(layout.pageSize) + (layout.tokenMajor ? " token major" : "");
  }

  static DeviceCase random(std::mt19937 &random, const std::string &chip) {
    auto pick = [&](std::initializer_list<int64_t> values) { return *(values.begin() + random() % values.size()); };
    DeviceCase c;
    c.step = DecodeCase::random(random);
    c.options.chip = chip;
    c.options.ways = pick({1, 2, 4, 7, 12}); // the last: more than a cluster has
    std::vector<Engine> engines = enginesFor(chip, c.step.metric);
    c.options.engine = engines[random() % engines.size()];
    c.options.fusion = Fusion(random() % 4); // the last: choose
    c.options.attention = AttentionEngine(random() % 3);
    c.options.distanceBits = pick({0, 8, 8, 16});
    c.options.batch = pick({1, 1, 64, 500}); // many: they take their turns by length
    c.returned = random() % returnedResults.size();
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

  /// Draws more than `random` does: budgets beyond lists of a warp, every schedule, regimes, what is expected.
  static DeviceCase randomSchedule(std::mt19937 &random, const std::string &chip) {
    auto pick = [&](std::initializer_list<int64_t> values) { return *(values.begin() + random() % values.size()); };
    DeviceCase c = DeviceCase::random(random, chip);
    c.options.ways = pick({0, 1, 2, 3, 4, 5, 6, 7, 8});
    c.options.threads = pick({0, 64, 128, 256, 512, 1024});
    c.options.tokens = pick({0, 2, 4, 8});
    c.options.iterations = pick({0, 1, 2, 3, 8});
    c.options.regime = Regime(random() % 3);
    c.options.batch = pick({1, 1, 8, 64});
    c.options.sequenceLength = pick({512, 8192, 32768, 131072});
    c.layout.pageSize = pick({0, 0, 1, 3, 16, 48, 64, 100, 128, 256});
    DecodeCase &step = c.step;
    if (random() % 3 == 0) {
      step.budget = pick({1, 2, 31, 32, 33, 128, 256, 777, 1024, 2048});
      step.candidates = step.budget * pick({1, 2, 8}) + pick({0, 1, 3});
    }
    if (step.sink + step.recent > step.budget) { // forced tokens have their place in the budget
      step.sink = 0;
      step.recent = 1;
    }
    return c;
  }

  /// How `run` begins where the compiler refuses a case for what the chip lacks.
  static constexpr const char *refusal = "refused: ";

  std::string run(const Device &device, MLIRContext &context, std::mt19937 &random) const {
    DecodeCase::Data data;
    if (std::string failure = step.prepare(context, random, data); !failure.empty())
      return failure;
    keepResults(data.function("decode"), returnedResults[returned]);
    if (layout.pageSize)
      if (llvm::Error error = pageCaches(data.function("decode"), layout.pageSize))
        return llvm::toString(std::move(error));
    std::string complaints;
    ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
      if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
        complaints += diagnostic.str() + "; ";
      return success();
    });
    auto program = DeviceProgram::create(device, *data.module, options);
    if (!program) {
      bool tooLarge = complaints.find("bytes of shared memory, but a CTA") != std::string::npos;
      return (tooLarge ? refusal : "") + complaints + llvm::toString(program.takeError());
    }
    std::vector<Tensor> codes{Tensor(data.codes.dtype(), data.codes.shape())};
    auto encoded = program->run(data.function("encode"), {&data.key, &data.sets, &data.offset}, codes, data.key.dim(0));
    if (!encoded)
      return llvm::toString(encoded.takeError());
    if (std::string difference = compareExact("key_codes", data.codes, codes[0]); !difference.empty())
      return difference;
    Tensor *arguments[] = {&data.query, &data.key, &data.value, &data.codes, &data.seqLens, &data.sets};
    std::vector<Tensor> results[2];
    const std::vector<size_t> &kept = returnedResults[returned];
    for (std::vector<Tensor> &each : results) {
      std::vector<Tensor> poisoned = data.poisonedResults();
      for (size_t index : kept)
        each.push_back(poisoned[index]);
      auto ran = program->run(data.function("decode"), arguments, each, step.batch, layout);
      if (!ran)
        return llvm::toString(ran.takeError());
    }
    for (size_t i = 0; i < results[0].size(); ++i) // att-5
      if (std::memcmp(results[0][i].raw(), results[1][i].raw(), results[0][i].bytes()) != 0)
        return "att-5: result " + std::to_string(i) + " differs from run to run";
    std::vector<Tensor> all = data.expected;
    for (size_t i = 0; i < kept.size(); ++i)
      all[kept[i]] = results[0][i];
    return DecodeCase::check(data, all);
  }
};

int64_t fromEnvironment(const char *name, int64_t otherwise) {
  const char *text = std::getenv(name);
  return text ? std::atoll(text) : otherwise;
}
} // namespace

/// How to run one case of the running test alone.
static std::string repeatCommand(int64_t seed, int64_t number) {
  const testing::TestInfo *test = testing::UnitTest::GetInstance()->current_test_info();
  std::string text = "ADAMAS_TEST_SEED=" + std::to_string(seed) + " ADAMAS_TEST_CASE=" + std::to_string(number);
  if (const char *seconds = std::getenv("ADAMAS_TEST_SECONDS"))
    text += std::string(" ADAMAS_TEST_SECONDS=") + seconds;
  return text + " AdamasDeviceTests --gtest_filter=" + test->test_suite_name() + "." + test->name();
}

/// Runs the cases that `draw` makes of their numbers, for `seconds` unless that is 0.
static void runCases(int64_t cases, function_ref<DeviceCase(int64_t, std::mt19937 &, const std::string &)> draw,
                     int64_t seconds = 0) {
  llvm::Expected<Device> device = Device::open();
  if (!device)
    GTEST_SKIP() << llvm::toString(device.takeError());
  int64_t seed = fromEnvironment("ADAMAS_TEST_SEED", 1);
  int64_t workers = fromEnvironment("ADAMAS_TEST_THREADS", 4);
  std::string chip = device->info().chip;
  int64_t only = fromEnvironment("ADAMAS_TEST_CASE", -1);
  if (only >= 0)
    cases = only + 1;
  std::atomic<int64_t> next = std::max<int64_t>(only, 0), failures = 0, refused = 0, passed = 0;
  std::mutex printing;
  auto start = std::chrono::steady_clock::now();
  auto isOver = [&] {
    return seconds && only < 0 && std::chrono::steady_clock::now() - start > std::chrono::seconds(seconds);
  };
  // Most of the time goes to compilers and to the reference.
  std::vector<std::thread> threads;
  for (int64_t worker = 0; worker < workers; ++worker)
    threads.emplace_back([&] {
      MLIRContext context(MLIRContext::Threading::DISABLED);
      prepareContext(context);
      for (int64_t i = next++; i < cases && !isOver(); i = next++) {
        std::mt19937 random(seed * 1000003 + i);
        DeviceCase c = draw(i, random, chip);
        std::string difference = c.run(*device, context, random);
        if (difference.empty() && ++passed)
          continue;
        if (seconds && StringRef(difference).starts_with(DeviceCase::refusal) && ++refused)
          continue;
        std::lock_guard<std::mutex> lock(printing);
        if (++failures <= 20)
          ADD_FAILURE() << "case " << i << ": " << c.describe() << ": " << difference
                        << "\nrepeat: " << repeatCommand(seed, i);
        // An error of the device stays with the process.
        if (StringRef(difference).contains("CUDA_ERROR"))
          next = cases;
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(failures, 0);
  if (seconds)
    llvm::outs() << "seed " << seed << ": " << passed << " cases passed, " << failures << " failed, " << refused
                 << " were refused\n";
}

TEST(DeviceGrid, RandomStepsEqualTheReference) {
  runCases(fromEnvironment("ADAMAS_TEST_CASES", 64),
           [](int64_t, std::mt19937 &random, const std::string &chip) { return DeviceCase::random(random, chip); });
}

TEST(DeviceGrid, FuzzedSchedulesEqualTheReference) {
  int64_t seconds = fromEnvironment("ADAMAS_TEST_SECONDS", 0);
  if (seconds <= 0)
    GTEST_SKIP() << "set ADAMAS_TEST_SECONDS to draw schedules for that long";
  runCases(
      INT64_MAX,
      [](int64_t, std::mt19937 &random, const std::string &chip) { return DeviceCase::randomSchedule(random, chip); },
      seconds);
}

// Lengths at and beside every power of two up to 131,072, so at the boundaries of whatever tiles there are, and budgets
// from 1 to beyond the length.
TEST(DeviceGrid, BoundaryLengthsEqualTheReference) {
  constexpr int64_t powers = 18, around = 3;
  runCases(fromEnvironment("ADAMAS_TEST_BOUNDARY_CASES", powers * around), [&](int64_t i, std::mt19937 &random,
                                                                               const std::string &chip) {
    auto pick = [&](std::initializer_list<int64_t> values) { return *(values.begin() + random() % values.size()); };
    DeviceCase c = DeviceCase::random(random, chip);
    DecodeCase &step = c.step;
    int64_t length = std::max<int64_t>(1, (int64_t(1) << (i / around % powers)) + i % around - 1);
    bool isLong = length > 20000;
    step.batch = step.kvHeads = 1;
    step.dim = isLong ? 32 : pick({32, 64, 128});
    step.group = isLong ? pick({1, 2, 4}) : pick({1, 2, 7, 16});
    step.queryTokens = isLong ? 1 : std::min(length, pick({1, 1, 6, 7, 8}));
    step.tokens = length;
    step.lengths = {int32_t(length)};
    step.sink = 0;
    step.recent = 1;
    step.budget = pick({1, 2, std::max<int64_t>(1, length / 3), std::max<int64_t>(1, length - 1), length, length + 5});
    if (step.metric == DecodeCase::TwoPass) // two lists
      step.budget = std::min<int64_t>(step.budget, 1500);
    step.candidates = 2 * step.budget + 3;
    step.equal = random() % 4 == 0;
    return c;
  });
}
