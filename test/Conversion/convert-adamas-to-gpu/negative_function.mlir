// A function is one block with one KV head count; results are made by kernels and returned once; a page has a size; kernels have schedules of
// a GPU; the block of parameters has 4,096 bytes.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --split-input-file --verify-diagnostics --convert-adamas-to-gpu


// expected-error @below {{expects a function of one block on this target}}
func.func @negative_two_blocks(%x: tensor<?x2x32xf32>) -> tensor<?x2x32xf32> {
  cf.br ^bb1
^bb1:
  return %x : tensor<?x2x32xf32>
}

// -----

func.func @negative_two_head_counts(%q: tensor<?x6x!adamas.codes<32, 1>>, %a: tensor<?x2x?x!adamas.codes<32, 1>>, %b: tensor<?x3x?x!adamas.codes<32, 1>>, %n: tensor<?xi32>) -> (tensor<?x6x?xi32>, tensor<?x6x?xi32>) {
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.l1_distance %q, %a seq_lens(%n : tensor<?xi32>) in global : tensor<?x6x!adamas.codes<32, 1>>, tensor<?x2x?x!adamas.codes<32, 1>>
    adamas.yield %d : tensor<?x6x?xi32>
  } : tensor<?x6x?xi32>
  %1 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    // expected-error @below {{'adamas.l1_distance' op expects one KV head count in a function, but got 2 and 3}}
    %e = adamas.l1_distance %q, %b seq_lens(%n : tensor<?xi32>) in global : tensor<?x6x!adamas.codes<32, 1>>, tensor<?x3x?x!adamas.codes<32, 1>>
    adamas.yield %e : tensor<?x6x?xi32>
  } : tensor<?x6x?xi32>
  return %0, %1 : tensor<?x6x?xi32>, tensor<?x6x?xi32>
}

// -----

func.func @negative_argument_returned(%x: tensor<?x2x32xf32>) -> tensor<?x2x32xf32> {
  // expected-error @below {{'func.return' op expects each result to be made by a kernel and returned once on this target; return it once, and arguments not at all}}
  return %x : tensor<?x2x32xf32>
}

// -----

func.func @negative_returned_twice(%x: tensor<?x2x32xf32>) -> (tensor<?x2x32xf32>, tensor<?x2x32xf32>) {
  %0 = adamas.kernel row #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %y = adamas.hadamard %x in global : tensor<?x2x32xf32>
    adamas.yield %y : tensor<?x2x32xf32>
  } : tensor<?x2x32xf32>
  // expected-error @below {{'func.return' op expects each result to be made by a kernel and returned once on this target}}
  return %0, %0 : tensor<?x2x32xf32>, tensor<?x2x32xf32>
}

// -----

func.func @negative_page_size(%p: tensor<?x2x?x!adamas.codes<32, 1>>, %table: tensor<?x?xi32>, %q: tensor<?x2x!adamas.codes<32, 1>>, %n: tensor<?xi32>) -> tensor<?x2x?xi32> {
  // expected-error @below {{'adamas.paged_view' op expects a static page size on this target, but got ?}}
  %v = adamas.paged_view %p, %table : tensor<?x2x?x!adamas.codes<32, 1>>, tensor<?x?xi32>
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.l1_distance %q, %v seq_lens(%n : tensor<?xi32>) in global : tensor<?x2x!adamas.codes<32, 1>>, tensor<?x2x?x!adamas.codes<32, 1>>
    adamas.yield %d : tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>
  return %0 : tensor<?x2x?xi32>
}

// -----

func.func @negative_cpu(%x: tensor<?x2x32xf32>) -> tensor<?x2x32xf32> {
  // expected-error @below {{'adamas.kernel' op expects a schedule of a GPU, '#adamas.gpu', but got #adamas.cpu<16, words>; run 'adamas-form-kernels' for the processor gpu}}
  %0 = adamas.kernel row #adamas.cpu<16, words> {
    %y = adamas.hadamard %x in global : tensor<?x2x32xf32>
    adamas.yield %y : tensor<?x2x32xf32>
  } : tensor<?x2x32xf32>
  return %0 : tensor<?x2x32xf32>
}

// -----

// expected-error @below {{expects a parameter block of at most 4096 bytes, but got 4104; the function has too many values}}
func.func @negative_too_many_values(%a0: tensor<1xf32>, %a1: tensor<1xf32>, %a2: tensor<1xf32>, %a3: tensor<1xf32>, %a4: tensor<1xf32>, %a5: tensor<1xf32>, %a6: tensor<1xf32>, %a7: tensor<1xf32>, %a8: tensor<1xf32>, %a9: tensor<1xf32>, %a10: tensor<1xf32>, %a11: tensor<1xf32>, %a12: tensor<1xf32>, %a13: tensor<1xf32>, %a14: tensor<1xf32>, %a15: tensor<1xf32>, %a16: tensor<1xf32>, %a17: tensor<1xf32>, %a18: tensor<1xf32>, %a19: tensor<1xf32>, %a20: tensor<1xf32>, %a21: tensor<1xf32>, %a22: tensor<1xf32>, %a23: tensor<1xf32>, %a24: tensor<1xf32>, %a25: tensor<1xf32>, %a26: tensor<1xf32>, %a27: tensor<1xf32>, %a28: tensor<1xf32>, %a29: tensor<1xf32>, %a30: tensor<1xf32>, %a31: tensor<1xf32>, %a32: tensor<1xf32>, %a33: tensor<1xf32>, %a34: tensor<1xf32>, %a35: tensor<1xf32>, %a36: tensor<1xf32>, %a37: tensor<1xf32>, %a38: tensor<1xf32>, %a39: tensor<1xf32>, %a40: tensor<1xf32>, %a41: tensor<1xf32>, %a42: tensor<1xf32>, %a43: tensor<1xf32>, %a44: tensor<1xf32>, %a45: tensor<1xf32>, %a46: tensor<1xf32>, %a47: tensor<1xf32>, %a48: tensor<1xf32>, %a49: tensor<1xf32>, %a50: tensor<1xf32>, %a51: tensor<1xf32>, %a52: tensor<1xf32>, %a53: tensor<1xf32>, %a54: tensor<1xf32>, %a55: tensor<1xf32>, %a56: tensor<1xf32>, %a57: tensor<1xf32>, %a58: tensor<1xf32>, %a59: tensor<1xf32>, %a60: tensor<1xf32>, %a61: tensor<1xf32>, %a62: tensor<1xf32>, %a63: tensor<1xf32>, %a64: tensor<1xf32>, %a65: tensor<1xf32>, %a66: tensor<1xf32>, %a67: tensor<1xf32>, %a68: tensor<1xf32>, %a69: tensor<1xf32>, %a70: tensor<1xf32>, %a71: tensor<1xf32>, %a72: tensor<1xf32>, %a73: tensor<1xf32>, %a74: tensor<1xf32>, %a75: tensor<1xf32>, %a76: tensor<1xf32>, %a77: tensor<1xf32>, %a78: tensor<1xf32>, %a79: tensor<1xf32>, %a80: tensor<1xf32>, %a81: tensor<1xf32>, %a82: tensor<1xf32>, %a83: tensor<1xf32>, %a84: tensor<1xf32>, %a85: tensor<1xf32>, %a86: tensor<1xf32>, %a87: tensor<1xf32>, %a88: tensor<1xf32>, %a89: tensor<1xf32>, %a90: tensor<1xf32>, %a91: tensor<1xf32>, %a92: tensor<1xf32>, %a93: tensor<1xf32>, %a94: tensor<1xf32>, %a95: tensor<1xf32>, %a96: tensor<1xf32>, %a97: tensor<1xf32>, %a98: tensor<1xf32>, %a99: tensor<1xf32>, %a100: tensor<1xf32>, %a101: tensor<1xf32>, %a102: tensor<1xf32>, %a103: tensor<1xf32>, %a104: tensor<1xf32>, %a105: tensor<1xf32>, %a106: tensor<1xf32>, %a107: tensor<1xf32>, %a108: tensor<1xf32>, %a109: tensor<1xf32>, %a110: tensor<1xf32>, %a111: tensor<1xf32>, %a112: tensor<1xf32>, %a113: tensor<1xf32>, %a114: tensor<1xf32>, %a115: tensor<1xf32>, %a116: tensor<1xf32>, %a117: tensor<1xf32>, %a118: tensor<1xf32>, %a119: tensor<1xf32>, %a120: tensor<1xf32>, %a121: tensor<1xf32>, %a122: tensor<1xf32>, %a123: tensor<1xf32>, %a124: tensor<1xf32>, %a125: tensor<1xf32>, %a126: tensor<1xf32>, %a127: tensor<1xf32>, %a128: tensor<1xf32>, %a129: tensor<1xf32>, %a130: tensor<1xf32>, %a131: tensor<1xf32>, %a132: tensor<1xf32>, %a133: tensor<1xf32>, %a134: tensor<1xf32>, %a135: tensor<1xf32>, %a136: tensor<1xf32>, %a137: tensor<1xf32>, %a138: tensor<1xf32>, %a139: tensor<1xf32>, %a140: tensor<1xf32>, %a141: tensor<1xf32>, %a142: tensor<1xf32>, %a143: tensor<1xf32>, %a144: tensor<1xf32>, %a145: tensor<1xf32>, %a146: tensor<1xf32>, %a147: tensor<1xf32>, %a148: tensor<1xf32>, %a149: tensor<1xf32>, %a150: tensor<1xf32>, %a151: tensor<1xf32>, %a152: tensor<1xf32>, %a153: tensor<1xf32>, %a154: tensor<1xf32>, %a155: tensor<1xf32>, %a156: tensor<1xf32>, %a157: tensor<1xf32>, %a158: tensor<1xf32>, %a159: tensor<1xf32>, %a160: tensor<1xf32>, %a161: tensor<1xf32>, %a162: tensor<1xf32>, %a163: tensor<1xf32>, %a164: tensor<1xf32>, %a165: tensor<1xf32>, %a166: tensor<1xf32>, %a167: tensor<1xf32>, %a168: tensor<1xf32>, %a169: tensor<1xf32>, %a170: tensor<1xf32>) {
  return
}
