// A decode step of one shape.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Shape.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/FormatVariadic.h"
#include <random>

using namespace mlir;
using namespace mlir::adamas;
using namespace mlir::adamas::bench;
using llvm::formatv;

StringRef bench::stepName(Step step) {
  switch (step) {
  case Step::L1:
    return "decode_l1";
  case Step::Weighted:
    return "decode_weighted";
  case Step::TwoPass:
    return "decode_two_pass";
  case Step::Dense:
    return "dense";
  case Step::ScanL1:
    return "scan_l1";
  case Step::ScanWeighted:
    return "scan_weighted";
  case Step::ScanOnePlane:
    return "scan_one_plane";
  }
  return "";
}

int64_t bench::stepBits(Step step) { return step == Step::TwoPass || step == Step::ScanOnePlane ? 4 : 2; }

int64_t bench::scanBytes(Step step, const Shape &shape) {
  int64_t planes = step == Step::TwoPass || step == Step::ScanOnePlane ? 1 : 2;
  return shape.batch * shape.kvHeads * shape.tokens * shape.dim / 8 * planes;
}

std::string bench::stepModule(Step step, const Shape &s) {
  bool scan = step >= Step::ScanL1;
  int64_t budget = scan ? 1 : s.budget, bits = stepBits(step), sink = step == Step::TwoPass ? 4 : 0;
  StringRef element = s.dtype == DType::F16 ? "f16" : s.dtype == DType::BF16 ? "bf16" : "f32";
  std::string query = formatv("tensor<?x{0}x{1}x{2}>", s.queryHeads, s.dim, element);
  std::string rotated = formatv("tensor<?x{0}x{1}xf32>", s.queryHeads, s.dim);
  std::string cache = formatv("tensor<?x{0}x?x{1}x{2}>", s.kvHeads, s.dim, element);
  std::string codes = formatv("!adamas.codes<{0}, {1}>", s.dim, bits);
  std::string keyCodes = formatv("tensor<?x{0}x?x{1}>", s.kvHeads, codes),
              sets = formatv("tensor<{0}x3xf32>", s.kvHeads);
  std::string distances = formatv("tensor<?x{0}x?xi32>", s.queryHeads),
              counts = formatv("tensor<?x{0}xi32>", s.queryHeads);
  auto list = [&](int64_t k) { return formatv("tensor<?x{0}x{1}xi32>", s.queryHeads, k).str(); };
  std::string text;
  if (step == Step::Dense) {
    text += formatv("func.func @decode(%query: {0}, %key: {1}, %value: {1}, %n: tensor<?xi32>) -> {0} {{\n  %o = "
                    "adamas.dense_attention %query, %key, %value, %n : {0}, {1}, tensor<?xi32>\n  return %o : {0}\n}\n",
                    query, cache);
    return text;
  }
  text += formatv("func.func @decode(%query: {0}, %key: {1}, %value: {1}, %codes: {2}, %n: tensor<?xi32>, %t: {3}) -> ",
                  query, cache, keyCodes, sets);
  text += formatv("({0}, {1}{2}) {{\n", list(budget), counts, scan ? "" : ", " + query);
  text += formatv("  %y = adamas.hadamard %query : {0}\n", query);
  const char *lengths = "seq_lens(%n : tensor<?xi32>)";
  if (step == Step::L1 || step == Step::ScanL1) {
    std::string side = formatv("tensor<?x{0}x{1}>", s.queryHeads, codes);
    text += formatv("  %q = adamas.bucketize_pack %y thresholds(%t : {0}) : {1}\n", sets, rotated);
    text += formatv("  %d = adamas.l1_distance %q, %codes {0} : {1}, {2}\n", lengths, side, keyCodes);
  } else {
    std::string side = formatv("tensor<?x{0}x{1}xi8>", s.queryHeads, s.dim);
    bool plane = step == Step::TwoPass || step == Step::ScanOnePlane;
    text += formatv("  %w = adamas.weigh %y : {0}\n", rotated);
    text += formatv("  %d = adamas.weighted_distance %w, %codes {0} {1} : {2}, {3}\n", lengths, plane ? "planes 1" : "",
                    side, keyCodes);
    if (step == Step::TwoPass) {
      text += formatv("  %c, %l = adamas.topk %d {0} budget {1} sink 4 : {2}\n", lengths, 8 * budget, distances);
      text += formatv("  %e = adamas.weighted_distance %w, %codes {0} candidates(%c : {1}) : {2}, {3}\n", lengths,
                      list(8 * budget), side, keyCodes);
      text += formatv("  %i, %m = adamas.topk %e {0} candidates(%c : {1}) budget {2} sink {3} : {1}\n", lengths,
                      list(8 * budget), budget, sink);
    }
  }
  if (step != Step::TwoPass)
    text += formatv("  %i, %m = adamas.topk %d {0} budget {1} sink {2} : {3}\n", lengths, budget, sink, distances);
  if (!scan)
    text += formatv("  %o = adamas.sparse_attention %query, %key, %value, %i, %m : {0}, {1}, {2}, {3}\n", query, cache,
                    list(budget), counts);
  text += formatv("  return %i, %m{0} : {1}, {2}{3}\n}\n", scan ? "" : ", %o", list(budget), counts,
                  scan ? "" : ", " + query);
  return text;
}

/// Normal values; a table of a million of them, read at shifting places, fills large caches fast.
static void fill(Tensor &tensor, std::mt19937 &random) {
  std::normal_distribution<float> normal;
  Tensor table(tensor.dtype(), {std::min<int64_t>(tensor.size(), 1000003)});
  for (int64_t i = 0; i < table.size(); ++i)
    table.setFloat(i, normal(random));
  for (int64_t at = 0; at < tensor.bytes(); at += table.bytes())
    std::memcpy(tensor.raw() + at, table.raw(), std::min(table.bytes(), tensor.bytes() - at));
}

Data::Data(const Shape &shape, bool attention)
    : shape(shape), query(shape.dtype, {shape.batch, shape.queryHeads, shape.dim}),
      key(shape.dtype, {attention ? shape.batch : 1, shape.kvHeads, shape.tokens, shape.dim}),
      value(key.dtype(), key.shape()), seqLens(DType::I32, {shape.batch}), thresholds(DType::F32, {shape.kvHeads, 3}) {
  std::mt19937 random(1);
  fill(query, random);
  if (attention) {
    fill(key, random);
    fill(value, random);
  }
  for (int64_t b = 0; b < shape.batch; ++b)
    seqLens.setInt(b, shape.tokens);
  for (int64_t i = 0; i < thresholds.size(); ++i)
    thresholds.setFloat(i, (i % 3 - 1) * 0.67);
}

Tensor &Data::codes(int64_t bits) {
  Tensor &tensor = codesOf[bits];
  if (tensor.size())
    return tensor;
  tensor = allocateCodes(shape.batch, shape.kvHeads, shape.tokens, bits, shape.dim);
  std::mt19937_64 random(bits);
  for (uint64_t &word :
       tensor.as<uint32_t>().empty()
           ? llvm::MutableArrayRef<uint64_t>()
           : llvm::MutableArrayRef<uint64_t>(reinterpret_cast<uint64_t *>(tensor.raw()), tensor.bytes() / 8))
    word = random();
  return tensor;
}

llvm::Expected<Runner> Runner::make(MLIRContext &context, Step step, Data &data, const HostOptions &options) {
  auto module = parseSourceString<ModuleOp>(stepModule(step, data.shape), &context);
  if (!module)
    return llvm::createStringError("cannot parse the module of %s", stepName(step).str().c_str());
  Runner runner;
  auto executable = Executable::compile(*module, options);
  if (!executable)
    return executable.takeError();
  runner.executable = std::move(*executable);
  std::vector<Tensor *> tensors{&data.query, &data.key, &data.value};
  if (step == Step::Dense)
    tensors.push_back(&data.seqLens);
  else
    tensors.insert(tensors.end(), {&data.codes(stepBits(step)), &data.seqLens, &data.thresholds});
  for (Tensor *tensor : tensors)
    runner.arguments.push_back(BufferView::of(*tensor));
  const Shape &s = data.shape;
  if (step == Step::Dense) {
    runner.results.emplace_back(s.dtype, data.query.shape());
    return runner;
  }
  int64_t budget = step >= Step::ScanL1 ? 1 : s.budget;
  runner.results.emplace_back(DType::I32, ArrayRef<int64_t>{s.batch, s.queryHeads, budget});
  runner.results.emplace_back(DType::I32, ArrayRef<int64_t>{s.batch, s.queryHeads});
  if (step < Step::ScanL1)
    runner.results.emplace_back(s.dtype, data.query.shape());
  return runner;
}

llvm::Error Runner::run() {
  SmallVector<BufferView> outputs;
  for (Tensor &tensor : results)
    outputs.push_back(BufferView::of(tensor));
  return executable->run("decode", arguments, outputs);
}
