// Passes from adamas to adamas.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TRANSFORMS_PASSES_TD
#define ADAMAS_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

// What passes that choose for a GPU are told.
class Adamas_Expected {
  list<Option> options = [
    Option<"batch", "batch", "int64_t", /*default=*/"1", "sequences to expect (default 1)">,
    Option<"sequenceLength", "sequence-length", "int64_t", /*default=*/"32768", "tokens of a sequence to expect (default 32768)">,
    Option<"table", "table", "std::string", /*default=*/"\"\"",
           "tuning table to look choices up in, or none (default: the chip's, which comes with the compiler)">,
    Option<"explain", "explain", "bool", /*default=*/"false", "remark on what is chosen, and why (default false)">,
  ];
}

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
    (spec sel-2, sel-6, att-4). Ops over a candidate list, which is short, are divided with
    `candidates`, or where the launches that a `chip` gets keep the list in a cluster.

    With `ways=0` and a `chip`, each function gets the parts with which it is fastest by the estimate of
    `passes/adamas/Target/CostModel.cpp`, for `batch` sequences of `sequence-length` tokens, and for the launches that `fusion`
    names or the best of all. A tuning `table` that has measured such a step comes before the estimate. `adamas-assign-placements` with the same options and `fusion=choose` then chooses those launches.
  }];
  let options = [
    Option<"ways", "ways", "int64_t", /*default=*/"1", "number of parts, 1 or more, or 0 to choose for a chip (default 1: leave as is)">,
    Option<"tile", "tile", "int64_t", /*default=*/"16", "tokens of a tile; parts hold whole tiles (default 16)">,
    ListOption<"boundaries", "boundaries", "int64_t",
               "explicit boundaries instead of 'ways', ascending from 0; parts may be uneven or empty">,
    Option<"candidates", "candidates", "bool", /*default=*/"false",
           "divide the histograms and compactions of candidate lists too (default false; with a chip: where launches want it)">,
    Option<"chip", "chip", "std::string", /*default=*/"\"\"", "the GPU to choose ways for, such as sm_90 (default: none)">,
    Option<"fusion", "fusion", "::mlir::adamas::Fusion", /*default=*/"::mlir::adamas::Fusion::Choose",
           "the launches to choose ways for: stages, selection, step or choose (default choose)",
           [{::llvm::cl::values(
               clEnumValN(::mlir::adamas::Fusion::Choose, "choose", "the fastest"),
               clEnumValN(::mlir::adamas::Fusion::Stages, "stages", "queries, scan, selection and merge, a launch each"),
               clEnumValN(::mlir::adamas::Fusion::Selection, "selection", "queries, scan, the rest together"),
               clEnumValN(::mlir::adamas::Fusion::Step, "step", "everything in clusters"))}]>,
  ] # Adamas_Expected<>.options;
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
    item. Where kernels are cut follows from this (`adamas-form-kernels`): fusion is placement. On a GPU distances of a scan stay in
    `registers` unless they leave it, and rows too long for shared memory go to `global`.

    With `fusion` parts of a row are CTAs of one cluster (8 at most, sm_90 and later). `selection`: partial attention is
    placed in `cluster`, so one kernel selects, attends and merges; a candidate list whose users are divided like it stays
    divided, each CTA measuring its own candidates. Where there are more parts, or the `chip` has no clusters, partial attention
    over lists is placed in `grid`: through memory to the CTA that is done last, which merges. `step`: distances and histograms
    too, and the ops that make rows of the query's side are copied to every user, so one kernel is left where nothing in
    between is returned. `choose`: what is fastest by estimate for the parts that there are, `batch` sequences of
    `sequence-length` tokens and the `chip`.
  }];
  let options = [
    Option<"processor", "processor", "::mlir::adamas::Processor", /*default=*/"::mlir::adamas::Processor::Cpu",
           "what kernels are formed for: cpu or gpu (default cpu)",
           [{::llvm::cl::values(
               clEnumValN(::mlir::adamas::Processor::Cpu, "cpu", "vector units: few, large work items"),
               clEnumValN(::mlir::adamas::Processor::Gpu, "gpu", "NVIDIA GPUs: many, small ones"))}]>,
    Option<"fusion", "fusion", "::mlir::adamas::Fusion", /*default=*/"::mlir::adamas::Fusion::Stages",
           "how much of a step one launch of a gpu does: stages, selection, step or choose (default stages)",
           [{::llvm::cl::values(
               clEnumValN(::mlir::adamas::Fusion::Choose, "choose", "the fastest"),
               clEnumValN(::mlir::adamas::Fusion::Stages, "stages", "queries, scan, selection and merge, a launch each"),
               clEnumValN(::mlir::adamas::Fusion::Selection, "selection", "queries, scan, the rest together"),
               clEnumValN(::mlir::adamas::Fusion::Step, "step", "everything in clusters"))}]>,
    Option<"chip", "chip", "std::string", /*default=*/"\"sm_90\"",
           "the GPU that 'fusion' fuses for, and 'fusion=choose' chooses for (default sm_90)">,
  ] # Adamas_Expected<>.options;
}

def AdamasFormKernels : Pass<"adamas-form-kernels", "::mlir::func::FuncOp"> {
  let summary = "Group staged ops into kernels";
  let description = [{
    Form 2 to form 3. Staged ops of one level become one `adamas.kernel`, as many as their operands allow; its results are what is
    placed in `global`. Run `adamas-assign-placements` for the same processor first.
  }];
  let options = [
    Option<"lanes", "lanes", "int64_t", /*default=*/"16", "32-bit lanes of a vector register: 4, 8 or 16 (default 16)">,
    Option<"popcount", "popcount", "::mlir::adamas::Popcount", /*default=*/"::mlir::adamas::Popcount::Words",
           "how bits are counted: words or bytes (default words)",
           [{::llvm::cl::values(
               clEnumValN(::mlir::adamas::Popcount::Words, "words", "one instruction on 32-bit lanes"),
               clEnumValN(::mlir::adamas::Popcount::Bytes, "bytes", "byte lanes, by look-up or bit tricks"))}]>,
    Option<"processor", "processor", "::mlir::adamas::Processor", /*default=*/"::mlir::adamas::Processor::Cpu",
           "what kernels are formed for: cpu or gpu (default cpu)",
           [{::llvm::cl::values(
               clEnumValN(::mlir::adamas::Processor::Cpu, "cpu", "vector units: few, large work items"),
               clEnumValN(::mlir::adamas::Processor::Gpu, "gpu", "NVIDIA GPUs: many, small ones"))}]>,
    Option<"sm", "sm", "int64_t", /*default=*/"90", "compute capability of a GPU times ten, 80 or more (default 90)">,
  ];
  let dependentDialects = ["::mlir::adamas::AdamasDialect"];
}

def AdamasChooseSchedule : Pass<"adamas-choose-schedule", "::mlir::func::FuncOp"> {
  let summary = "Decide how each kernel runs on a GPU";
  let description = [{
    Form 3 to form 3. Fills `#adamas.gpu` of every kernel from the facts of `chip` and the kernel's shape: threads of a CTA, tokens of a
    thread, how distances are measured and how wide they are kept, how queries meet keys, whether sequences take turns by length. What
    an option gives is taken as it is; then what a tuning `table` measured counts. With `explain` a remark at every kernel says what
    was decided.
  }];
  let options = [
    Option<"chip", "chip", "std::string", /*default=*/"\"sm_90\"", "the GPU: sm_80, sm_86, sm_89, sm_90, sm_90a, sm_100, sm_120 (default sm_90)">,
    Option<"threads", "threads", "int64_t", /*default=*/"0", "threads of a CTA of a scan (default 0: choose)">,
    Option<"tokens", "tokens", "int64_t", /*default=*/"0", "tokens that a thread of a scan measures at once (default 0: choose)">,
    Option<"iterations", "iterations", "int64_t", /*default=*/"0", "times that it does so (default 0: choose)">,
    Option<"engine", "engine", "::mlir::adamas::Engine", /*default=*/"::mlir::adamas::Engine::Choose",
           "how distances are measured: choose, popc, carry_save, b1 or s8 (default choose)",
           [{::llvm::cl::values(
               clEnumValN(::mlir::adamas::Engine::Choose, "choose", "by the chip and the query group"),
               clEnumValN(::mlir::adamas::Engine::Popc, "popc", "population counts"),
               clEnumValN(::mlir::adamas::Engine::CarrySave, "carry_save", "carry-save adders, then population counts"),
               clEnumValN(::mlir::adamas::Engine::B1, "b1", "binary matrix products"),
               clEnumValN(::mlir::adamas::Engine::S8, "s8", "matrix products of bytes, for the weighted distance"))}]>,
    Option<"distanceBits", "distance-bits", "int64_t", /*default=*/"0",
           "bits of a distance that is kept for one selection: 8, which saturate, or 16 (default 0: choose)">,
    Option<"attention", "attention", "::mlir::adamas::AttentionEngine", /*default=*/"::mlir::adamas::AttentionEngine::Choose",
           "how queries meet keys: choose, fma or mma, which stays fma where products do not fit (default choose)",
           [{::llvm::cl::values(
               clEnumValN(::mlir::adamas::AttentionEngine::Choose, "choose", "by the heads that share their tokens"),
               clEnumValN(::mlir::adamas::AttentionEngine::Fma, "fma", "lanes that share a token's row"),
               clEnumValN(::mlir::adamas::AttentionEngine::Mma, "mma", "matrix products"))}]>,
  ] # Adamas_Expected<>.options;
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
