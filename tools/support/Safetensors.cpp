// Reading and writing safetensors files: u64 little-endian header length, JSON header, data.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/Safetensors.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"
#include <cstring>
#include <tuple>

using namespace mlir::adamas;
using llvm::Twine;

static_assert(llvm::endianness::native == llvm::endianness::little, "tensor data is copied without byte swaps");

static constexpr llvm::StringLiteral metadataKey = "__metadata__";
// The limit of the format's own reader; it keeps a corrupt length from costing memory.
static constexpr uint64_t maxHeaderSize = 100'000'000;
// A header nests three deep. The limit protects the recursive JSON parser's stack from hostile files.
static constexpr size_t maxNesting = 8;
static constexpr size_t maxRank = 32;

namespace {
/// A dtype of the format that adamas does not compute with; files may hold it beside the tensors that matter.
struct ForeignDType {
  llvm::StringLiteral name;
  unsigned bits;
};
} // namespace

static constexpr ForeignDType foreignDTypes[] = {
    {"BOOL", 8},    {"U64", 64},    {"C64", 64},        {"F8_E4M3", 8},     {"F8_E5M2", 8}, {"F8_E8M0", 8},
    {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8}, {"F4", 4},
};

static constexpr llvm::StringLiteral acceptedDTypes = "F64, F32, F16, BF16, I64, I32, I16, I8, U32, U16, U8";

//===----------------------------------------------------------------------===//
// Diagnostics
//===----------------------------------------------------------------------===//

/// Text of a file for a one-line message: quoted, without control characters, not longer than a line.
static std::string quoted(llvm::StringRef text) {
  std::string result = "'";
  llvm::raw_string_ostream os(result);
  llvm::printEscapedString(text.take_front(64), os);
  os << (text.size() > 64 ? "...'" : "'");
  return result;
}

static std::string quotedJson(const llvm::json::Value &value) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << value;
  return quoted(text);
}

static std::string lowerFirst(std::string text) {
  if (!text.empty())
    text[0] = llvm::toLower(text[0]);
  return text;
}

static llvm::Error fileError(llvm::StringRef path, const Twine &message) {
  return llvm::createStringError(Twine(path) + ": " + message);
}

static llvm::Error tensorError(llvm::StringRef path, llvm::StringRef name, const Twine &message) {
  return fileError(path, "tensor " + quoted(name) + ": " + message);
}

//===----------------------------------------------------------------------===//
// Header
//===----------------------------------------------------------------------===//

/// Looks at the raw text for the two things that llvm::json does not report: nesting too deep for its recursion, and a
/// key that comes twice in one object (it keeps the last). Malformed text is left to the parser.
static llvm::Error checkHeaderText(llvm::StringRef path, llvm::StringRef text) {
  llvm::SmallVector<llvm::StringSet<>, 4> keys;
  llvm::SmallVector<char, 4> open;
  std::optional<std::string> lastString;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '"') {
      size_t begin = i++;
      while (i < text.size() && text[i] != '"')
        i += text[i] == '\\' ? 2 : 1;
      llvm::StringRef token = text.slice(begin, i + 1);
      lastString = token.drop_front().drop_back(token.size() > 1 ? 1 : 0).str();
      if (token.contains('\\')) {
        // Two spellings of one key are one key.
        llvm::Expected<llvm::json::Value> decoded = llvm::json::parse(token);
        if (!decoded)
          llvm::consumeError(decoded.takeError());
        else if (std::optional<llvm::StringRef> value = decoded->getAsString())
          lastString = value->str();
      }
      continue;
    }
    if (llvm::isSpace(c))
      continue;
    if (c == '{' || c == '[') {
      if (open.size() == maxNesting)
        return fileError(path, "the header nests deeper than " + Twine(maxNesting) +
                                   " levels, expected an object of tensors with dtype, shape and data_offsets");
      open.push_back(c);
      keys.emplace_back();
    } else if ((c == '}' || c == ']') && !open.empty()) {
      open.pop_back();
      keys.pop_back();
    } else if (c == ':' && lastString && !open.empty() && open.back() == '{') {
      if (!keys.back().insert(*lastString).second)
        return fileError(path, "the header has the name " + quoted(*lastString) + " twice, expected unique names");
    }
    lastString.reset();
  }
  return llvm::Error::success();
}

/// Bits of an element of a dtype of the format; none if there is no such dtype.
static std::optional<unsigned> dtypeBits(llvm::StringRef name) {
  if (std::optional<DType> dtype = dtypeFromName(name))
    return 8 * dtypeSize(*dtype);
  for (const ForeignDType &foreign : foreignDTypes)
    if (foreign.name == name)
      return foreign.bits;
  return std::nullopt;
}

static llvm::Error parseMetadata(llvm::StringRef path, const llvm::json::Value &value, SafetensorsMetadata &metadata) {
  const llvm::json::Object *object = value.getAsObject();
  if (!object)
    return fileError(path, metadataKey + " is " + quotedJson(value) + ", expected an object of strings");
  for (const auto &entry : *object) {
    std::optional<llvm::StringRef> text = entry.second.getAsString();
    if (!text)
      return fileError(path, metadataKey + " holds " + quotedJson(entry.second) + " under " +
                                 quoted(entry.first.str()) + ", expected a string");
    metadata[entry.first.str()] = text->str();
  }
  return llvm::Error::success();
}

/// The bytes that `info` takes by its dtype and shape.
static llvm::Expected<int64_t> expectedBytes(llvm::StringRef path, const TensorInfo &info, unsigned bits) {
  llvm::Expected<int64_t> count = Tensor::checkedSize(DType::U8, info.shape);
  int64_t totalBits = 0;
  if (!count) {
    llvm::consumeError(count.takeError());
    totalBits = -1;
  } else if (llvm::MulOverflow<int64_t>(*count, bits, totalBits)) {
    totalBits = -1;
  }
  if (totalBits < 0)
    return tensorError(path, info.name,
                       "shape " + describeShape(info.shape) + " of " + info.dtypeText +
                           " overflows, expected a size below 2^63 bits");
  if (totalBits % 8 != 0)
    return tensorError(path, info.name,
                       "shape " + describeShape(info.shape) + " of " + info.dtypeText + " takes " + Twine(totalBits) +
                           " bits, expected whole bytes");
  return totalBits / 8;
}

static llvm::Expected<TensorInfo> parseTensor(llvm::StringRef path, llvm::StringRef name,
                                              const llvm::json::Value &value, uint64_t dataSize) {
  TensorInfo info;
  info.name = name.str();
  const llvm::json::Object *object = value.getAsObject();
  if (!object)
    return tensorError(
        path, name, "the header holds " + quotedJson(value) + ", expected an object with dtype, shape, data_offsets");

  std::optional<llvm::StringRef> dtypeText = object->getString("dtype");
  if (!dtypeText)
    return tensorError(path, name, "the header holds no string 'dtype', expected one of " + acceptedDTypes);
  std::optional<unsigned> bits = dtypeBits(*dtypeText);
  if (!bits)
    return tensorError(path, name, "unknown dtype " + quoted(*dtypeText) + ", expected one of " + acceptedDTypes);
  info.dtypeText = dtypeText->str();
  info.dtype = dtypeFromName(*dtypeText);

  const llvm::json::Array *shape = object->getArray("shape");
  if (!shape)
    return tensorError(path, name, "the header holds no array 'shape', expected an array of dimensions");
  if (shape->size() > maxRank)
    return tensorError(path, name,
                       "shape has " + Twine(shape->size()) + " dimensions, expected at most " + Twine(maxRank));
  for (const auto &[index, dim] : llvm::enumerate(*shape)) {
    // Not getAsInteger: it takes 1e30 and 2.0 for integers.
    std::optional<uint64_t> length = dim.getAsUINT64();
    if (!length || *length > uint64_t(INT64_MAX))
      return tensorError(path, name,
                         "dimension " + Twine(index) + " of 'shape' is " + quotedJson(dim) +
                             ", expected a whole number from 0 to 2^63 - 1");
    info.shape.push_back(static_cast<int64_t>(*length));
  }
  llvm::Expected<int64_t> bytes = expectedBytes(path, info, *bits);
  if (!bytes)
    return bytes.takeError();

  const llvm::json::Array *offsets = object->getArray("data_offsets");
  if (!offsets || offsets->size() != 2)
    return tensorError(path, name, "the header holds no pair 'data_offsets', expected an array of begin and end");
  std::optional<uint64_t> begin = (*offsets)[0].getAsUINT64();
  std::optional<uint64_t> end = (*offsets)[1].getAsUINT64();
  if (!begin || !end)
    return tensorError(path, name,
                       "data_offsets are [" + quotedJson((*offsets)[0]) + ", " + quotedJson((*offsets)[1]) +
                           "], expected two whole numbers from 0 to 2^64 - 1");
  std::string range = "data_offsets [" + std::to_string(*begin) + ", " + std::to_string(*end) + "]";
  if (*begin > *end)
    return tensorError(path, name, range + " are out of order, expected begin <= end");
  if (*end > dataSize)
    return tensorError(path, name,
                       range + " reach outside the data section of " + Twine(dataSize) +
                           " bytes (is the file truncated?)");
  if (*end - *begin != static_cast<uint64_t>(*bytes))
    return tensorError(path, name,
                       range + " hold " + Twine(*end - *begin) + " bytes, expected " + Twine(*bytes) + " for shape " +
                           describeShape(info.shape) + " of " + info.dtypeText);
  info.begin = *begin;
  info.end = *end;
  return info;
}

/// The tensors, sorted by offset, must tile the data section.
static llvm::Error checkCoverage(llvm::StringRef path, llvm::ArrayRef<TensorInfo> infos, uint64_t dataSize) {
  uint64_t covered = 0;
  llvm::StringRef previous;
  for (const TensorInfo &info : infos) {
    if (info.begin < covered)
      return tensorError(path, info.name,
                         "data begins at byte " + Twine(info.begin) + " and overlaps tensor " + quoted(previous) +
                             ", expected byte " + Twine(covered));
    if (info.begin > covered)
      return tensorError(path, info.name,
                         "data begins at byte " + Twine(info.begin) + " after a gap, expected byte " + Twine(covered));
    covered = info.end;
    previous = info.name;
  }
  if (covered != dataSize)
    return fileError(path, Twine(dataSize - covered) +
                               " trailing bytes after the last tensor, expected a data section of " + Twine(covered) +
                               " bytes, got " + Twine(dataSize));
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

llvm::Expected<SafetensorsFile> mlir::adamas::readSafetensors(llvm::StringRef path) {
  llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> buffer =
      llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer)
    return fileError(path, "cannot open the file: " + lowerFirst(buffer.getError().message()));
  return readSafetensors(std::move(*buffer), path);
}

llvm::Expected<SafetensorsFile> mlir::adamas::readSafetensors(std::unique_ptr<llvm::MemoryBuffer> buffer,
                                                              llvm::StringRef path) {
  SafetensorsFile file;
  file.filePath = path.str();
  llvm::StringRef bytes = buffer->getBuffer();
  file.buffer = std::move(buffer);

  constexpr size_t lengthSize = sizeof(uint64_t);
  if (bytes.size() < lengthSize)
    return fileError(path, "the file has " + Twine(bytes.size()) + " bytes, expected at least " + Twine(lengthSize) +
                               " for the header length of a safetensors file");
  uint64_t headerSize = llvm::support::endian::read64le(bytes.data());
  bytes = bytes.drop_front(lengthSize);
  if (headerSize > maxHeaderSize)
    return fileError(path, "header length is " + Twine(headerSize) + ", expected at most " + Twine(maxHeaderSize) +
                               " (is this a safetensors file?)");
  if (headerSize > bytes.size())
    return fileError(path, "header length is " + Twine(headerSize) + ", but only " + Twine(bytes.size()) +
                               " bytes follow (is the file truncated?)");
  llvm::StringRef header = bytes.take_front(headerSize);
  file.data = bytes.drop_front(headerSize);

  if (llvm::Error error = checkHeaderText(path, header))
    return std::move(error);
  llvm::Expected<llvm::json::Value> parsed = llvm::json::parse(header);
  if (!parsed) {
    // The parser's text is "[line:column, byte=n]: Message".
    std::string text = llvm::toString(parsed.takeError());
    auto [where, what] = llvm::StringRef(text).split("]: ");
    return fileError(path, "the header is not valid json at " + where.drop_front() + ": " + lowerFirst(what.str()));
  }
  const llvm::json::Object *object = parsed->getAsObject();
  if (!object)
    return fileError(path, "the header is " + quotedJson(*parsed) + ", expected a json object");

  for (const auto &entry : *object) {
    llvm::StringRef name = entry.first;
    if (name == metadataKey) {
      if (llvm::Error error = parseMetadata(path, entry.second, file.meta))
        return std::move(error);
      continue;
    }
    llvm::Expected<TensorInfo> info = parseTensor(path, name, entry.second, file.data.size());
    if (!info)
      return info.takeError();
    file.infos.push_back(std::move(*info));
  }
  llvm::sort(file.infos, [](const TensorInfo &a, const TensorInfo &b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  if (llvm::Error error = checkCoverage(path, file.infos, file.data.size()))
    return std::move(error);
  for (const auto &[index, info] : llvm::enumerate(file.infos))
    file.indexOf[info.name] = index;
  return std::move(file);
}

const TensorInfo *SafetensorsFile::find(llvm::StringRef name) const {
  auto it = indexOf.find(name);
  return it == indexOf.end() ? nullptr : &infos[it->second];
}

llvm::Expected<Tensor> SafetensorsFile::load(llvm::StringRef name) const {
  const TensorInfo *info = find(name);
  if (!info) {
    std::string present;
    llvm::raw_string_ostream os(present);
    llvm::interleaveComma(llvm::ArrayRef(infos).take_front(12), os,
                          [&](const TensorInfo &other) { os << quoted(other.name); });
    if (infos.size() > 12)
      os << " and " << infos.size() - 12 << " more";
    return fileError(filePath, "has no tensor " + quoted(name) + ", it holds " + (infos.empty() ? "none" : present));
  }
  if (!info->dtype)
    return tensorError(filePath, name,
                       "dtype " + info->dtypeText + " is not supported, expected one of " + acceptedDTypes);
  Tensor tensor(*info->dtype, info->shape);
  // memcpy takes no null pointers, not even for no bytes.
  if (info->begin != info->end)
    std::memcpy(tensor.raw(), data.data() + info->begin, info->end - info->begin);
  return std::move(tensor);
}

llvm::Expected<std::optional<Tensor>> SafetensorsFile::loadIfPresent(llvm::StringRef name) const {
  if (!contains(name))
    return std::nullopt;
  llvm::Expected<Tensor> tensor = load(name);
  if (!tensor)
    return tensor.takeError();
  return std::optional<Tensor>(std::move(*tensor));
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

llvm::Expected<std::string> mlir::adamas::safetensorsHeader(llvm::ArrayRef<NamedTensor> tensors,
                                                            const SafetensorsMetadata &metadata) {
  llvm::StringSet<> names;
  for (const NamedTensor &entry : tensors) {
    if (entry.name == metadataKey)
      return llvm::createStringError("tensor name '__metadata__' is reserved, choose another");
    if (!llvm::json::isUTF8(entry.name))
      return llvm::createStringError("tensor name " + quoted(entry.name) + " is not valid utf-8");
    if (!names.insert(entry.name).second)
      return llvm::createStringError("tensor name " + quoted(entry.name) + " comes twice, expected unique names");
  }

  std::string json;
  llvm::raw_string_ostream os(json);
  llvm::json::OStream out(os);
  out.object([&] {
    if (!metadata.empty())
      out.attributeObject(metadataKey, [&] {
        for (const auto &[key, value] : metadata)
          out.attribute(key, value);
      });
    int64_t offset = 0;
    for (const NamedTensor &entry : tensors) {
      const Tensor &tensor = entry.tensor;
      out.attributeObject(entry.name, [&] {
        out.attribute("dtype", dtypeName(tensor.dtype()));
        out.attributeArray("shape", [&] {
          for (int64_t dim : tensor.shape())
            out.value(dim);
        });
        out.attributeArray("data_offsets", [&] {
          out.value(offset);
          out.value(offset += tensor.bytes());
        });
      });
    }
  });
  // Readers map the file; the padding keeps the data section aligned.
  json.resize(llvm::alignTo(json.size(), 8), ' ');
  std::string length(sizeof(uint64_t), '\0');
  llvm::support::endian::write64le(length.data(), json.size());
  return length + json;
}

llvm::Error mlir::adamas::writeSafetensors(llvm::StringRef path, llvm::ArrayRef<NamedTensor> tensors,
                                           const SafetensorsMetadata &metadata) {
  llvm::Expected<std::string> header = safetensorsHeader(tensors, metadata);
  if (!header)
    return fileError(path, llvm::toString(header.takeError()));
  llvm::Expected<llvm::sys::fs::TempFile> temporary = llvm::sys::fs::TempFile::create(path + ".%%%%%%%%.part");
  if (!temporary)
    return fileError(path, "cannot create a file here: " + lowerFirst(llvm::toString(temporary.takeError())));
  std::error_code failure;
  {
    llvm::raw_fd_ostream os(temporary->FD, /*shouldClose=*/false);
    os << *header;
    for (const NamedTensor &entry : tensors)
      os.write(entry.tensor.raw(), entry.tensor.bytes());
    os.flush();
    failure = os.error();
    // An unhandled error would abort in the destructor.
    os.clear_error();
  }
  if (failure) {
    llvm::consumeError(temporary->discard());
    return fileError(path, "cannot write the file: " + lowerFirst(failure.message()));
  }
  if (llvm::Error error = temporary->keep(path))
    return fileError(path, "cannot rename the finished file: " + lowerFirst(llvm::toString(std::move(error))));
  return llvm::Error::success();
}
