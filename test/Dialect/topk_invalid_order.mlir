// Bounds of distance ops that the verifier has not seen yet, in regions without order: they are not asked.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics -allow-unregistered-dialect

module @sel_6_distances_come_later {
  %q = "test.query"() : () -> tensor<?x9x!adamas.codes<64, 2>>
  %k = "test.key"() : () -> tensor<?x3x?x!adamas.codes<64, 2>>
  %0, %1 = adamas.topk %d budget 8 : tensor<?x9x?xi32>
  %2, %3 = adamas.topk %d budget 8 bound 1 : tensor<?x9x?xi32>
  %d = adamas.l1_distance %q, %k : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
}

// -----

module @distances_without_operands_come_later {
  %0, %1 = adamas.topk %d budget 8 bound 1 : tensor<?x9x?xi32>
  // expected-error @below {{expected 2 or more operands, but found 0}}
  %d = "adamas.l1_distance"() : () -> tensor<?x9x?xi32>
}

// -----

module @distances_of_no_key_head_come_later {
  %q = "test.query"() : () -> tensor<?x9x!adamas.codes<64, 2>>
  %k = "test.key"() : () -> tensor<?x0x?x!adamas.codes<64, 2>>
  %0, %1 = adamas.topk %d budget 8 bound 1 : tensor<?x9x?xi32>
  // expected-error @below {{expects results of type 'tensor<?x0x?xi32>', but got 'tensor<?x9x?xi32>'}}
  %d = "adamas.l1_distance"(%q, %k) <{operandSegmentSizes = array<i32: 1, 1, 0, 0>, policy = #adamas<policy per_kv_head>}> : (tensor<?x9x!adamas.codes<64, 2>>, tensor<?x0x?x!adamas.codes<64, 2>>) -> tensor<?x9x?xi32>
}

// -----

// The weights come later, so a cap that would overflow is clamped until their own verifier refuses it.
module @weights_of_a_huge_cap_come_later {
  %y = "test.rotated"() : () -> tensor<?x9x64xf32>
  %k = "test.key"() : () -> tensor<?x3x?x!adamas.codes<64, 2>>
  %d = adamas.weighted_distance %w, %k : tensor<?x9x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  // expected-error @below {{expects 'bound' to be at least that of the distances, 24384, but got 1}}
  %0, %1 = adamas.topk %d budget 8 bound 1 : tensor<?x9x?xi32>
  %w = adamas.weigh %y range 9223372036854775807 cap 9223372036854775807 : tensor<?x9x64xf32>
}

// -----

func.func @distances_of_an_enclosing_block(%q: tensor<?x9x!adamas.codes<64, 2>>, %k: tensor<?x3x?x!adamas.codes<64, 2>>) {
  %d = adamas.l1_distance %q, %k : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  "test.region"() ({
    // expected-error @below {{expects 'bound' to be at least that of the distances, 192, but got 1}}
    %0, %1 = adamas.topk %d budget 8 bound 1 : tensor<?x9x?xi32>
    "test.end"() : () -> ()
  }) : () -> ()
  return
}
