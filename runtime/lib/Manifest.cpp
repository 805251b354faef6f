// Reads a bundle's manifest, so that nothing later has to doubt it.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Bundle.h"
#include <algorithm>
#include <nlohmann/json.hpp>

using namespace adamas::impl;
using nlohmann::json;

static constexpr struct {
  const char *name;
  int64_t bytes;
} elements[] = {{"f16", 2}, {"bf16", 2}, {"f32", 4}, {"i8", 1}, {"i32", 4}, {"u32", 4}, {"u16", 2}};

const char *adamas::impl::elementName(int element) { return elements[element].name; }
int64_t adamas::impl::elementBytes(int element) { return elements[element].bytes; }

namespace {

/// One object of the manifest, and where it is, for messages.
struct Reader {
  const json &object;
  std::string where;

  const json &member(const char *name) const {
    auto found = object.is_object() ? object.find(name) : object.end();
    if (!object.is_object() || found == object.end())
      fail(ADAMAS_ERROR_CORRUPT, "manifest: %s: expected a member '%s', but there is none", where.c_str(), name);
    return *found;
  }

  bool has(const char *name) const { return object.is_object() && object.contains(name); }

  std::string text(const char *name) const {
    const json &value = member(name);
    // A NUL inside would cut the name where C sees it.
    if (!value.is_string() || value.get_ref<const std::string &>().empty() ||
        value.get_ref<const std::string &>().find('\0') != std::string::npos)
      fail(ADAMAS_ERROR_CORRUPT, "manifest: %s: expected a text for '%s', but got %s", where.c_str(), name,
           value.dump(-1, ' ', true, json::error_handler_t::replace).substr(0, 60).c_str());
    return value.get<std::string>();
  }

  int64_t number(const char *name, int64_t low, int64_t high) const { return number(member(name), name, low, high); }

  int64_t number(const json &value, const char *name, int64_t low, int64_t high) const {
    bool fits = value.is_number_integer() &&
                !(value.is_number_unsigned() && value.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX));
    if (!fits || value.get<int64_t>() < low || value.get<int64_t>() > high)
      fail(ADAMAS_ERROR_CORRUPT, "manifest: %s: expected an integer from %lld to %lld for '%s', but got %s",
           where.c_str(), static_cast<long long>(low), static_cast<long long>(high), name,
           value.dump(-1, ' ', true, json::error_handler_t::replace).substr(0, 60).c_str());
    return value.get<int64_t>();
  }

  const json &array(const char *name, size_t low, size_t high) const {
    const json &value = member(name);
    if (!value.is_array() || value.size() < low || value.size() > high)
      fail(ADAMAS_ERROR_CORRUPT, "manifest: %s: expected an array of %zu to %zu items for '%s', but got %s",
           where.c_str(), low, high, name, value.is_array() ? format("%zu", value.size()).c_str() : value.type_name());
    return value;
  }
};

} // namespace

static Value parseValue(const Reader &reader, int64_t blockBytes) {
  Value value;
  value.name = reader.text("name");
  std::string role = reader.text("role"), element = reader.text("element");
  if (role == "argument")
    value.role = Role::Argument;
  else if (role == "result")
    value.role = Role::Result;
  else if (role == "workspace")
    value.role = Role::Workspace;
  else
    fail(ADAMAS_ERROR_CORRUPT, "manifest: %s: expected the role argument, result or workspace, but got '%s'",
         reader.where.c_str(), role.substr(0, 60).c_str());
  auto known = std::find_if(std::begin(elements), std::end(elements), [&](auto &e) { return element == e.name; });
  if (known == std::end(elements))
    fail(ADAMAS_ERROR_CORRUPT, "manifest: %s: expected the element f16, bf16, f32, i8, i32, u32 or u16, but got '%s'",
         reader.where.c_str(), element.substr(0, 60).c_str());
  value.element = static_cast<int>(known - std::begin(elements));

  const json &shape = reader.array("shape", 0, ADAMAS_MAX_RANK);
  value.rank = static_cast<int>(shape.size());
  if (value.role != Role::Workspace)
    for (int axis = 0; axis < value.rank; ++axis)
      value.sizes[axis] = reader.number(shape[axis], "shape", -1, INT64_MAX);

  value.offset = reader.number("offset", 0, blockBytes);
  if (value.offset % 8 != 0 || value.offset + 8 + 16 * value.rank > blockBytes)
    fail(ADAMAS_ERROR_CORRUPT,
         "manifest: %s: expected %d bytes at a multiple of 8 within a block of %lld, but the offset is %lld",
         reader.where.c_str(), 8 + 16 * value.rank, static_cast<long long>(blockBytes),
         static_cast<long long>(value.offset));
  if (reader.has("dense_axes"))
    value.denseAxes = static_cast<int>(reader.number("dense_axes", 0, value.rank));
  value.alignment = elementBytes(value.element);
  if (reader.has("alignment"))
    value.alignment = std::max(value.alignment, reader.number("alignment", 1, 4096));
  if (value.alignment & (value.alignment - 1))
    fail(ADAMAS_ERROR_CORRUPT, "manifest: %s: expected a power of two as alignment, but got %lld", reader.where.c_str(),
         static_cast<long long>(value.alignment));
  return value;
}

static Kernel parseKernel(const Reader &reader, const Expression::Scope &scope) {
  Kernel kernel;
  kernel.name = reader.text("name");
  const json &grid = reader.array("grid", 3, 3);
  for (int axis = 0; axis < 3; ++axis)
    kernel.grid[axis] = Expression::parse(grid[axis], scope);
  kernel.threads = static_cast<unsigned>(reader.number("threads", 1, 1024));
  kernel.sharedBytes = static_cast<unsigned>(reader.number("shared_bytes", 0, 1 << 20));
  kernel.cluster = static_cast<unsigned>(reader.number("cluster", 1, 16));
  const json &dependent = reader.member("dependent");
  if (!dependent.is_boolean())
    fail(ADAMAS_ERROR_CORRUPT, "manifest: %s: expected true or false for 'dependent', but got %s", reader.where.c_str(),
         dependent.type_name());
  kernel.dependent = dependent.get<bool>();
  if (reader.has("image")) {
    // Kernels that were compiled apart, one image behind the other.
    Reader image{reader.member("image"), reader.where + ", image"};
    kernel.imageOffset = static_cast<size_t>(image.number("offset", 0, INT64_MAX));
    kernel.imageBytes = static_cast<size_t>(image.number("size", 1, INT64_MAX));
  }
  return kernel;
}

/// Two values that share bytes of the block would overwrite each other.
static void checkBlock(const FunctionInfo &function) {
  std::vector<const Value *> sorted;
  for (const Value &value : function.values)
    sorted.push_back(&value);
  std::sort(sorted.begin(), sorted.end(), [](auto *a, auto *b) { return a->offset < b->offset; });
  for (size_t i = 1; i < sorted.size(); ++i)
    if (sorted[i - 1]->offset + 8 + 16 * sorted[i - 1]->rank > sorted[i]->offset)
      fail(ADAMAS_ERROR_CORRUPT, "manifest: function %s: expected values apart in the block, but %s overlaps %s",
           function.name.c_str(), sorted[i - 1]->name.c_str(), sorted[i]->name.c_str());
}

static FunctionInfo parseFunction(const Reader &reader) {
  FunctionInfo function;
  function.name = reader.text("name");
  std::string where = "function " + function.name;
  function.blockBytes = reader.number("block_bytes", 1, maxBlockBytes);
  if (reader.has("crossover_tokens"))
    function.crossover = reader.number("crossover_tokens", 0, INT32_MAX);

  const json &values = reader.array("values", 0, 256);
  for (size_t i = 0; i < values.size(); ++i)
    function.values.push_back(parseValue({values[i], format("%s, value %zu", where.c_str(), i)}, function.blockBytes));
  for (Role role : {Role::Argument, Role::Result})
    for (size_t i = 0; i < function.values.size(); ++i)
      if (function.values[i].role == role) {
        function.values[i].place = static_cast<int>(function.visible.size());
        function.visible.push_back(i);
      }
  for (size_t i = 0; i < function.values.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      if (function.values[i].name == function.values[j].name)
        fail(ADAMAS_ERROR_CORRUPT, "manifest: %s: expected values of different names, but two are named %s",
             where.c_str(), function.values[i].name.c_str());

  Expression::Scope scope;
  for (const Value &value : function.values) {
    scope.place.push_back(value.place);
    scope.rank.push_back(value.rank);
  }
  for (size_t i = 0; i < values.size(); ++i)
    if (function.values[i].role == Role::Workspace)
      for (const json &size : values[i]["shape"])
        function.values[i].shape.push_back(Expression::parse(size, scope));
  checkBlock(function);

  const json &kernels = reader.array("kernels", 1, 64);
  for (size_t i = 0; i < kernels.size(); ++i)
    function.kernels.push_back(parseKernel({kernels[i], format("%s, kernel %zu", where.c_str(), i)}, scope));
  return function;
}

void adamas::impl::parseManifest(const std::string &text, Bundle &bundle) {
  json manifest = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (manifest.is_discarded())
    fail(ADAMAS_ERROR_CORRUPT, "manifest: expected JSON, but it cannot be parsed");
  Reader reader{manifest, "top level"};
  int64_t version = reader.number("format", 1, INT64_MAX);
  if (version != 1)
    fail(ADAMAS_ERROR_CORRUPT, "manifest: expected format 1, but got %lld: it was made for a newer runtime",
         static_cast<long long>(version));
  bundle.compiler = reader.text("compiler");
  bundle.chip = reader.text("chip");
  std::string image = reader.text("image");
  if (image != "cubin" && image != "ptx")
    fail(ADAMAS_ERROR_CORRUPT, "manifest: expected the image cubin or ptx, but got '%s'", image.substr(0, 60).c_str());
  bundle.ptx = image == "ptx";

  const json &functions = reader.array("functions", 1, 256);
  for (size_t i = 0; i < functions.size(); ++i) {
    bundle.functions.push_back(parseFunction({functions[i], format("function %zu", i)}));
    for (size_t j = 0; j < i; ++j)
      if (bundle.functions[i].name == bundle.functions[j].name)
        fail(ADAMAS_ERROR_CORRUPT, "manifest: expected functions of different names, but two are named %s",
             bundle.functions[i].name.c_str());
  }
}
