// Where bundles come from: a folder of finished ones, the disk cache, or the compiler.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_RUNTIME_LIB_BUNDLESOURCE_H
#define ADAMAS_RUNTIME_LIB_BUNDLESOURCE_H

#include "Bundle.h"
#include <memory>

namespace adamas::impl {

/// The bundle for a request. Equal requests of one process share it while anybody holds it, and are never compiled
/// twice at once.
std::shared_ptr<const Bundle> obtainBundle(const std::string &request);

} // namespace adamas::impl

#endif // ADAMAS_RUNTIME_LIB_BUNDLESOURCE_H
