// Passes from adamas to adamas.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TRANSFORMS_PASSES_TD
#define ADAMAS_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

// No pass declares statistics: the packaged LLVM is built without them, and a build with assertions would lay them out
// otherwise than its libraries do.

def AdamasOpenTopK : Pass<"adamas-open-topk"> {
  let summary = "Open top-k into histogram, threshold, compact and join";
  let description = [{
    Form 1 to form 2. `adamas.topk` becomes `histogram` -> `threshold` -> `compact` -> `join` over one part (spec sel-6). Leaves
    attention alone (`adamas-open-attention`) and does not divide the token axis (`adamas-split-tokens`).
  }];
  let dependentDialects = ["::mlir::adamas::AdamasDialect"];
}

def AdamasOpenAttention : Pass<"adamas-open-attention"> {
  let summary = "Open attention into partial attention and merge";
  let description = [{
    Form 1 to form 2. `adamas.sparse_attention` and `adamas.dense_attention` become `partial_attention` -> `merge_attention`
    (spec att-4). Attention over a list that a `join` made takes the lists of the parts instead, so that no part waits
    for the others; run `adamas-open-topk` first for that.
  }];
  let dependentDialects = ["::mlir::adamas::AdamasDialect"];
}

def AdamasSplitTokens : Pass<"adamas-split-tokens"> {
  let summary = "Divide the token axis of staged ops into parts";
  let description = [{
    Form 2 to form 2. Every `histogram`, `compact` and `partial_attention` over all tokens gets the boundaries of `ways` parts of
    whole tiles (`adamas.partition`), or those given by `boundaries`; thresholds and merges follow. The answer stays the same
    (spec sel-2, sel-6, att-4). Ops over a candidate list are not divided: the list is short.
  }];
  let options = [
    Option<"ways", "ways", "int64_t", /*default=*/"1", "number of parts, 1 or more (default 1: leave as is)">,
    Option<"tile", "tile", "int64_t", /*default=*/"16", "tokens of a tile; parts hold whole tiles (default 16)">,
    ListOption<"boundaries", "boundaries", "int64_t",
               "explicit boundaries instead of 'ways', ascending from 0; parts may be uneven or empty">,
  ];
  let dependentDialects = ["::mlir::adamas::AdamasDialect", "::mlir::arith::ArithDialect"];
}

def AdamasVerifyStagedForm : Pass<"adamas-verify-staged-form"> {
  let summary = "Check that a module is in form 2";
  let description = [{
    Contract of form 2: nothing of form 1 that opens is left (`topk`, `sparse_attention`, `dense_attention`), and histograms and
    compactions of one selection are divided alike. A note names the pass that probably failed. Changes nothing.
  }];
}

def AdamasAssignPlacements : Pass<"adamas-assign-placements", "::mlir::func::FuncOp"> {
  let summary = "Decide where each staged value lives";
  let description = [{
    Form 2 to form 2. A value that leaves its kernel, because a user works at another level (row, part, token) or the function
    returns it, goes to `global`; a rotated row that is only cut or weighed stays in `registers`; the rest is `shared`, near the work
    item. Where kernels are cut follows from this (`adamas-form-kernels`): fusion is placement.
  }];
}

def AdamasFormKernels : Pass<"adamas-form-kernels", "::mlir::func::FuncOp"> {
  let summary = "Group staged ops into kernels";
  let description = [{
    Form 2 to form 3. Consecutive staged ops of one level become one `adamas.kernel`; its results are what is placed in `global`.
    Run `adamas-assign-placements` first.
  }];
  let options = [
    Option<"lanes", "lanes", "int64_t", /*default=*/"16", "32-bit lanes of a vector register: 4, 8 or 16 (default 16)">,
    Option<"popcount", "popcount", "::mlir::adamas::Popcount", /*default=*/"::mlir::adamas::Popcount::Words",
           "how bits are counted: words or bytes (default words)",
           [{::llvm::cl::values(
               clEnumValN(::mlir::adamas::Popcount::Words, "words", "one instruction on 32-bit lanes"),
               clEnumValN(::mlir::adamas::Popcount::Bytes, "bytes", "byte lanes, by look-up or bit tricks"))}]>,
  ];
  let dependentDialects = ["::mlir::adamas::AdamasDialect"];
}

def AdamasSpecialize : Pass<"adamas-specialize"> {
  let summary = "Rewrite a module for other shapes, element types, bits and selections";
  let description = [{
    Form 1 to form 1. One module serves every shape: each option that is given replaces a size or attribute in the arguments
    and ops of every function, and result types follow. Options that are not given keep what the module says.

    - `query-heads`, `kv-heads`, `head-dim`, `dtype`: sizes and element type of query, key and value and of all that is
      made from them. A `range` or `scale` that spells out the default of the old head dimension becomes the new default.
    - `query-tokens`: more than 1 inserts the axis of query tokens after the batch on the query's side, 1 leaves it out (nq-1).
    - `bits`: codes, and the last dimension of thresholds; `planes` stays, but not above the bits (pak-4).
    - `policy`: `kv_heads` of `weigh` and `policy` of `l1_distance` (sel-4).
    - `budget`: the last selection's; one that lists candidates for it keeps its ratio. `sink`, `recent`: every selection's.

    What an argument is follows from the ops that use it, not from names. Does not know forms 2 and 3, calls, and
    thresholds that are constants (for other bits or heads). Example: test/Transforms/adamas-specialize/basic.mlir.
  }];
  let options = [
    Option<"queryHeads", "query-heads", "int64_t", /*default=*/"keepOption", "query heads, a multiple of the kv heads">,
    Option<"kvHeads", "kv-heads", "int64_t", /*default=*/"keepOption", "key/value heads">,
    Option<"headDim", "head-dim", "int64_t", /*default=*/"keepOption", "head dimension, a power of two from 32 to 1024">,
    Option<"queryTokens", "query-tokens", "int64_t", /*default=*/"keepOption", "query tokens of a sequence, 1 to 8">,
    Option<"dtype", "dtype", "std::string", /*default=*/"", "element type of query, key and value: f16, bf16 or f32">,
    Option<"bits", "bits", "int64_t", /*default=*/"keepOption", "bits of a code, 1 to 4">,
    Option<"policy", "policy", "std::string", /*default=*/"", "who shares a selection: per_query_head or per_kv_head">,
    Option<"budget", "budget", "int64_t", /*default=*/"keepOption", "tokens that the last selection keeps">,
    Option<"sink", "sink", "int64_t", /*default=*/"keepOption", "first tokens that are always selected">,
    Option<"recent", "recent", "int64_t", /*default=*/"keepOption", "last tokens that are always selected, 1 or more">,
  ];
  let dependentDialects = ["::mlir::adamas::AdamasDialect"];
}

#endif // ADAMAS_TRANSFORMS_PASSES_TD
