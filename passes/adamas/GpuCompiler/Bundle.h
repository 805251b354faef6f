// Bundles: what the runtime loads. A manifest that says how to launch, and the kernels' image.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_GPUCOMPILER_BUNDLE_H
#define ADAMAS_GPUCOMPILER_BUNDLE_H

#include "adamas/Target/GpuTarget.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/JSON.h"
#include <string>

namespace mlir::adamas {

enum class ImageKind { Ptx, Cubin };

/// Where the machine code of a kernel lies in a bundle's image.
struct ImagePlace {
  int64_t offset, size;
};

/// The manifest of every `adamas_gpu.program` of `module` (runtime/README.md has the format). Kernels that `places`
/// does not name are anywhere in the image.
llvm::json::Value makeManifest(ModuleOp module, const GpuTarget &target, ImageKind image,
                               const llvm::StringMap<ImagePlace> &places = {});

/// The bytes of a bundle.
std::string makeBundle(const llvm::json::Value &manifest, llvm::StringRef image);

/// The manifest and the image of what `makeBundle` made.
std::pair<llvm::json::Value, llvm::StringRef> splitBundle(llvm::StringRef bundle);

} // namespace mlir::adamas

#endif // ADAMAS_GPUCOMPILER_BUNDLE_H
