// Checks descriptors against the specification and writes canonical requests.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Request.h"
#include "Bundle.h"
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

using namespace adamas::impl;

adamas_plan_desc adamas::impl::defaultDescription() {
  adamas_plan_desc desc = {};
  desc.struct_size = sizeof(desc);
  desc.dtype = ADAMAS_F16;
  desc.head_dim = 128;
  desc.bits = 2;
  desc.query_heads = 32;
  desc.kv_heads = 8;
  desc.query_tokens = 1;
  desc.metric = ADAMAS_WEIGHTED;
  desc.policy = ADAMAS_PER_QUERY_HEAD;
  desc.budget = 128;
  desc.recent = 1;
  desc.max_batch = 1;
  desc.max_seq_len = 131072;
  desc.operations = ADAMAS_DECODE | ADAMAS_APPEND;
  return desc;
}

static void checkRange(const char *name, int64_t value, int64_t low, int64_t high) {
  if (value < low || value > high)
    fail(ADAMAS_ERROR_INVALID_ARGUMENT, "%s: expected %lld to %lld, but got %lld", name, static_cast<long long>(low),
         static_cast<long long>(high), static_cast<long long>(value));
}

static void checkShape(const adamas_plan_desc &desc) {
  if (desc.dtype != ADAMAS_F16 && desc.dtype != ADAMAS_BF16 && desc.dtype != ADAMAS_F32)
    fail(ADAMAS_ERROR_INVALID_ARGUMENT, "dtype: expected ADAMAS_F16, ADAMAS_BF16 or ADAMAS_F32, but got %d",
         desc.dtype);
  // had-1 and pak-3: transforms exist for powers of two, and code planes are whole words of 32 bits.
  if (desc.head_dim < 32 || desc.head_dim > 1024 || (desc.head_dim & (desc.head_dim - 1)))
    fail(ADAMAS_ERROR_INVALID_ARGUMENT, "head_dim: expected a power of two from 32 to 1024, but got %d", desc.head_dim);
  checkRange("bits", desc.bits, 1, 4);
  checkRange("kv_heads", desc.kv_heads, 1, 65535);
  checkRange("query_heads", desc.query_heads, 1, 65535);
  if (desc.query_heads % desc.kv_heads)
    fail(ADAMAS_ERROR_INVALID_ARGUMENT, "query_heads: expected a multiple of kv_heads (%d), but got %d", desc.kv_heads,
         desc.query_heads);
  checkRange("query_tokens", desc.query_tokens, 1, 8); // nq-1
  checkRange("max_batch", desc.max_batch, 1, INT32_MAX);
  checkRange("max_seq_len", desc.max_seq_len, 1, INT32_MAX); // Positions are int32 (sel-5).
  if (!std::isfinite(desc.scale))
    fail(ADAMAS_ERROR_INVALID_ARGUMENT, "scale: expected a finite number, or 0 for 1/sqrt(head_dim), but got %g",
         static_cast<double>(desc.scale));
}

static void checkSelection(const adamas_plan_desc &desc) {
  if (desc.metric < ADAMAS_L1 || desc.metric > ADAMAS_TWO_PASS)
    fail(ADAMAS_ERROR_INVALID_ARGUMENT, "metric: expected ADAMAS_L1, ADAMAS_WEIGHTED or ADAMAS_TWO_PASS, but got %d",
         desc.metric);
  if (desc.policy != ADAMAS_PER_QUERY_HEAD && desc.policy != ADAMAS_PER_KV_HEAD)
    fail(ADAMAS_ERROR_INVALID_ARGUMENT, "policy: expected ADAMAS_PER_QUERY_HEAD or ADAMAS_PER_KV_HEAD, but got %d",
         desc.policy);
  checkRange("budget", desc.budget, 1, INT32_MAX);
  checkRange("sink", desc.sink, 0, INT32_MAX);
  checkRange("recent", desc.recent, 1, INT32_MAX);
  if (static_cast<int64_t>(desc.sink) + desc.recent > desc.budget) // sel-3
    fail(ADAMAS_ERROR_INVALID_ARGUMENT, "budget: expected at least sink + recent (%d + %d), but got %d", desc.sink,
         desc.recent, desc.budget);
  if (desc.metric == ADAMAS_TWO_PASS) {
    if (desc.candidates != 0 && desc.candidates < desc.budget)
      fail(ADAMAS_ERROR_INVALID_ARGUMENT,
           "candidates: expected at least the budget (%d), or 0 for 8 times it, but got %d", desc.budget,
           desc.candidates);
    if (desc.candidates == 0 && desc.budget > INT32_MAX / 8)
      fail(ADAMAS_ERROR_INVALID_ARGUMENT, "budget: expected at most %d for two passes, but got %d", INT32_MAX / 8,
           desc.budget);
  } else if (desc.candidates != 0) {
    fail(ADAMAS_ERROR_INVALID_ARGUMENT, "candidates: expected 0, since only ADAMAS_TWO_PASS has them, but got %d",
         desc.candidates);
  }
  if (desc.weight_range != 0)
    checkRange("weight_range", desc.weight_range, 1, 32768); // W of wgt-2
  if (desc.weight_cap != 0)
    checkRange("weight_cap", desc.weight_cap, 1, 127); // C of wgt-2
}

static void checkCache(const adamas_plan_desc &desc) {
  checkRange("page_size", desc.page_size, 0, INT32_MAX);
  if (desc.page_size == 0 && desc.max_pages_per_sequence != 0)
    fail(ADAMAS_ERROR_INVALID_ARGUMENT,
         "max_pages_per_sequence: expected 0 for a contiguous cache, but got %lld: set page_size for a paged one",
         static_cast<long long>(desc.max_pages_per_sequence));
  checkRange("max_pages_per_sequence", desc.max_pages_per_sequence, 0, INT32_MAX);
  if (desc.threshold_sets != 0 && desc.threshold_sets != 1 && desc.threshold_sets != desc.kv_heads) // buk-2
    fail(ADAMAS_ERROR_INVALID_ARGUMENT, "threshold_sets: expected 1 or kv_heads (%d), but got %d", desc.kv_heads,
         desc.threshold_sets);
}

adamas_plan_desc adamas::impl::checkDescription(const adamas_plan_desc &given) {
  adamas_plan_desc desc = given;
  checkShape(desc);
  checkSelection(desc);
  checkCache(desc);
  checkRange("key_offset", desc.key_offset, 0, 1);
  checkRange("return_lse", desc.return_lse, 0, 1);
  checkRange("return_indices", desc.return_indices, 0, 1);
  checkRange("validate", desc.validate, 0, 1);
  checkRange("dense_below_crossover", desc.dense_below_crossover, 0, 1);
  if (desc.dense_below_crossover && desc.return_indices)
    fail(ADAMAS_ERROR_INVALID_ARGUMENT, "return_indices: expected 0 with dense_below_crossover, since a list of the "
                                        "budget cannot hold all tokens, but got 1");
  if (desc.operations == 0 || (desc.operations & ~allOperations))
    fail(ADAMAS_ERROR_INVALID_ARGUMENT,
         "operations: expected bits of ADAMAS_DECODE, ADAMAS_SELECT, ADAMAS_DENSE, ADAMAS_APPEND and ADAMAS_STEP, but "
         "got 0x%x",
         desc.operations);

  // What a step does is then decided between its two halves.
  if (desc.dense_below_crossover && (desc.operations & ADAMAS_STEP))
    desc.operations = (desc.operations & ~ADAMAS_STEP) | ADAMAS_DECODE | ADAMAS_APPEND;
  if (desc.dense_below_crossover && (desc.operations & ADAMAS_DECODE))
    desc.operations |= ADAMAS_DENSE;
  if (desc.metric == ADAMAS_TWO_PASS && desc.candidates == 0)
    desc.candidates = 8 * desc.budget;
  if (desc.page_size != 0 && desc.max_pages_per_sequence == 0)
    desc.max_pages_per_sequence = (desc.max_seq_len + desc.page_size - 1) / desc.page_size;
  if (desc.scale == 0)
    desc.scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(desc.head_dim)));
  // L1 has no weights: without this, two equal plans would ask for two bundles.
  if (desc.weight_range == 0 || desc.metric == ADAMAS_L1)
    desc.weight_range = 2 * desc.head_dim;
  if (desc.weight_cap == 0 || desc.metric == ADAMAS_L1)
    desc.weight_cap = 7;
  if (desc.threshold_sets == 0)
    desc.threshold_sets = desc.kv_heads;
  return desc;
}

const char *adamas::impl::operationName(uint32_t operation) {
  switch (operation) {
  case ADAMAS_DECODE:
    return "decode";
  case ADAMAS_SELECT:
    return "select";
  case ADAMAS_DENSE:
    return "dense";
  case ADAMAS_APPEND:
    return "append";
  case ADAMAS_STEP:
    return "step";
  default:
    fail(
        ADAMAS_ERROR_INVALID_ARGUMENT,
        "operation: expected one of ADAMAS_DECODE, ADAMAS_SELECT, ADAMAS_DENSE, ADAMAS_APPEND and ADAMAS_STEP, but got "
        "0x%x",
        operation);
  }
}

/// The double whose shortest spelling is that of the float: 0.088388346, not 0.08838834613561630.
static double shortDouble(float value) {
  char text[32];
  auto end = std::to_chars(text, text + sizeof(text) - 1, value).ptr;
  *end = '\0';
  return strtod(text, nullptr);
}

/// Puts defaults where the operation does not look.
static adamas_plan_desc forOperation(const adamas_plan_desc &checked, uint32_t operation) {
  adamas_plan_desc desc = checked, defaults = defaultDescription();
  bool selects = operation & (ADAMAS_DECODE | ADAMAS_SELECT | ADAMAS_STEP);
  bool attends = operation & (ADAMAS_DECODE | ADAMAS_DENSE | ADAMAS_STEP);
  if (!selects) {
    desc.metric = ADAMAS_L1;
    desc.policy = defaults.policy;
    desc.budget = defaults.budget;
    desc.candidates = 0;
    desc.sink = defaults.sink;
    desc.recent = defaults.recent;
    desc.weight_range = 2 * desc.head_dim;
    desc.weight_cap = 7;
  }
  if (operation == ADAMAS_SELECT)
    desc.return_indices = 1;
  else if (operation != ADAMAS_DECODE && operation != ADAMAS_STEP)
    desc.return_indices = 0;
  if (!attends) {
    desc.return_lse = 0;
    desc.scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(desc.head_dim)));
  }
  if (operation == ADAMAS_DENSE) {
    desc.bits = defaults.bits;
    desc.threshold_sets = 1;
  }
  if (operation == ADAMAS_APPEND)
    desc.query_tokens = 1;
  else if (operation != ADAMAS_STEP)
    desc.key_offset = 0;
  return desc;
}

std::string adamas::impl::requestText(const adamas_plan_desc &checked, uint32_t operation, const std::string &chip) {
  static const char *const metrics[] = {"l1", "weighted", "two_pass"};
  const char *name = operationName(operation);
  adamas_plan_desc desc = forOperation(checked, operation);
  // An object of nlohmann::json is sorted by key.
  nlohmann::json request = {
      {"bits", desc.bits},
      {"budget", desc.budget},
      {"candidates", desc.candidates},
      {"cap", desc.weight_cap},
      {"chip", chip},
      {"dtype", elementName(desc.dtype)},
      {"head_dim", desc.head_dim},
      {"indices", desc.return_indices != 0},
      {"kv_heads", desc.kv_heads},
      {"lse", desc.return_lse != 0},
      {"max_batch", desc.max_batch},
      {"max_seq_len", desc.max_seq_len},
      {"metric", metrics[desc.metric]},
      {"offset", desc.key_offset != 0},
      {"operation", name},
      {"page_size", desc.page_size},
      {"policy", desc.policy == ADAMAS_PER_KV_HEAD ? "per_kv_head" : "per_query_head"},
      {"query_heads", desc.query_heads},
      {"query_tokens", desc.query_tokens},
      {"range", desc.weight_range},
      {"recent", desc.recent},
      {"scale", shortDouble(desc.scale)},
      {"sink", desc.sink},
      {"threshold_sets", desc.threshold_sets},
  };
  return request.dump();
}
