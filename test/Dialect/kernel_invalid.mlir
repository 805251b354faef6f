// What adamas.kernel refuses.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics -allow-unregistered-dialect

func.func @ends_with_another_op() {
  // expected-error @below {{'adamas.kernel' op expects its region to end with 'adamas.yield', but got 'test.end'}}
  adamas.kernel row #adamas.cpu<16, words> {
    "test.end"() : () -> ()
  }
  return
}

// -----

func.func @yields_other_types(%x: tensor<?x64xf16>) {
  // expected-error @below {{expects the types of the yielded values to be those of the results}}
  %0 = adamas.kernel row #adamas.cpu<16, words> {
    %y = adamas.hadamard %x in global : tensor<?x64xf16>
    adamas.yield %y : tensor<?x64xf32>
  } : tensor<?x64xf16>
  return
}

// -----

func.func @yields_less_than_the_results() {
  // expected-error @below {{expects the types of the yielded values to be those of the results}}
  %0 = adamas.kernel row #adamas.cpu<16, words> {
    adamas.yield
  } : tensor<?x64xf32>
  return
}

// -----

func.func @holds_an_op_that_is_not_staged(%d: tensor<?x9x?xi32>) {
  // expected-error @below {{expects staged ops in its region, but got 'adamas.topk'}}
  adamas.kernel row #adamas.cpu<16, words> {
    %i, %m = adamas.topk %d budget 8 bound 192 : tensor<?x9x?xi32>
    adamas.yield
  }
  return
}

// -----

func.func @holds_a_kernel() {
  // expected-error @below {{expects staged ops in its region, but got 'adamas.kernel'}}
  adamas.kernel row #adamas.cpu<16, words> {
    adamas.kernel row #adamas.cpu<16, words> {
      adamas.yield
    }
    adamas.yield
  }
  return
}

// -----

func.func @holds_an_op_without_placement(%x: tensor<?x64xf16>) {
  adamas.kernel row #adamas.cpu<16, words> {
    // expected-error @below {{'adamas.hadamard' op expects a placement inside a kernel, but got none; run 'adamas-assign-placements'}}
    %y = adamas.hadamard %x : tensor<?x64xf16>
    adamas.yield
  }
  return
}

// -----

func.func @yields_what_is_shared(%x: tensor<?x64xf16>) {
  // expected-error @below {{expects what is yielded to be placed in 'global', but got 'shared'}}
  %0 = adamas.kernel row #adamas.cpu<16, words> {
    %y = adamas.hadamard %x in shared : tensor<?x64xf16>
    adamas.yield %y : tensor<?x64xf32>
  } : tensor<?x64xf32>
  return
}

// -----

func.func @no_terminator(%x: tensor<?x64xf16>) {
  adamas.kernel row #adamas.cpu<16, words> {
    // expected-error @below {{block with no terminator}}
    %y = adamas.hadamard %x in global : tensor<?x64xf16>
  }
  return
}

// -----

func.func @region_has_an_argument() {
  // expected-error @below {{expects its region to have no arguments, but got 1}}
  adamas.kernel row #adamas.cpu<16, words> {
  ^bb0(%x: tensor<4xf32>):
    adamas.yield
  }
  return
}

// -----

func.func @measures_l1_by_products_of_bytes(%q: tensor<?x2x!adamas.codes<64, 2>>, %c: tensor<?x2x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) {
  adamas.kernel token #adamas.gpu<sm = 100, threads = 128, tokens = 2, iterations = 1, engine = s8> {
    // expected-error @below {{expects an engine that measures it, but s8 is for weighted distances; use popc}}
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in registers : tensor<?x2x!adamas.codes<64, 2>>, tensor<?x2x?x!adamas.codes<64, 2>>
    adamas.yield
  }
  return
}

// -----

func.func @scan_in_a_cluster(%q: tensor<?x2x!adamas.codes<64, 2>>, %c: tensor<?x2x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) {
  adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    // expected-error @below {{expects placement 'cluster' in kernels of parts only, but got it at level 'token'}}
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in cluster : tensor<?x2x!adamas.codes<64, 2>>, tensor<?x2x?x!adamas.codes<64, 2>>
    adamas.yield
  }
  return
}

// -----

func.func @rows_in_a_cluster(%x: tensor<?x2x64xf16>) {
  adamas.kernel row #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    // expected-error @below {{expects placement 'cluster' in kernels of parts only, but got it at level 'row'}}
    %y = adamas.hadamard %x in cluster : tensor<?x2x64xf16>
    adamas.yield
  }
  return
}

// -----

func.func @appends_without_a_placement(%k: tensor<1x3x64xf16>, %s: tensor<1xi32>, %kp: tensor<?x3x16x64xf16>, %cp: tensor<?x3x16x!adamas.codes<64, 2>>, %t: tensor<3xf32>) {
  adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    // expected-error @below {{expects level 'row' inside a kernel where it is not placed in 'cluster', but got level 'part'; leave it outside}}
    %0:3 = adamas.append %k, %k at %s into %kp, %kp, %cp thresholds(%t : tensor<3xf32>) : tensor<1x3x64xf16>, tensor<1xi32>, tensor<?x3x16x64xf16>, tensor<?x3x16x!adamas.codes<64, 2>>
    adamas.yield
  }
  return
}

// -----

func.func @appends_at_another_level(%k: tensor<1x3x64xf16>, %s: tensor<1xi32>, %kp: tensor<?x3x16x64xf16>, %cp: tensor<?x3x16x!adamas.codes<64, 2>>, %t: tensor<3xf32>) {
  adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    // expected-error @below {{expects level 'part' inside a kernel where it is placed in 'cluster', but got level 'token'; leave it outside}}
    %0:3 = adamas.append %k, %k at %s into %kp, %kp, %cp thresholds(%t : tensor<3xf32>) in cluster : tensor<1x3x64xf16>, tensor<1xi32>, tensor<?x3x16x64xf16>, tensor<?x3x16x!adamas.codes<64, 2>>
    adamas.yield
  }
  return
}

// -----

func.func @views_a_pool_from_outside(%cp: tensor<?x3x16x!adamas.codes<64, 2>>, %table: tensor<?x?xi32>) {
  // expected-error @below {{expects staged ops in its region, but got 'adamas.paged_view'}}
  adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %view = adamas.paged_view %cp, %table : tensor<?x3x16x!adamas.codes<64, 2>>, tensor<?x?xi32>
    adamas.yield
  }
  return
}

// -----

func.func @passes_through_memory_row_by_row(%q: tensor<?x2x64xf16>, %k: tensor<?x2x?x64xf16>, %i: tensor<?x2x2x8xi32>, %m: tensor<?x2x2xi32>) {
  adamas.kernel row #adamas.gpu<sm = 80, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    // expected-error @below {{expects placement 'grid' in kernels of parts only, but got it at level 'row'}}
    %o, %lse = adamas.partial_attention %q, %k, %k indices(%i, %m : tensor<?x2x2x8xi32>, tensor<?x2x2xi32>) in grid : tensor<?x2x64xf16>, tensor<?x2x?x64xf16>
    adamas.yield
  }
  return
}

// -----

func.func @passes_a_threshold_through_memory(%h: tensor<?x2x2x193xi32>) {
  adamas.kernel part #adamas.gpu<sm = 80, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    // expected-error @below {{expects placement 'grid' of partial attention only}}
    %t, %s = adamas.threshold %h need 7 in grid : tensor<?x2x2x193xi32>
    adamas.yield
  }
  return
}

// -----

func.func @products_of_f32(%q: tensor<?x4x64xf32>, %k: tensor<?x2x?x64xf32>, %i: tensor<?x2x1x8xi32>, %m: tensor<?x2x1xi32>) {
  adamas.kernel part #adamas.gpu<sm = 80, threads = 128, tokens = 2, iterations = 1, engine = popc, attention = mma> {
    // expected-error @below {{expects f16 or bf16 and a dimension that 64 divides where attention is by matrix products, but got 64 of 'f32'; take fma}}
    %o, %lse = adamas.partial_attention %q, %k, %k indices(%i, %m : tensor<?x2x1x8xi32>, tensor<?x2x1xi32>) in shared : tensor<?x4x64xf32>, tensor<?x2x?x64xf32>
    adamas.yield
  }
  return
}

// -----

func.func @products_of_32_dimensions(%q: tensor<?x4x32xf16>, %k: tensor<?x2x?x32xf16>, %i: tensor<?x2x1x8xi32>, %m: tensor<?x2x1xi32>) {
  adamas.kernel part #adamas.gpu<sm = 80, threads = 128, tokens = 2, iterations = 1, engine = popc, attention = mma> {
    // expected-error @below {{expects f16 or bf16 and a dimension that 64 divides where attention is by matrix products, but got 32 of 'f16'; take fma}}
    %o, %lse = adamas.partial_attention %q, %k, %k indices(%i, %m : tensor<?x2x1x8xi32>, tensor<?x2x1xi32>) in shared : tensor<?x4x32xf16>, tensor<?x2x?x32xf16>
    adamas.yield
  }
  return
}

// -----

func.func @products_of_17_heads(%q: tensor<?x34x64xf16>, %k: tensor<?x2x?x64xf16>, %i: tensor<?x2x1x8xi32>, %m: tensor<?x2x1xi32>) {
  adamas.kernel part #adamas.gpu<sm = 80, threads = 128, tokens = 2, iterations = 1, engine = popc, attention = mma> {
    // expected-error @below {{expects at most 16 heads that share their tokens where attention is by matrix products, but got 34 heads for 2 lists; take fma}}
    %o, %lse = adamas.partial_attention %q, %k, %k indices(%i, %m : tensor<?x2x1x8xi32>, tensor<?x2x1xi32>) in shared : tensor<?x34x64xf16>, tensor<?x2x?x64xf16>
    adamas.yield
  }
  return
}
