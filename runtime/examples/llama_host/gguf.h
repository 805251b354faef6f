// Reads GGUF files: numbers and texts of the metadata, and tensors as f32.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <cmath>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

[[noreturn]] inline void fail(const std::string &text) { throw std::runtime_error(text); }

struct Tensor {
  std::vector<uint64_t> sizes; // innermost first, as in the file
  uint32_t type;
  uint64_t offset;
  std::vector<float> values;
};

class Gguf {
public:
  std::map<std::string, double> numbers;
  std::map<std::string, std::string> texts;
  std::map<std::string, Tensor> tensors;

  explicit Gguf(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    if (bytes.compare(0, 4, "GGUF") != 0)
      fail(path + ": expected a GGUF file, but " +
           (file.is_open() ? "it does not begin with GGUF" : "it cannot be read"));
    at = 4;
    if (auto version = take<uint32_t>(); version != 2 && version != 3)
      fail(path + ": expected version 2 or 3, but got " + std::to_string(version));
    auto tensorCount = take<uint64_t>(), pairs = take<uint64_t>();
    for (; pairs > 0; --pairs) {
      std::string key = takeText();
      takeValue(key, take<uint32_t>());
    }
    for (; tensorCount > 0; --tensorCount) {
      Tensor &tensor = tensors[takeText()];
      for (auto axes = take<uint32_t>(); axes > 0; --axes)
        tensor.sizes.push_back(take<uint64_t>());
      tensor.type = take<uint32_t>();
      tensor.offset = take<uint64_t>();
    }
    double alignment = numbers.count("general.alignment") ? numbers["general.alignment"] : 32;
    if (!(alignment >= 1))
      fail("general.alignment: expected at least 1, but got " + std::to_string(alignment));
    auto data = static_cast<size_t>(std::ceil(at / alignment) * alignment);
    for (auto &[name, tensor] : tensors)
      takeTensor(name, tensor, data);
    bytes.clear();
  }

private:
  const char *skip(uint64_t count) {
    if (at > bytes.size() || count > bytes.size() - at)
      fail("GGUF file: expected more bytes, but it ends: copy it again");
    at += count;
    return bytes.data() + at - count;
  }

  template <typename T> T take() {
    T value;
    memcpy(&value, skip(sizeof(T)), sizeof(T));
    return value;
  }

  std::string takeText() {
    auto size = take<uint64_t>();
    return std::string(skip(size), size);
  }

  /// A value of the metadata. Arrays are passed over: they are the tokenizer's.
  void takeValue(const std::string &key, uint32_t type, bool inArray = false) {
    static constexpr int sizes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
    enum { F32 = 6, Text = 8, Array = 9, F64 = 12 };
    if (type > F64 || (type == Array && inArray)) // The format has no arrays of arrays.
      fail(key + ": expected a type of metadata from 0 to 12, but got " + std::to_string(type));
    if (type == Array) {
      auto element = take<uint32_t>();
      for (auto count = take<uint64_t>(); count > 0; --count)
        takeValue(key, element, true);
    } else if (type == Text) {
      texts[key] = takeText();
    } else if (type == F32) {
      numbers[key] = take<float>();
    } else if (type == F64) {
      numbers[key] = take<double>();
    } else {
      uint64_t integer = 0; // Of those that are read, none is below 0.
      memcpy(&integer, skip(sizes[type]), sizes[type]);
      numbers[key] = static_cast<double>(integer);
    }
  }

  float takeHalf() {
    auto half = take<uint16_t>();
    int exponent = half >> 10 & 31, fraction = half & 1023;
    float size = std::ldexp(float(exponent ? fraction + 1024 : fraction), (exponent ? exponent : 1) - 25);
    return half & 0x8000 ? -size : size;
  }

  void takeTensor(const std::string &name, Tensor &tensor, size_t data) {
    enum { F32 = 0, F16 = 1, Q8_0 = 8 }; // Q8_0: 32 bytes, and before them what they are multiples of
    uint64_t count = 1;
    for (uint64_t size : tensor.sizes)
      if (__builtin_mul_overflow(count, size, &count) || count > bytes.size())
        fail("tensor " + name + ": expected more bytes, but the file ends: copy it again");
    if (tensor.type != F32 && tensor.type != F16 && tensor.type != Q8_0)
      fail("tensor " + name + ": expected F32 (0), F16 (1) or Q8_0 (8), but got type " + std::to_string(tensor.type));
    at = data;
    skip(tensor.offset);
    float unit = 1;
    tensor.values.resize(count);
    for (uint64_t i = 0; i < count; ++i) {
      if (tensor.type == Q8_0 && i % 32 == 0)
        unit = takeHalf();
      tensor.values[i] = tensor.type == F32 ? take<float>() : tensor.type == F16 ? takeHalf() : unit * take<int8_t>();
    }
  }

  std::string bytes;
  size_t at = 0;
};
