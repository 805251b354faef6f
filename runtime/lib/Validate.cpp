// Looks at lengths, page tables and slots on the host: kernels clamp or skip what is out of range, and cannot say so.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Environment.h"
#include "Plan.h"
#include "Tensor.h"
#include <algorithm>

using namespace adamas::impl;

static long long number(int64_t value) { return value; }

std::vector<int32_t> Plan::readBack(const char *name, const int32_t *memory, int64_t count, void *stream) const {
  std::vector<int32_t> values(count);
  if (values.empty())
    return values;
  if (!memory)
    fail(ADAMAS_ERROR_INVALID_ARGUMENT, "%s: expected a device pointer, but got null", name);
  context->read(values.data(), memory, values.size() * sizeof(int32_t), stream);
  return values;
}

/// The most tokens that a sequence can have. Without pages to hold them, lengths end at the longest sequence that the
/// kernels were made for.
int64_t Plan::capacity(const Dimensions &d) const {
  return std::min(desc.max_seq_len, desc.page_size != 0 ? d.maxPages * d.tokens : d.tokens);
}

void Plan::validate(const adamas_cache &cache, int64_t batch, void *stream) const {
  Dimensions d = cacheDimensions(cache, batch, true);
  bool paged = desc.page_size != 0;
  int64_t capacity = this->capacity(d);
  std::vector<int32_t> lengths = readBack("seq_lens", cache.seq_lens, batch, stream);
  for (int64_t b = 0; b < batch; ++b) {
    if (lengths[b] < 0 || lengths[b] > capacity)
      fail(ADAMAS_ERROR_VALIDATION, "seq_lens: sequence %lld: expected 0 to %lld tokens, but got %d", number(b),
           number(capacity), lengths[b]);
    if (lengths[b] != 0 && lengths[b] < desc.query_tokens) // nq-1
      fail(ADAMAS_ERROR_VALIDATION,
           "seq_lens: sequence %lld: expected 0 or at least %d tokens (query_tokens), but got %d", number(b),
           desc.query_tokens, lengths[b]);
  }
  if (!paged || batch == 0)
    return;
  int64_t stride = cache.page_table_stride ? cache.page_table_stride : d.maxPages;
  std::vector<int32_t> pages = readBack("page_table", cache.page_table, (batch - 1) * stride + d.maxPages, stream);
  for (int64_t b = 0; b < batch; ++b) {
    // kv-5: what lies behind a sequence's last page is never read.
    int64_t used = (lengths[b] + d.tokens - 1) / d.tokens;
    for (int64_t i = 0; i < used; ++i)
      if (int32_t page = pages[b * stride + i]; page < 0 || page >= d.pages)
        fail(ADAMAS_ERROR_VALIDATION,
             "page_table: sequence %lld, entry %lld: expected a page from 0 to %lld, but got %d", number(b), number(i),
             number(d.pages - 1), page);
  }
}

void Plan::validateAppend(const adamas_append_args &args, const adamas_cache &cache, void *stream) const {
  Dimensions d = cacheDimensions(cache, args.batch, false);
  if (args.tokens < 0)
    fail(ADAMAS_ERROR_INVALID_ARGUMENT, "tokens: expected at least 0, but got %lld", number(args.tokens));
  std::vector<int32_t> slots = readBack("slots", args.slots, args.tokens, stream);
  for (size_t i = 0; i < slots.size(); ++i)
    if (slots[i] < -1 || slots[i] >= d.pages * d.tokens)
      fail(ADAMAS_ERROR_VALIDATION, "slots: token %zu: expected -1 to %lld, but got %d", i,
           number(d.pages * d.tokens - 1), slots[i]);
  // Of two tokens for one slot, which one stays is not defined.
  std::vector<std::pair<int32_t, size_t>> sorted;
  for (size_t i = 0; i < slots.size(); ++i)
    if (slots[i] >= 0)
      sorted.emplace_back(slots[i], i);
  std::sort(sorted.begin(), sorted.end());
  for (size_t i = 1; i < sorted.size(); ++i)
    if (sorted[i].first == sorted[i - 1].first)
      fail(ADAMAS_ERROR_VALIDATION, "slots: token %zu: expected a slot of its own, but token %zu has %d too",
           sorted[i].second, sorted[i - 1].second, sorted[i].first);
}

/// What lies at the front of the workspace is no part of it to the operation that follows.
void Plan::checkApart(const Arguments &arguments, const void *reserved, size_t bytes) const {
  if (!validates)
    return;
  uintptr_t begin = reinterpret_cast<uintptr_t>(reserved);
  static constexpr std::pair<Name, const char *> written[] = {
      {Name::Output, "output"}, {Name::Lse, "lse"}, {Name::Indices, "indices"}, {Name::Lengths, "lengths"}};
  for (auto [name, text] : written)
    if (uintptr_t data = reinterpret_cast<uintptr_t>(arguments[name].data); data >= begin && data < begin + bytes)
      fail(ADAMAS_ERROR_VALIDATION, "%s: expected memory apart from the workspace, but it overlaps it", text);
}

/// Puts lengths in front of the workspace whose entries may be read, and leaves the rest of it.
void Plan::checkTables(Arguments &arguments, void *&workspace, size_t &size, void *stream) const {
  int64_t batch = arguments.dimensions.batch;
  if (!tableCheck || batch == 0)
    return;
  size_t own = lengthsBytes(batch);
  checkWorkspace("validation alone", own, workspace, size);
  checkApart(arguments, workspace, own);
  const adamas_tensor &lengths = arguments[Name::SeqLens], &table = arguments[Name::PageTable];
  bool paged = desc.page_size != 0;
  int64_t stride = paged ? table.strides[0] : 0;
  {
    const GpuContext &device = tableCheck->device();
    Current current(device);
    auto check = [&](const char *name, const void *data, int64_t elements) {
      if (!data)
        fail(ADAMAS_ERROR_INVALID_ARGUMENT, "%s: expected a device pointer, but got null", name);
      checkMemory(device.driver, name, reinterpret_cast<uintptr_t>(data), 4 * elements);
    };
    checkMemory(device.driver, "workspace", reinterpret_cast<uintptr_t>(workspace), own);
    check("seq_lens", lengths.data, batch);
    if (paged)
      check("page_table", table.data, (batch - 1) * stride + arguments.dimensions.maxPages);
  }
  auto *checked = static_cast<int32_t *>(workspace);
  tableCheck->launch({static_cast<const int32_t *>(lengths.data),
                      static_cast<const int32_t *>(paged ? table.data : nullptr), checked, batch, stride,
                      capacity(arguments.dimensions), desc.page_size, arguments.dimensions.pages, desc.query_tokens},
                     static_cast<cuda::Stream>(stream));
  arguments[Name::SeqLens].data = checked;
  workspace = static_cast<char *>(workspace) + own;
  size -= own;
}

void Plan::readErrors(void *stream) const {
  if (!validates || !(desc.operations & ~ADAMAS_APPEND))
    fail(ADAMAS_ERROR_INVALID_ARGUMENT,
         "plan: expected one that validates and reads caches: set validate or %s, and "
         "decode, select or dense in operations",
         variableName(Variable::Validate));
  if (tableCheck)
    tableCheck->read(static_cast<cuda::Stream>(stream));
  else
    context->synchronize(stream); // The calls themselves have said what they found.
}
