// Options that no module can follow, and modules that cannot follow an option.
//
// RUN: not adamas-opt %examples/decode_l1.mlir --adamas-specialize="query-heads=0" 2>&1 | FileCheck %s --check-prefix=QUERY-HEADS
// RUN: not adamas-opt %examples/decode_l1.mlir --adamas-specialize="kv-heads=-3" 2>&1 | FileCheck %s --check-prefix=KV-HEADS
// RUN: not adamas-opt %examples/decode_l1.mlir --adamas-specialize="query-heads=10" 2>&1 | FileCheck %s --check-prefix=DIVIDE
// RUN: not adamas-opt %examples/decode_l1.mlir --adamas-specialize="kv-heads=4" 2>&1 | FileCheck %s --check-prefix=DIVIDE-KV
// RUN: not adamas-opt %examples/decode_l1.mlir --adamas-specialize="head-dim=96" 2>&1 | FileCheck %s --check-prefix=HEAD-DIM
// RUN: not adamas-opt %examples/decode_l1.mlir --adamas-specialize="query-tokens=9" 2>&1 | FileCheck %s --check-prefix=QUERY-TOKENS
// RUN: not adamas-opt %examples/decode_l1.mlir --adamas-specialize="dtype=f64" 2>&1 | FileCheck %s --check-prefix=DTYPE
// RUN: not adamas-opt %examples/decode_l1.mlir --adamas-specialize="bits=5" 2>&1 | FileCheck %s --check-prefix=BITS
// RUN: not adamas-opt %examples/decode_l1.mlir --adamas-specialize="bits=0" 2>&1 | FileCheck %s --check-prefix=NO-BITS
// RUN: not adamas-opt %examples/decode_l1.mlir --adamas-specialize="policy=per_layer" 2>&1 | FileCheck %s --check-prefix=POLICY
// RUN: not adamas-opt %examples/decode_l1.mlir --adamas-specialize="budget=0" 2>&1 | FileCheck %s --check-prefix=BUDGET
// RUN: not adamas-opt %examples/decode_l1.mlir --adamas-specialize="recent=0" 2>&1 | FileCheck %s --check-prefix=RECENT
// RUN: not adamas-opt %examples/decode_l1.mlir --adamas-specialize="sink=-1" 2>&1 | FileCheck %s --check-prefix=SINK
// RUN: not adamas-opt %examples/decode_l1.mlir --adamas-specialize="sink=100 recent=29" 2>&1 | FileCheck %s --check-prefix=FORCED
// RUN: not adamas-opt %examples/decode_two_pass.mlir --adamas-specialize="budget=4" 2>&1 | FileCheck %s --check-prefix=SMALL-BUDGET
// RUN: not adamas-opt %examples/decode_l1.mlir --adamas-open-topk --adamas-specialize 2>&1 | FileCheck %s --check-prefix=STAGED
// RUN: adamas-opt %s --split-input-file --verify-diagnostics --adamas-specialize="bits=1 kv-heads=1 policy=per_kv_head"
// RUN: not adamas-opt %s --split-input-file --adamas-specialize="policy=per_kv_head" 2>&1 | FileCheck %s --check-prefix=NO-KEY

// QUERY-HEADS: error: expects option 'query-heads' to be from 1 to 2147483647, but got 0
// KV-HEADS: error: expects option 'kv-heads' to be from 1 to 2147483647, but got -3
// DIVIDE: error: expects the query heads to be a multiple of the kv heads, but got 10 and 3: give both 'query-heads' and 'kv-heads'
// DIVIDE-KV: error: expects the query heads to be a multiple of the kv heads, but got 9 and 4
// HEAD-DIM: error: expects option 'head-dim' to be a power of two from 32 to 1024, but got 96
// QUERY-TOKENS: error: expects option 'query-tokens' to be from 1 to 8, but got 9
// DTYPE: error: expects option 'dtype' to be f16, bf16 or f32, but got 'f64'
// BITS: error: expects option 'bits' to be from 1 to 4, but got 5
// NO-BITS: error: expects option 'bits' to be from 1 to 4, but got 0
// POLICY: error: expects option 'policy' to be per_query_head or per_kv_head, but got 'per_layer'
// BUDGET: error: expects option 'budget' to be from 1 to 2147483647, but got 0
// RECENT: error: expects option 'recent' to be from 1 to 2147483647, but got 0
// SINK: error: expects option 'sink' to be from 0 to 2147483647, but got -1
// FORCED: error: 'adamas.topk' op expects 'sink' + 'recent' to be at most 'budget' 128, but got 100 + 29
// SMALL-BUDGET: error: 'adamas.topk' op expects 'sink' + 'recent' to be at most 'budget' 4, but got 4 + 1
// STAGED: error: 'adamas.histogram' op is not of form 1, which is all that 'adamas-specialize' knows

func.func @fixed(%q: tensor<?x6x64xf16>) -> tensor<?x6x!adamas.codes<64, 2>> {
  %y = adamas.hadamard %q : tensor<?x6x64xf16>
  // expected-error @+1 {{'adamas.bucketize_pack' op expects thresholds as an operand where option 'bits' changes them, but got 'fixed'}}
  %c = adamas.bucketize_pack %y fixed [-1.0, 0.0, 1.0] : tensor<?x6x64xf32>
  return %c : tensor<?x6x!adamas.codes<64, 2>>
}

// -----

func.func @constant(%q: tensor<?x6x64xf16>) -> tensor<?x6x!adamas.codes<64, 2>> {
  // expected-error @+1 {{'arith.constant' op expects to become 'tensor<1xf32>', which a constant cannot: make it an argument}}
  %t = arith.constant dense<[-1.0, 0.0, 1.0]> : tensor<3xf32>
  %y = adamas.hadamard %q : tensor<?x6x64xf16>
  %c = adamas.bucketize_pack %y thresholds(%t : tensor<3xf32>) : tensor<?x6x64xf32>
  return %c : tensor<?x6x!adamas.codes<64, 2>>
}

// -----

func.func private @callee(tensor<?x6x64xf16>)
func.func @caller(%q: tensor<?x6x64xf16>) {
  // expected-error @+1 {{'func.call' op is not of form 1}}
  call @callee(%q) : (tensor<?x6x64xf16>) -> ()
  return
}

// -----

// With 'kv-heads' the policy has what it needs.
// NO-KEY: error: expects option 'kv-heads' with 'policy=per_kv_head' where no key tells it
func.func @weights(%q: tensor<?x6x64xf16>) -> tensor<?x6x64xi8> {
  %y = adamas.hadamard %q : tensor<?x6x64xf16>
  %w = adamas.weigh %y : tensor<?x6x64xf32>
  return %w : tensor<?x6x64xi8>
}
