// The reducer knows our dialect: what does not matter for a top-k goes.
//
// RUN: adamas-reduce %s -reduction-tree="traversal-mode=0 test=%S/Inputs/has_topk.sh" | FileCheck %s --implicit-check-not=adamas.hadamard
// CHECK: adamas.topk

func.func @selects(%d: tensor<?x9x?xi32>) -> tensor<?x9x16xi32> {
  %i, %m = adamas.topk %d budget 16 bound 192 : tensor<?x9x?xi32>
  return %i : tensor<?x9x16xi32>
}

func.func @rotates(%q: tensor<?x9x64xf16>) -> tensor<?x9x64xf32> {
  %y = adamas.hadamard %q : tensor<?x9x64xf16>
  return %y : tensor<?x9x64xf32>
}
