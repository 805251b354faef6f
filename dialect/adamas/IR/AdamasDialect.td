// The dialect and the base class of its ops.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_IR_ADAMASDIALECT_TD
#define ADAMAS_IR_ADAMASDIALECT_TD

include "mlir/IR/OpBase.td"

def Adamas_Dialect : Dialect {
  let name = "adamas";
  let cppNamespace = "::mlir::adamas";
  let summary = "Hadamard-coded token-sparse attention";
  let description = [{
    One decode step of token-sparse attention says *what* is computed: keys and queries are rotated by a Hadamard
    transform, keys are cut into short codes, a distance between query and codes picks the k nearest tokens, and these get
    exact attention. Method: "Adamas: Hadamard Sparse Attention for Efficient Long-Context Inference", arXiv 2510.18413;
    the weighted distance and two-pass selection are this project's own.

    Shapes use these letters: B sequences, Nq query tokens of a sequence (1 to 8; the axis may be left out), Hq query heads,
    Hkv key/value heads, G = Hq / Hkv the group size, S selections (Hq, or Hkv where a group shares one), N tokens of the
    cache, D the head dimension, K the budget, W parts of the token axis. D and the head counts are static, B and N dynamic
    or static.

    Three forms of a program use this dialect. Form 1, algebraic: `hadamard` to `append`. Form 2, staged: `topk` is opened
    into `histogram`, `threshold`, `compact` and `join`, attention into `partial_attention` and `merge_attention`, and the
    token axis is divided by `partition`. Form 3, kernels: `kernel` groups staged ops by where their values live.
  }];
  let useDefaultAttributePrinterParser = 1;
  let useDefaultTypePrinterParser = 1;
  let extraClassDeclaration = [{
    void registerAttributes();
    void registerTypes();
  }];
}

// Defs are named Adamas_<CamelCase of the mnemonic>Op; C++ classes drop the prefix.
class Adamas_Op<string mnemonic, list<Trait> traits = []> : Op<Adamas_Dialect, mnemonic, traits>;

#endif // ADAMAS_IR_ADAMASDIALECT_TD
