// Rules by which adamas-choose-schedule decides.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TRANSFORMS_SCHEDULERULES_H
#define ADAMAS_TRANSFORMS_SCHEDULERULES_H

#include "adamas/IR/AdamasOps.h"
#include "adamas/Target/GpuTarget.h"

namespace mlir::adamas {

/// Whether `op` measures all tokens.
bool isScan(StagedOpInterface op);

/// Query rows of one query token that a scan's work item measures.
int64_t countQueryRows(DistanceOpInterface op);

/// Population counts keep up with the memory for one L1 head; for more, and for weights, matrix products do. One that
/// is emulated never does: where there are weights, products of bytes stand in for it, which every chip has.
Engine chooseEngine(DistanceOpInterface op, const GpuTarget &target);

/// Products measure several planes of candidates, whatever the weights: population counts, which keep up with the
/// memory while it brings one plane of all tokens, take planes times magnitudes. `engine` is that of all tokens.
Engine chooseCandidateEngine(KernelOp kernel, const GpuTarget &target, Engine engine);

/// Matrix products take 16 tokens and several heads at a time, so they want both, and registers for them. `given` by an
/// option.
AttentionEngine chooseAttentionEngine(KernelOp kernel, AttentionEngine given);

/// Bytes of shared memory that a kernel of selections needs with `warps` warps: rows of what lies there, and the state
/// of every head in every warp while their attention is merged.
int64_t estimateShared(KernelOp kernel, int64_t warps, Engine engine, AttentionEngine attends);

} // namespace mlir::adamas

#endif // ADAMAS_TRANSFORMS_SCHEDULERULES_H
