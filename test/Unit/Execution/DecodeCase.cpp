// A decode step of random shape.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "DecodeCase.h"
#include "adamas/Reference/Attention.h"
#include "adamas/Reference/Compare.h"
#include "adamas/Reference/Evaluate.h"
#include "adamas/Register.h"
#include "mlir/Parser/Parser.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>

using namespace mlir;
using namespace mlir::adamas;
using namespace mlir::adamas::test;
using llvm::formatv;

void mlir::adamas::test::prepareContext(MLIRContext &context) {
  DialectRegistry registry;
  registerDialects(registry);
  context.appendDialectRegistry(registry);
  context.loadAllAvailableDialects();
}

static StringRef elementName(DType dtype) {
  return dtype == DType::F16 ? "f16" : dtype == DType::BF16 ? "bf16" : "f32";
}

std::string DecodeCase::describe() const {
  std::string text = formatv(
      "metric {0} {1} bits {2} D {3} Hkv {4} G {5} Nq {6} B {7} N {8} k {9} candidates {10} sink {11} ", int(metric),
      elementName(dtype), bits, dim, kvHeads, group, queryTokens, batch, tokens, budget, candidates, sink);
  text += formatv("recent {0} range {1} cap {2} per_kv_head {3} shared {4} ties {5} equal {6} special {7} cpu {8} ways "
                  "{9} threads {10}",
                  recent, range, cap, perKvHead, sharedCache, ties, equal, special, host.cpu, host.ways, host.threads);
  return text;
}

std::string DecodeCase::module() const {
  int64_t heads = kvHeads * group, selections = perKvHead ? kvHeads : heads;
  std::string t(elementName(dtype)), nq = queryTokens > 1 ? formatv("{0}x", queryTokens).str() : "";
  auto rows = [&](int64_t count, const std::string &rest) {
    return formatv("tensor<?x{0}{1}{2}>", nq, count, rest).str();
  };
  std::string codes = formatv("!adamas.codes<{0}, {1}>", dim, bits);
  std::string query = rows(heads, formatv("x{0}x{1}", dim, t)), rotated = rows(heads, formatv("x{0}xf32", dim));
  std::string cache = formatv("tensor<?x{0}x?x{1}x{2}>", kvHeads, dim, t),
              keyCodes = formatv("tensor<?x{0}x?x{1}>", kvHeads, codes);
  std::string sets = formatv("tensor<{0}x{1}xf32>", kvHeads, (1 << bits) - 1),
              offset = formatv("tensor<{0}x{1}xf32>", kvHeads, dim);
  std::string side = metric == L1 ? rows(heads, "x" + codes) : rows(selections, formatv("x{0}xi8", dim));
  std::string distances = rows(selections, "x?xi32"), list = rows(selections, formatv("x{0}xi32", budget));
  std::string lse = rows(heads, "xf32"), lengthsType = rows(selections, "xi32");
  std::string wide = rows(selections, formatv("x{0}xi32", candidates));
  std::string near = metric == TwoPass ? wide : distances;
  std::string text =
      formatv("func.func @encode(%key: {0}, %t: {1}, %o: {2}) -> {3} {{\n", cache, sets, offset, keyCodes);
  text += formatv("  %y = adamas.hadamard %key : {0}\n", cache);
  text += formatv(
      "  %c = adamas.bucketize_pack %y thresholds(%t : {0}) offset(%o : {1}) heads_axis 1 : tensor<?x{2}x?x{3}xf32>\n",
      sets, offset, kvHeads, dim);
  text += formatv("  return %c : {0}\n}\n", keyCodes);
  text += formatv("func.func @decode(%query: {0}, %key: {1}, %value: {1}, %codes: {2}, %n: tensor<?xi32>, %t: {3}) -> ",
                  query, cache, keyCodes, sets);
  std::string results = llvm::join(std::vector<std::string>{list, lengthsType, query, lse, side, near}, ", ");
  text += formatv("({0}) {{\n  %y = adamas.hadamard %query : {1}\n", results, query);
  std::string limits = formatv("sink {0} recent {1}", sink, recent);
  if (metric == L1) {
    text += formatv("  %q = adamas.bucketize_pack %y thresholds(%t : {0}) : {1}\n", sets, rotated);
    text += formatv("  %d = adamas.l1_distance %q, %codes seq_lens(%n : tensor<?xi32>) {0} : {1}, {2}\n",
                    perKvHead ? "policy per_kv_head" : "", side, keyCodes);
  } else {
    std::string options = formatv("cap {0} {1} {2}", cap, range ? formatv("range {0}", range).str() : "",
                                  perKvHead ? formatv("kv_heads {0}", kvHeads).str() : "");
    // The format's order is range, cap, kv_heads.
    options = formatv("{0} cap {1} {2}", range ? formatv("range {0}", range).str() : "", cap,
                      perKvHead ? formatv("kv_heads {0}", kvHeads).str() : "");
    text += formatv("  %q = adamas.weigh %y {0} : {1}\n", options, rotated);
    text += formatv("  %{0} = adamas.weighted_distance %q, %codes seq_lens(%n : tensor<?xi32>) {1} : {2}, {3}\n",
                    metric == TwoPass ? "far" : "d", metric == TwoPass ? "planes 1" : "", side, keyCodes);
  }
  if (metric == TwoPass) {
    text += formatv("  %c, %l = adamas.topk %far seq_lens(%n : tensor<?xi32>) budget {0} {1} : {2}\n", candidates,
                    limits, distances);
    text += formatv(
        "  %d = adamas.weighted_distance %q, %codes seq_lens(%n : tensor<?xi32>) candidates(%c : {0}) : {1}, {2}\n",
        wide, side, keyCodes);
    text +=
        formatv("  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) candidates(%c : {0}) budget {1} {2} : {0}\n",
                wide, budget, limits);
  } else {
    text += formatv("  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget {0} {1} : {2}\n", budget, limits,
                    distances);
  }
  text += formatv("  %o, %lse = adamas.sparse_attention %query, %key, %value, %i, %m lse : {0}, {1}, {2}, {3}\n", query,
                  cache, list, lengthsType);
  text += formatv("  return %i, %m, %o, %lse, %q, %d : {0}\n}\n", results);
  return text;
}

DecodeCase DecodeCase::random(std::mt19937 &random) {
  auto pick = [&](std::initializer_list<int64_t> values) { return *(values.begin() + random() % values.size()); };
  DecodeCase c;
  c.metric = Metric(random() % 3);
  c.dtype = std::vector<DType>{DType::F16, DType::BF16, DType::F32}[random() % 3];
  c.bits = c.metric == TwoPass ? pick({2, 3, 4}) : pick({1, 2, 2, 3, 4});
  c.dim = pick({32, 64, 128, 256});
  c.kvHeads = pick({1, 2, 3});
  c.group = pick({1, 1, 3, 4, 5, 8});
  c.queryTokens = pick({1, 1, 1, 2, 5});
  c.batch = pick({1, 2, 3});
  c.tokens = pick({1, 15, 16, 17, 100, 300, 333, 1000, 2500, 7000});
  c.budget = pick({8, 13, 32, 100});
  c.candidates = c.budget * pick({2, 4}) + pick({0, 3});
  c.sink = pick({0, 0, 2, 4});
  c.recent = pick({1, 1, 3});
  c.range = pick({0, 0, 32, 1000, 32768});
  c.cap = pick({7, 7, 1, 20, 127});
  c.perKvHead = random() % 3 == 0;
  c.sharedCache = random() % 4 == 0;
  c.ties = random() % 3 == 0;
  c.special = random() % 8 == 0;
  c.host.ways = pick({1, 1, 2, 3, 7});
  c.host.threads = pick({1, 2, 3});
  for (int64_t i = 0; i < c.batch; ++i) {
    int64_t length = random() % 3 ? c.tokens : int64_t(random() % (c.tokens + 1));
    c.lengths.push_back(length < c.queryTokens ? 0 : length);
  }
  return c;
}

Tensor DecodeCase::makeFloats(ArrayRef<int64_t> shape, std::mt19937 &random, double scale) const {
  Tensor tensor(dtype, shape);
  std::normal_distribution<double> normal(0, scale);
  for (int64_t i = 0; i < tensor.size(); ++i) {
    double x = normal(random);
    // Few distinct vectors make ties everywhere.
    if (ties)
      x = ((i / dim) % 3) * 0.5 + ((i % dim) % 5) - 2;
    if (equal)
      x = (i % dim) % 7 - 3;
    if (special && random() % 997 == 0)
      x = std::vector<double>{NAN, INFINITY, -INFINITY, 0.0, -0.0}[random() % 5];
    tensor.setFloat(i, x);
  }
  return tensor;
}

/// Memory for a result and how it is passed.
static SmallVector<BufferView> viewsOf(MutableArrayRef<Tensor> tensors) {
  SmallVector<BufferView> views;
  for (Tensor &tensor : tensors)
    views.push_back(BufferView::of(tensor));
  return views;
}

std::string DecodeCase::prepare(MLIRContext &context, std::mt19937 &random, Data &data) const {
  data.module = parseSourceString<ModuleOp>(module(), &context);
  if (!data.module)
    return "cannot parse\n" + module();
  int64_t heads = kvHeads * group, cacheBatch = sharedCache ? 1 : batch;
  SmallVector<int64_t> queryShape{batch};
  if (queryTokens > 1)
    queryShape.push_back(queryTokens);
  queryShape.append({heads, dim});
  data.query = makeFloats(queryShape, random, 2);
  data.key = makeFloats({cacheBatch, kvHeads, tokens, dim}, random, 2);
  data.value = makeFloats({cacheBatch, kvHeads, tokens, dim}, random, 1);
  data.seqLens = Tensor(DType::I32, {batch});
  data.sets = Tensor(DType::F32, {kvHeads, (1 << bits) - 1});
  data.offset = Tensor(DType::F32, {kvHeads, dim});
  for (int64_t i = 0; i < batch; ++i)
    data.seqLens.setInt(i, lengths[i]);
  int64_t count = data.sets.dim(1);
  for (int64_t i = 0; i < data.sets.size(); ++i)
    data.sets.setFloat(i, (i % count - (count - 1) / 2.0) * 6.0 / count + 0.01 * (i / count));
  for (int64_t i = 0; i < data.offset.size(); ++i)
    data.offset.setFloat(i, int64_t(random() % 100) / 100.0 - 0.5);
  auto codes = evaluate(data.function("encode"), {data.key, data.sets, data.offset});
  if (failed(codes))
    return "the reference cannot encode";
  data.codes = (*codes)[0];
  auto expected =
      evaluate(data.function("decode"), {data.query, data.key, data.value, data.codes, data.seqLens, data.sets});
  if (failed(expected))
    return "the reference cannot decode";
  data.expected.assign(expected->begin(), expected->end());
  return "";
}

std::vector<Tensor> DecodeCase::Data::poisonedResults() const {
  std::vector<Tensor> results;
  for (const Tensor &tensor : expected) {
    results.emplace_back(tensor.dtype(), tensor.shape());
    std::memset(results.back().raw(), 0xcd, results.back().bytes());
  }
  return results;
}

std::string DecodeCase::check(const Data &data, ArrayRef<Tensor> results) {
  const char *names[] = {"indices", "lengths", "output", "lse", "query side", "distances"};
  for (unsigned i : {4, 5, 0, 1})
    if (std::string difference = compareExact(names[i], data.expected[i], results[i]); !difference.empty())
      return difference;
  auto exact = attendListed(data.query, data.key, data.value, results[0], results[1]);
  if (!exact)
    return llvm::toString(exact.takeError());
  return compareAttention(*exact, results[2], &results[3]);
}

std::string DecodeCase::compare(MLIRContext &context, std::mt19937 &random) const {
  Data data;
  if (std::string failure = prepare(context, random, data); !failure.empty())
    return failure;
  auto executable = Executable::compile(*data.module, host);
  if (!executable)
    return llvm::toString(executable.takeError());
  SmallVector<Tensor> inputs{data.key, data.sets, data.offset};
  SmallVector<Tensor> tiled{allocateCodes(data.key.dim(0), kvHeads, tokens, bits, dim)};
  if (llvm::Error error = (*executable)->run("encode", viewsOf(inputs), viewsOf(tiled)))
    return llvm::toString(std::move(error));
  if (std::string difference = compareExact("key_codes", data.codes, unpackCodes(tiled[0], tokens));
      !difference.empty())
    return difference;
  SmallVector<Tensor> arguments{data.query, data.key, data.value, tiled[0], data.seqLens, data.sets};
  std::vector<Tensor> results = data.poisonedResults();
  if (llvm::Error error = (*executable)->run("decode", viewsOf(arguments), viewsOf(results)))
    return llvm::toString(std::move(error));
  return check(data, results);
}
