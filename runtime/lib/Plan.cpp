// Loads a plan's operations, turns arguments into tensors, launches.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Plan.h"
#include "Environment.h"
#include "Request.h"
#include <algorithm>
#include <future>
#include <system_error>

using namespace adamas::impl;

Plan::Plan(std::shared_ptr<Context> context, const adamas_plan_desc &given)
    : context(std::move(context)), desc(checkDescription(given)),
      validates(environmentSwitch(Variable::Validate) || desc.validate) {
  this->context->checkPlan(desc);
  auto gpu = std::dynamic_pointer_cast<const GpuContext>(this->context);
  if (!gpu && (desc.operations & ADAMAS_STEP))
    desc.operations = (desc.operations & ~ADAMAS_STEP) | ADAMAS_DECODE | ADAMAS_APPEND;

  // Compiling takes seconds, so operations do not wait for each other. All end before an error leaves.
  using Loaded = std::unique_ptr<Operation>;
  std::future<Loaded> futures[operationCount];
  for (int i = 0; i < operationCount; ++i) {
    if (!(desc.operations & 1u << i))
      continue;
    bool last = desc.operations >> i == 1;
    auto load = [this, i] { return this->context->load(1u << i, desc); };
    try {
      futures[i] = std::async(last ? std::launch::deferred : std::launch::async, load);
    } catch (const std::system_error &) {
      // No thread is to be had: this one does the work below.
      futures[i] = std::async(std::launch::deferred, load);
    }
  }
  // The deferred one comes first, so that this thread works while the others do.
  for (int i = operationCount - 1; i >= 0; --i)
    if (futures[i].valid())
      futures[i].wait();
  std::exception_ptr first;
  for (int i = 0; i < operationCount; ++i)
    if (futures[i].valid()) {
      try {
        operations[i] = futures[i].get();
      } catch (...) {
        first = first ? first : std::current_exception();
      }
    }
  if (first)
    std::rethrow_exception(first);
  if (gpu && desc.dense_below_crossover && (desc.operations & ADAMAS_DECODE) && crossover() > 0)
    denseSwitch = std::make_unique<DenseSwitch>(gpu);
  // On the CPU every call looks at lengths, and says so itself.
  if (gpu && validates && (desc.operations & ~ADAMAS_APPEND))
    tableCheck = std::make_unique<TableCheck>(gpu);
}

bool Plan::has(uint32_t operation) const { return desc.operations & operation; }

int64_t Plan::crossover() const { return find(has(ADAMAS_DECODE) ? ADAMAS_DECODE : ADAMAS_STEP).crossover(); }

const Operation &Plan::find(uint32_t operation) const {
  for (int i = 0; i < operationCount; ++i)
    if (operation == 1u << i && operations[i])
      return *operations[i];
  fail(ADAMAS_ERROR_INVALID_ARGUMENT, "plan: expected one with the operation %s, but it has none: add it to operations",
       operationName(operation));
}

static void checkRange(const char *name, int64_t value, int64_t low, int64_t high) {
  if (value < low || value > high)
    fail(ADAMAS_ERROR_INVALID_ARGUMENT, "%s: expected %lld to %lld, but got %lld", name, static_cast<long long>(low),
         static_cast<long long>(high), static_cast<long long>(value));
}

/// Checks a cache's sizes. `reads`: lengths and page table take part, which an append does not look at.
Dimensions Plan::cacheDimensions(const adamas_cache &cache, int64_t batch, bool reads) const {
  Dimensions d;
  d.batch = batch;
  if (reads)
    checkRange("batch", batch, 0, desc.max_batch);
  if (desc.page_size == 0) {
    checkRange("cache.tokens", cache.tokens, 0, desc.max_seq_len);
    if (cache.page_table || cache.max_pages)
      fail(ADAMAS_ERROR_INVALID_ARGUMENT,
           "cache.page_table: expected null for a contiguous cache, but got one: set page_size in the plan");
    d.pages = cache.pages ? cache.pages : batch;
    checkRange("cache.pages", d.pages, reads ? batch : 0, INT32_MAX);
    d.tokens = cache.tokens;
    d.maxPages = 1;
    return d;
  }
  if (cache.tokens != 0 && cache.tokens != desc.page_size)
    fail(ADAMAS_ERROR_INVALID_ARGUMENT, "cache.tokens: expected 0 or the page size (%d), but got %lld", desc.page_size,
         static_cast<long long>(cache.tokens));
  checkRange("cache.pages", cache.pages, 0, INT32_MAX);
  d.pages = cache.pages;
  d.tokens = desc.page_size;
  if (reads) {
    checkRange("cache.max_pages", cache.max_pages, 1, desc.max_pages_per_sequence);
    if (cache.page_table_stride != 0 && cache.page_table_stride < cache.max_pages)
      fail(ADAMAS_ERROR_INVALID_ARGUMENT,
           "cache.page_table_stride: expected 0 or at least max_pages (%lld), but got %lld",
           static_cast<long long>(cache.max_pages), static_cast<long long>(cache.page_table_stride));
  }
  d.maxPages = cache.max_pages;
  return d;
}

/// Null or all zero means dense.
static bool isGiven(const int64_t *strides, int count) {
  return strides && std::any_of(strides, strides + count, [](int64_t stride) { return stride != 0; });
}

/// `strides` of the outer axes.
void Plan::set(Arguments &arguments, Name name, const void *data, const int64_t *strides, int strideCount) const {
  adamas_tensor &tensor = arguments[name];
  setShape(tensor, name, desc, arguments.dimensions);
  setDense(tensor);
  tensor.data = const_cast<void *>(data);
  if (isGiven(strides, strideCount))
    std::copy(strides, strides + strideCount, tensor.strides);
}

/// Query and output: their strides are sequence, query token, head, but the middle axis may be missing.
void Plan::setRows(Arguments &arguments, Name name, const void *data, const int64_t *strides) const {
  int64_t outer[] = {strides[0], strides[2]};
  if (desc.query_tokens > 1)
    set(arguments, name, data, strides, 3);
  else
    set(arguments, name, data, outer, 2);
}

void Plan::setCache(Arguments &arguments, const adamas_cache &cache) const {
  set(arguments, Name::Key, cache.key, cache.key_strides, 3);
  set(arguments, Name::Value, cache.value, cache.value_strides, 3);
  set(arguments, Name::Codes, cache.codes, cache.codes_strides, 4);
  arguments.stridedCodes = isGiven(cache.codes_strides, 4);
}

Arguments Plan::querying(const adamas_cache &cache, int64_t batch, const void *query, const int64_t *strides) const {
  Arguments arguments;
  arguments.dimensions = cacheDimensions(cache, batch, true);
  setCache(arguments, cache);
  set(arguments, Name::PageTable, cache.page_table, &cache.page_table_stride, 1);
  set(arguments, Name::SeqLens, cache.seq_lens, nullptr, 0);
  setRows(arguments, Name::Query, query, strides);
  return arguments;
}

void Plan::launch(uint32_t operation, const Arguments &arguments, void *workspace, size_t size, void *stream) const {
  find(operation).launch(arguments, workspace, size, stream, validates);
}

/// What a decode reads and writes, but for its thresholds.
Arguments Plan::decoding(const adamas_decode_args &args, const adamas_cache &cache) const {
  Arguments arguments = querying(cache, args.batch, args.query, args.query_strides);
  setRows(arguments, Name::Output, args.output, args.output_strides);
  set(arguments, Name::Lse, args.lse, nullptr, 0);
  set(arguments, Name::Indices, args.indices, nullptr, 0);
  set(arguments, Name::Lengths, args.lengths, nullptr, 0);
  return arguments;
}

void Plan::run(const adamas_decode_args &args, const adamas_cache &cache, void *workspace, size_t size,
               void *stream) const {
  Arguments arguments = decoding(args, cache);
  set(arguments, Name::Thresholds, args.thresholds, nullptr, 0);
  checkTables(arguments, workspace, size, stream);
  if (denseSwitch)
    decode(arguments, workspace, size, stream);
  else
    launch(ADAMAS_DECODE, arguments, workspace, size, stream);
}

/// Both operations run, each on the lengths of its own sequences; where no sequence can be as long as the crossover, or
/// the batch is empty, one is enough. No length is read here.
void Plan::decode(const Arguments &arguments, void *workspace, size_t size, void *stream) const {
  if (capacity(arguments.dimensions) < crossover() || arguments.dimensions.batch == 0)
    return launch(ADAMAS_DENSE, arguments, workspace, size, stream);
  auto *lengths = static_cast<const int32_t *>(arguments[Name::SeqLens].data);
  if (!lengths)
    fail(ADAMAS_ERROR_INVALID_ARGUMENT, "seq_lens: expected a device pointer, but got null");
  int64_t batch = arguments.dimensions.batch;
  size_t most = std::max(find(ADAMAS_DECODE).workspaceSize(arguments.dimensions),
                         find(ADAMAS_DENSE).workspaceSize(arguments.dimensions));
  DenseSwitch::Region region = DenseSwitch::layOut(desc, batch, workspace);
  checkWorkspace("decode or dense", region.bytes + most, workspace, size);
  checkApart(arguments, workspace, region.bytes);
  void *rest = static_cast<char *>(workspace) + region.bytes;
  Arguments selecting = arguments, dense = arguments;
  selecting[Name::SeqLens].data = region.selecting;
  dense[Name::SeqLens].data = region.dense;
  dense[Name::Output].data = region.output;
  dense[Name::Lse].data = region.lse;
  setDense(dense[Name::Output]);
  auto on = static_cast<cuda::Stream>(stream);
  denseSwitch->split(lengths, region, batch, crossover(), on);
  launch(ADAMAS_DECODE, selecting, rest, size - region.bytes, stream);
  launch(ADAMAS_DENSE, dense, rest, size - region.bytes, stream);
  denseSwitch->take(lengths, region, desc, arguments[Name::Output], arguments[Name::Lse], crossover(), on);
}

void Plan::select(const adamas_select_args &args, const adamas_cache &cache, void *workspace, size_t size,
                  void *stream) const {
  Arguments arguments = querying(cache, args.batch, args.query, args.query_strides);
  set(arguments, Name::Thresholds, args.thresholds, nullptr, 0);
  set(arguments, Name::Indices, args.indices, nullptr, 0);
  set(arguments, Name::Lengths, args.lengths, nullptr, 0);
  checkTables(arguments, workspace, size, stream);
  launch(ADAMAS_SELECT, arguments, workspace, size, stream);
}

void Plan::dense(const adamas_dense_args &args, const adamas_cache &cache, void *workspace, size_t size,
                 void *stream) const {
  Arguments arguments = querying(cache, args.batch, args.query, args.query_strides);
  setRows(arguments, Name::Output, args.output, args.output_strides);
  set(arguments, Name::Lse, args.lse, nullptr, 0);
  checkTables(arguments, workspace, size, stream);
  launch(ADAMAS_DENSE, arguments, workspace, size, stream);
}

/// Sets what new tokens are and where they go.
void Plan::setTokens(Arguments &arguments, const adamas_append_args &args) const {
  checkRange("tokens", args.tokens, 0, INT32_MAX);
  arguments.dimensions.newTokens = args.tokens;
  // Both factors are below 2^31.
  if (arguments.dimensions.pages * arguments.dimensions.tokens > int64_t(INT32_MAX) + 1)
    fail(ADAMAS_ERROR_INVALID_ARGUMENT,
         "cache: expected at most 2^31 slots, since slots are int32, but got %lld pages of %lld",
         static_cast<long long>(arguments.dimensions.pages), static_cast<long long>(arguments.dimensions.tokens));
  set(arguments, Name::NewKey, args.new_key, args.new_key_strides, 2);
  set(arguments, Name::NewValue, args.new_value, args.new_value_strides, 2);
  set(arguments, Name::Slots, args.slots, nullptr, 0);
  set(arguments, Name::Thresholds, args.thresholds, nullptr, 0);
  set(arguments, Name::Offset, args.offset, nullptr, 0);
}

void Plan::append(const adamas_append_args &args, const adamas_cache &cache, void *workspace, size_t size,
                  void *stream) const {
  Arguments arguments;
  arguments.dimensions = cacheDimensions(cache, args.batch, false);
  setCache(arguments, cache);
  setTokens(arguments, args);
  launch(ADAMAS_APPEND, arguments, workspace, size, stream);
}

void Plan::step(const adamas_append_args &tokens, const adamas_decode_args &args, const adamas_cache &cache,
                void *workspace, size_t size, void *stream) const {
  if (!has(ADAMAS_STEP)) {
    append(tokens, cache, workspace, size, stream);
    return run(args, cache, workspace, size, stream);
  }
  Arguments arguments = decoding(args, cache);
  setTokens(arguments, tokens);
  set(arguments, Name::QueryThresholds, args.thresholds, nullptr, 0);
  checkTables(arguments, workspace, size, stream);
  launch(ADAMAS_STEP, arguments, workspace, size, stream);
}

size_t Plan::workspaceSize(const adamas_extent &extent) const {
  checkRange("batch", extent.batch, 0, desc.max_batch);
  checkRange("append_tokens", extent.append_tokens, 0, INT32_MAX);
  Dimensions d;
  d.batch = extent.batch;
  d.newTokens = extent.append_tokens;
  if (desc.page_size == 0) {
    checkRange("tokens", extent.tokens, 0, desc.max_seq_len);
    checkRange("pages", extent.pages, 0, INT32_MAX);
    d.pages = extent.pages ? extent.pages : extent.batch;
    d.tokens = extent.tokens ? extent.tokens : desc.max_seq_len;
    d.maxPages = 1;
  } else {
    checkRange("pages", extent.pages, 0, INT32_MAX);
    checkRange("max_pages", extent.max_pages, 0, desc.max_pages_per_sequence);
    d.pages = extent.pages;
    d.tokens = desc.page_size;
    d.maxPages = extent.max_pages ? extent.max_pages : desc.max_pages_per_sequence;
  }
  size_t largest = 0;
  for (const std::unique_ptr<Operation> &operation : operations)
    if (operation)
      largest = std::max(largest, operation->workspaceSize(d));
  if (tableCheck)
    largest += lengthsBytes(extent.batch);
  if (denseSwitch)
    largest += DenseSwitch::layOut(desc, extent.batch, nullptr).bytes;
  return largest;
}
