// The type of packed codes.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_IR_ADAMASTYPES_TD
#define ADAMAS_IR_ADAMASTYPES_TD

include "adamas/IR/AdamasDialect.td"
include "mlir/IR/AttrTypeBase.td"

def Adamas_CodesType : TypeDef<Adamas_Dialect, "Codes"> {
  let mnemonic = "codes";
  let summary = "the code vector of one token and head";
  let description = [{
    An element type: `!adamas.codes<D, b>` is one vector of D codes of b bits (pak-1). Canonical form: b bit planes, least
    significant first, each D / 32 words of 32 bits; bit j of word w of plane p is bit p of `code[32 w + j]`: D b / 8 bytes.
    How a target stores it (planes apart, tiles of tokens interleaved) is decided in form 3.

    **Preconditions**
    - had-1, pak-3: D is a power of two from 32 to 1024.
    - b is 1, 2, 3 or 4.
  }];
  let parameters = (ins "int64_t":$dim, "unsigned":$bits);
  let assemblyFormat = "`<` $dim `,` $bits `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Words of 32 bits in one plane.
    int64_t getWords() const { return getDim() / 32; }
    /// The largest code, 2^b - 1.
    int64_t getMaxCode() const { return (int64_t(1) << getBits()) - 1; }
  }];
}

#endif // ADAMAS_IR_ADAMASTYPES_TD
