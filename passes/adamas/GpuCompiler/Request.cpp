// Requests of the runtime: parsed, and written as modules in form 1.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/GpuCompiler/Request.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

using namespace mlir::adamas;
using llvm::formatv;

llvm::Expected<Request> Request::parse(llvm::StringRef text) {
  llvm::Expected<llvm::json::Value> value = llvm::json::parse(text);
  if (!value)
    return value.takeError();
  Request request;
  llvm::json::Path::Root root("request");
  llvm::json::ObjectMapper map(*value, root);
  bool fits = map && map.map("chip", request.chip) && map.map("dtype", request.dtype) &&
              map.map("metric", request.metric) && map.map("operation", request.operation) &&
              map.map("policy", request.policy) && map.map("bits", request.bits) && map.map("budget", request.budget) &&
              map.map("candidates", request.candidates) && map.map("cap", request.cap) &&
              map.map("head_dim", request.headDim) && map.map("kv_heads", request.kvHeads) &&
              map.map("max_batch", request.maxBatch) && map.map("max_seq_len", request.maxSeqLen) &&
              map.map("page_size", request.pageSize) && map.map("query_heads", request.queryHeads) &&
              map.map("query_tokens", request.queryTokens) && map.map("range", request.range) &&
              map.map("recent", request.recent) && map.map("sink", request.sink) &&
              map.map("threshold_sets", request.thresholdSets) && map.map("scale", request.scale) &&
              map.map("indices", request.indices) && map.map("lse", request.lse) && map.map("offset", request.offset) &&
              map.mapOptional("tuning", request.tuning);
  if (!fits)
    return root.getError();
  return request;
}

namespace {
/// Writes the text of a module. The verifiers check what the values may be.
class ModuleWriter {
public:
  explicit ModuleWriter(const Request &request) : r(request) {
    rows = r.queryTokens > 1 ? formatv("?x{0}x", r.queryTokens).str() : "?x";
    sharesSelection = r.policy == "per_kv_head" && r.queryHeads != r.kvHeads;
    selections = sharesSelection ? r.kvHeads : r.queryHeads;
    query = formatv("tensor<{0}{1}x{2}x{3}>", rows, r.queryHeads, r.headDim, r.dtype);
    cache = formatv("tensor<?x{0}x?x{1}x{2}>", r.kvHeads, r.headDim, r.dtype);
    codes = formatv("tensor<?x{0}x?x!adamas.codes<{1}, {2}>>", r.kvHeads, r.headDim, r.bits);
    std::string slots = r.pageSize ? std::to_string(r.pageSize) : "?";
    pool = formatv("tensor<?x{0}x{1}x{2}x{3}>", r.kvHeads, slots, r.headDim, r.dtype);
    codesPool = formatv("tensor<?x{0}x{1}x!adamas.codes<{2}, {3}>>", r.kvHeads, slots, r.headDim, r.bits);
    scale = r.scale != 0 ? formatv(" scale {0:e9}", r.scale).str() : "";
  }

  llvm::Expected<RequestModule> write() {
    if (r.chip == hostChip && r.pageSize)
      return llvm::createStringError("expects page_size 0 on the chip " + llvm::Twine(hostChip) + ", but got " +
                                     llvm::Twine(r.pageSize) + ": page tables are read by GPUs only");
    if (r.operation == "append" && r.chip == hostChip)
      writeEncode();
    else if (r.operation == "append")
      writeAppend();
    else if (r.operation == "dense")
      writeDense();
    else if (r.operation == "decode" || r.operation == "select")
      writeDecode();
    else if (r.operation == "step" && r.chip == hostChip)
      return llvm::createStringError("expects the operation append, and then decode, on the chip " +
                                     llvm::Twine(hostChip) + ", but got 'step'");
    else if (r.operation == "step")
      writeStep();
    else
      return llvm::createStringError("expects the operation decode, select, dense, append or step, but got '" +
                                     r.operation + "'");
    std::vector<std::string> arguments;
    for (size_t i = 0; i < types.size(); ++i)
      arguments.push_back("%" + module.arguments[i] + ": " + types[i]);
    module.text =
        formatv("func.func @{0}({1}) -> ({2}) {{\n{3}  return {4} : {2}\n}\n", r.operation, llvm::join(arguments, ", "),
                llvm::join(resultTypes, ", "), body, llvm::join(resultValues, ", "));
    return std::move(module);
  }

private:
  void argument(const char *name, std::string type) {
    module.arguments.push_back(name);
    types.push_back(std::move(type));
  }
  void result(const char *name, std::string value, std::string type) {
    module.results.push_back(name);
    resultValues.push_back(std::move(value));
    resultTypes.push_back(std::move(type));
  }
  template <typename... Ts> void line(const char *format, Ts &&...values) {
    body += "  " + formatv(format, std::forward<Ts>(values)...).str() + "\n";
  }

  /// Gives `name` as the logical sequences of a cache argument.
  void view(const char *name, const std::string &type) {
    if (r.pageSize)
      line("%{0}_view = adamas.paged_view {1}, %page_table : {2}, tensor<?x?xi32>", name, held(name), type);
  }
  std::string viewed(const char *name) { return r.pageSize ? "%" + std::string(name) + "_view" : held(name); }
  /// The cache argument `name`, or what it is after new tokens.
  std::string held(llvm::StringRef name) {
    if (r.operation != "step")
      return ("%" + name).str();
    return name == "key" ? "%p#0" : name == "value" ? "%p#1" : "%p#2";
  }

  void writeDecode() {
    bool attends = r.operation != "select", step = r.operation == "step", l1 = r.metric == "l1",
         twoPass = r.metric == "two_pass";
    std::string lengths = "tensor<?xi32>", thresholds = thresholdsType();
    argument("query", query);
    if (attends) {
      argument("key", pool);
      argument("value", pool);
    }
    argument("codes", codesPool);
    if (r.pageSize)
      argument("page_table", "tensor<?x?xi32>");
    argument("seq_lens", lengths);
    // Those of keys come with the new tokens.
    const char *ofQuery = step ? "query_thresholds" : "thresholds";
    if (l1)
      argument(ofQuery, thresholds);
    if (step)
      writeNewTokens();
    if (attends) {
      view("key", pool);
      view("value", pool);
    }
    view("codes", codesPool);
    line("%y = adamas.hadamard %query : {0}", query);
    std::string rotated = formatv("tensor<{0}{1}x{2}xf32>", rows, r.queryHeads, r.headDim), side;
    if (l1) {
      line("%q = adamas.bucketize_pack %y thresholds(%{2} : {0}) : {1}", thresholds, rotated, ofQuery);
      side = formatv("tensor<{0}{1}x!adamas.codes<{2}, {3}>>", rows, r.queryHeads, r.headDim, r.bits);
    } else {
      line("%q = adamas.weigh %y range {0} cap {1}{2} : {3}", r.range, r.cap,
           sharesSelection ? formatv(" kv_heads {0}", r.kvHeads).str() : std::string(), rotated);
      side = formatv("tensor<{0}{1}x{2}xi8>", rows, selections, r.headDim);
    }
    std::string op = l1 ? "l1_distance" : "weighted_distance";
    std::string policy = l1 && sharesSelection ? " policy per_kv_head" : "";
    auto list = [&](int64_t slots) { return formatv("tensor<{0}{1}x{2}xi32>", rows, selections, slots).str(); };
    std::string distances = formatv("tensor<{0}{1}x?xi32>", rows, selections);
    line("%d = adamas.{0} %q, {1} seq_lens(%seq_lens : {2}){3}{4} : {5}, {6}", op, viewed("codes"), lengths,
         twoPass ? " planes 1" : "", policy, side, codes);
    std::string forced = formatv("sink {0} recent {1}", r.sink, r.recent);
    if (twoPass) {
      line("%c, %l = adamas.topk %d seq_lens(%seq_lens : {0}) budget {1} {2} : {3}", lengths, r.candidates, forced,
           distances);
      line("%e = adamas.{0} %q, {1} seq_lens(%seq_lens : {2}) candidates(%c : {3}) : {4}, {5}", op, viewed("codes"),
           lengths, list(r.candidates), side, codes);
      line("%i, %m = adamas.topk %e seq_lens(%seq_lens : {0}) candidates(%c : {1}) budget {2} {3} : {1}", lengths,
           list(r.candidates), r.budget, forced);
    } else {
      line("%i, %m = adamas.topk %d seq_lens(%seq_lens : {0}) budget {1} {2} : {3}", lengths, r.budget, forced,
           distances);
    }
    std::string counts = formatv("tensor<{0}{1}xi32>", rows, selections);
    if (attends) {
      line("%o{0} = adamas.sparse_attention %query, {1}, {2}, %i, %m{3}{4} : {5}, {6}, {7}, {8}", r.lse ? ", %lse" : "",
           viewed("key"), viewed("value"), scale, r.lse ? " lse" : "", query, cache, list(r.budget), counts);
      attentionResults();
    }
    if (!attends || r.indices) {
      result("indices", "%i", list(r.budget));
      result("lengths", "%m", counts);
    }
  }

  void writeDense() {
    argument("query", query);
    argument("key", pool);
    argument("value", pool);
    if (r.pageSize)
      argument("page_table", "tensor<?x?xi32>");
    argument("seq_lens", "tensor<?xi32>");
    view("key", pool);
    view("value", pool);
    line("%o{0} = adamas.dense_attention %query, {1}, {2}, %seq_lens{3}{4} : {5}, {6}, tensor<?xi32>",
         r.lse ? ", %lse" : "", viewed("key"), viewed("value"), scale, r.lse ? " lse" : "", query, cache);
    attentionResults();
  }

  void attentionResults() {
    result("output", "%o", query);
    if (r.lse)
      result("lse", "%lse", formatv("tensor<{0}{1}xf32>", rows, r.queryHeads));
  }

  std::string thresholdsType() {
    return formatv("tensor<{0}{1}xf32>", r.thresholdSets > 1 ? std::to_string(r.thresholdSets) + "x" : "",
                   (1 << r.bits) - 1);
  }
  std::string offsetType() { return formatv("tensor<{0}x{1}xf32>", r.kvHeads, r.headDim); }

  void writeEncode() {
    std::string rotated = formatv("tensor<?x{0}x?x{1}xf32>", r.kvHeads, r.headDim);
    argument("new_key", cache);
    argument("thresholds", thresholdsType());
    if (r.offset)
      argument("offset", offsetType());
    line("%y = adamas.hadamard %new_key : {0}", cache);
    line("%c = adamas.bucketize_pack %y thresholds(%thresholds : {0}){1} heads_axis 1 : {2}", thresholdsType(),
         r.offset ? formatv(" offset(%offset : {0})", offsetType()).str() : std::string(), rotated);
    result("codes", "%c", codes);
  }

  /// The append, whose arguments but for the pools come after all others.
  void writeNewTokens() {
    std::string added = formatv("tensor<?x{0}x{1}x{2}>", r.kvHeads, r.headDim, r.dtype), slots = "tensor<?xi32>";
    argument("new_key", added);
    argument("new_value", added);
    argument("slots", slots);
    argument("thresholds", thresholdsType());
    if (r.offset)
      argument("offset", offsetType());
    line("%p:3 = adamas.append %new_key, %new_value at %slots into %key, %value, %codes thresholds(%thresholds : "
         "{0}){1} "
         ": {2}, {3}, {4}, {5}",
         thresholdsType(), r.offset ? formatv(" offset(%offset : {0})", offsetType()).str() : std::string(), added,
         slots, pool, codesPool);
  }

  /// Written in place: the results are the arguments' memory and have no names of their own.
  void returnPools() {
    resultValues.insert(resultValues.end(), {"%p#0", "%p#1", "%p#2"});
    resultTypes.insert(resultTypes.end(), {pool, pool, codesPool});
  }

  void writeAppend() {
    argument("key", pool);
    argument("value", pool);
    argument("codes", codesPool);
    writeNewTokens();
    returnPools();
  }

  void writeStep() {
    writeDecode();
    returnPools();
  }

  const Request &r;
  RequestModule module;
  std::string rows, query, cache, codes, pool, codesPool, scale, body;
  int64_t selections;
  bool sharesSelection;
  std::vector<std::string> types, resultValues, resultTypes;
};
} // namespace

llvm::Expected<RequestModule> mlir::adamas::writeModule(const Request &request) {
  return ModuleWriter(request).write();
}
