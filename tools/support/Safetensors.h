// Reading and writing safetensors files.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TOOLS_SUPPORT_SAFETENSORS_H
#define ADAMAS_TOOLS_SUPPORT_SAFETENSORS_H

#include "adamas/Reference/Tensor.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mlir::adamas {

/// The free-form text of a file's `__metadata__`.
using SafetensorsMetadata = std::map<std::string, std::string>;

/// What the header says about one tensor.
struct TensorInfo {
  std::string name;
  /// The dtype as the file spells it, and as adamas knows it; none for valid dtypes that adamas cannot load (BOOL, F8).
  std::string dtypeText;
  std::optional<DType> dtype;
  llvm::SmallVector<int64_t, 5> shape;
  /// Bytes `[begin, end)` of the data section.
  uint64_t begin = 0;
  uint64_t end = 0;
};

/// A validated file. The data stays in the (usually mapped) buffer until a tensor is asked for.
class SafetensorsFile {
public:
  /// The name that diagnostics use.
  llvm::StringRef path() const { return filePath; }
  const SafetensorsMetadata &metadata() const { return meta; }
  /// All tensors in the order of their data.
  llvm::ArrayRef<TensorInfo> tensors() const { return infos; }
  /// The entry for `name`, or null.
  const TensorInfo *find(llvm::StringRef name) const;
  bool contains(llvm::StringRef name) const { return find(name) != nullptr; }

  /// Copies the tensor out. A missing name is an error that lists the names that are there.
  llvm::Expected<Tensor> load(llvm::StringRef name) const;
  /// As `load`, but a missing name gives none.
  llvm::Expected<std::optional<Tensor>> loadIfPresent(llvm::StringRef name) const;

private:
  friend llvm::Expected<SafetensorsFile> readSafetensors(std::unique_ptr<llvm::MemoryBuffer> buffer,
                                                         llvm::StringRef path);
  std::string filePath;
  SafetensorsMetadata meta;
  std::vector<TensorInfo> infos;
  llvm::StringMap<size_t> indexOf;
  std::unique_ptr<llvm::MemoryBuffer> buffer;
  llvm::StringRef data;
};

/// Opens and validates a file: header length, JSON, dtypes, shapes, and that the tensors cover the data section
/// exactly, without gap, overlap or trailing bytes. Every error is one line that names the file and, where there is
/// one, the tensor, and says what was expected and what came.
llvm::Expected<SafetensorsFile> readSafetensors(llvm::StringRef path);

/// The same from memory; `path` is the name that diagnostics use.
llvm::Expected<SafetensorsFile> readSafetensors(std::unique_ptr<llvm::MemoryBuffer> buffer, llvm::StringRef path);

/// A tensor with its name in a file.
struct NamedTensor {
  std::string name;
  Tensor tensor;
};

/// Writes a file with the tensors in this order. The file appears under its name complete or not at all: it is written
/// beside it and renamed.
llvm::Error writeSafetensors(llvm::StringRef path, llvm::ArrayRef<NamedTensor> tensors,
                             const SafetensorsMetadata &metadata = {});

/// The bytes that `writeSafetensors` would write up to the data section: length and padded header.
llvm::Expected<std::string> safetensorsHeader(llvm::ArrayRef<NamedTensor> tensors,
                                              const SafetensorsMetadata &metadata = {});

} // namespace mlir::adamas

#endif // ADAMAS_TOOLS_SUPPORT_SAFETENSORS_H
