// Host tensors in a device's memory: pages, strides, planes of codes.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "device/Placement.h"

#include "adamas/Conversion/ValueKinds.h"
#include <algorithm>
#include <cstring>
#include <numeric>
#include <random>

using namespace mlir;
using namespace mlir::adamas;

/// The logical sequences that `value`, perhaps a pool of pages, is used as.
static Value asSequences(Value value) {
  for (Operation *user : value.getUsers())
    if (auto view = dyn_cast<PagedViewOp>(user); view && view.getPool() == value)
      return view.getResult();
  return value;
}

/// Whether `value` is keys or values of a cache, `[B, Hkv, N, D]`, or codes of keys, `[B, Hkv, N]`.
static bool isCache(Value value) {
  value = asSequences(value);
  if (isKeyCodes(value))
    return true;
  return llvm::any_of(value.getUsers(), [&](Operation *user) {
    if (auto sparse = dyn_cast<SparseAttentionOp>(user))
      return value == sparse.getKey() || value == sparse.getValue();
    if (auto dense = dyn_cast<DenseAttentionOp>(user))
      return value == dense.getKey() || value == dense.getValue();
    if (auto partial = dyn_cast<PartialAttentionOp>(user))
      return value == partial.getKey() || value == partial.getValue();
    return false;
  });
}

llvm::Error mlir::adamas::pageCaches(func::FuncOp function, int64_t pageSize) {
  Block &body = function.getBody().front();
  SmallVector<BlockArgument> caches;
  for (BlockArgument argument : body.getArguments())
    if (isCache(argument))
      caches.push_back(argument);
  if (caches.empty())
    return llvm::createStringError("the function has no caches to page");
  auto i32 = IntegerType::get(function.getContext(), 32);
  auto tableType = RankedTensorType::get({ShapedType::kDynamic, ShapedType::kDynamic}, i32);
  BlockArgument table = body.addArgument(tableType, function.getLoc());
  OpBuilder b = OpBuilder::atBlockBegin(&body);
  for (BlockArgument cache : caches) {
    auto type = cast<RankedTensorType>(cache.getType());
    SmallVector<int64_t> shape(type.getShape());
    if (!ShapedType::isDynamic(shape[0]) || !ShapedType::isDynamic(shape[2]))
      return llvm::createStringError("the function's caches have static lengths: make batch and tokens dynamic");
    shape[2] = pageSize;
    cache.setType(RankedTensorType::get(shape, type.getElementType()));
    auto view = PagedViewOp::create(b, function.getLoc(), type, cache, table, PoolLayout::HeadMajor);
    cache.replaceAllUsesExcept(view.getResult(), view);
  }
  function.setType(
      FunctionType::get(function.getContext(), body.getArgumentTypes(), function.getFunctionType().getResults()));
  return llvm::Error::success();
}

void Pages::lay(int64_t ofSequences, int64_t tokens, const DeviceLayout &layout) {
  int64_t each = (tokens + layout.pageSize - 1) / layout.pageSize;
  if (sequences == ofSequences && pagesOfSequence == each)
    return;
  sequences = ofSequences;
  pagesOfSequence = each;
  order.resize(sequences * each);
  std::iota(order.begin(), order.end(), 0);
  if (layout.shuffle)
    std::shuffle(order.begin(), order.end(), std::mt19937(layout.shuffle));
}

static llvm::Expected<PlacedTensor> upload(const Device &device, const std::vector<uint8_t> &bytes,
                                           ArrayRef<int64_t> sizes, ArrayRef<int64_t> strides) {
  auto buffer = DeviceBuffer::allocate(device, bytes.size());
  if (!buffer)
    return buffer.takeError();
  if (llvm::Error error = buffer->write(bytes.data(), bytes.size()))
    return error;
  PlacedTensor placed{std::move(*buffer), {}};
  placed.view.data = placed.buffer.data();
  placed.view.rank = sizes.size();
  for (auto [i, size] : llvm::enumerate(sizes)) {
    placed.view.sizes[i] = size;
    placed.view.strides[i] = strides[i];
  }
  return placed;
}

static SmallVector<int64_t> denseStrides(ArrayRef<int64_t> sizes) {
  SmallVector<int64_t> strides(sizes.size(), 1);
  for (int64_t i = int64_t(sizes.size()) - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * sizes[i + 1];
  return strides;
}

llvm::Expected<PlacedTensor> Pages::placeTable(const Device &device, int64_t batch) const {
  std::vector<int32_t> table;
  for (int64_t i = 0; i < batch; ++i)
    for (int64_t page = 0; page < pagesOfSequence; ++page)
      table.push_back(at(sequences == 1 ? 0 : i, page));
  std::vector<uint8_t> bytes(table.size() * sizeof(int32_t));
  std::memcpy(bytes.data(), table.data(), bytes.size());
  return upload(device, bytes, {batch, pagesOfSequence}, {pagesOfSequence, 1});
}

/// Strides of `[pages, heads, tokens, (planes,) row]`: codes planes apart, heads before tokens or after.
static SmallVector<int64_t> cacheStrides(ArrayRef<int64_t> sizes, bool codes, bool tokenMajor) {
  SmallVector<unsigned> order{0, 1, 2};
  if (tokenMajor)
    std::swap(order[1], order[2]);
  if (codes) // the planes of a page of a head, or of a token's heads, follow each other
    order.insert(order.begin() + 2, 3);
  order.push_back(sizes.size() - 1);
  SmallVector<int64_t> strides(sizes.size());
  int64_t stride = 1;
  for (unsigned axis : llvm::reverse(order)) {
    strides[axis] = stride;
    stride *= sizes[axis];
  }
  return strides;
}

llvm::Expected<PlacedTensor> mlir::adamas::placeArgument(const Device &device, Value argument, const Tensor &tensor,
                                                         int64_t batch, const DeviceLayout &layout, Pages &pages) {
  SmallVector<int64_t> sizes(tensor.shape());
  const char *source = tensor.raw();
  bool dynamicBatch = cast<ShapedType>(argument.getType()).isDynamicDim(0);
  if (!isCache(argument)) {
    std::vector<uint8_t> bytes(source, source + tensor.bytes());
    SmallVector<int64_t> strides = denseStrides(sizes);
    if (dynamicBatch && sizes[0] == 1 && batch > 1) {
      sizes[0] = batch;
      strides[0] = 0;
    }
    return upload(device, bytes, sizes, strides);
  }
  bool codes = isKeyCodes(asSequences(argument));
  int64_t sequences = sizes[0], heads = sizes[1], tokens = sizes[2];
  int64_t planes = codes ? sizes[3] : 1, rowBytes = sizes.back() * tensor.bytes() / std::max<int64_t>(tensor.size(), 1);
  SmallVector<int64_t> placed(sizes);
  if (layout.pageSize) {
    pages.lay(sequences, tokens, layout);
    placed[0] = pages.count();
    placed[2] = layout.pageSize;
  }
  SmallVector<int64_t> strides = cacheStrides(placed, codes, layout.tokenMajor);
  int64_t elements = 1;
  for (int64_t size : placed)
    elements *= size;
  int64_t elementBytes = tensor.size() ? tensor.bytes() / tensor.size() : 4;
  // What no token fills is poison.
  std::vector<uint8_t> bytes(elements * elementBytes, 0xcd);
  for (int64_t s = 0; s < sequences; ++s)
    for (int64_t h = 0; h < heads; ++h)
      for (int64_t n = 0; n < tokens; ++n)
        for (int64_t p = 0; p < planes; ++p) {
          int64_t page = layout.pageSize ? pages.at(s, n / layout.pageSize) : s;
          int64_t slot = layout.pageSize ? n % layout.pageSize : n;
          int64_t at = page * strides[0] + h * strides[1] + slot * strides[2] + (codes ? p * strides[3] : 0);
          std::memcpy(bytes.data() + at * elementBytes,
                      source + (((s * heads + h) * tokens + n) * planes + p) * rowBytes, rowBytes);
        }
  if (!layout.pageSize && dynamicBatch && sequences == 1 && batch > 1) {
    placed[0] = batch;
    strides[0] = 0;
  }
  return upload(device, bytes, placed, strides);
}

llvm::Expected<PlacedTensor> mlir::adamas::placeResult(const Device &device, const Tensor &tensor) {
  std::vector<uint8_t> poison(tensor.bytes(), 0xcd);
  return upload(device, poison, tensor.shape(), denseStrides(tensor.shape()));
}
