// Form 1: the ops that users and engines write. Form 2 and 3 are in AdamasStagedOps.td.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_IR_ADAMASOPS_TD
#define ADAMAS_IR_ADAMASOPS_TD

include "adamas/IR/AdamasAttrs.td"
include "adamas/IR/AdamasInterfaces.td"
include "adamas/IR/AdamasTypes.td"
include "mlir/IR/CommonAttrConstraints.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Adamas_FloatTensor : RankedTensorOf<[F16, BF16, F32]>;
def Adamas_F32Tensor : RankedTensorOf<[F32]>;
def Adamas_I32Tensor : RankedTensorOf<[I32]>;
def Adamas_CodesTensor : RankedTensorOf<[Adamas_CodesType]>;
def Adamas_LengthsTensor : TensorRankOf<[I32], [1]>;

//===--- codes ----------------------------------------------------------------------------------------------------------===//

def Adamas_HadamardOp : Adamas_Op<"hadamard", [Pure, InferTypeOpAdaptor, Adamas_RowOp]> {
  let summary = "Walsh-Hadamard transform of the last dimension, in f32";
  let description = [{
    `result = input * H_D / sqrt(D)`, `H[i][j] = (-1)^popcount(i & j)`: natural (Sylvester) order, orthonormal
    (arXiv 2510.18413, section 3; spec had-1..4).

    **Preconditions**
    - had-1: the last dimension D of `input` is static, a power of two, 2 <= D <= 1024.

    **Postconditions**
    - had-2: the input is converted to f32 exactly; butterflies of strides 1, 2, 4, ..., D/2 in this order, each output
      `a + b` or `a - b`; one product with the f32 nearest to 1/sqrt(D). No other association, no fused multiply-add: the
      result is bit-identical on every backend.
    - had-3: NaN and infinities propagate.
    - had-4: applied twice it gives back the input up to rounding only, so there is no fold.

    **Example**
    ```mlir
    func.func @rotate(%query: tensor<?x9x64xf16>) -> tensor<?x9x64xf32> {
      %rotated = adamas.hadamard %query : tensor<?x9x64xf16>
      return %rotated : tensor<?x9x64xf32>
    }
    ```

    **Errors**: `tensor<?x96xf32>` "expects the last dimension of 'input' to be a static power of two from 2 to 1024, but got 96".
  }];
  let arguments = (ins Adamas_FloatTensor:$input, OptionalAttr<Adamas_PlacementAttr>:$placement);
  let results = (outs Adamas_F32Tensor:$result);
  let assemblyFormat = "$input (`in` `` $placement^)? attr-dict `:` type($input)";
  let hasVerifier = 1;
}

def Adamas_BucketizePackOp : Adamas_Op<"bucketize_pack", [
    Pure, InferTypeOpAdaptor, AttrSizedOperandSegments, Adamas_RowOp]> {
  let summary = "cut rotated values into b-bit codes and pack them";
  let description = [{
    `code(x) = #{ i : x > t_i }` with strict `>`, compared in f32; then the D codes of a row are packed into bit planes
    (arXiv 2510.18413, section 3; spec buk-1..5, pak-1).

    Thresholds come as an operand, `[2^b - 1]` shared or `[Hkv, 2^b - 1]` one set per KV head, or as the attribute
    `fixed`. A query head uses the set of its KV head, `h / G`. `offset`, `[Hkv, D]`, is subtracted once before the
    comparison (keys only). `heads_axis` is the axis of `input` that counts heads; default: the last but one.

    **Preconditions**
    - buk-1: exactly 2^b - 1 thresholds, b = 1..4, finite and strictly increasing (checked here for `fixed`, by the
      evaluator and the tools for operands).
    - buk-2: the head count is a multiple of the number of sets; exactly one of `thresholds` and `fixed` is given.
    - buk-5: `offset` is `[heads, D]` with as many heads as the input.
    - pak-3: D is a multiple of 32.

    **Postconditions**
    - buk-3: NaN gets code 0; -0.0 and 0.0 compare equal.

    **Example**
    ```mlir
    func.func @encode(%key: tensor<?x3x?x64xf16>, %t: tensor<3x3xf32>, %o: tensor<3x64xf32>) -> tensor<?x3x?x!adamas.codes<64, 2>> {
      %rotated = adamas.hadamard %key : tensor<?x3x?x64xf16>
      %codes = adamas.bucketize_pack %rotated thresholds(%t : tensor<3x3xf32>) offset(%o : tensor<3x64xf32>) heads_axis 1 : tensor<?x3x?x64xf32>
      return %codes : tensor<?x3x?x!adamas.codes<64, 2>>
    }
    ```

    **Errors**: 4 thresholds "expects 1, 3, 7 or 15 thresholds (2^b - 1 for b = 1..4), but got 4".
  }];
  let arguments = (ins Adamas_F32Tensor:$input, Optional<Adamas_F32Tensor>:$thresholds, Optional<Adamas_F32Tensor>:$offset,
                   OptionalAttr<DenseF32ArrayAttr>:$fixed, OptionalAttr<I64Attr>:$heads_axis,
                   OptionalAttr<Adamas_PlacementAttr>:$placement);
  let results = (outs Adamas_CodesTensor:$result);
  let assemblyFormat = [{
    $input (`thresholds` `(` $thresholds^ `:` type($thresholds) `)`)? (`fixed` custom<Thresholds>($fixed)^)?
    (`offset` `(` $offset^ `:` type($offset) `)`)? (`heads_axis` $heads_axis^)? (`in` `` $placement^)? attr-dict `:` type($input)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The axis of `input` that counts heads.
    int64_t getHeadAxis() { return getHeadsAxis().value_or(getInput().getType().getRank() - 2); }
    int64_t getBits() { return cast<CodesType>(getResult().getType().getElementType()).getBits(); }
  }];
}

def Adamas_WeighOp : Adamas_Op<"weigh", [Pure, InferTypeOpAdaptor, Adamas_RowOp]> {
  let summary = "small signed integer weights of a rotated query";
  let description = [{
    `a = sum_j |y_j|`, `w_j = clamp(rint(y_j * (W / a)), -C, C)` (spec wgt-1, wgt-2). With `kv_heads` the query heads of a group
    share one vector: `y = sum_h y_h / a_h` first (spec wgt-4), and the head axis of the result has length `kv_heads`.

    **Preconditions**
    - `input` is `[B, Hq, D]` or `[B, Nq, Hq, D]`, D a multiple of 32 (pak-3) and a power of two (had-1).
    - wgt-1: `range` W is 1 .. 32768 (default 2 D), `cap` C is 1 .. 127 (default 7).
    - wgt-4: Hq is a multiple of `kv_heads`.

    **Postconditions**
    - wgt-2: weights are integers in [-C, C]; all are 0 where a is below 2^-100, infinite or NaN.

    **Example**
    ```mlir
    func.func @weights(%rotated: tensor<?x9x64xf32>) -> (tensor<?x9x64xi8>, tensor<?x3x64xi8>) {
      %each = adamas.weigh %rotated : tensor<?x9x64xf32>
      %shared = adamas.weigh %rotated range 128 cap 7 kv_heads 3 : tensor<?x9x64xf32>
      return %each, %shared : tensor<?x9x64xi8>, tensor<?x3x64xi8>
    }
    ```

    **Errors**: `cap 128` "expects 'cap' to be from 1 to 127, but got 128".
  }];
  let arguments = (ins Adamas_F32Tensor:$input, OptionalAttr<I64Attr>:$range, DefaultValuedAttr<I64Attr, "7">:$cap,
                   OptionalAttr<I64Attr>:$kv_heads, OptionalAttr<Adamas_PlacementAttr>:$placement);
  let results = (outs RankedTensorOf<[I8]>:$result);
  let assemblyFormat = [{
    $input (`range` $range^)? (`cap` $cap^)? (`kv_heads` $kv_heads^)? (`in` `` $placement^)? attr-dict `:` type($input)
  }];
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
  let extraClassDeclaration = [{
    int64_t getDim() { return getInput().getType().getShape().back(); }
    /// W with its default, twice the head dimension.
    int64_t getRangeOrDefault() { return getRange() ? *getRange() : 2 * getDim(); }
  }];
}

//===--- distances ------------------------------------------------------------------------------------------------------===//

class Adamas_DistanceOp<string mnemonic, list<Trait> traits = []> : Adamas_Op<mnemonic, [
    Pure, InferTypeOpAdaptor, AttrSizedOperandSegments, DeclareOpInterfaceMethods<Adamas_DistanceOpInterface>,
    DeclareOpInterfaceMethods<Adamas_StagedOpInterface>] # traits> {
  let results = (outs Adamas_I32Tensor:$result);
  let hasVerifier = 1;
}

def Adamas_L1DistanceOp : Adamas_DistanceOp<"l1_distance"> {
  let summary = "L1 distance of a query's codes to key codes";
  let description = [{
    `result[b, (i,) h, n] = sum_j |code_q[j] - code_n[j]|`, an exact integer in `[0, (2^b - 1) D]`
    (arXiv 2510.18413, section 3; spec dst-1..3). With `candidates` only the listed positions are measured (ref-1) and the
    result has the list's shape. `planes` p reads only the top p bit planes of both sides (pak-4). `per_kv_head` sums over the
    query heads of a group (sel-4). Positions at and beyond a row's visible length (nq-1), and padded list slots, get -1.

    **Preconditions**
    - dst-1: both sides have the same D and b; dst-2: Hq is a multiple of Hkv.
    - pak-4: 1 <= `planes` <= b.
    - ref-1: `candidates` is `[B, (Nq,) S, K]` i32 as `topk` gives it.
    - nq-1: Nq is static, 1 to 8.

    **Example**
    ```mlir
    func.func @distances(%q: tensor<?x9x!adamas.codes<64, 2>>, %k: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> tensor<?x9x?xi32> {
      %d = adamas.l1_distance %q, %k seq_lens(%n : tensor<?xi32>) : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
      return %d : tensor<?x9x?xi32>
    }
    ```

    **Errors**: codes of 2 and 4 bits "expects 'query' and 'key' to have the same dimension and bits, but got
    '!adamas.codes<64, 2>' and '!adamas.codes<64, 4>'".
  }];
  let arguments = (ins Adamas_CodesTensor:$query, Adamas_CodesTensor:$key, Optional<Adamas_LengthsTensor>:$seq_lens,
                   Optional<Adamas_I32Tensor>:$candidates, OptionalAttr<I64Attr>:$planes,
                   DefaultValuedAttr<Adamas_PolicyAttr, "::mlir::adamas::Policy::PerQueryHead">:$policy,
                   OptionalAttr<Adamas_PlacementAttr>:$placement);
  let assemblyFormat = [{
    $query `,` $key (`seq_lens` `(` $seq_lens^ `:` type($seq_lens) `)`)? (`candidates` `(` $candidates^ `:` type($candidates) `)`)?
    (`planes` $planes^)? (`policy` `` $policy^)? (`in` `` $placement^)? attr-dict `:` type($query) `,` type($key)
  }];
}

def Adamas_WeightedDistanceOp : Adamas_DistanceOp<"weighted_distance"> {
  let summary = "weighted distance of a query's weights to key codes";
  let description = [{
    `result[b, (i,) s, n] = sum_j |w_j| * (w_j > 0 ? m - c_j : c_j)`, m = 2^p - 1: the L1 distance from the key's code to the
    corner of the code cube that the query points to, each coordinate weighted by the query's size there; an exact integer in
    `[0, m sum_j |w_j|]` (spec wgt-3). `candidates`, `planes` and `seq_lens` as in `l1_distance`.

    **Preconditions**
    - wgt-3: `weights` is `[B, (Nq,) S, D]` i8 with D of the codes; S is a multiple of Hkv (S = Hkv shares a selection, wgt-4).
    - pak-4, ref-1, nq-1 as in `l1_distance`.

    **Postconditions**
    - wgt-3: distances are at most `m * min(C D, W + D / 2 + 1)` where the weights come from `weigh`; wgt-5: keys carry neither weights nor norms.

    **Example**
    ```mlir
    func.func @distances(%w: tensor<?x9x64xi8>, %k: tensor<?x3x?x!adamas.codes<64, 4>>, %n: tensor<?xi32>) -> tensor<?x9x?xi32> {
      %d = adamas.weighted_distance %w, %k seq_lens(%n : tensor<?xi32>) planes 1 : tensor<?x9x64xi8>, tensor<?x3x?x!adamas.codes<64, 4>>
      return %d : tensor<?x9x?xi32>
    }
    ```

    **Errors**: weights of 128 dimensions against codes of 64 "expects the last dimension of 'weights' to be 64 as in 'key', but got 128".
  }];
  let arguments = (ins RankedTensorOf<[I8]>:$weights, Adamas_CodesTensor:$key, Optional<Adamas_LengthsTensor>:$seq_lens,
                   Optional<Adamas_I32Tensor>:$candidates, OptionalAttr<I64Attr>:$planes,
                   OptionalAttr<Adamas_PlacementAttr>:$placement);
  let assemblyFormat = [{
    $weights `,` $key (`seq_lens` `(` $seq_lens^ `:` type($seq_lens) `)`)?
    (`candidates` `(` $candidates^ `:` type($candidates) `)`)? (`planes` $planes^)? (`in` `` $placement^)? attr-dict `:`
    type($weights) `,` type($key)
  }];
}

//===--- selection and attention ----------------------------------------------------------------------------------------===//

def Adamas_TopKOp : Adamas_Op<"topk", [Pure, InferTypeOpAdaptor, AttrSizedOperandSegments]> {
  let summary = "the k nearest tokens, ties to the newest";
  let description = [{
    Keeps `budget` tokens of each row: the first `sink` and last `recent` positions are forced (sel-1), the rest are those
    with the smallest `(distance, -position)` (sel-2), so the set is unique. Results: `indices` `[B, (Nq,) S, budget]`, i32 logical
    positions, ascending, -1 padded (sel-5), and `lengths` `[B, (Nq,) S]`. With `candidates`, `distances` belong to the listed
    positions and the selection is among them; forced positions are taken whether listed or not (ref-2).

    **Preconditions**
    - sel-1, sel-3: `sink` >= 0, `recent` >= 1, `sink + recent` <= `budget`.
    - ref-2: `candidates` has the shape of `distances`; `seq_lens` is then required.
    - sel-6: `bound`, the largest distance, is known: from the op that makes `distances`, or given.

    **Postconditions**
    - sel-3: if N <= budget every token is selected; N = 0 gives an empty list.
    - nq-1: query token i of Nq sees `N_b - Nq + i + 1` tokens.

    **Example**
    ```mlir
    func.func @select(%d: tensor<?x9x?xi32>, %n: tensor<?xi32>) -> (tensor<?x9x128xi32>, tensor<?x9xi32>) {
      %indices, %lengths = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 128 sink 4 recent 1 bound 192 : tensor<?x9x?xi32>
      return %indices, %lengths : tensor<?x9x128xi32>, tensor<?x9xi32>
    }
    ```

    **Errors**: `budget 4 sink 4 recent 1` "expects 'sink' + 'recent' to be at most 'budget' 4, but got 4 + 1".
  }];
  let arguments = (ins Adamas_I32Tensor:$distances, Optional<Adamas_LengthsTensor>:$seq_lens,
                   Optional<Adamas_I32Tensor>:$candidates, I64Attr:$budget, DefaultValuedAttr<I64Attr, "0">:$sink,
                   DefaultValuedAttr<I64Attr, "1">:$recent, OptionalAttr<I64Attr>:$bound);
  let results = (outs Adamas_I32Tensor:$indices, Adamas_I32Tensor:$lengths);
  let assemblyFormat = [{
    $distances (`seq_lens` `(` $seq_lens^ `:` type($seq_lens) `)`)? (`candidates` `(` $candidates^ `:` type($candidates) `)`)?
    `budget` $budget (`sink` $sink^)? (`recent` $recent^)? (`bound` $bound^)? attr-dict `:` type($distances)
  }];
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
  let extraClassDeclaration = [{
    /// The largest distance: what the producer of `distances` states, or `bound`; none if neither does.
    std::optional<int64_t> getDistanceBound();
  }];
}

def Adamas_SparseAttentionOp : Adamas_Op<"sparse_attention", [Pure, InferTypeOpAdaptor]> {
  let summary = "exact attention over the selected tokens";
  let description = [{
    `o = sum_{n in S} softmax_n(scale * q . K[n]) V[n]` (spec att-1..5) with the original query, key and value. `indices` and
    `lengths` are as `topk` gives them; S heads select: Hq, or Hkv where a group shares a list. With `lse` a second result
    holds the natural logarithm of the softmax denominator, f32 `[B, (Nq,) Hq]`.

    **Preconditions**
    - att-1: `query` `[B, (Nq,) Hq, D]`, `key` and `value` `[B or 1, Hkv, N, D]` have one element type, f16, bf16 or f32; Hq is a multiple of Hkv.
    - sel-4: the selections are Hq or Hkv many.

    **Postconditions**
    - att-1: sums in f32, one rounding to the element type; att-2 gives the tolerance.
    - att-3: an empty set gives o = 0 and lse = -inf.

    **Example**
    ```mlir
    func.func @attend(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>, %v: tensor<?x3x?x64xf16>, %s: tensor<?x9x128xi32>, %m: tensor<?x9xi32>) -> (tensor<?x9x64xf16>, tensor<?x9xf32>) {
      %o, %lse = adamas.sparse_attention %q, %k, %v, %s, %m lse : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x9x128xi32>, tensor<?x9xi32>
      return %o, %lse : tensor<?x9x64xf16>, tensor<?x9xf32>
    }
    ```

    **Errors**: an f32 query with f16 keys "expects 'query', 'key' and 'value' to have the same element type, but got 'f32', 'f16' and 'f16'".
  }];
  let arguments = (ins Adamas_FloatTensor:$query, Adamas_FloatTensor:$key, Adamas_FloatTensor:$value,
                   Adamas_I32Tensor:$indices, Adamas_I32Tensor:$lengths, OptionalAttr<F32Attr>:$scale, UnitAttr:$return_lse);
  let results = (outs Adamas_FloatTensor:$output, Optional<Adamas_F32Tensor>:$lse);
  let assemblyFormat = [{
    $query `,` $key `,` $value `,` $indices `,` $lengths (`scale` $scale^)? (`lse` $return_lse^)? attr-dict `:` type($query) `,`
    custom<SameTypes>(type($key), type($value)) `,` type($indices) `,` type($lengths)
  }];
  let hasVerifier = 1;
}

def Adamas_DenseAttentionOp : Adamas_Op<"dense_attention", [Pure, InferTypeOpAdaptor]> {
  let summary = "exact attention over every visible token";
  let description = [{
    `sparse_attention` with the set of all tokens that a query token sees (spec dns-1, nq-1): what a layer that stays dense runs,
    and what sparse attention is compared with.

    **Preconditions**
    - att-1: as in `sparse_attention`. nq-1: Nq is static, 1 to 8.

    **Example**
    ```mlir
    func.func @dense(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>, %v: tensor<?x3x?x64xf16>, %n: tensor<?xi32>) -> tensor<?x9x64xf16> {
      %o = adamas.dense_attention %q, %k, %v, %n : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?xi32>
      return %o : tensor<?x9x64xf16>
    }
    ```

    **Errors**: 9 query heads on 2 KV heads "expects the head count of 'query' to be a multiple of that of 'key', but got 9 and 2".
  }];
  let arguments = (ins Adamas_FloatTensor:$query, Adamas_FloatTensor:$key, Adamas_FloatTensor:$value,
                   Adamas_LengthsTensor:$seq_lens, OptionalAttr<F32Attr>:$scale, UnitAttr:$return_lse);
  let results = (outs Adamas_FloatTensor:$output, Optional<Adamas_F32Tensor>:$lse);
  let assemblyFormat = [{
    $query `,` $key `,` $value `,` $seq_lens (`scale` $scale^)? (`lse` $return_lse^)? attr-dict `:` type($query) `,`
    custom<SameTypes>(type($key), type($value)) `,` type($seq_lens)
  }];
  let hasVerifier = 1;
}

//===--- cache ----------------------------------------------------------------------------------------------------------===//

def Adamas_AppendOp : Adamas_Op<"append", [Pure, InferTypeOpAdaptor]> {
  let summary = "write keys, values and codes of new tokens into a cache";
  let description = [{
    Token i of `new_key`, `new_value` (`[T, Hkv, D]`) is written at `slots[i]` = page * page_size + token in the page; its
    codes are `bucketize_pack(hadamard(new_key))` with the given thresholds and offset (spec kv-2, kv-3). The caches are pools
    `[pages, Hkv, page_size, D]` (`head_major`; a contiguous `[B, Hkv, N, D]` is the pool whose page is a sequence) or
    `[pages, page_size, Hkv, D]` (`token_major`). Results are the updated pools.

    **Preconditions**
    - kv-1: the three pools agree in pages, heads, page size, and D; kv-2: codes lie at the same page and slot as K.
    - kv-3: `slots` is `[T]` i32; buk-1, buk-2, buk-5 as in `bucketize_pack`.

    **Postconditions**
    - kv-3: a slot of -1 is skipped. Of equal slots the last token wins.

    `in cluster` (form 2, GPUs) puts it into the kernel that reads the pools: each CTA writes the new tokens of its KV head for
    itself, and so needs no other to be done. Otherwise it joins the kernel in front that makes the query's rows, or is one of its own.

    **Example**
    ```mlir
    func.func @append(%k: tensor<?x3x64xf16>, %v: tensor<?x3x64xf16>, %s: tensor<?xi32>, %t: tensor<3x3xf32>,
                      %kp: tensor<?x3x16x64xf16>, %vp: tensor<?x3x16x64xf16>, %cp: tensor<?x3x16x!adamas.codes<64, 2>>)
        -> (tensor<?x3x16x64xf16>, tensor<?x3x16x64xf16>, tensor<?x3x16x!adamas.codes<64, 2>>) {
      %0:3 = adamas.append %k, %v at %s into %kp, %vp, %cp thresholds(%t : tensor<3x3xf32>) layout head_major
        : tensor<?x3x64xf16>, tensor<?xi32>, tensor<?x3x16x64xf16>, tensor<?x3x16x!adamas.codes<64, 2>>
      return %0#0, %0#1, %0#2 : tensor<?x3x16x64xf16>, tensor<?x3x16x64xf16>, tensor<?x3x16x!adamas.codes<64, 2>>
    }
    ```

    **Errors**: pools of different page sizes "expects 'codes' to have the pages, heads and page size of 'key', ?x3x16, but got ?x3x32".
  }];
  let arguments = (ins Adamas_FloatTensor:$new_key, Adamas_FloatTensor:$new_value, Adamas_LengthsTensor:$slots,
                   Adamas_FloatTensor:$key, Adamas_FloatTensor:$value, Adamas_CodesTensor:$codes,
                   Adamas_F32Tensor:$thresholds, Optional<Adamas_F32Tensor>:$offset,
                   DefaultValuedAttr<Adamas_PoolLayoutAttr, "::mlir::adamas::PoolLayout::HeadMajor">:$layout,
                   OptionalAttr<Adamas_PlacementAttr>:$placement);
  let results = (outs Adamas_FloatTensor:$new_key_pool, Adamas_FloatTensor:$new_value_pool, Adamas_CodesTensor:$new_codes_pool);
  let assemblyFormat = [{
    $new_key `,` $new_value `at` $slots `into` $key `,` $value `,` $codes `thresholds` `(` $thresholds `:` type($thresholds) `)`
    (`offset` `(` $offset^ `:` type($offset) `)`)? (`layout` `` $layout^)? (`in` `` $placement^)? attr-dict `:`
    custom<SameTypes>(type($new_key), type($new_value)) `,` type($slots) `,` custom<SameTypes>(type($key), type($value)) `,`
    type($codes)
  }];
  let hasVerifier = 1;
}

def Adamas_PagedViewOp : Adamas_Op<"paged_view", [Pure, InferTypeOpAdaptor]> {
  let summary = "the logical sequences of a paged pool";
  let description = [{
    `result[b, h, n] = pool[page_table[b, n / page_size], h, n % page_size]` for keys, values (`[.., D]`) or codes (spec kv-1).
    Entries of the table that are -1 (no page) give zeros; they lie beyond every length in use.

    **Preconditions**
    - kv-1: `pool` is `[pages, H, page_size(, D)]` (`head_major`) or `[pages, page_size, H(, D)]` (`token_major`), `page_table` `[B, max_pages]` i32.
    - kv-5: entries are -1 or a page of the pool (checked by the evaluator and, under validation, by targets).

    **Example**
    ```mlir
    func.func @view(%pool: tensor<?x16x3x64xf16>, %table: tensor<?x8xi32>) -> tensor<?x3x128x64xf16> {
      %key = adamas.paged_view %pool, %table layout token_major : tensor<?x16x3x64xf16>, tensor<?x8xi32>
      return %key : tensor<?x3x128x64xf16>
    }
    ```

    **Errors**: a rank-2 pool "expects 'pool' to be [pages, H, page, D], or [pages, H, page] of codes, but got rank 2".
  }];
  let arguments = (ins RankedTensorOf<[F16, BF16, F32, Adamas_CodesType]>:$pool, TensorRankOf<[I32], [2]>:$page_table,
                   DefaultValuedAttr<Adamas_PoolLayoutAttr, "::mlir::adamas::PoolLayout::HeadMajor">:$layout);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$pool `,` $page_table (`layout` `` $layout^)? attr-dict `:` type($pool) `,` type($page_table)";
  let hasVerifier = 1;
}

include "adamas/IR/AdamasStagedOps.td"

#endif // ADAMAS_IR_ADAMASOPS_TD
