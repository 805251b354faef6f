// Reading bundles: a good one, and every way in which one can be bad.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Bundle.h"
#include "MakeBundle.h"
#include "gtest/gtest.h"
#include <functional>
#include <nlohmann/json.hpp>

using namespace adamas::impl;
using nlohmann::json;

namespace {

json goodManifest() {
  return json::parse(R"({"format": 1, "compiler": "adamas 0.1.0", "chip": "sm_90a", "image": "cubin", "functions": [
    {"name": "decode", "block_bytes": 512, "values": [
      {"name": "output", "role": "result", "element": "f16", "shape": [-1, 32, 128], "offset": 144},
      {"name": "query", "role": "argument", "element": "f16", "shape": [-1, 32, 128], "offset": 0, "dense_axes": 1,
       "alignment": 16},
      {"name": "buffer", "role": "workspace", "element": "i32", "shape": [["size", 1, 0], 385], "offset": 200}],
     "kernels": [{"name": "k", "grid": [["ceildiv", ["size", 1, 0], 2], 8, 1], "threads": 128, "shared_bytes": 0,
                  "cluster": 2, "dependent": true}]}]})");
}

std::string errorOf(const std::string &bytes) {
  try {
    Bundle::parse(bytes.data(), bytes.size());
  } catch (const Failure &failure) {
    EXPECT_EQ(failure.status, ADAMAS_ERROR_CORRUPT) << failure.what();
    return failure.what();
  }
  return "";
}

TEST(Bundle, GoodOne) {
  std::string bytes = makeBundle(goodManifest().dump(), "image");
  Bundle bundle = Bundle::parse(bytes.data(), bytes.size());
  EXPECT_EQ(bundle.chip, "sm_90a");
  EXPECT_EQ(bundle.compiler, "adamas 0.1.0");
  EXPECT_FALSE(bundle.ptx);
  EXPECT_EQ(bundle.image, "image");
  ASSERT_EQ(bundle.functions.size(), 1u);
  const FunctionInfo &function = bundle.functions[0];
  EXPECT_EQ(function.blockBytes, 512);
  // A call's tensors are arguments, then results, whatever the manifest's order.
  EXPECT_EQ(function.visible, (std::vector<size_t>{1, 0}));
  EXPECT_EQ(function.values[0].place, 1);
  EXPECT_EQ(function.values[1].place, 0);
  EXPECT_EQ(function.values[2].place, -1);
  EXPECT_EQ(function.values[0].alignment, 2); // That of the element.
  EXPECT_EQ(function.values[1].alignment, 16);
  const Kernel &kernel = function.kernels[0];
  EXPECT_EQ(kernel.cluster, 2u);
  EXPECT_TRUE(kernel.dependent);
  // The expression's value 1 is the query, the first tensor of a call.
  adamas_tensor tensors[2] = {};
  tensors[0].sizes[0] = 7;
  tensors[1].sizes[0] = 1000;
  EXPECT_EQ(kernel.grid[0].evaluate(tensors), 4);
}

TEST(Bundle, EveryCutIsSeen) {
  std::string bytes = makeBundle(goodManifest().dump(), "image");
  for (size_t size = 0; size < bytes.size(); ++size)
    EXPECT_NE(errorOf(bytes.substr(0, size)), "") << size;
  EXPECT_NE(errorOf(bytes + "x"), "");
}

TEST(Bundle, EveryFlippedByteIsSeen) {
  std::string bytes = makeBundle(goodManifest().dump(), "image");
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string changed = bytes;
    changed[i] ^= 0x40;
    EXPECT_NE(errorOf(changed), "") << i;
  }
}

TEST(Bundle, SizesThatWrapAround) {
  std::string bytes = makeBundle(goodManifest().dump(), "image");
  // manifest + image is right modulo 2^64.
  std::string manifestSize = littleEndian(~uint64_t(0)), imageSize = littleEndian(bytes.size() - 40 + 1);
  EXPECT_NE(errorOf(bytes.substr(0, 8) + manifestSize + imageSize + bytes.substr(24)).find("it is cut"),
            std::string::npos);
}

TEST(Bundle, Images) {
  EXPECT_NE(errorOf(makeBundle(goodManifest().dump(), "")).find("expected an image"), std::string::npos);
  json ptx = goodManifest();
  ptx["image"] = "ptx";
  EXPECT_NE(errorOf(makeBundle(ptx.dump(), ".version 8.0")).find("NUL"), std::string::npos);
  EXPECT_EQ(errorOf(makeBundle(ptx.dump(), std::string(".version 8.0") + '\0')), "");
}

TEST(Bundle, ManifestsThatAreNone) {
  for (const char *text : {"", "{", "[]", "null", "3", "\"format\"", "{\"format\": 1}", "\xff\xfe"})
    EXPECT_NE(errorOf(makeBundle(text, "image")), "") << text;
  std::string deep(100000, '[');
  EXPECT_NE(errorOf(makeBundle(deep, "image")), "");
}

struct Change {
  const char *expected;
  std::function<void(json &)> make;
};

TEST(Bundle, EveryMemberIsChecked) {
  auto function = [](json &m) -> json & { return m["functions"][0]; };
  auto value = [](json &m, int i) -> json & { return m["functions"][0]["values"][i]; };
  auto kernel = [](json &m) -> json & { return m["functions"][0]["kernels"][0]; };
  const Change changes[] = {
      {"format 1", [](json &m) { m["format"] = 2; }},
      {"'format'", [](json &m) { m["format"] = "1"; }},
      {"'format'", [](json &m) { m["format"] = 1.5; }},
      {"'compiler'", [](json &m) { m["compiler"] = 3; }},
      {"'chip'", [](json &m) { m.erase("chip"); }},
      {"expected its image within the bundle's 5 bytes",
       [](json &m) { m["functions"][0]["kernels"][0]["image"] = {{"offset", 3}, {"size", 3}}; }},
      {"cubin or ptx", [](json &m) { m["image"] = "fatbin"; }},
      {"'functions'", [](json &m) { m["functions"] = json::array(); }},
      {"'functions'", [](json &m) { m["functions"] = 1; }},
      {"two are named", [&](json &m) { m["functions"].push_back(function(m)); }},
      {"'name'", [&](json &m) { function(m)["name"] = ""; }},
      {"'name'", [&](json &m) { function(m)["name"] = std::string("a\0b", 3); }},
      {"'crossover_tokens'", [&](json &m) { function(m)["crossover_tokens"] = -1; }},
      {"'crossover_tokens'", [&](json &m) { function(m)["crossover_tokens"] = "far"; }},
      {"'block_bytes'", [&](json &m) { function(m)["block_bytes"] = 4097; }},
      {"within a block", [&](json &m) { function(m)["block_bytes"] = 201; }},
      {"'values'", [&](json &m) { function(m)["values"] = nullptr; }},
      {"two are named", [&](json &m) { value(m, 0)["name"] = "query"; }},
      {"the role", [&](json &m) { value(m, 0)["role"] = "input"; }},
      {"the element", [&](json &m) { value(m, 0)["element"] = "f64"; }},
      {"'shape'", [&](json &m) { value(m, 0)["shape"] = json::array({-2}); }},
      {"'shape'", [&](json &m) { value(m, 0)["shape"] = json::array({"n"}); }},
      {"'shape'", [&](json &m) { value(m, 0)["shape"] = json::array({1, 2, 3, 4, 5, 6, 7}); }},
      {"'shape'", [&](json &m) { value(m, 0)["shape"] = json::array({UINT64_MAX}); }},
      {"multiple of 8", [&](json &m) { value(m, 0)["offset"] = 148; }},
      {"'offset'", [&](json &m) { value(m, 0)["offset"] = -8; }},
      {"overlaps", [&](json &m) { value(m, 0)["offset"] = 48; }},
      {"'dense_axes'", [&](json &m) { value(m, 1)["dense_axes"] = 4; }},
      {"power of two", [&](json &m) { value(m, 1)["alignment"] = 24; }},
      {"'alignment'", [&](json &m) { value(m, 1)["alignment"] = 0; }},
      {"argument or result", [&](json &m) { value(m, 2)["shape"][0] = {"size", 2, 0}; }},
      {"argument or result", [&](json &m) { value(m, 2)["shape"][0] = {"size", 3, 0}; }},
      {"an axis below 3", [&](json &m) { value(m, 2)["shape"][0] = {"size", 0, 3}; }},
      {"'kernels'", [&](json &m) { function(m)["kernels"] = json::array(); }},
      {"'name'", [&](json &m) { kernel(m)["name"] = 1; }},
      {"'grid'", [&](json &m) { kernel(m)["grid"] = json::array({1, 1}); }},
      {"'threads'", [&](json &m) { kernel(m)["threads"] = 0; }},
      {"'threads'", [&](json &m) { kernel(m)["threads"] = 1025; }},
      {"'shared_bytes'", [&](json &m) { kernel(m)["shared_bytes"] = -1; }},
      {"'cluster'", [&](json &m) { kernel(m)["cluster"] = 17; }},
      {"'dependent'", [&](json &m) { kernel(m)["dependent"] = 1; }},
  };
  for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); ++i) {
    json manifest = goodManifest();
    changes[i].make(manifest);
    std::string error = errorOf(makeBundle(manifest.dump(), "image"));
    EXPECT_NE(error.find(changes[i].expected), std::string::npos) << i << ": " << error;
  }
}

} // namespace
