// Takes dense attention for the sequences below a crossover length, on the device.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "DenseSwitch.h"
#include "Program.h"

using namespace adamas::impl;

// Written by hand: bundles hold the kernels of one operation, and these belong to none. The oldest PTX that knows
// sm_80.
const char *const adamas::impl::denseSwitchPtx = R"ptx(.version 7.0
.target sm_80
.address_size 64

// One thread a sequence: 0 lengths, 8 of those that select, 16 of the dense ones, 24 batch, 28 crossover.
.visible .entry adamas_split_lengths(.param .align 8 .b8 block[32]) {
  .reg .pred %p<3>;
  .reg .b32 %r<10>;
  .reg .b64 %rd<8>;
  ld.param.u64 %rd1, [block];
  ld.param.u64 %rd2, [block+8];
  ld.param.u64 %rd3, [block+16];
  ld.param.u32 %r1, [block+24];
  ld.param.s32 %r2, [block+28];
  mov.u32 %r3, %ctaid.x;
  mov.u32 %r4, %ntid.x;
  mov.u32 %r5, %tid.x;
  mad.lo.u32 %r6, %r3, %r4, %r5;
  setp.ge.u32 %p1, %r6, %r1;
  @%p1 ret;
  mul.wide.u32 %rd4, %r6, 4;
  add.u64 %rd5, %rd1, %rd4;
  add.u64 %rd6, %rd2, %rd4;
  add.u64 %rd7, %rd3, %rd4;
  ld.global.s32 %r7, [%rd5];
  setp.lt.s32 %p2, %r7, %r2;
  selp.b32 %r8, 0, %r7, %p2;
  selp.b32 %r9, %r7, 0, %p2;
  st.global.s32 [%rd6], %r8;
  st.global.s32 [%rd7], %r9;
  ret;
}

// One block a row of a query token and head: 0 lengths, 8 from (rows in order), 16 to, 24 and 32 the same of lse or null; strides of to in bytes: 40 of
// a sequence, 48 of a query token, 56 of a head; 64 crossover, 68 rows of a sequence, 72 heads, 76 halfwords of a row.
.visible .entry adamas_take_dense_rows(.param .align 8 .b8 block[80]) {
  .reg .pred %p<6>;
  .reg .b16 %h<2>;
  .reg .b32 %r<16>;
  .reg .f32 %f<2>;
  .reg .b64 %rd<24>;
  ld.param.u64 %rd1, [block];
  ld.param.s32 %r1, [block+64];
  ld.param.u32 %r2, [block+68];
  ld.param.u32 %r3, [block+72];
  ld.param.u32 %r4, [block+76];
  mov.u32 %r5, %ctaid.x;
  div.u32 %r6, %r5, %r2;
  mul.lo.u32 %r7, %r6, %r2;
  sub.u32 %r8, %r5, %r7;
  div.u32 %r9, %r8, %r3;
  mul.lo.u32 %r10, %r9, %r3;
  sub.u32 %r11, %r8, %r10;
  mul.wide.u32 %rd2, %r6, 4;
  add.u64 %rd3, %rd1, %rd2;
  ld.global.s32 %r12, [%rd3];
  setp.ge.s32 %p1, %r12, %r1;
  @%p1 ret;
  ld.param.u64 %rd4, [block+8];
  ld.param.u64 %rd5, [block+16];
  ld.param.u64 %rd6, [block+40];
  ld.param.u64 %rd7, [block+48];
  ld.param.u64 %rd8, [block+56];
  mul.wide.u32 %rd9, %r5, %r4;
  shl.b64 %rd10, %rd9, 1;
  add.u64 %rd11, %rd4, %rd10;
  cvt.u64.u32 %rd12, %r6;
  cvt.u64.u32 %rd13, %r9;
  cvt.u64.u32 %rd14, %r11;
  mad.lo.u64 %rd15, %rd12, %rd6, %rd5;
  mad.lo.u64 %rd15, %rd13, %rd7, %rd15;
  mad.lo.u64 %rd15, %rd14, %rd8, %rd15;
  mov.u32 %r13, %tid.x;
  mov.u32 %r14, %ntid.x;
  setp.ne.u32 %p2, %r13, 0;
  @%p2 bra ROW;
  ld.param.u64 %rd16, [block+24];
  ld.param.u64 %rd17, [block+32];
  setp.eq.u64 %p3, %rd17, 0;
  @%p3 bra ROW;
  mul.wide.u32 %rd18, %r5, 4;
  add.u64 %rd19, %rd16, %rd18;
  add.u64 %rd20, %rd17, %rd18;
  ld.global.f32 %f1, [%rd19];
  st.global.f32 [%rd20], %f1;
ROW:
  setp.ge.u32 %p4, %r13, %r4;
  @%p4 ret;
  mul.wide.u32 %rd21, %r13, 2;
  add.u64 %rd22, %rd11, %rd21;
  add.u64 %rd23, %rd15, %rd21;
  ld.global.b16 %h1, [%rd22];
  st.global.b16 [%rd23], %h1;
  add.u32 %r13, %r13, %r14;
  bra ROW;
}
)ptx";

namespace {

// As the kernels read them.
struct SplitBlock {
  uint64_t lengths, selecting, dense;
  uint32_t batch;
  int32_t crossover;
};
static_assert(sizeof(SplitBlock) == 32, "adamas_split_lengths");

struct TakeBlock {
  uint64_t lengths, from, to, lseFrom, lseTo;
  int64_t strides[3];
  int32_t crossover;
  uint32_t rowsOfSequence, heads, units;
};
static_assert(sizeof(TakeBlock) == 80, "adamas_take_dense_rows");

} // namespace

DenseSwitch::DenseSwitch(std::shared_ptr<const GpuContext> context)
    : kernels(std::move(context), denseSwitchPtx, {"adamas_split_lengths", "adamas_take_dense_rows"}) {}

DenseSwitch::Region DenseSwitch::layOut(const adamas_plan_desc &desc, int64_t batch, void *workspace) {
  Region region;
  // All factors are checked to be below 2^31, three of them far below.
  size_t rows = static_cast<size_t>(batch) * desc.query_tokens * desc.query_heads;
  auto take = [&](size_t bytes) {
    auto *piece = workspace ? static_cast<char *>(workspace) + region.bytes : nullptr; // none: only how much is asked
    region.bytes += (bytes + workspaceAlignment - 1) / workspaceAlignment * workspaceAlignment;
    return piece;
  };
  region.selecting = reinterpret_cast<int32_t *>(take(4 * batch));
  region.dense = reinterpret_cast<int32_t *>(take(4 * batch));
  region.output = take(rows * desc.head_dim * elementBytes(desc.dtype));
  if (desc.return_lse)
    region.lse = reinterpret_cast<float *>(take(4 * rows));
  return region;
}

void DenseSwitch::split(const int32_t *lengths, const Region &region, int64_t batch, int64_t crossover,
                        cuda::Stream stream) const {
  constexpr unsigned threads = 256;
  SplitBlock block = {deviceAddress(lengths), deviceAddress(region.selecting), deviceAddress(region.dense),
                      static_cast<uint32_t>(batch), static_cast<int32_t>(crossover)};
  kernels.launch("adamas_split_lengths", (batch + threads - 1) / threads, threads, block, stream);
}

void DenseSwitch::take(const int32_t *lengths, const Region &region, const adamas_plan_desc &desc,
                       const adamas_tensor &output, const adamas_tensor &lse, int64_t crossover,
                       cuda::Stream stream) const {
  int64_t bytes = elementBytes(desc.dtype), last = output.rank - 2; // heads; the sequence is axis 0
  TakeBlock block = {
      deviceAddress(lengths),
      deviceAddress(region.output),
      deviceAddress(output.data),
      deviceAddress(region.lse),
      desc.return_lse ? deviceAddress(lse.data) : 0,
      {output.strides[0] * bytes, desc.query_tokens > 1 ? output.strides[1] * bytes : 0, output.strides[last] * bytes},
      static_cast<int32_t>(crossover),
      static_cast<uint32_t>(desc.query_tokens * desc.query_heads),
      static_cast<uint32_t>(desc.query_heads),
      static_cast<uint32_t>(desc.head_dim * bytes / 2)};
  kernels.launch("adamas_take_dense_rows", output.sizes[0] * desc.query_tokens * desc.query_heads, 128, block, stream);
}
