// Passes from adamas to adamas.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TRANSFORMS_PASSES_TD
#define ADAMAS_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def AdamasOpenTopK : Pass<"adamas-open-topk"> {
  let summary = "Open top-k into histogram, threshold, compact and join";
  let description = [{
    Form 1 to form 2. `adamas.topk` becomes `histogram` -> `threshold` -> `compact` -> `join` over one part (spec sel-6). Leaves
    attention alone (`adamas-open-attention`) and does not divide the token axis (`adamas-split-tokens`).
  }];
  let dependentDialects = ["::mlir::adamas::AdamasDialect"];
  let statistics = [Statistic<"numOpened", "opened", "top-k ops opened">];
}

def AdamasOpenAttention : Pass<"adamas-open-attention"> {
  let summary = "Open attention into partial attention and merge";
  let description = [{
    Form 1 to form 2. `adamas.sparse_attention` and `adamas.dense_attention` become `partial_attention` -> `merge_attention`
    (spec att-4). Attention over a list that a `join` made takes the lists of the parts instead, so that no part waits
    for the others; run `adamas-open-topk` first for that.
  }];
  let dependentDialects = ["::mlir::adamas::AdamasDialect"];
  let statistics = [Statistic<"numOpened", "opened", "attention ops opened">];
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

#endif // ADAMAS_TRANSFORMS_PASSES_TD
