// A compiler library that makes bundles without kernels, and functions for the CPU that only note their call: right
// manifests for any request, and any kind of failure.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "FakeCompiler.h"
#include "MakeBundle.h"
#include "adamas/compiler.h"
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>
#include <unistd.h>
#include <vector>

using nlohmann::json;

static std::atomic<int> calls{0};
static std::mutex mutex;
static std::string latest;

int fakeCompilerCalls() { return calls.exchange(0); }
const char *fakeCompilerRequest() { return latest.c_str(); }
const char *adamas_compiler_version(void) { return "fake 1"; }

namespace {

struct Values {
  json list = json::array();
  int offset = 0;

  void add(const char *name, const char *role, const std::string &element, json shape) {
    int rank = static_cast<int>(shape.size());
    int dense = element == "i32" || element == "f32" ? 0 : 1;
    list.push_back({{"name", name},
                    {"role", role},
                    {"element", element},
                    {"shape", std::move(shape)},
                    {"offset", offset},
                    {"dense_axes", dense},
                    {"alignment", dense ? 16 : 4}});
    offset += 8 + 16 * rank;
  }
};

json rows(const json &request, json tail) {
  json shape = {-1};
  if (request["query_tokens"] > 1)
    shape.push_back(request["query_tokens"]);
  for (json &size : tail)
    shape.push_back(size);
  return shape;
}

} // namespace

static std::string makeManifest(const json &request) {
  std::string operation = request["operation"], dtype = request["dtype"];
  int heads = request["query_heads"], kvHeads = request["kv_heads"], dim = request["head_dim"], bits = request["bits"];
  int lists = request["policy"] == "per_kv_head" ? kvHeads : heads, page = request["page_size"];
  bool step = operation == "step", append = operation == "append" || step;
  bool selects = operation == "decode" || operation == "select" || step;
  bool attends = operation == "decode" || operation == "dense" || step;
  json pageAxis = page ? json(page) : json(-1);
  Values values;
  if (append) {
    values.add("new_key", "argument", dtype, {-1, kvHeads, dim});
    values.add("new_value", "argument", dtype, {-1, kvHeads, dim});
    values.add("slots", "argument", "i32", {-1});
  }
  if (!append || step)
    values.add("query", "argument", dtype, rows(request, {heads, dim}));
  if (attends || append) {
    values.add("key", "argument", dtype, {-1, kvHeads, pageAxis, dim});
    values.add("value", "argument", dtype, {-1, kvHeads, pageAxis, dim});
  }
  if (selects || append)
    values.add("codes", "argument", "u32", {-1, kvHeads, pageAxis, bits, dim / 32});
  if (!append || step) {
    if (page)
      values.add("page_table", "argument", "i32", {-1, -1});
    values.add("seq_lens", "argument", "i32", {-1});
  }
  if (append || (selects && request["metric"] == "l1"))
    values.add("thresholds", "argument", "f32", {request["threshold_sets"], (1 << bits) - 1});
  if (step && request["metric"] == "l1")
    values.add("query_thresholds", "argument", "f32", {request["threshold_sets"], (1 << bits) - 1});
  if (request["offset"])
    values.add("offset", "argument", "f32", {kvHeads, dim});
  if (attends && std::string(getenv("FAKE_COMPILER") ? getenv("FAKE_COMPILER") : "") != "missing")
    values.add("output", "result", dtype, rows(request, {heads, dim}));
  if (attends && request["lse"])
    values.add("lse", "result", "f32", rows(request, {heads}));
  if (selects && request["indices"]) {
    values.add("indices", "result", "i32", rows(request, {lists, request["budget"]}));
    values.add("lengths", "result", "i32", rows(request, {lists}));
  }
  // What a step of two kernels would have: a row of the batch each, or a token each.
  json size = {"size", 0, 0};
  values.list.push_back({{"name", "buffer0"},
                         {"role", "workspace"},
                         {"element", "i32"},
                         {"shape", {size, append ? 1 : heads, 385}},
                         {"offset", values.offset}});
  values.offset += 8 + 16 * 3;
  json kernel = {{"name", operation + "_kernel0"},
                 {"grid", {json::array({"mul", size, 8}), kvHeads, 1}},
                 {"threads", 128},
                 {"shared_bytes", 0},
                 {"cluster", 1},
                 {"dependent", false}};
  json function = {
      {"name", operation}, {"block_bytes", values.offset}, {"values", values.list}, {"kernels", json::array({kernel})}};
  if (const char *crossover = getenv("FAKE_CROSSOVER"); crossover && operation == "decode")
    function["crossover_tokens"] = atoi(crossover);
  return json({{"format", 1},
               {"compiler", "fake 1"},
               {"chip", request["chip"]},
               {"image", "cubin"},
               {"functions", json::array({function})}})
      .dump();
}

int adamas_compiler_compile(const char *request, size_t size, adamas_compiler_sink deliver, adamas_compiler_sink fail,
                            void *user) {
  ++calls;
  const char *variable = getenv("FAKE_COMPILER"), *file = getenv("FAKE_COMPILER_CALLS");
  std::string mode = variable ? variable : "ok", text(request, size);
  {
    std::lock_guard<std::mutex> lock(mutex);
    latest = text;
  }
  if (file) {
    int handle = open(file, O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (handle >= 0 && write(handle, "x", 1) == 1)
      close(handle);
  }
  if (const char *delay = getenv("FAKE_COMPILER_DELAY"))
    std::this_thread::sleep_for(std::chrono::milliseconds(atoi(delay)));
  if (mode == "fail") {
    std::string message = "budget: expected less, but got more";
    fail(user, message.data(), message.size());
    return 1;
  }
  if (mode == "silent")
    return 1;
  if (mode == "nothing")
    return 0;
  json parsed = json::parse(text);
  std::string manifest = makeManifest(parsed), operation = parsed["operation"];
  if (mode == "absent")
    manifest.replace(manifest.find("\"name\":\"" + operation + "\""), 8 + operation.size(), "\"name\":\"other");
  std::string bundle = makeBundle(manifest, operation + "_kernel0" + std::string(1, '\0'));
  if (mode == "corrupt")
    bundle.back() ^= 1;
  deliver(user, bundle.data(), bundle.size());
  if (mode == "twice")
    deliver(user, bundle.data(), bundle.size());
  return 0;
}

// ---- The CPU

struct adamas_compiler_function {
  json request;
  std::vector<std::string> names;
};

static std::atomic<int> functions{0};
static std::vector<adamas_tensor> latestValues;

int fakeCompilerFunctions() { return functions; }

adamas_tensor fakeCompilerValue(size_t index) {
  std::lock_guard<std::mutex> lock(mutex);
  return index < latestValues.size() ? latestValues[index] : adamas_tensor{};
}

int adamas_compiler_load(const char *request, size_t size, int32_t, adamas_compiler_function **function,
                         adamas_compiler_sink fail, void *user) {
  ++calls;
  std::string mode = getenv("FAKE_COMPILER") ? getenv("FAKE_COMPILER") : "ok";
  {
    std::lock_guard<std::mutex> lock(mutex);
    latest.assign(request, size);
  }
  if (mode == "fail") {
    std::string message = "budget: expected less, but got more";
    fail(user, message.data(), message.size());
    return 1;
  }
  auto made = std::make_unique<adamas_compiler_function>();
  made->request = json::parse(std::string(request, size));
  if (mode == "unknown")
    made->names.push_back("other");
  if (made->request["operation"] == "append") {
    made->names.insert(made->names.end(), {"new_key", "thresholds"});
    if (made->request["offset"])
      made->names.push_back("offset");
    made->names.push_back("codes");
  } else {
    json manifest = json::parse(makeManifest(made->request));
    for (const json &value : manifest["functions"][0]["values"])
      if (value["role"] != "workspace")
        made->names.push_back(value["name"]);
  }
  ++functions;
  *function = made.release();
  return 0;
}

const char *adamas_compiler_value_name(const adamas_compiler_function *function, size_t index) {
  return index < function->names.size() ? function->names[index].c_str() : nullptr;
}

/// Code words that say whose they are: token, then head, plane and word.
static void writeCodes(const adamas_tensor &codes) {
  for (int64_t head = 0; head < codes.sizes[1]; ++head)
    for (int64_t plane = 0; plane < codes.sizes[2]; ++plane)
      for (int64_t tile = 0; tile < codes.sizes[3]; ++tile)
        for (int64_t word = 0; word < codes.sizes[4]; ++word)
          for (int64_t lane = 0; lane < codes.sizes[5]; ++lane)
            static_cast<uint32_t *>(codes.data)[head * codes.strides[1] + plane * codes.strides[2] +
                                                tile * codes.strides[3] + word * codes.strides[4] + lane] =
                static_cast<uint32_t>((tile * codes.sizes[5] + lane) * 1000 + head * 100 + plane * 10 + word);
}

int adamas_compiler_call(const adamas_compiler_function *function, const adamas_tensor *values, size_t count,
                         adamas_compiler_sink fail, void *user) {
  std::string mode = getenv("FAKE_COMPILER") ? getenv("FAKE_COMPILER") : "ok";
  if (mode == "refuse" || count != function->names.size()) {
    std::string message = "'decode' expects argument 4 to hold values from 0 to 8, but got 9";
    fail(user, message.data(), message.size());
    return 1;
  }
  std::lock_guard<std::mutex> lock(mutex);
  latestValues.assign(values, values + count);
  if (function->request["operation"] == "append")
    writeCodes(values[count - 1]);
  return 0;
}

void adamas_compiler_unload(adamas_compiler_function *function) {
  delete function;
  --functions;
}
