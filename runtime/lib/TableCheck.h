// Looks at lengths and page tables on the device before kernels do (spec kv-5).
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_RUNTIME_LIB_TABLECHECK_H
#define ADAMAS_RUNTIME_LIB_TABLECHECK_H

#include "Binding.h"
#include "OwnKernels.h"

namespace adamas::impl {

/// A kernel in front of an operation gives it lengths of its own: those of sequences that are not in order are 0, so
/// that none of their entries is read. The least sequence and entry stands in a record until it is read.
class TableCheck {
public:
  explicit TableCheck(std::shared_ptr<const GpuContext> context);
  ~TableCheck();

  /// `lengths` has `batch` entries; `table` is null without pages, else it has `stride` columns from row to row.
  struct Call {
    const int32_t *lengths, *table;
    int32_t *checked; ///< where the operation's lengths go
    int64_t batch, stride, capacity, pageSize, pages, queryTokens;
  };
  const GpuContext &device() const { return kernels.device(); }

  void launch(const Call &call, cuda::Stream stream) const;

  /// Waits for the stream and clears the record. VALIDATION says what was in it.
  void read(cuda::Stream stream) const;

private:
  void write(uint64_t value, cuda::Stream stream) const;

  OwnKernels kernels;
  cuda::Address record = 0;
};

/// The kernel's text.
extern const char *const tableCheckPtx;

} // namespace adamas::impl

#endif // ADAMAS_RUNTIME_LIB_TABLECHECK_H
