// Looks at lengths and page tables on the device before kernels do.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "TableCheck.h"

using namespace adamas::impl;

// One block a sequence: 0 lengths, 8 page table or null, 16 checked lengths, 24 record; in elements: 32 columns from
// row to row; 40 capacity of a sequence, 44 tokens of a page, 48 pages of the cache, 52 query tokens. The record is the
// least of sequence << 32 | entry + 1, or | 0 for its length.
const char *const adamas::impl::tableCheckPtx = R"ptx(.version 7.0
.target sm_80
.address_size 64

.visible .entry adamas_check_tables(.param .align 8 .b8 block[56]) {
  .reg .pred %p<8>;
  .reg .b32 %r<20>;
  .reg .b64 %rd<20>;
  ld.param.u64 %rd1, [block];
  ld.param.u64 %rd2, [block+8];
  ld.param.u64 %rd3, [block+16];
  ld.param.u64 %rd4, [block+24];
  ld.param.s64 %rd5, [block+32];
  ld.param.s32 %r1, [block+40];
  ld.param.u32 %r2, [block+44];
  ld.param.u32 %r3, [block+48];
  ld.param.s32 %r4, [block+52];
  mov.u32 %r5, %ctaid.x;
  mov.u32 %r6, %tid.x;
  mov.u32 %r7, %ntid.x;
  mul.wide.u32 %rd6, %r5, 4;
  add.u64 %rd7, %rd1, %rd6;
  add.u64 %rd8, %rd3, %rd6;
  cvt.u64.u32 %rd9, %r5;
  shl.b64 %rd10, %rd9, 32;
  ld.global.s32 %r8, [%rd7];
  mov.pred %p1, 0;
  setp.eq.s32 %p2, %r8, 0;
  @%p2 bra DONE;
  setp.lt.s32 %p3, %r8, %r4;
  @%p3 bra LENGTH;
  setp.gt.s32 %p3, %r8, %r1;
  @%p3 bra LENGTH;
  setp.eq.u64 %p4, %rd2, 0;
  @%p4 bra DONE;
  add.u32 %r9, %r8, %r2;
  sub.u32 %r9, %r9, 1;
  div.u32 %r9, %r9, %r2;
  mul.lo.s64 %rd11, %rd9, %rd5;
  shl.b64 %rd11, %rd11, 2;
  add.u64 %rd11, %rd2, %rd11;
ENTRY:
  setp.ge.u32 %p5, %r6, %r9;
  @%p5 bra DONE;
  mul.wide.u32 %rd12, %r6, 4;
  add.u64 %rd13, %rd11, %rd12;
  ld.global.u32 %r10, [%rd13];
  add.u32 %r11, %r6, 1;
  add.u32 %r6, %r6, %r7;
  setp.lt.u32 %p6, %r10, %r3;
  @%p6 bra ENTRY;
  mov.pred %p1, 1;
  cvt.u64.u32 %rd14, %r11;
  or.b64 %rd15, %rd10, %rd14;
  red.global.min.u64 [%rd4], %rd15;
  bra ENTRY;
LENGTH:
  mov.pred %p1, 1;
  mov.u32 %r12, %tid.x;
  setp.ne.u32 %p3, %r12, 0;
  @%p3 bra DONE;
  red.global.min.u64 [%rd4], %rd10;
DONE:
  barrier.red.or.pred %p7, 0, %p1;
  mov.u32 %r12, %tid.x;
  setp.ne.u32 %p3, %r12, 0;
  @%p3 ret;
  selp.b32 %r13, 0, %r8, %p7;
  st.global.s32 [%rd8], %r13;
  ret;
}
)ptx";

namespace {

constexpr uint64_t inOrder = UINT64_MAX;

// As the kernel reads it.
struct CheckBlock {
  uint64_t lengths, table, checked, record;
  int64_t stride;
  int32_t capacity;
  uint32_t pageSize, pages;
  int32_t queryTokens;
};
static_assert(sizeof(CheckBlock) == 56, "adamas_check_tables");

} // namespace

TableCheck::TableCheck(std::shared_ptr<const GpuContext> context)
    : kernels(std::move(context), tableCheckPtx, {"adamas_check_tables"}) {
  Current current(kernels.device());
  const Driver &driver = kernels.device().driver;
  driver.check(driver.memAlloc(&record, sizeof(uint64_t)), "cuMemAlloc");
  try {
    write(inOrder, nullptr);
  } catch (...) {
    driver.memFree(record);
    throw;
  }
}

TableCheck::~TableCheck() {
  try {
    Current current(kernels.device());
    kernels.device().driver.memFree(record);
  } catch (const Failure &failure) {
    log(LogLevel::Debug, "freeing the record of errors: %s", failure.what());
  }
}

void TableCheck::launch(const Call &call, cuda::Stream stream) const {
  CheckBlock block = {deviceAddress(call.lengths),
                      deviceAddress(call.table),
                      deviceAddress(call.checked),
                      record,
                      call.stride,
                      static_cast<int32_t>(call.capacity),
                      static_cast<uint32_t>(call.pageSize),
                      static_cast<uint32_t>(call.pages),
                      static_cast<int32_t>(call.queryTokens)};
  kernels.launch("adamas_check_tables", call.batch, 128, block, stream);
}

void TableCheck::write(uint64_t value, cuda::Stream stream) const {
  const Driver &driver = kernels.device().driver;
  driver.check(driver.memcpyHtoDAsync(record, &value, sizeof(value), stream), "cuMemcpyHtoDAsync");
  driver.check(driver.streamSynchronize(stream), "cuStreamSynchronize");
}

void TableCheck::read(cuda::Stream stream) const {
  Current current(kernels.device());
  const Driver &driver = kernels.device().driver;
  uint64_t found = inOrder;
  driver.check(driver.memcpyDtoHAsync(&found, record, sizeof(found), stream), "cuMemcpyDtoHAsync");
  driver.check(driver.streamSynchronize(stream), "cuStreamSynchronize");
  if (found == inOrder)
    return;
  write(inOrder, stream);
  auto sequence = static_cast<unsigned>(found >> 32), entry = static_cast<unsigned>(found);
  if (entry)
    fail(ADAMAS_ERROR_VALIDATION,
         "page_table: sequence %u, entry %u: expected a page of the cache; it was run as an empty sequence", sequence,
         entry - 1);
  fail(
      ADAMAS_ERROR_VALIDATION,
      "seq_lens: sequence %u: expected 0, or query_tokens up to what its memory holds; it was run as an empty sequence",
      sequence);
}
