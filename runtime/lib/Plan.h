// A plan: the loaded operations of one attention shape, and the way from its arguments to tensors.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_RUNTIME_LIB_PLAN_H
#define ADAMAS_RUNTIME_LIB_PLAN_H

#include "DenseSwitch.h"
#include "Operation.h"
#include "Program.h"
#include "Request.h"
#include "TableCheck.h"

namespace adamas::impl {

/// Bytes that the lengths of a batch take in a workspace.
inline size_t lengthsBytes(int64_t batch) {
  return (4 * static_cast<size_t>(batch) + workspaceAlignment - 1) / workspaceAlignment * workspaceAlignment;
}

class Plan {
public:
  Plan(std::shared_ptr<Context> context, const adamas_plan_desc &desc);

  size_t workspaceSize(const adamas_extent &extent) const;
  /// Tokens from which on decode is faster than dense attention; 0: not known.
  int64_t crossover() const;
  void run(const adamas_decode_args &args, const adamas_cache &cache, void *workspace, size_t size, void *stream) const;
  void select(const adamas_select_args &args, const adamas_cache &cache, void *workspace, size_t size,
              void *stream) const;
  void dense(const adamas_dense_args &args, const adamas_cache &cache, void *workspace, size_t size,
             void *stream) const;
  void append(const adamas_append_args &args, const adamas_cache &cache, void *workspace, size_t size,
              void *stream) const;
  void step(const adamas_append_args &tokens, const adamas_decode_args &args, const adamas_cache &cache,
            void *workspace, size_t size, void *stream) const;

  void validate(const adamas_cache &cache, int64_t batch, void *stream) const;
  void validateAppend(const adamas_append_args &args, const adamas_cache &cache, void *stream) const;
  /// Fails with VALIDATION for what launches since the last call found on the device.
  void readErrors(void *stream) const;

private:
  bool has(uint32_t operation) const;
  const Operation &find(uint32_t operation) const;
  Dimensions cacheDimensions(const adamas_cache &cache, int64_t batch, bool reads) const;
  Arguments querying(const adamas_cache &cache, int64_t batch, const void *query, const int64_t *strides) const;
  Arguments decoding(const adamas_decode_args &args, const adamas_cache &cache) const;
  void setTokens(Arguments &arguments, const adamas_append_args &args) const;
  void setCache(Arguments &arguments, const adamas_cache &cache) const;
  void set(Arguments &arguments, Name name, const void *data, const int64_t *strides, int strideCount) const;
  void setRows(Arguments &arguments, Name name, const void *data, const int64_t *strides) const;
  void launch(uint32_t operation, const Arguments &arguments, void *workspace, size_t size, void *stream) const;
  void decode(const Arguments &arguments, void *workspace, size_t size, void *stream) const;
  void checkTables(Arguments &arguments, void *&workspace, size_t &size, void *stream) const;
  void checkApart(const Arguments &arguments, const void *reserved, size_t bytes) const;
  int64_t capacity(const Dimensions &dimensions) const;
  std::vector<int32_t> readBack(const char *name, const int32_t *memory, int64_t count, void *stream) const;

  std::shared_ptr<Context> context;
  adamas_plan_desc desc;
  bool validates;
  std::unique_ptr<Operation> operations[operationCount]; ///< Null where the plan does not serve it.
  std::unique_ptr<TableCheck> tableCheck;                ///< null on the CPU, and where the plan does not validate
  std::unique_ptr<DenseSwitch> denseSwitch;              ///< null where decode never takes dense attention
};

} // namespace adamas::impl

struct adamas_plan {
  std::unique_ptr<adamas::impl::Plan> plan;
};

#endif // ADAMAS_RUNTIME_LIB_PLAN_H
