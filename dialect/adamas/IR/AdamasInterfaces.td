// What passes may ask of an op without knowing which op it is.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_IR_ADAMASINTERFACES_TD
#define ADAMAS_IR_ADAMASINTERFACES_TD

include "mlir/IR/OpBase.td"

def Adamas_DistanceOpInterface : OpInterface<"DistanceOpInterface"> {
  let cppNamespace = "::mlir::adamas";
  let description = [{
    An op that turns codes into small integers, one a token and selection. Metrics are interchangeable: whatever follows
    asks this interface only.
  }];
  let methods = [
    InterfaceMethod<"The largest distance that can occur (spec dst, wgt-3); histograms have one bin more.",
                    "int64_t", "getBound">,
    InterfaceMethod<"The codes of the keys, `[B or 1, Hkv, N]`.", "::mlir::Value", "getKeyCodes">,
    InterfaceMethod<"The query's side: codes or weights, `[B, (Nq,) Hq or S]`.", "::mlir::Value", "getQuerySide">,
    InterfaceMethod<"The candidate list `[B, (Nq,) S, K]`, or null for all tokens.", "::mlir::Value", "getCandidateList">,
    InterfaceMethod<"The lengths `[B]`, or null.", "::mlir::Value", "getLengths">,
    InterfaceMethod<"How many of the codes' bit planes are read, from the top (spec pak-4).", "int64_t", "getPlanesRead">,
  ];
}

def Adamas_StagedOpInterface : OpInterface<"StagedOpInterface"> {
  let cppNamespace = "::mlir::adamas";
  let description = [{
    An op of form 2. Its level says over what a work item ranges; its placement says where its results live until they are used.
  }];
  let methods = [
    InterfaceMethod<"What one work item of this op is.", "::mlir::adamas::Level", "getLevel">,
    InterfaceMethod<"Where the results live, if decided.", "std::optional<::mlir::adamas::Placement>",
                    "getPlacementKind">,
    InterfaceMethod<"Decides where the results live.", "void", "setPlacementKind",
                    (ins "::mlir::adamas::Placement":$placement)>,
  ];
  let extraSharedClassDeclaration = [{
    /// Whether its parts meet before their kernel ends: in a cluster, or at the CTA of the grid that is done last.
    bool hasMeetingParts() {
      auto placement = $_op.getPlacementKind();
      return placement == Placement::Cluster || placement == Placement::Grid;
    }
  }];
}

// Ops of form 1 that work row by row and so take part in forms 2 and 3 as they are.
def Adamas_RowOp : TraitList<[DeclareOpInterfaceMethods<Adamas_StagedOpInterface>]>;

#endif // ADAMAS_IR_ADAMASINTERFACES_TD
