// A plan's descriptor, checked, and the requests that it makes of the compiler.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_RUNTIME_LIB_REQUEST_H
#define ADAMAS_RUNTIME_LIB_REQUEST_H

#include "Error.h"
#include <string>

namespace adamas::impl {

constexpr int operationCount = 5;
constexpr uint32_t allOperations = (1u << operationCount) - 1;

adamas_plan_desc defaultDescription();

/// The descriptor with every default filled in. Fails with INVALID_ARGUMENT for one that the specification rules out.
adamas_plan_desc checkDescription(const adamas_plan_desc &given);

/// "decode", "select", "dense" or "append"; fails for anything but one operation.
const char *operationName(uint32_t operation);

/// Canonical JSON for one operation of a checked descriptor. What an operation cannot depend on has its default there,
/// so that plans that differ in nothing else share their bundles.
std::string requestText(const adamas_plan_desc &checked, uint32_t operation, const std::string &chip);

} // namespace adamas::impl

#endif // ADAMAS_RUNTIME_LIB_REQUEST_H
