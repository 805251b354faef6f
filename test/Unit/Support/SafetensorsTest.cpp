// Safetensors files: round trips, what is accepted, and the message for each way in which a file can be wrong.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/Safetensors.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "gtest/gtest.h"
#include <cstring>

using namespace mlir::adamas;

namespace {

std::string lengthOf(uint64_t length) {
  std::string bytes(8, '\0');
  for (int i = 0; i < 8; ++i)
    bytes[i] = static_cast<char>(length >> (8 * i));
  return bytes;
}

llvm::Expected<SafetensorsFile> readBytes(llvm::StringRef bytes) {
  return readSafetensors(llvm::MemoryBuffer::getMemBufferCopy(bytes), "in");
}

llvm::Expected<SafetensorsFile> readHeader(llvm::StringRef header, size_t dataSize = 0) {
  return readBytes(lengthOf(header.size()) + header.str() + std::string(dataSize, '\x01'));
}

std::string errorOf(llvm::Expected<SafetensorsFile> file) {
  return file ? "no error" : llvm::toString(file.takeError());
}

std::string bytesOf(llvm::ArrayRef<NamedTensor> tensors, const SafetensorsMetadata &metadata = {}) {
  std::string bytes = llvm::cantFail(safetensorsHeader(tensors, metadata));
  for (const NamedTensor &entry : tensors)
    bytes.append(entry.tensor.raw(), entry.tensor.bytes());
  return bytes;
}

NamedTensor counting(std::string name, DType dtype, llvm::ArrayRef<int64_t> shape) {
  Tensor tensor(dtype, shape);
  for (int64_t i = 0; i < tensor.size(); ++i)
    tensor.setInt(i, i % 50);
  return {std::move(name), std::move(tensor)};
}

/// A folder of its own that goes when the test ends.
class Folder {
public:
  Folder() {
    if (llvm::sys::fs::createUniqueDirectory("adamas-safetensors", path))
      ADD_FAILURE() << "cannot create a folder";
  }
  ~Folder() { llvm::sys::fs::remove_directories(path); }
  std::string file(llvm::StringRef name) const {
    llvm::SmallString<128> result = path;
    llvm::sys::path::append(result, name);
    return std::string(result);
  }
  size_t numFiles() const {
    std::error_code error;
    size_t count = 0;
    for (llvm::sys::fs::directory_iterator it(path, error), end; it != end && !error; it.increment(error))
      ++count;
    return count;
  }

private:
  llvm::SmallString<128> path;
};

TEST(Safetensors, round_trip_of_every_dtype) {
  Folder folder;
  std::vector<NamedTensor> tensors;
  for (DType dtype : {DType::F64, DType::F32, DType::F16, DType::BF16, DType::I64, DType::I32, DType::I16, DType::I8,
                      DType::U32, DType::U16, DType::U8})
    tensors.push_back(counting(dtypeName(dtype).str(), dtype, {3, 1, 7}));
  tensors.push_back(counting("empty", DType::F32, {4, 0}));
  tensors.push_back(counting("scalar \"quoted\" \xc3\xa9\n", DType::I8, {}));
  std::string path = folder.file("all.safetensors");
  ASSERT_EQ(llvm::toString(writeSafetensors(path, tensors, {{"made by", "a test"}, {"a", "b"}})), "");
  EXPECT_EQ(folder.numFiles(), 1u);

  llvm::Expected<SafetensorsFile> file = readSafetensors(path);
  ASSERT_TRUE(bool(file)) << llvm::toString(file.takeError());
  EXPECT_EQ(file->path(), path);
  EXPECT_EQ(file->metadata(), SafetensorsMetadata({{"a", "b"}, {"made by", "a test"}}));
  ASSERT_EQ(file->tensors().size(), tensors.size());
  for (const NamedTensor &entry : tensors) {
    llvm::Expected<Tensor> tensor = file->load(entry.name);
    ASSERT_TRUE(bool(tensor)) << llvm::toString(tensor.takeError());
    EXPECT_EQ(tensor->describe(), entry.tensor.describe());
    EXPECT_TRUE(tensor->bytes() == 0 || !std::memcmp(tensor->raw(), entry.tensor.raw(), tensor->bytes())) << entry.name;
  }
}

TEST(Safetensors, header_is_padded_and_ordered) {
  std::string bytes = bytesOf({counting("b", DType::U8, {3}), counting("a", DType::U8, {2})});
  uint64_t length = static_cast<unsigned char>(bytes[0]);
  EXPECT_EQ(length % 8, 0u);
  EXPECT_EQ(
      llvm::StringRef(bytes).substr(8, length).rtrim(' '),
      R"({"b":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"a":{"dtype":"U8","shape":[2],"data_offsets":[3,5]}})");
}

TEST(Safetensors, accepts_any_order_unknown_fields_and_padding) {
  llvm::Expected<SafetensorsFile> file = readHeader(
      R"( {"late":{"dtype":"U8","shape":[2],"data_offsets":[4,6],"note":[1]},)"
      R"("early":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"none":{"dtype":"F16","shape":[0],"data_offsets":[4,4]}}   )",
      6);
  ASSERT_TRUE(bool(file)) << llvm::toString(file.takeError());
  EXPECT_EQ(file->tensors()[0].name, "early");
  EXPECT_EQ(file->tensors()[1].name, "none");
  EXPECT_EQ(file->tensors()[2].name, "late");
  EXPECT_TRUE(bool(readHeader("{}")));
}

TEST(Safetensors, foreign_dtypes_fail_only_when_asked_for) {
  llvm::Expected<SafetensorsFile> file = readHeader(R"({"mask":{"dtype":"BOOL","shape":[4],"data_offsets":[0,4]},)"
                                                    R"("f8":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[4,5]},)"
                                                    R"("f4":{"dtype":"F4","shape":[2],"data_offsets":[5,6]},)"
                                                    R"("key":{"dtype":"F16","shape":[1],"data_offsets":[6,8]}})",
                                                    8);
  ASSERT_TRUE(bool(file)) << llvm::toString(file.takeError());
  llvm::Expected<Tensor> key = file->load("key");
  EXPECT_TRUE(bool(key)) << llvm::toString(key.takeError());
  EXPECT_EQ(llvm::toString(file->load("mask").takeError()),
            "in: tensor 'mask': dtype BOOL is not supported, expected one of F64, F32, F16, BF16, I64, I32, I16, I8, "
            "U32, U16, U8");
}

TEST(Safetensors, missing_tensor_lists_what_is_there) {
  llvm::Expected<SafetensorsFile> file =
      readBytes(bytesOf({counting("k", DType::U8, {1}), counting("v", DType::U8, {1})}));
  ASSERT_TRUE(bool(file));
  EXPECT_EQ(llvm::toString(file->load("key").takeError()), "in: has no tensor 'key', it holds 'k', 'v'");
  llvm::Expected<std::optional<Tensor>> none = file->loadIfPresent("key");
  ASSERT_TRUE(bool(none));
  EXPECT_FALSE(none->has_value());
  llvm::Expected<std::optional<Tensor>> some = file->loadIfPresent("k");
  ASSERT_TRUE(bool(some));
  EXPECT_TRUE(some->has_value());
}

TEST(Safetensors, wrong_file_length) {
  EXPECT_EQ(errorOf(readBytes("")), "in: the file has 0 bytes, expected at least 8 for the header length of a "
                                    "safetensors file");
  EXPECT_EQ(errorOf(readBytes("1234567")), "in: the file has 7 bytes, expected at least 8 for the header length of a "
                                           "safetensors file");
  EXPECT_EQ(errorOf(readBytes(lengthOf(100'000'001))),
            "in: header length is 100000001, expected at most 100000000 (is this a safetensors file?)");
  EXPECT_EQ(errorOf(readBytes(lengthOf(~uint64_t(0)) + "{}")),
            "in: header length is 18446744073709551615, expected at most 100000000 (is this a safetensors file?)");
  EXPECT_EQ(errorOf(readBytes(lengthOf(3) + "{}")),
            "in: header length is 3, but only 2 bytes follow (is the file truncated?)");
}

TEST(Safetensors, every_truncation_is_an_error) {
  std::string bytes = bytesOf({counting("key", DType::F16, {2, 3}), counting("value", DType::F32, {5})}, {{"a", "b"}});
  ASSERT_TRUE(bool(readBytes(bytes)));
  for (size_t size = 0; size < bytes.size(); ++size)
    EXPECT_NE(errorOf(readBytes(llvm::StringRef(bytes).take_front(size))), "no error") << size;
  EXPECT_EQ(errorOf(readBytes(bytes + "xy")),
            "in: 2 trailing bytes after the last tensor, expected a data section of 32 bytes, got 34");
}

TEST(Safetensors, wrong_json) {
  EXPECT_EQ(errorOf(readHeader("{\"a\":")), "in: the header is not valid json at 1:5, byte=5: unexpected EOF");
  EXPECT_EQ(errorOf(readHeader("")), "in: the header is not valid json at 1:0, byte=0: unexpected EOF");
  EXPECT_EQ(errorOf(readHeader("[1]")), "in: the header is '[1]', expected a json object");
  EXPECT_EQ(errorOf(readHeader("{\"\xff\":1}")),
            "in: the header is not valid json at 1:2, byte=2: invalid UTF-8 sequence");
  EXPECT_EQ(errorOf(readHeader(R"({"a":1})")),
            "in: tensor 'a': the header holds '1', expected an object with dtype, shape, data_offsets");
  // Without a limit the parser's recursion would end the process.
  EXPECT_EQ(
      errorOf(readHeader(std::string(1'000'000, '['))),
      "in: the header nests deeper than 8 levels, expected an object of tensors with dtype, shape and data_offsets");
  EXPECT_EQ(errorOf(readHeader(R"({"__metadata__":[]})")), "in: __metadata__ is '[]', expected an object of strings");
  EXPECT_EQ(errorOf(readHeader(R"({"__metadata__":{"a":1}})")),
            "in: __metadata__ holds '1' under 'a', expected a string");
}

TEST(Safetensors, duplicate_names) {
  const char *entry = R"({"dtype":"U8","shape":[],"data_offsets":[0,1]})";
  std::string twice = "{\"a\":" + std::string(entry) + ",\"b\":1,\"a\":" + entry + "}";
  EXPECT_EQ(errorOf(readHeader(twice, 1)), "in: the header has the name 'a' twice, expected unique names");
  std::string escaped = "{\"a\":" + std::string(entry) + ",\"\\u0061\":" + entry + "}";
  EXPECT_EQ(errorOf(readHeader(escaped, 1)), "in: the header has the name 'a' twice, expected unique names");
  EXPECT_EQ(errorOf(readHeader(R"({"a":{"dtype":"U8","dtype":"I8","shape":[],"data_offsets":[0,1]}})", 1)),
            "in: the header has the name 'dtype' twice, expected unique names");
  EXPECT_EQ(errorOf(readHeader(R"({"__metadata__":{"x":"1","x":"2"}})")),
            "in: the header has the name 'x' twice, expected unique names");
}

/// The error for one tensor 'a' with these fields and a data section of 8 bytes.
std::string entryError(llvm::StringRef fields) {
  std::string error = errorOf(readHeader("{\"a\":{" + fields.str() + "}}", 8));
  EXPECT_TRUE(llvm::StringRef(error).starts_with("in: tensor 'a': ")) << error;
  return llvm::StringRef(error).drop_front(16).str();
}

TEST(Safetensors, wrong_dtype) {
  EXPECT_EQ(entryError(R"("shape":[1],"data_offsets":[0,8])"),
            "the header holds no string 'dtype', expected one of F64, F32, F16, BF16, I64, I32, I16, I8, U32, U16, U8");
  EXPECT_EQ(entryError(R"("dtype":"F31","shape":[1],"data_offsets":[0,8])"),
            "unknown dtype 'F31', expected one of F64, F32, F16, BF16, I64, I32, I16, I8, U32, U16, U8");
  // What a file says must not break the line or the terminal.
  EXPECT_TRUE(llvm::StringRef(entryError(R"("dtype":"F\n\u001b[31m","shape":[1],"data_offsets":[0,8])"))
                  .starts_with("unknown dtype 'F\\0A\\1B[31m', expected"));
}

TEST(Safetensors, wrong_shape) {
  const char *dimension = ", expected a whole number from 0 to 2^63 - 1";
  EXPECT_EQ(entryError(R"("dtype":"F32","data_offsets":[0,8])"),
            "the header holds no array 'shape', expected an array of dimensions");
  for (llvm::StringRef bad : {"-1", "2.5", "1e30", "\"2\"", "null", "9223372036854775808", "-9223372036854775808"}) {
    std::string error = entryError(("\"dtype\":\"F32\",\"shape\":[2," + bad + "],\"data_offsets\":[0,8]").str());
    EXPECT_TRUE(llvm::StringRef(error).starts_with("dimension 1 of 'shape' is '")) << error;
    EXPECT_TRUE(llvm::StringRef(error).ends_with(dimension)) << error;
  }
  EXPECT_EQ(entryError(R"("dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8])"),
            "shape 4294967296x4294967296 of F32 overflows, expected a size below 2^63 bits");
  EXPECT_EQ(entryError(R"("dtype":"F32","shape":[9223372036854775807],"data_offsets":[0,8])"),
            "shape 9223372036854775807 of F32 overflows, expected a size below 2^63 bits");
  EXPECT_EQ(entryError(R"("dtype":"F32","shape":[0,4294967296,4294967296],"data_offsets":[0,0])"),
            "shape 0x4294967296x4294967296 of F32 overflows, expected a size below 2^63 bits");
  EXPECT_EQ(entryError(R"("dtype":"F4","shape":[3],"data_offsets":[0,2])"),
            "shape 3 of F4 takes 12 bits, expected whole bytes");
  std::string ones = "1" + llvm::join(std::vector<std::string>(32, ",1"), "");
  EXPECT_EQ(entryError("\"dtype\":\"F64\",\"shape\":[" + ones + "],\"data_offsets\":[0,8]"),
            "shape has 33 dimensions, expected at most 32");
}

TEST(Safetensors, wrong_offsets) {
  auto offsets = [](llvm::StringRef text) {
    return entryError(("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":" + text).str());
  };
  EXPECT_EQ(offsets("[0]"), "the header holds no pair 'data_offsets', expected an array of begin and end");
  EXPECT_EQ(offsets("8"), "the header holds no pair 'data_offsets', expected an array of begin and end");
  EXPECT_EQ(offsets("[-1,7]"), "data_offsets are ['-1', '7'], expected two whole numbers from 0 to 2^64 - 1");
  EXPECT_EQ(offsets("[8,0]"), "data_offsets [8, 0] are out of order, expected begin <= end");
  EXPECT_EQ(
      offsets("[0,18446744073709551615]"),
      "data_offsets [0, 18446744073709551615] reach outside the data section of 8 bytes (is the file truncated?)");
  EXPECT_EQ(offsets("[4,12]"),
            "data_offsets [4, 12] reach outside the data section of 8 bytes (is the file truncated?)");
  EXPECT_EQ(offsets("[0,4]"), "data_offsets [0, 4] hold 4 bytes, expected 8 for shape 2 of F32");
}

TEST(Safetensors, gaps_and_overlaps) {
  auto two = [](llvm::StringRef second, size_t size) {
    return errorOf(
        readHeader((R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":)" + second + "}").str(), size));
  };
  EXPECT_EQ(two(R"({"dtype":"U8","shape":[4],"data_offsets":[2,6]})", 6),
            "in: tensor 'b': data begins at byte 2 and overlaps tensor 'a', expected byte 4");
  EXPECT_EQ(two(R"({"dtype":"U8","shape":[4],"data_offsets":[0,4]})", 4),
            "in: tensor 'b': data begins at byte 0 and overlaps tensor 'a', expected byte 4");
  EXPECT_EQ(two(R"({"dtype":"U8","shape":[2],"data_offsets":[6,8]})", 8),
            "in: tensor 'b': data begins at byte 6 after a gap, expected byte 4");
  EXPECT_EQ(two(R"({"dtype":"U8","shape":[0],"data_offsets":[2,2]})", 4),
            "in: tensor 'b': data begins at byte 2 and overlaps tensor 'a', expected byte 4");
}

TEST(Safetensors, files_that_cannot_be_opened) {
  Folder folder;
  EXPECT_EQ(errorOf(readSafetensors(folder.file("none"))),
            folder.file("none") + ": cannot open the file: no such file or directory");
  EXPECT_EQ(errorOf(readSafetensors(folder.file(""))), folder.file("") + ": cannot open the file: is a directory");
}

TEST(Safetensors, failed_write_leaves_the_old_file) {
  Folder folder;
  std::string path = folder.file("out.safetensors");
  ASSERT_EQ(llvm::toString(writeSafetensors(path, {counting("a", DType::U8, {2})})), "");
  EXPECT_EQ(llvm::toString(writeSafetensors(path, {counting("b", DType::U8, {2}), counting("b", DType::U8, {2})})),
            path + ": tensor name 'b' comes twice, expected unique names");
  EXPECT_EQ(llvm::toString(writeSafetensors(path, {counting("__metadata__", DType::U8, {2})})),
            path + ": tensor name '__metadata__' is reserved, choose another");
  EXPECT_EQ(llvm::toString(writeSafetensors(path, {counting("\xff", DType::U8, {2})})),
            path + ": tensor name '\\FF' is not valid utf-8");
  llvm::Expected<SafetensorsFile> file = readSafetensors(path);
  ASSERT_TRUE(bool(file));
  EXPECT_TRUE(file->contains("a"));
  EXPECT_EQ(folder.numFiles(), 1u);
  std::string missing = folder.file("no/such/folder/x");
  EXPECT_TRUE(llvm::StringRef(llvm::toString(writeSafetensors(missing, {})))
                  .starts_with(missing + ": cannot create a file here: "));
  // A folder in the way of the final name: the temporary file must go.
  ASSERT_FALSE(llvm::sys::fs::create_directory(folder.file("taken")));
  EXPECT_NE(llvm::toString(writeSafetensors(folder.file("taken"), {})), "");
  EXPECT_EQ(folder.numFiles(), 2u);
}

TEST(Safetensors, replaces_a_file_that_is_open) {
  Folder folder;
  std::string path = folder.file("x");
  ASSERT_EQ(llvm::toString(writeSafetensors(path, {counting("a", DType::I32, {9000})})), "");
  llvm::Expected<SafetensorsFile> old = readSafetensors(path);
  ASSERT_TRUE(bool(old));
  ASSERT_EQ(llvm::toString(writeSafetensors(path, {counting("a", DType::U8, {1})})), "");
  llvm::Expected<Tensor> tensor = old->load("a");
  ASSERT_TRUE(bool(tensor));
  EXPECT_EQ(tensor->getInt(8999), 8999 % 50);
}

} // namespace
