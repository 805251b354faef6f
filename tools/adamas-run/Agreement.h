// Whether a target's results agree with the evaluator's.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TOOLS_ADAMAS_RUN_AGREEMENT_H
#define ADAMAS_TOOLS_ADAMAS_RUN_AGREEMENT_H

#include "adamas-run/Decode.h"

namespace mlir::adamas {

/// Empty if `got` agrees with `expected`: integers exactly, output and lse within att-2 of attention in f64 over the
/// same lists; else the first difference.
llvm::Expected<std::string> compareResults(const Session &session, std::optional<double> scale,
                                           const DecodeResult &expected, const DecodeResult &got);

/// The same for the codes of the keys.
std::string compareKeyCodes(const KeyCodes &expected, const KeyCodes &got);

} // namespace mlir::adamas

#endif // ADAMAS_TOOLS_ADAMAS_RUN_AGREEMENT_H
