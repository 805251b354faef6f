// An operation of a plan on the CPU: a function that libadamas_compiler made in this process.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Compiler.h"
#include "Context.h"
#include "Operation.h"
#include "Request.h"
#include "Tensor.h"
#include <cstring>
#include <map>
#include <mutex>

using namespace adamas::impl;

// Tokens whose code words lie interleaved; what the compiler's kernels read and write.
static constexpr int64_t tileTokens = 16;

// A row takes less than a microsecond, waking another thread fifty: so many are encoded without.
static constexpr int64_t rowsAlone = 64;

static long long number(int64_t value) { return value; }

/// Equal requests of one process share their code: every layer of a model asks for the same.
static std::shared_ptr<const HostFunction> obtainFunction(const std::string &request, int threads) {
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<const HostFunction>> known;
  CompilerLibrary library = findCompiler();
  std::string name = format("%d\n", threads) + library.path + "\n" + library.identity + "\n" + request;
  {
    std::lock_guard<std::mutex> lock(mutex);
    if (auto found = known[name].lock())
      return found;
  }
  // Two plans that are made at once may both compile; the other operations of one plan need not wait for it.
  auto made = std::make_shared<const HostFunction>(library, request, threads);
  std::lock_guard<std::mutex> lock(mutex);
  known[name] = made;
  return made;
}

static int64_t tilesOf(int64_t tokens) { return (tokens + tileTokens - 1) / tileTokens; }

/// Checks what kernels rely on. `dense`: innermost axes that are read as one.
static void check(const char *name, Role role, int element, int dense, const adamas_tensor &tensor) {
  Value value;
  value.name = name;
  value.role = role;
  value.element = element;
  value.rank = tensor.rank;
  value.denseAxes = dense;
  value.alignment = elementBytes(element);
  bool empty = false;
  for (int axis = 0; axis < tensor.rank; ++axis) {
    value.sizes[axis] = -1;
    empty |= tensor.sizes[axis] == 0;
  }
  if (!empty && !tensor.data)
    fail(ADAMAS_ERROR_INVALID_ARGUMENT, "%s: expected a pointer to host memory, but got null", name);
  checkTensor(value, tensor);
}

namespace {

class CpuOperation : public Operation {
public:
  CpuOperation(uint32_t operation, const adamas_plan_desc &desc, const adamas_device_properties &device)
      : desc(desc), operation(operation),
        function(obtainFunction(requestText(desc, operation, device.chip), device.multiprocessors)) {
    if (operation == ADAMAS_APPEND)
      alone = obtainFunction(requestText(desc, operation, device.chip), 1);
    for (const std::string &text : function->names())
      names.push_back(findName(text, operationName(operation), operation, desc));
  }

  size_t workspaceSize(const Dimensions &d) const override {
    return operation == ADAMAS_APPEND ? static_cast<size_t>(denseCodes(nullptr, 1, d.newTokens).strides[0]) * 4 : 0;
  }

  void launch(const Arguments &arguments, void *workspace, size_t size, void *stream, bool) const override {
    if (stream)
      fail(ADAMAS_ERROR_INVALID_ARGUMENT, "stream: expected null on the CPU, which has none, but got %p", stream);
    if (operation == ADAMAS_APPEND)
      append(arguments, workspace, size);
    else
      call(arguments);
  }

private:
  /// Tiles of so many tokens: [sequences, Hkv, bits, tiles, D / 32, 16].
  adamas_tensor denseCodes(void *data, int64_t sequences, int64_t tokens) const {
    adamas_tensor tensor = {};
    tensor.data = data;
    tensor.rank = 6;
    int64_t sizes[] = {sequences, desc.kv_heads, desc.bits, tilesOf(tokens), desc.head_dim / 32, tileTokens};
    memcpy(tensor.sizes, sizes, sizeof(sizes));
    setDense(tensor);
    return tensor;
  }

  /// The caller's codes as tiles. Strides of the interface are page, head, token, plane.
  adamas_tensor codes(const Arguments &arguments, int64_t sequences) const {
    const adamas_tensor &given = arguments[Name::Codes];
    adamas_tensor tensor = denseCodes(given.data, sequences, arguments.dimensions.tokens);
    if (arguments.stridedCodes) {
      if (given.strides[2] != 0)
        fail(ADAMAS_ERROR_INVALID_ARGUMENT,
             "codes_strides: expected 0 for tokens on the CPU, where %lld of them share a tile, but got %lld",
             number(tileTokens), number(given.strides[2]));
      tensor.strides[0] = given.strides[0];
      tensor.strides[1] = given.strides[1];
      tensor.strides[2] = given.strides[3];
    }
    return tensor;
  }

  /// The tensor of a name as the function takes it.
  adamas_tensor shaped(Name name, const Arguments &arguments) const {
    int64_t batch = arguments.dimensions.batch;
    adamas_tensor tensor = name == Name::Codes ? codes(arguments, batch) : arguments[name];
    // A cache may hold more sequences than take part.
    if (name == Name::Key || name == Name::Value)
      tensor.sizes[0] = batch;
    // A set that all heads share has no axis of heads.
    if (name == Name::Thresholds && desc.threshold_sets == 1) {
      tensor.rank = 1;
      tensor.sizes[0] = tensor.sizes[1];
      tensor.strides[0] = tensor.strides[1];
    }
    check(nameText(name), isResult(name, operation) ? Role::Result : Role::Argument, nameElement(name, desc),
          name == Name::Codes ? 3 : 1, tensor);
    return tensor;
  }

  void call(const Arguments &arguments) const {
    adamas_tensor tensors[nameCount];
    for (size_t i = 0; i < names.size(); ++i)
      tensors[i] = shaped(names[i], arguments);
    function->call(tensors);
  }

  /// The compiled function makes codes in the workspace; this puts them, keys and values where the slots say.
  void append(const Arguments &given, void *workspace, size_t size) const {
    const Dimensions &d = given.dimensions;
    size_t needed = workspaceSize(d);
    if (size < needed)
      fail(ADAMAS_ERROR_WORKSPACE_TOO_SMALL, "workspace: expected at least %zu bytes, but got %zu", needed, size);
    if (d.newTokens == 0)
      return;
    if (!workspace || reinterpret_cast<uintptr_t>(workspace) % sizeof(uint32_t))
      fail(ADAMAS_ERROR_INVALID_ARGUMENT, "workspace: expected an address that is a multiple of 4, but got %p",
           workspace);
    adamas_tensor goal = codes(given, d.pages);
    check("codes", Role::Result, ADAMAS_U32, 3, goal);
    for (Name name : {Name::Key, Name::Value})
      check(nameText(name), Role::Result, desc.dtype, 1, given[name]);
    for (Name name : {Name::NewValue, Name::Slots})
      check(nameText(name), Role::Argument, nameElement(name, desc), 1, given[name]);
    const auto *slots = static_cast<const int32_t *>(given[Name::Slots].data);
    for (int64_t token = 0; token < d.newTokens; ++token)
      if (slots[token] < -1 || slots[token] >= d.pages * d.tokens)
        fail(ADAMAS_ERROR_VALIDATION, "slots: token %lld: expected -1 to %lld, but got %d", number(token),
             number(d.pages * d.tokens - 1), slots[token]);

    // New keys are [T, Hkv, D]; the function takes [1, Hkv, T, D].
    const adamas_tensor &key = given[Name::NewKey];
    adamas_tensor encoded = denseCodes(workspace, 1, d.newTokens);
    adamas_tensor tensors[nameCount];
    for (size_t i = 0; i < names.size(); ++i) {
      tensors[i] = names[i] == Name::Codes ? encoded : shaped(names[i], given);
      if (names[i] == Name::NewKey)
        tensors[i] = {key.data,
                      4,
                      {1, key.sizes[1], key.sizes[0], key.sizes[2]},
                      {0, key.strides[1], key.strides[0], key.strides[2]}};
    }
    (d.newTokens * desc.kv_heads <= rowsAlone ? alone : function)->call(tensors);
    for (int64_t token = 0; token < d.newTokens; ++token) {
      if (slots[token] < 0)
        continue;
      int64_t page = slots[token] / d.tokens, place = slots[token] % d.tokens;
      store(given[Name::Key], key, token, page, place);
      store(given[Name::Value], given[Name::NewValue], token, page, place);
      storeCodes(goal, encoded, token, page, place);
    }
  }

  /// Copies one token's rows. They may be the same memory: who keeps keys and values by himself asks for codes alone.
  void store(const adamas_tensor &to, const adamas_tensor &from, int64_t token, int64_t page, int64_t place) const {
    int64_t bytes = elementBytes(desc.dtype);
    for (int64_t head = 0; head < desc.kv_heads; ++head) {
      char *goal =
          static_cast<char *>(to.data) + (page * to.strides[0] + head * to.strides[1] + place * to.strides[2]) * bytes;
      const char *row =
          static_cast<const char *>(from.data) + (token * from.strides[0] + head * from.strides[1]) * bytes;
      memmove(goal, row, static_cast<size_t>(desc.head_dim * bytes));
    }
  }

  void storeCodes(const adamas_tensor &to, const adamas_tensor &from, int64_t token, int64_t page,
                  int64_t place) const {
    auto word = [](const adamas_tensor &tensor, int64_t page, int64_t head, int64_t plane, int64_t token) {
      return static_cast<uint32_t *>(tensor.data) + page * tensor.strides[0] + head * tensor.strides[1] +
             plane * tensor.strides[2] + token / tileTokens * tensor.strides[3] + token % tileTokens;
    };
    for (int64_t head = 0; head < desc.kv_heads; ++head)
      for (int64_t plane = 0; plane < desc.bits; ++plane) {
        uint32_t *goal = word(to, page, head, plane, place);
        const uint32_t *source = word(from, 0, head, plane, token);
        for (int64_t i = 0; i < desc.head_dim / 32; ++i)
          goal[i * tileTokens] = source[i * tileTokens];
      }
  }

  adamas_plan_desc desc;
  uint32_t operation;
  std::shared_ptr<const HostFunction> function;
  std::shared_ptr<const HostFunction> alone; ///< Of append: the same on the calling thread.
  std::vector<Name> names;
};

} // namespace

void CpuContext::checkPlan(const adamas_plan_desc &desc) const {
  if (desc.page_size != 0)
    fail(ADAMAS_ERROR_UNSUPPORTED,
         "page_size: expected 0 on the CPU, whose kernels read no page tables, but got %d: use a contiguous cache",
         desc.page_size);
  if (desc.dense_below_crossover)
    fail(ADAMAS_ERROR_UNSUPPORTED,
         "dense_below_crossover: expected 0 on the CPU, whose crossover length is not known, but got %d: set it to 0, "
         "and call adamas_plan_dense where sequences are short",
         desc.dense_below_crossover);
}

std::unique_ptr<Operation> CpuContext::load(uint32_t operation, const adamas_plan_desc &desc) const {
  return std::make_unique<CpuOperation>(operation, desc, properties);
}
