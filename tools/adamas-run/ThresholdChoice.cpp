// Where the thresholds of a run come from.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas-run/ThresholdChoice.h"

using namespace mlir;
using namespace mlir::adamas;

static llvm::Expected<ThresholdChoice> fromMode(CalibrationMode mode, int64_t bits, const SafetensorsFile &data,
                                                const Inputs &inputs) {
  if (mode == CalibrationMode::Paper && bits != 2)
    return llvm::createStringError("--thresholds=paper is for 2 bits, but the codes have " + Twine(bits) +
                                   ": give --bits=2, or --thresholds=quantile or uniform");
  llvm::Expected<Thresholds> sets = Thresholds();
  if (mode == CalibrationMode::Paper) {
    sets = paperThresholds(bits, inputs.kvHeads());
  } else {
    llvm::Expected<CalibrationData> prefix = calibrationDataFromFile(data, mode, bits, std::nullopt);
    if (!prefix)
      return prefix.takeError();
    sets = calibrate(mode, bits, *prefix);
  }
  if (!sets)
    return inFile(data.path(), sets.takeError());
  return ThresholdChoice{std::move(*sets), calibrationModeName(mode).str()};
}

/// The thresholds of a file, which must have the bits that were asked for.
static llvm::Expected<std::optional<ThresholdChoice>> fromFile(const SafetensorsFile &file, llvm::StringRef origin,
                                                               std::optional<int64_t> bits, const Inputs &inputs) {
  llvm::Expected<std::optional<Thresholds>> sets = thresholdsFromFile(file, inputs.kvHeads(), inputs.headDim());
  if (!sets)
    return sets.takeError();
  if (!*sets)
    return std::nullopt;
  if (bits && (*sets)->bits != *bits)
    return llvm::createStringError(Twine(file.path()) + ": tensor 'thresholds' is for " + Twine((*sets)->bits) +
                                   " bits, expected the " + Twine(*bits) + " of --bits");
  return ThresholdChoice{std::move(**sets), origin.str()};
}

/// buk-2: one set of each KV head, from one shared set or as it is.
static llvm::Expected<Tensor> perHead(const Tensor &fixed, int64_t kvHeads) {
  int64_t count = fixed.dim(-1), sets = fixed.rank() == 2 ? fixed.dim(0) : 1;
  if (sets != 1 && sets != kvHeads)
    return llvm::createStringError("the module states " + Twine(sets) + " sets of thresholds, expected 1 or the " +
                                   Twine(kvHeads) + " kv heads of the data");
  Tensor result(DType::F32, {kvHeads, count});
  for (int64_t head = 0; head < kvHeads; ++head)
    llvm::copy(fixed.as<float>().slice(sets == 1 ? 0 : head * count, count), result.as<float>().begin() + head * count);
  return result;
}

static llvm::Expected<ThresholdChoice> choose(std::optional<llvm::StringRef> flag, std::optional<int64_t> bits,
                                              const SafetensorsFile &data, const Inputs &inputs,
                                              const LoadedModule &module) {
  const DecodeSignature &signature = module.signature;
  int64_t wanted = bits.value_or(signature.bits);
  if (flag) {
    if (auto mode = calibrationModeFromName(*flag))
      return fromMode(*mode, wanted, data, inputs);
    llvm::Expected<SafetensorsFile> file = readSafetensors(*flag);
    if (!file)
      return llvm::createStringError("--thresholds is neither paper, quantile nor uniform, nor a file: " +
                                     llvm::toString(file.takeError()));
    llvm::Expected<std::optional<ThresholdChoice>> choice = fromFile(*file, *flag, bits, inputs);
    if (!choice)
      return choice.takeError();
    if (!*choice)
      return llvm::createStringError(*flag + ": expected a tensor 'thresholds', as adamas-calibrate --out writes it, "
                                             "but got none");
    return std::move(**choice);
  }
  llvm::Expected<std::optional<ThresholdChoice>> choice = fromFile(data, "data", bits, inputs);
  if (!choice)
    return choice.takeError();
  if (*choice)
    return std::move(**choice);
  if (signature.fixed) {
    llvm::Expected<Tensor> sets = perHead(*signature.fixed, inputs.kvHeads());
    if (!sets)
      return inFile(module.path, sets.takeError());
    ThresholdChoice result;
    result.sets.bits = signature.bits;
    result.sets.keyThresholds = std::move(*sets);
    result.origin = "module";
    return result;
  }
  if (signature.isL1 && wanted == 2)
    return fromMode(CalibrationMode::Paper, wanted, data, inputs);
  llvm::StringRef mode = signature.isL1 ? "quantile" : "uniform";
  return inFile(module.path, llvm::createStringError(
                                 "expected thresholds for its codes of " + Twine(wanted) +
                                 " bits, but got none: give --thresholds=" + mode +
                                 " to calibrate on the first half of the data, or a file made by adamas-calibrate "
                                 "--mode=" +
                                 mode + " --bits=" + Twine(wanted) + " --data=... --out=FILE"));
}

llvm::Expected<ThresholdChoice> mlir::adamas::chooseThresholds(std::optional<llvm::StringRef> flag,
                                                               std::optional<int64_t> bits, const SafetensorsFile &data,
                                                               const Inputs &inputs, const LoadedModule &module) {
  llvm::Expected<ThresholdChoice> choice = choose(flag, bits, data, inputs, module);
  if (!choice)
    return choice;
  if (llvm::Error error = checkThresholds(choice->sets, inputs.kvHeads(), inputs.headDim()))
    return inFile(choice->origin, std::move(error));
  if (!module.signature.fixed || choice->origin == "module")
    return choice;
  // What the module states cannot be changed from outside, so other sets must at least say the same of queries.
  llvm::Expected<Tensor> stated = perHead(*module.signature.fixed, inputs.kvHeads());
  if (!stated)
    return inFile(module.path, stated.takeError());
  if (stated->shape() != choice->querySets().shape() || stated->as<float>() != choice->querySets().as<float>())
    return inFile(module.path, llvm::createStringError("states thresholds for its queries, but '" + choice->origin +
                                                       "' gives others: make them an argument of the function"));
  return choice;
}
