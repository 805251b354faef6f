// One registration for every tool.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_REGISTER_H
#define ADAMAS_REGISTER_H

namespace mlir {
class DialectRegistry;
}

namespace mlir::adamas {

/// The adamas dialect and the upstream dialects that forms 1 to 4 use.
void registerDialects(DialectRegistry &registry);

/// The project's passes and pipelines, and the upstream passes that tests and users need beside them.
void registerPasses();

} // namespace mlir::adamas

#endif // ADAMAS_REGISTER_H
