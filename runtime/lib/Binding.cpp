// One table says what every operation's tensors are.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Binding.h"
#include "Request.h"

using namespace adamas::impl;

namespace {

/// Stands for the plan's dtype.
constexpr int planType = -1;

struct NameInfo {
  Name name;
  const char *text;
  int element;
  uint32_t arguments; ///< Operations that read it, or write it in place.
  uint32_t results;   ///< Operations whose result it is.
};

constexpr uint32_t selecting = ADAMAS_DECODE | ADAMAS_SELECT | ADAMAS_STEP,
                   attending = ADAMAS_DECODE | ADAMAS_DENSE | ADAMAS_STEP, querying = selecting | attending,
                   appending = ADAMAS_APPEND | ADAMAS_STEP;

constexpr NameInfo table[nameCount] = {
    {Name::Query, "query", planType, querying, 0},
    {Name::Key, "key", planType, attending | appending, 0},
    {Name::Value, "value", planType, attending | appending, 0},
    {Name::Codes, "codes", ADAMAS_U32, selecting | appending, 0},
    {Name::PageTable, "page_table", ADAMAS_I32, querying, 0},
    {Name::SeqLens, "seq_lens", ADAMAS_I32, querying, 0},
    {Name::Thresholds, "thresholds", ADAMAS_F32, selecting | appending, 0},
    {Name::Output, "output", planType, 0, attending},
    {Name::Lse, "lse", ADAMAS_F32, 0, attending},
    {Name::Indices, "indices", ADAMAS_I32, 0, selecting},
    {Name::Lengths, "lengths", ADAMAS_I32, 0, selecting},
    {Name::NewKey, "new_key", planType, appending, 0},
    {Name::NewValue, "new_value", planType, appending, 0},
    {Name::Slots, "slots", ADAMAS_I32, appending, 0},
    {Name::Offset, "offset", ADAMAS_F32, appending, 0},
    {Name::QueryThresholds, "query_thresholds", ADAMAS_F32, ADAMAS_STEP, 0},
};

const NameInfo &infoOf(Name name) { return table[static_cast<size_t>(name)]; }

/// Appends sizes to a tensor's shape.
struct Shape {
  adamas_tensor &tensor;
  Shape &operator<<(int64_t size) {
    tensor.sizes[tensor.rank++] = size;
    return *this;
  }
};

} // namespace

const char *adamas::impl::nameText(Name name) { return infoOf(name).text; }

int adamas::impl::nameElement(Name name, const adamas_plan_desc &desc) {
  return infoOf(name).element == planType ? desc.dtype : infoOf(name).element;
}

bool adamas::impl::isResult(Name name, uint32_t operation) { return infoOf(name).results & operation; }

void adamas::impl::setShape(adamas_tensor &tensor, Name name, const adamas_plan_desc &desc, const Dimensions &d) {
  tensor.rank = 0;
  Shape shape{tensor};
  auto rows = [&]() -> Shape & {
    shape << d.batch;
    // A single query token has no axis of its own.
    return desc.query_tokens > 1 ? shape << desc.query_tokens : shape;
  };
  int64_t lists = desc.policy == ADAMAS_PER_KV_HEAD ? desc.kv_heads : desc.query_heads;
  switch (name) {
  case Name::Query:
  case Name::Output:
    rows() << desc.query_heads << desc.head_dim;
    return;
  case Name::Key:
  case Name::Value:
    shape << d.pages << desc.kv_heads << d.tokens << desc.head_dim;
    return;
  case Name::Codes:
    shape << d.pages << desc.kv_heads << d.tokens << desc.bits << desc.head_dim / 32;
    return;
  case Name::PageTable:
    shape << d.batch << d.maxPages;
    return;
  case Name::SeqLens:
    shape << d.batch;
    return;
  case Name::Thresholds:
  case Name::QueryThresholds:
    shape << desc.threshold_sets << (1 << desc.bits) - 1;
    return;
  case Name::Lse:
    rows() << desc.query_heads;
    return;
  case Name::Indices:
    rows() << lists << desc.budget;
    return;
  case Name::Lengths:
    rows() << lists;
    return;
  case Name::NewKey:
  case Name::NewValue:
    shape << d.newTokens << desc.kv_heads << desc.head_dim;
    return;
  case Name::Slots:
    shape << d.newTokens;
    return;
  case Name::Offset:
    shape << desc.kv_heads << desc.head_dim;
    return;
  }
}

void adamas::impl::setDense(adamas_tensor &tensor) {
  int64_t stride = 1;
  for (int axis = tensor.rank - 1; axis >= 0; --axis) {
    tensor.strides[axis] = stride;
    // The launch finds sizes that do not fit; here they must only not be undefined behaviour.
    if (__builtin_mul_overflow(stride, tensor.sizes[axis], &stride))
      stride = INT64_MAX;
  }
}

static bool isWanted(const NameInfo &info, uint32_t operation, const adamas_plan_desc &desc) {
  if (operation != ADAMAS_DECODE && operation != ADAMAS_DENSE && operation != ADAMAS_STEP)
    return true;
  if (info.name == Name::Lse)
    return desc.return_lse;
  if (info.name == Name::Indices || info.name == Name::Lengths)
    return desc.return_indices;
  return true;
}

static const NameInfo *lookUp(const std::string &name, uint32_t operation, const adamas_plan_desc &desc) {
  for (const NameInfo &info : table)
    if (name == info.text && ((info.arguments | info.results) & operation) && isWanted(info, operation, desc) &&
        (info.name != Name::PageTable || desc.page_size) && (info.name != Name::Offset || desc.key_offset))
      return &info;
  return nullptr;
}

Name adamas::impl::findName(const std::string &text, const char *function, uint32_t operation,
                            const adamas_plan_desc &desc) {
  const NameInfo *info = lookUp(text, operation, desc);
  if (!info)
    fail(ADAMAS_ERROR_CORRUPT, "bundle: %s: expected values that this plan has, but there is '%s'", function,
         text.c_str());
  return info->name;
}

static void checkValue(const Value &value, const NameInfo &info, const FunctionInfo &function, uint32_t operation,
                       const adamas_plan_desc &desc) {
  Role role = info.results & operation ? Role::Result : Role::Argument;
  int element = nameElement(info.name, desc);
  if (value.role != role || value.element != element)
    fail(ADAMAS_ERROR_CORRUPT, "bundle: %s: expected the %s %s to be %s, but got %s %s", function.name.c_str(),
         role == Role::Result ? "result" : "argument", info.text, elementName(element),
         value.role == Role::Result ? "a result of" : "an argument of", elementName(value.element));
  adamas_tensor expected = {};
  Dimensions dimensions;
  if (desc.page_size)
    dimensions.tokens = desc.page_size;
  setShape(expected, info.name, desc, dimensions);
  if (value.rank != expected.rank)
    fail(ADAMAS_ERROR_CORRUPT, "bundle: %s: expected %s to have rank %d, but got %d", function.name.c_str(), info.text,
         expected.rank, value.rank);
  for (int axis = 0; axis < value.rank; ++axis)
    if (value.sizes[axis] >= 0 && expected.sizes[axis] >= 0 && value.sizes[axis] != expected.sizes[axis])
      fail(ADAMAS_ERROR_CORRUPT, "bundle: %s: expected %s to have size %lld on axis %d, but got %lld",
           function.name.c_str(), info.text, static_cast<long long>(expected.sizes[axis]), axis,
           static_cast<long long>(value.sizes[axis]));
}

std::vector<Name> adamas::impl::bindFunction(const FunctionInfo &function, uint32_t operation,
                                             const adamas_plan_desc &desc) {
  std::vector<Name> names;
  uint32_t present = 0;
  for (size_t index : function.visible) {
    const Value &value = function.values[index];
    Name name = findName(value.name, function.name.c_str(), operation, desc);
    checkValue(value, infoOf(name), function, operation, desc);
    names.push_back(name);
    present |= 1u << static_cast<int>(name);
  }
  // Arguments may be missing where nothing reads them, but what the caller asked for must be computed.
  for (const NameInfo &info : table) {
    bool written =
        (operation & appending) && (info.name == Name::Key || info.name == Name::Value || info.name == Name::Codes);
    bool needed = written || ((info.results & operation) && isWanted(info, operation, desc));
    if (needed && !(present & 1u << static_cast<int>(info.name)))
      fail(ADAMAS_ERROR_CORRUPT, "bundle: %s: expected it to write %s, but it does not", function.name.c_str(),
           info.text);
  }
  return names;
}
