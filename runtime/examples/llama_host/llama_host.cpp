// A host engine: decodes a Llama from a GGUF file on this CPU. All attention is the runtime's, through its C header.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The prompt goes through dense attention token by token; then codes of its keys are made at once, and each new token
// is appended and decoded. Token ids come in and go out.

#include "gguf.h"
#include <adamas/runtime.h>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <numeric>

using Floats = std::vector<float>;

static constexpr int bits = 2, tile = 16; // tokens whose code words lie together on a CPU

static void check(adamas_status status) {
  if (status != ADAMAS_OK)
    fail(adamas_last_error());
}

template <typename Struct> static Struct make() {
  Struct made = {};
  made.struct_size = sizeof(made);
  return made;
}

static void add(Floats &x, const Floats &y) {
  std::transform(x.begin(), x.end(), y.begin(), x.begin(), std::plus<float>());
}

struct Layer {
  Floats key, value; // [Hkv, capacity, D]
  std::vector<uint32_t> codes;
  Floats thresholds; // [Hkv, 3]; none while steps are dense
  adamas_cache cache = make<adamas_cache>();
};

class Llama {
public:
  Llama(const std::string &path, int capacity, int budget) : file(path), capacity(capacity) {
    if (std::string name = file.texts["general.architecture"]; name != "llama")
      fail("general.architecture: expected llama, but got '" + name + "'");
    width = whole("embedding_length", 0), feed = whole("feed_forward_length", 0), vocabulary = whole("vocab_size", 0);
    heads = whole("attention.head_count", 0), kvHeads = whole("attention.head_count_kv", heads);
    size = whole("attention.key_length", width / heads);
    layers.resize(whole("block_count", 0));
    if (file.texts.count("llama.rope.scaling.type") || whole("rope.dimension_count", size) != size)
      fail("llama.rope: expected plain RoPE of whole heads, but got another: take another model");
    if (size_t most = 9 * layers.size() + 2 + file.tensors.count("output.weight"); file.tensors.size() > most)
      fail("tensors: expected the " + std::to_string(most) + " of a plain Llama, but got " +
           std::to_string(file.tensors.size()) + " (biases, experts or scaled RoPE?): take another model");

    adamas_plan_desc desc;
    adamas_plan_desc_init(&desc);
    desc.dtype = ADAMAS_F32, desc.bits = bits, desc.budget = budget, desc.max_seq_len = capacity;
    desc.head_dim = size, desc.query_heads = heads, desc.kv_heads = kvHeads;
    desc.operations = ADAMAS_DECODE | ADAMAS_DENSE | ADAMAS_APPEND;
    check(adamas_context_create_cpu(0, &context));
    check(adamas_plan_create(context, &desc, &plan)); // one for all layers
    auto extent = make<adamas_extent>();
    extent.batch = 1, extent.tokens = extent.append_tokens = capacity;
    size_t bytes = 0;
    check(adamas_plan_workspace_size(plan, &extent, &bytes));
    workspace.resize(bytes);

    for (Layer &layer : layers) {
      layer.key.resize(size_t(kvHeads) * capacity * size);
      layer.value.resize(layer.key.size());
      layer.codes.resize(size_t(kvHeads) * bits * ((capacity + tile - 1) / tile) * (size / 32) * tile);
      layer.cache.key = layer.key.data(), layer.cache.value = layer.value.data();
      layer.cache.codes = layer.codes.data(), layer.cache.tokens = capacity, layer.cache.seq_lens = &length;
    }
  }

  ~Llama() {
    adamas_plan_destroy(plan);
    adamas_context_destroy(context);
  }

  /// Logits behind a token at the next position.
  Floats forward(int token) {
    const float *embedding = tensor("token_embd", width, vocabulary);
    if (token < 0 || token >= vocabulary)
      fail("token: expected 0 to " + std::to_string(vocabulary - 1) + ", but got " + std::to_string(token));
    ++length;
    Floats x(embedding + size_t(token) * width, embedding + size_t(token + 1) * width);
    for (size_t i = 0; i < layers.size(); ++i) {
      std::string block = "blk." + std::to_string(i) + ".";
      Floats normed = norm(x, block + "attn_norm");
      Floats query = multiply(block + "attn_q", normed, heads * size);
      Floats key = multiply(block + "attn_k", normed, kvHeads * size);
      Floats value = multiply(block + "attn_v", normed, kvHeads * size);
      rotate(query);
      rotate(key);
      add(x, multiply(block + "attn_output", attend(layers[i], query, key, value), width));
      normed = norm(x, block + "ffn_norm");
      Floats gate = multiply(block + "ffn_gate", normed, feed), up = multiply(block + "ffn_up", normed, feed);
      for (int j = 0; j < feed; ++j)
        gate[j] *= up[j] / (1 + std::exp(-gate[j]));
      add(x, multiply(block + "ffn_down", gate, width));
    }
    return multiply(file.tensors.count("output.weight") ? "output" : "token_embd", norm(x, "output_norm"), vocabulary);
  }

  /// From here on steps select, but for the first layers. Thresholds are equal steps of the keys' root mean square,
  /// which the Hadamard transform leaves as it is; adamas.calibrate finds an offset too.
  void endPrompt(size_t denseLayers) {
    for (size_t i = denseLayers; i < layers.size(); ++i) {
      for (int head = 0; head < kvHeads; ++head) {
        const float *keys = layers[i].key.data() + size_t(head) * capacity * size;
        double squares = std::inner_product(keys, keys + size_t(length) * size, keys, 0.0);
        for (int step = -1; step <= 1; ++step)
          layers[i].thresholds.push_back(float(step * 0.9957 * std::sqrt(squares / length / size)));
      }
      // The very rows of the cache: codes alone are new.
      append(layers[i], layers[i].key.data(), layers[i].value.data(), size, int64_t(capacity) * size, 0, length);
    }
  }

private:
  double number(const std::string &name, double otherwise) const {
    auto found = file.numbers.find("llama." + name);
    return found == file.numbers.end() ? otherwise : found->second;
  }

  int whole(const std::string &name, int otherwise) const {
    double value = number(name, otherwise);
    if (!(value >= 1 && value <= 1 << 24) || value != std::floor(value))
      fail("llama." + name + ": expected a whole number from 1 to 2^24, but got " + std::to_string(value));
    return int(value);
  }

  /// The values of `rows` (0: no axis of them) rows.
  const float *tensor(const std::string &name, size_t columns, size_t rows) const {
    auto found = file.tensors.find(name + ".weight");
    if (found == file.tensors.end())
      fail("tensor " + name + ".weight: expected it in the file, but there is none");
    if (found->second.sizes != (rows ? std::vector<uint64_t>{columns, rows} : std::vector<uint64_t>{columns}))
      fail("tensor " + name + ".weight: expected " + std::to_string(rows) + " rows of " + std::to_string(columns));
    return found->second.values.data();
  }

  Floats multiply(const std::string &name, const Floats &x, int rows) const {
    const float *matrix = tensor(name, x.size(), rows);
    Floats result(rows);
    for (int i = 0; i < rows; ++i, matrix += x.size())
      result[i] = std::inner_product(x.begin(), x.end(), matrix, 0.0f);
    return result;
  }

  Floats norm(const Floats &x, const std::string &name) const {
    const float *weight = tensor(name, x.size(), 0);
    double squares = std::inner_product(x.begin(), x.end(), x.begin(), 0.0);
    auto factor = float(1 / std::sqrt(squares / x.size() + number("attention.layer_norm_rms_epsilon", 1e-5)));
    Floats result(x.size());
    for (size_t i = 0; i < x.size(); ++i)
      result[i] = x[i] * factor * weight[i];
    return result;
  }

  /// RoPE of rows at the newest position. Pairs are neighbours, as GGUF files order the rows of q and k.
  void rotate(Floats &rows) const {
    for (size_t i = 0; i < rows.size(); i += 2) {
      double angle = (length - 1) * std::pow(number("rope.freq_base", 1e4), -double(i % size) / size);
      double x = rows[i], y = rows[i + 1];
      rows[i] = float(x * std::cos(angle) - y * std::sin(angle));
      rows[i + 1] = float(x * std::sin(angle) + y * std::cos(angle));
    }
  }

  /// Keys and values at these strides go to the positions from `first` on.
  void append(Layer &layer, const float *key, const float *value, int64_t token, int64_t head, int first, int count) {
    std::vector<int32_t> slots(count);
    std::iota(slots.begin(), slots.end(), first);
    auto args = make<adamas_append_args>();
    args.cache = &layer.cache, args.batch = 1, args.tokens = count, args.slots = slots.data();
    args.new_key = key, args.new_value = value, args.thresholds = layer.thresholds.data();
    args.new_key_strides[0] = args.new_value_strides[0] = token;
    args.new_key_strides[1] = args.new_value_strides[1] = head;
    check(adamas_plan_append(plan, &args, workspace.data(), workspace.size(), nullptr));
  }

  /// The output for the newest token, whose key and value go into the cache.
  Floats attend(Layer &layer, const Floats &query, const Floats &key, const Floats &value) {
    Floats result(query.size());
    auto set = [&](auto args) {
      args.cache = &layer.cache, args.batch = 1, args.query = query.data(), args.output = result.data();
      return args;
    };
    if (!layer.thresholds.empty()) {
      append(layer, key.data(), value.data(), int64_t(kvHeads) * size, size, length - 1, 1);
      auto args = set(make<adamas_decode_args>());
      check(adamas_plan_run(plan, &args, nullptr, 0, nullptr));
      return result;
    }
    for (int head = 0; head < kvHeads; ++head) {
      size_t row = (size_t(head) * capacity + length - 1) * size;
      std::copy_n(key.begin() + head * size, size, layer.key.begin() + row);
      std::copy_n(value.begin() + head * size, size, layer.value.begin() + row);
    }
    auto args = set(make<adamas_dense_args>());
    check(adamas_plan_dense(plan, &args, nullptr, 0, nullptr));
    return result;
  }

  Gguf file;
  int width, feed, heads, kvHeads, size, vocabulary, capacity;
  std::vector<Layer> layers;
  int32_t length = 0;
  adamas_context *context = nullptr;
  adamas_plan *plan = nullptr;
  std::vector<char> workspace;
};

static std::vector<int> numbers(const char *text) {
  std::vector<int> result;
  for (char *end = nullptr;; text = end + 1) {
    result.push_back(int(strtol(text, &end, 10)));
    if (end == text || (*end && *end != ','))
      fail(std::string("expected numbers with commas between them, but got '") + text + "'");
    if (!*end)
      return result;
  }
}

int main(int argc, char **argv) try {
  if (argc < 4 || argc > 7)
    fail("expected MODEL.gguf TOKEN,TOKEN,... NEW_TOKENS [BUDGET [DENSE_LAYERS [LOGITS_FILE]]]");
  std::vector<int> prompt = numbers(argv[2]);
  int count = numbers(argv[3])[0], budget = argc > 4 ? numbers(argv[4])[0] : 128;
  int denseLayers = argc > 5 ? numbers(argv[5])[0] : 2;
  if (count < 1 || count > 1 << 24 || denseLayers < 0)
    fail("expected at least 1 new token and 0 dense layers, but got " + std::to_string(count) + " and " +
         std::to_string(denseLayers));
  Llama model(argv[1], int(prompt.size()) + count, budget);
  Floats logits;
  for (int token : prompt)
    logits = model.forward(token);
  model.endPrompt(denseLayers);
  std::ofstream file(argc > 6 ? argv[6] : "/dev/null", std::ios::binary);
  for (int i = 0; i < count; ++i) {
    int token = int(std::max_element(logits.begin(), logits.end()) - logits.begin());
    file.write(reinterpret_cast<const char *>(logits.data()), std::streamsize(sizeof(float) * logits.size()));
    printf(i + 1 < count ? "%d " : "%d\n", token);
    fflush(stdout);
    if (i + 1 < count)
      logits = model.forward(token);
  }
  return 0;
} catch (const std::exception &error) {
  fprintf(stderr, "error: %s\n", error.what());
  return 1;
}
