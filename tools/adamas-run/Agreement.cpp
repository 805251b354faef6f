// Whether a target's results agree with the evaluator's.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas-run/Agreement.h"

#include "adamas/Reference/Compare.h"

using namespace mlir;
using namespace mlir::adamas;

llvm::Expected<std::string> mlir::adamas::compareResults(const Session &session, std::optional<double> scale,
                                                         const DecodeResult &expected, const DecodeResult &got) {
  for (const auto &[role, tensor] : expected.tensors) {
    if (role == ResultRole::Output || role == ResultRole::Lse)
      continue;
    std::string difference = compareExact(roleName(role), tensor, *got.find(role));
    if (!difference.empty())
      return difference;
  }
  const Tensor *output = got.find(ResultRole::Output);
  if (!output)
    return std::string();
  const Inputs &inputs = session.inputs;
  llvm::Expected<ExactAttention> exact =
      attendListed(inputs.query, inputs.key, inputs.value, expected.indices(), expected.lengths(), scale);
  if (!exact)
    return exact.takeError();
  std::string difference = compareAttention(*exact, *output, got.find(ResultRole::Lse));
  return difference.empty() ? difference : "'output': " + difference;
}

std::string mlir::adamas::compareKeyCodes(const KeyCodes &expected, const KeyCodes &got) {
  return compareExact("key_codes", expected.canonical, got.canonical);
}
