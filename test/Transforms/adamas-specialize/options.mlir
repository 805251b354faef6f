// One behaviour of an option at a time.
//
// RUN: adamas-opt %s --split-input-file --adamas-specialize="head-dim=128 bits=1" | FileCheck %s --check-prefix=DIM
// RUN: adamas-opt %s --split-input-file --adamas-specialize="query-tokens=2" | FileCheck %s --check-prefix=TOKENS
// RUN: adamas-opt %s --split-input-file --adamas-specialize="query-heads=12 kv-heads=4 dtype=bf16" | FileCheck %s --check-prefix=HEADS
// RUN: adamas-opt %s --split-input-file --adamas-specialize="policy=per_query_head budget=10 recent=2" | FileCheck %s --check-prefix=SELECT

// A range and scale that spell out the default follow the dimension, others stay; planes end at the bits; a bound that
// may have become too small goes.
// DIM-LABEL: func.func @defaults(%{{.*}}: tensor<?x4x128xf16>
// DIM: adamas.weigh %{{.*}} range 256 :
// DIM: planes 1 : tensor<?x4x128xi8>, tensor<?x2x?x!adamas.codes<128, 1>>
// DIM-NOT: bound
// DIM: adamas.sparse_attention {{.*}} scale 0.0883883461 :
// TOKENS-LABEL: func.func @defaults(%{{.*}}: tensor<?x2x4x64xf16>, %{{.*}}: tensor<?x2x?x64xf16>
// TOKENS: return %{{.*}} : tensor<?x2x4x64xf16>
// SELECT-LABEL: func.func @defaults
// SELECT: adamas.weigh %{{.*}} range 128 :
// SELECT: adamas.topk {{.*}} budget 10 recent 2 :
func.func @defaults(%q: tensor<?x4x64xf16>, %k: tensor<?x2x?x64xf16>, %v: tensor<?x2x?x64xf16>, %c: tensor<?x2x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> tensor<?x4x64xf16> {
  %y = adamas.hadamard %q : tensor<?x4x64xf16>
  %w = adamas.weigh %y range 128 : tensor<?x4x64xf32>
  %d = adamas.weighted_distance %w, %c seq_lens(%n : tensor<?xi32>) planes 2 : tensor<?x4x64xi8>, tensor<?x2x?x!adamas.codes<64, 2>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 16 bound 483 : tensor<?x4x?xi32>
  %o = adamas.sparse_attention %q, %k, %v, %i, %m scale 0.125 : tensor<?x4x64xf16>, tensor<?x2x?x64xf16>, tensor<?x4x16xi32>, tensor<?x4xi32>
  return %o : tensor<?x4x64xf16>
}

// -----

// DIM-LABEL: func.func @custom
// DIM: adamas.weigh %{{.*}} range 64 cap 3 kv_heads 2 :
// DIM: scale 1.000000e+00
// HEADS-LABEL: func.func @custom(%{{.*}}: tensor<?x12x64xbf16>, %{{.*}}: tensor<1x4x512x64xbf16>, %{{.*}}: tensor<1x4x512x!adamas.codes<64, 2>>)
// HEADS: adamas.weigh %{{.*}} range 64 cap 3 kv_heads 4 : tensor<?x12x64xf32>
// HEADS: return {{.*}} : tensor<?x12x64xbf16>
// SELECT-LABEL: func.func @custom
// SELECT: adamas.weigh %{{.*}} range 64 cap 3 : tensor<?x6x64xf32>
// SELECT: adamas.topk {{.*}} budget 10 recent 2 : tensor<?x6x512xi32>
func.func @custom(%q: tensor<?x6x64xf16>, %k: tensor<1x2x512x64xf16>, %c: tensor<1x2x512x!adamas.codes<64, 2>>) -> tensor<?x6x64xf16> {
  %y = adamas.hadamard %q : tensor<?x6x64xf16>
  %w = adamas.weigh %y range 64 cap 3 kv_heads 2 : tensor<?x6x64xf32>
  %d = adamas.weighted_distance %w, %c : tensor<?x2x64xi8>, tensor<1x2x512x!adamas.codes<64, 2>>
  %i, %m = adamas.topk %d budget 16 : tensor<?x2x512xi32>
  %o = adamas.sparse_attention %q, %k, %k, %i, %m scale 1.0 : tensor<?x6x64xf16>, tensor<1x2x512x64xf16>, tensor<?x2x16xi32>, tensor<?x2xi32>
  return %o : tensor<?x6x64xf16>
}

// -----

// Keys that the function encodes itself: the heads are on axis 1, one set of thresholds stays one set.
// DIM-LABEL: func.func @encode(%{{.*}}: tensor<?x3x?x128xf16>, %{{.*}}: tensor<1xf32>, %{{.*}}: tensor<3x128xf32>) -> tensor<?x3x?x!adamas.codes<128, 1>>
// HEADS-LABEL: func.func @encode(%{{.*}}: tensor<?x4x?x64xbf16>, %{{.*}}: tensor<3xf32>, %{{.*}}: tensor<4x64xf32>) -> tensor<?x4x?x!adamas.codes<64, 2>>
// TOKENS-LABEL: func.func @encode(%{{.*}}: tensor<?x3x?x64xf16>, %{{.*}}: tensor<3xf32>,
func.func @encode(%k: tensor<?x3x?x64xf16>, %t: tensor<3xf32>, %o: tensor<3x64xf32>) -> tensor<?x3x?x!adamas.codes<64, 2>> {
  %y = adamas.hadamard %k : tensor<?x3x?x64xf16>
  %c = adamas.bucketize_pack %y thresholds(%t : tensor<3xf32>) offset(%o : tensor<3x64xf32>) heads_axis 1 : tensor<?x3x?x64xf32>
  return %c : tensor<?x3x?x!adamas.codes<64, 2>>
}

// -----

// The heads axis of a query moves with it.
// TOKENS-LABEL: func.func @encode_query(%{{.*}}: tensor<?x2x6x64xf16>, %{{.*}}: tensor<3x3xf32>) -> tensor<?x2x6x!adamas.codes<64, 2>>
// TOKENS: heads_axis 2 : tensor<?x2x6x64xf32>
func.func @encode_query(%q: tensor<?x6x64xf16>, %t: tensor<3x3xf32>) -> tensor<?x6x!adamas.codes<64, 2>> {
  %y = adamas.hadamard %q : tensor<?x6x64xf16>
  %c = adamas.bucketize_pack %y thresholds(%t : tensor<3x3xf32>) heads_axis 1 : tensor<?x6x64xf32>
  return %c : tensor<?x6x!adamas.codes<64, 2>>
}

// -----

// A cache: pools of both layouts.
// HEADS-LABEL: func.func @cache(%{{.*}}: tensor<?x4x64xbf16>, %{{.*}}: tensor<?xi32>, %{{.*}}: tensor<4x3xf32>, %{{.*}}: tensor<?x16x4x64xbf16>, %{{.*}}: tensor<?x16x4x!adamas.codes<64, 2>>, %{{.*}}: tensor<?x8xi32>) -> tensor<?x4x128x64xbf16>
// DIM-LABEL: func.func @cache(%{{.*}}: tensor<?x3x128xf16>, %{{.*}}: tensor<?xi32>, %{{.*}}: tensor<3x1xf32>, %{{.*}}: tensor<?x16x3x128xf16>, %{{.*}}: tensor<?x16x3x!adamas.codes<128, 1>>, %{{.*}}: tensor<?x8xi32>) -> tensor<?x3x128x128xf16>
func.func @cache(%k: tensor<?x3x64xf16>, %s: tensor<?xi32>, %t: tensor<3x3xf32>, %p: tensor<?x16x3x64xf16>, %c: tensor<?x16x3x!adamas.codes<64, 2>>, %table: tensor<?x8xi32>) -> tensor<?x3x128x64xf16> {
  %0:3 = adamas.append %k, %k at %s into %p, %p, %c thresholds(%t : tensor<3x3xf32>) layout token_major : tensor<?x3x64xf16>, tensor<?xi32>, tensor<?x16x3x64xf16>, tensor<?x16x3x!adamas.codes<64, 2>>
  %view = adamas.paged_view %0#0, %table layout token_major : tensor<?x16x3x64xf16>, tensor<?x8xi32>
  return %view : tensor<?x3x128x64xf16>
}

// -----

// Functions without ops of ours, and declarations, stay as they are.
// HEADS-LABEL: func.func private @declared(tensor<?x3x64xf16>)
// HEADS-LABEL: func.func @other(%{{.*}}: tensor<?x3x64xf16>) -> tensor<?x3x64xf16>
func.func private @declared(tensor<?x3x64xf16>)
func.func @other(%a: tensor<?x3x64xf16>) -> tensor<?x3x64xf16> {
  return %a : tensor<?x3x64xf16>
}
