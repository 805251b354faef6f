// One decode step on the data of a session: keys encoded, module run, results by name.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TOOLS_ADAMAS_RUN_DECODE_H
#define ADAMAS_TOOLS_ADAMAS_RUN_DECODE_H

#include "adamas-run/Modules.h"
#include "adamas-run/Options.h"
#include "adamas-run/Program.h"
#include "adamas-run/ThresholdChoice.h"
#include "mlir/IR/MLIRContext.h"
#include <map>

namespace mlir::adamas {

/// What all runs of one call share.
struct Session {
  const Options &options;
  MLIRContext &context;
  DiagnosticCapture &diagnostics;
  const SafetensorsFile &data;
  Inputs &inputs;
  /// Opened once, for CUDA.
  Gpu *gpu = nullptr;

  /// For a function that reads the caches of all sequences.
  TargetSettings settings(TargetKind kind, std::string label) const {
    return {kind,
            options.cpu,
            options.threads,
            options.ways,
            gpu,
            options.paged.value_or(0),
            {inputs.batch(), inputs.tokens()},
            std::move(label)};
  }
};

/// Codes of all keys: canonical `[B or 1, Hkv, N, bits, D / 32]`, and as the target wants them.
struct KeyCodes {
  Tensor canonical;
  /// Only on x86: other targets take the canonical form.
  std::optional<Tensor> hosted;

  Tensor *argument() { return hosted ? &*hosted : &canonical; }
};

/// Encodes the keys on `kind`, so that codes are made by the path that uses them.
llvm::Expected<KeyCodes> encodeKeys(const Session &session, TargetKind kind, const Thresholds &thresholds);

/// Results by what they are, without the axis of one query token. Indices and lengths are always there.
struct DecodeResult {
  std::map<ResultRole, Tensor> tensors;
  double milliseconds = 0, compileMilliseconds = 0;

  /// The result, or null.
  const Tensor *find(ResultRole role) const {
    auto it = tensors.find(role);
    return it == tensors.end() ? nullptr : &it->second;
  }
  const Tensor &indices() const { return tensors.at(ResultRole::Indices); }
  const Tensor &lengths() const { return tensors.at(ResultRole::Lengths); }
};

/// Compiles the specialized `module` for `kind` and runs it `repeat` times.
llvm::Expected<DecodeResult> decode(const Session &session, TargetKind kind, const LoadedModule &module,
                                    const ThresholdChoice &thresholds, KeyCodes &codes, int64_t repeat);

/// Dense attention on the same data and target, to hold times against.
class DenseStep {
public:
  static llvm::Expected<DenseStep> create(const Session &session, TargetKind kind);

  /// The median time of `repeat` runs in milliseconds.
  llvm::Expected<double> time(const Session &session, int64_t repeat);

private:
  OwningOpRef<ModuleOp> module;
  std::unique_ptr<Program> program;
};

/// An error naming the op whose result would not fit into memory: sizes come from flags and attributes.
llvm::Error checkMemory(const Inputs &inputs, const DecodeSignature &signature);

} // namespace mlir::adamas

#endif // ADAMAS_TOOLS_ADAMAS_RUN_DECODE_H
