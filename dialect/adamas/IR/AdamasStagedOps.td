// Form 2, the staged ops, and the kernel op of form 3. Included by AdamasOps.td.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_IR_ADAMASSTAGEDOPS_TD
#define ADAMAS_IR_ADAMASSTAGEDOPS_TD

include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"

class Adamas_StagedOp<string mnemonic, list<Trait> traits = []> : Adamas_Op<mnemonic, [
    Pure, InferTypeOpAdaptor, DeclareOpInterfaceMethods<Adamas_StagedOpInterface>] # traits> {
  let hasVerifier = 1;
}

def Adamas_PartsTensor : TensorRankOf<[I32], [1]>;

def Adamas_PartitionOp : Adamas_Op<"partition", [Pure, InferTypeOpAdaptor]> {
  let summary = "divide the token axis into parts of whole tiles";
  let description = [{
    Boundaries `[ways + 1]` i32 of parts of the token axis, axis 2 of `cache`: part p is `[result[p], result[p + 1])`. Parts are
    as even as whole tiles of `tile` tokens allow; some may be empty. Any ascending tensor that starts at 0 may take
    its place (spec sel-6: the answer does not depend on the partition).

    **Preconditions**: `ways` from 1 to 2^31 - 2, `tile` from 1 to 2^31 - 1.

    **Example**
    ```mlir
    func.func @parts(%codes: tensor<1x3x4096x!adamas.codes<64, 2>>) -> tensor<8xi32> {
      %parts = adamas.partition %codes ways 7 tile 16 : tensor<1x3x4096x!adamas.codes<64, 2>>
      return %parts : tensor<8xi32>
    }
    ```

    **Errors**: `ways 0` "expects 'ways' to be from 1 to 2147483646, but got 0".
  }];
  let arguments = (ins AnyRankedTensor:$cache, I64Attr:$ways, DefaultValuedAttr<I64Attr, "16">:$tile);
  let results = (outs Adamas_PartsTensor:$result);
  let assemblyFormat = "$cache `ways` $ways (`tile` $tile^)? attr-dict `:` type($cache)";
  let hasVerifier = 1;
}

def Adamas_HistogramOp : Adamas_StagedOp<"histogram", [AttrSizedOperandSegments]> {
  let summary = "count the distances of the tokens that are not forced";
  let description = [{
    `result[b, (i,) s, p, d]` is the number of tokens of part p at distance d that are visible (nq-1) and not forced (sel-1);
    shape `[B, (Nq,) S, W, bins]` i32, W = 1 without `parts`. Histograms add over any partition (spec sel-6).

    **Preconditions**
    - sel-6: `bins` >= 1, one more than the largest distance. sel-1: `sink` >= 0, `recent` >= 1.
    - ref-2: with `candidates` (the shape of `distances`) the distances belong to the listed positions, which `parts` divides like all
      others; `seq_lens` is required.

    **Example**
    ```mlir
    func.func @count(%d: tensor<?x9x?xi32>, %n: tensor<?xi32>, %p: tensor<4xi32>) -> tensor<?x9x3x193xi32> {
      %h = adamas.histogram %d seq_lens(%n : tensor<?xi32>) parts(%p : tensor<4xi32>) bins 193 sink 4 recent 1 : tensor<?x9x?xi32>
      return %h : tensor<?x9x3x193xi32>
    }
    ```

    **Errors**: `bins 0` "expects 'bins' to be from 1 to 2147483647, but got 0".
  }];
  let arguments = (ins Adamas_I32Tensor:$distances, Optional<Adamas_LengthsTensor>:$seq_lens,
                   Optional<Adamas_PartsTensor>:$parts, Optional<Adamas_I32Tensor>:$candidates, I64Attr:$bins,
                   DefaultValuedAttr<I64Attr, "0">:$sink, DefaultValuedAttr<I64Attr, "1">:$recent,
                   OptionalAttr<Adamas_PlacementAttr>:$placement);
  let results = (outs Adamas_I32Tensor:$result);
  let assemblyFormat = [{
    $distances (`seq_lens` `(` $seq_lens^ `:` type($seq_lens) `)`)? (`parts` `(` $parts^ `:` type($parts) `)`)?
    (`candidates` `(` $candidates^ `:` type($candidates) `)`)? `bins` $bins (`sink` $sink^)? (`recent` $recent^)?
    (`in` `` $placement^)? attr-dict `:` type($distances)
  }];
}

def Adamas_ThresholdOp : Adamas_StagedOp<"threshold"> {
  let summary = "the distance at which the budget is full, and how many ties are left out";
  let description = [{
    Sums `histogram` over its parts. `threshold` `[B, (Nq,) S]` is the smallest t with count(distance <= t) >= `need`, or
    the last bin if there are not so many, or -1 if `need` is 0. Ties go to the newest, so of the tokens at t the oldest are left out:
    `skip` `[B, (Nq,) S, W]` says how many of them in each part (spec sel-6; its quota is the count at t less this).

    **Preconditions**: sel-6: `need` = budget - sink - recent >= 0.

    **Example**
    ```mlir
    func.func @find(%h: tensor<?x9x3x193xi32>) -> (tensor<?x9xi32>, tensor<?x9x3xi32>) {
      %t, %skip = adamas.threshold %h need 123 : tensor<?x9x3x193xi32>
      return %t, %skip : tensor<?x9xi32>, tensor<?x9x3xi32>
    }
    ```

    **Errors**: `need -1` "expects 'need' to be from 0 to 2147483647, but got -1".
  }];
  let arguments = (ins Adamas_I32Tensor:$histogram, I64Attr:$need, OptionalAttr<Adamas_PlacementAttr>:$placement);
  let results = (outs Adamas_I32Tensor:$threshold, Adamas_I32Tensor:$skip);
  let assemblyFormat = "$histogram `need` $need (`in` `` $placement^)? attr-dict `:` type($histogram)";
}

def Adamas_CompactOp : Adamas_StagedOp<"compact", [AttrSizedOperandSegments]> {
  let summary = "list the selected tokens of each part, in ascending order";
  let description = [{
    The positions of part p that are forced, nearer than the threshold, or at it and not among the `skip` oldest there:
    `indices` `[B, (Nq,) S, W, budget]`, ascending, -1 padded, and `lengths` `[B, (Nq,) S, W]` (spec sel-2, sel-5, sel-6). A forced
    position belongs to the part that holds it, whether or not `candidates` lists it (ref-2).

    **Preconditions**
    - `threshold` `[B, (Nq,) S]` and `skip` `[B, (Nq,) S, W]` as `threshold` gives them, W the number of parts.
    - sel-1, sel-3: `sink` >= 0, `recent` >= 1, `sink` + `recent` <= `budget`. ref-2 as in `histogram`.

    **Example**
    ```mlir
    func.func @list(%d: tensor<?x9x?xi32>, %t: tensor<?x9xi32>, %skip: tensor<?x9x1xi32>, %n: tensor<?xi32>) -> (tensor<?x9x1x128xi32>, tensor<?x9x1xi32>) {
      %i, %m = adamas.compact %d, %t, %skip seq_lens(%n : tensor<?xi32>) budget 128 sink 4 recent 1 : tensor<?x9x?xi32>, tensor<?x9xi32>, tensor<?x9x1xi32>
      return %i, %m : tensor<?x9x1x128xi32>, tensor<?x9x1xi32>
    }
    ```

    **Errors**: a `skip` of 2 parts without `parts` "expects 'skip' to have one entry a row and part, ?x9x1, but got ?x9x2".
  }];
  let arguments = (ins Adamas_I32Tensor:$distances, Adamas_I32Tensor:$threshold, Adamas_I32Tensor:$skip,
                   Optional<Adamas_LengthsTensor>:$seq_lens, Optional<Adamas_PartsTensor>:$parts,
                   Optional<Adamas_I32Tensor>:$candidates, I64Attr:$budget, DefaultValuedAttr<I64Attr, "0">:$sink,
                   DefaultValuedAttr<I64Attr, "1">:$recent, OptionalAttr<Adamas_PlacementAttr>:$placement);
  let results = (outs Adamas_I32Tensor:$indices, Adamas_I32Tensor:$lengths);
  let assemblyFormat = [{
    $distances `,` $threshold `,` $skip (`seq_lens` `(` $seq_lens^ `:` type($seq_lens) `)`)?
    (`parts` `(` $parts^ `:` type($parts) `)`)? (`candidates` `(` $candidates^ `:` type($candidates) `)`)? `budget` $budget
    (`sink` $sink^)? (`recent` $recent^)? (`in` `` $placement^)? attr-dict `:` type($distances) `,` type($threshold) `,` type($skip)
  }];
}

def Adamas_JoinOp : Adamas_StagedOp<"join"> {
  let summary = "concatenate the lists of the parts";
  let description = [{
    `[B, (Nq,) S, W, K]` lists and their `[B, (Nq,) S, W]` lengths become one list `[B, (Nq,) S, K]`, -1 padded, and its length
    `[B, (Nq,) S]`. Parts ascend, so the list does (spec sel-5). The lengths add up to at most K.

    **Preconditions**: `lengths` has the shape of `indices` without its last axis.

    **Example**
    ```mlir
    func.func @join(%i: tensor<?x9x3x128xi32>, %m: tensor<?x9x3xi32>) -> (tensor<?x9x128xi32>, tensor<?x9xi32>) {
      %all, %n = adamas.join %i, %m : tensor<?x9x3x128xi32>, tensor<?x9x3xi32>
      return %all, %n : tensor<?x9x128xi32>, tensor<?x9xi32>
    }
    ```

    **Errors**: lengths of another rank "expects 'lengths' to have the shape of 'indices' without its last axis, ?x9x3, but got ?x9".
  }];
  let arguments = (ins Adamas_I32Tensor:$indices, Adamas_I32Tensor:$lengths, OptionalAttr<Adamas_PlacementAttr>:$placement);
  let results = (outs Adamas_I32Tensor:$joined, Adamas_I32Tensor:$joined_lengths);
  let assemblyFormat = "$indices `,` $lengths (`in` `` $placement^)? attr-dict `:` type($indices) `,` type($lengths)";
}

def Adamas_AddPartAxisOp : Adamas_Op<"add_part_axis", [Pure, DeclareOpInterfaceMethods<Adamas_StagedOpInterface>]> {
  let summary = "see a list or its lengths as those of one part";
  let description = [{
    Adds an axis of length 1 for the parts: `[B, (Nq,) S, K]` becomes `[B, (Nq,) S, 1, K]`, `[B, (Nq,) S]` becomes
    `[B, (Nq,) S, 1]`. For lists that do not come from a `join`.

    **Preconditions**: the result has the shape of `input` with a 1 before the last axis (a list) or at the end (lengths).

    **Example**
    ```mlir
    func.func @one(%i: tensor<?x9x128xi32>) -> tensor<?x9x1x128xi32> {
      %0 = adamas.add_part_axis %i : tensor<?x9x128xi32> -> tensor<?x9x1x128xi32>
      return %0 : tensor<?x9x1x128xi32>
    }
    ```

    **Errors**: a result of 2 parts "expects the result to be 'input' with an axis of length 1 for the parts, ?x9x1x128 or
    ?x9x128x1, but got ?x9x2x128".
  }];
  let arguments = (ins Adamas_I32Tensor:$input, OptionalAttr<Adamas_PlacementAttr>:$placement);
  let results = (outs Adamas_I32Tensor:$result);
  let assemblyFormat = "$input (`in` `` $placement^)? attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

def Adamas_PartialAttentionOp : Adamas_StagedOp<"partial_attention", [AttrSizedOperandSegments]> {
  let summary = "attention over each part's tokens, not yet merged";
  let description = [{
    For each part the output over its tokens, f32 `[B, (Nq,) Hq, W, D]`, and its log-sum-exp `[B, (Nq,) Hq, W]` (spec att-1, att-3,
    att-4). The tokens are those of a list (`indices` `[B, (Nq,) S, W, K]` with `lengths`), or without one every visible
    token of the part (then `seq_lens` is required).

    **Preconditions**
    - att-1: element types and heads as in `sparse_attention`.
    - exactly one of `indices` with `lengths`, and `seq_lens`, is given; `parts` goes with `seq_lens` only.

    **Example**
    ```mlir
    func.func @attend(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>, %v: tensor<?x3x?x64xf16>, %i: tensor<?x9x1x128xi32>, %m: tensor<?x9x1xi32>) -> (tensor<?x9x1x64xf32>, tensor<?x9x1xf32>) {
      %o, %lse = adamas.partial_attention %q, %k, %v indices(%i, %m : tensor<?x9x1x128xi32>, tensor<?x9x1xi32>) : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>
      return %o, %lse : tensor<?x9x1x64xf32>, tensor<?x9x1xf32>
    }
    ```

    **Errors**: neither a list nor lengths "expects either 'indices' with 'lengths', or 'seq_lens'".
  }];
  let arguments = (ins Adamas_FloatTensor:$query, Adamas_FloatTensor:$key, Adamas_FloatTensor:$value,
                   Optional<Adamas_I32Tensor>:$indices, Optional<Adamas_I32Tensor>:$lengths,
                   Optional<Adamas_LengthsTensor>:$seq_lens, Optional<Adamas_PartsTensor>:$parts,
                   OptionalAttr<F32Attr>:$scale, OptionalAttr<Adamas_PlacementAttr>:$placement);
  let results = (outs Adamas_F32Tensor:$output, Adamas_F32Tensor:$lse);
  let assemblyFormat = [{
    $query `,` $key `,` $value (`indices` `(` $indices^ `,` $lengths `:` type($indices) `,` type($lengths) `)`)?
    (`seq_lens` `(` $seq_lens^ `:` type($seq_lens) `)`)? (`parts` `(` $parts^ `:` type($parts) `)`)? (`scale` $scale^)?
    (`in` `` $placement^)? attr-dict `:` type($query) `,` custom<SameTypes>(type($key), type($value))
  }];
  let extraClassDeclaration = [{
    /// Query heads that share what a work item attends to: a list, or the tokens of a KV head.
    int64_t getHeadsPerItem();
  }];
}

def Adamas_MergeAttentionOp : Adamas_StagedOp<"merge_attention"> {
  let summary = "merge the partial outputs of disjoint parts";
  let description = [{
    `lse = log sum_p exp(lse_p)`, `o = sum_p exp(lse_p - lse) o_p`, rounded once to `element_type`; the empty set is neutral (spec att-4).

    **Preconditions**: `lse` has the shape of `output` without its last axis; `element_type` is f16, bf16 or f32.

    **Example**
    ```mlir
    func.func @merge(%o: tensor<?x9x3x64xf32>, %lse: tensor<?x9x3xf32>) -> (tensor<?x9x64xf16>, tensor<?x9xf32>) {
      %all, %all_lse = adamas.merge_attention %o, %lse to f16 : tensor<?x9x3x64xf32>, tensor<?x9x3xf32>
      return %all, %all_lse : tensor<?x9x64xf16>, tensor<?x9xf32>
    }
    ```

    **Errors**: `to i32` "expects 'element_type' to be f16, bf16 or f32, but got 'i32'".
  }];
  let arguments = (ins Adamas_F32Tensor:$output, Adamas_F32Tensor:$lse, TypeAttr:$element_type,
                   OptionalAttr<Adamas_PlacementAttr>:$placement);
  let results = (outs Adamas_FloatTensor:$merged, Adamas_F32Tensor:$merged_lse);
  let assemblyFormat = "$output `,` $lse `to` $element_type (`in` `` $placement^)? attr-dict `:` type($output) `,` type($lse)";
}

def Adamas_KernelOp : Adamas_Op<"kernel", [SingleBlock, RecursiveMemoryEffects]> {
  let summary = "staged ops that run as one kernel";
  let description = [{
    Form 3: the ops of the region run as one kernel whose work items are what `level` says; values between them live where
    their producers' placements say, and the kernel's results, yielded by `adamas.yield`, are in global memory. `schedule` says how: what
    vector code of a CPU it may use, or the threads and engine of a GPU.

    **Preconditions**
    - every op of the region but the last is staged and has a placement; the last is `adamas.yield`. An `adamas.append` may come
      first: placed in `cluster` at level `part`, with views of the pools that it writes, else at level `row`.
    - what is yielded is placed in `global`; the types of the results are those of the yielded values.

    **Example** (what `--adamas-form-kernels` prints)
    ```mlir
    func.func @rotate(%query: tensor<?x9x64xf16>) -> tensor<?x9x64xf32> {
      %0 = adamas.kernel row #adamas.cpu<16, words> {
        %rotated = adamas.hadamard %query in global : tensor<?x9x64xf16>
        adamas.yield %rotated : tensor<?x9x64xf32>
      } : tensor<?x9x64xf32>
      return %0 : tensor<?x9x64xf32>
    }
    ```

    **Errors**: a yielded value placed in `shared` "expects what is yielded to be placed in 'global', but got 'shared'".
  }];
  let arguments = (ins Adamas_LevelAttr:$level, AnyAttrOf<[Adamas_CpuAttr, Adamas_GpuAttr]>:$schedule);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "`` $level $schedule $body attr-dict (`:` type($results)^)?";
  let hasRegionVerifier = 1;
}

def Adamas_YieldOp : Adamas_Op<"yield", [Pure, ReturnLike, Terminator, HasParent<"KernelOp">]> {
  let summary = "ends a kernel's region";
  let description = "What leaves an `adamas.kernel`; its values are written to global memory.";
  let arguments = (ins Variadic<AnyRankedTensor>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

def Adamas_LaunchOp : Adamas_Op<"launch", [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "run a kernel function once for every work item";
  let description = [{
    Calls `kernel` with `(%batch, %head, %block)` over `[0, grid[0]) x [0, grid[1]) x [0, grid[2])` followed by `arguments`, in
    any order and on several threads, and returns when all calls have. What is left of a kernel on the host after
    `convert-adamas-to-vector`.

    **Preconditions**: `kernel` names a function that takes three `index` values and then the types of `arguments`, and returns nothing.

    **Example**
    ```mlir
    func.func private @zero(%b: index, %h: index, %p: index, %out: memref<?x?xf32>) {
      %0 = arith.constant 0.0 : f32
      memref.store %0, %out[%b, %h] : memref<?x?xf32>
      return
    }
    func.func @all(%n: index, %m: index, %out: memref<?x?xf32>) {
      %one = arith.constant 1 : index
      adamas.launch @zero grid(%n, %m, %one) args(%out : memref<?x?xf32>)
      return
    }
    ```

    **Errors**: an unknown kernel "expects '@f' to name a function".
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, Index:$batch, Index:$head, Index:$block, Variadic<AnyType>:$arguments);
  let assemblyFormat = [{
    $kernel `grid` `(` $batch `,` $head `,` $block `)` (`args` `(` $arguments^ `:` type($arguments) `)`)? attr-dict
  }];
}

#endif // ADAMAS_IR_ADAMASSTAGEDOPS_TD
