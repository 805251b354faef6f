// Every size of the shipped modules at once: arguments, ops and results follow.
//
// RUN: adamas-opt %examples/decode_l1.mlir --adamas-specialize="query-heads=32 kv-heads=8 head-dim=128 query-tokens=4 dtype=bf16 bits=3 policy=per_kv_head budget=64 sink=4 recent=8" | FileCheck %s --check-prefix=L1
// RUN: adamas-opt %examples/decode_weighted.mlir --adamas-specialize="query-heads=32 kv-heads=8 head-dim=128 dtype=f32 bits=1 policy=per_kv_head" | FileCheck %s --check-prefix=WEIGHTED
// RUN: adamas-opt %examples/decode_two_pass.mlir --adamas-specialize="query-heads=8 kv-heads=8 head-dim=32 bits=3 budget=96" | FileCheck %s --check-prefix=TWO
//
// What is not given stays, and there and back again gives the same text.
// RUN: adamas-opt %examples/decode_two_pass.mlir -o %t.plain
// RUN: adamas-opt %examples/decode_two_pass.mlir --adamas-specialize | diff %t.plain -
// RUN: adamas-opt %examples/decode_two_pass.mlir --pass-pipeline="builtin.module(adamas-specialize{query-tokens=8 query-heads=6 policy=per_kv_head bits=1 dtype=f32},adamas-specialize{query-tokens=1 query-heads=9 policy=per_query_head bits=4 dtype=f16})" | diff %t.plain -

// L1-LABEL: func.func @decode(
// L1-SAME: %[[QUERY:.*]]: tensor<?x4x32x128xbf16>, %[[KEY:.*]]: tensor<?x8x?x128xbf16>, %[[VALUE:.*]]: tensor<?x8x?x128xbf16>
// L1-SAME: %[[CODES:.*]]: tensor<?x8x?x!adamas.codes<128, 3>>, %[[N:.*]]: tensor<?xi32>, %[[T:.*]]: tensor<8x7xf32>)
// L1-SAME: -> (tensor<?x4x8x64xi32>, tensor<?x4x8xi32>, tensor<?x4x32x128xbf16>, tensor<?x4x32xf32>, tensor<?x4x32x!adamas.codes<128, 3>>)
// L1: adamas.hadamard %[[QUERY]] : tensor<?x4x32x128xbf16>
// L1: adamas.bucketize_pack %{{.*}} thresholds(%[[T]] : tensor<8x7xf32>) : tensor<?x4x32x128xf32>
// L1: adamas.l1_distance %{{.*}}, %[[CODES]] seq_lens(%[[N]] : tensor<?xi32>) policy per_kv_head :
// L1: adamas.topk %{{.*}} budget 64 sink 4 recent 8 : tensor<?x4x8x?xi32>
// L1: adamas.sparse_attention {{.*}} lse : tensor<?x4x32x128xbf16>, tensor<?x8x?x128xbf16>, tensor<?x4x8x64xi32>, tensor<?x4x8xi32>

// WEIGHTED-LABEL: func.func @decode(
// WEIGHTED-SAME: tensor<?x32x128xf32>, %{{.*}}: tensor<?x8x?x128xf32>, %{{.*}}: tensor<?x8x?x128xf32>, %{{.*}}: tensor<?x8x?x!adamas.codes<128, 1>>
// WEIGHTED: adamas.weigh %{{.*}} kv_heads 8 : tensor<?x32x128xf32>
// WEIGHTED: adamas.weighted_distance {{.*}} : tensor<?x8x128xi8>, tensor<?x8x?x!adamas.codes<128, 1>>
// WEIGHTED: adamas.topk {{.*}} budget 128 : tensor<?x8x?xi32>
// WEIGHTED: return {{.*}} : tensor<?x8x128xi32>, tensor<?x8xi32>, tensor<?x32x128xf32>, tensor<?x32xf32>, tensor<?x8x128xi8>

// TWO-LABEL: func.func @decode(
// TWO: adamas.weigh %{{.*}} : tensor<?x8x32xf32>
// TWO: planes 1 : tensor<?x8x32xi8>, tensor<?x8x?x!adamas.codes<32, 3>>
// TWO: adamas.topk {{.*}} budget 768 sink 4 : tensor<?x8x?xi32>
// TWO: adamas.weighted_distance {{.*}} candidates(%{{.*}} : tensor<?x8x768xi32>) :
// TWO: adamas.topk {{.*}} budget 96 sink 4 : tensor<?x8x768xi32>
