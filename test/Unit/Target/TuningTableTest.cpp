// Tuning tables: what is refused, and which entry serves a step.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Target/TuningTable.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"
#include <gtest/gtest.h>

using namespace mlir::adamas;

namespace {

std::string entryText(const char *changes, int64_t batch = 1, int64_t tokens = 32768, int64_t budget = 128) {
  llvm::json::Object entry{{"module", "l1"},    {"policy", "per_query_head"},
                           {"query_heads", 32}, {"kv_heads", 8},
                           {"head_dim", 128},   {"bits", 2},
                           {"dtype", "f16"},    {"batch", batch},
                           {"tokens", tokens},  {"budget", budget},
                           {"time_us", 12.5},   {"choices", llvm::json::Object{{"fusion", "stages"}, {"ways", 3}}}};
  llvm::json::Value changed = llvm::cantFail(llvm::json::parse(changes));
  for (auto &[name, value] : *changed.getAsObject())
    entry[name] = value;
  return llvm::formatv("{0}", llvm::json::Value(std::move(entry)));
}

std::string tableText(const std::string &entries) {
  return R"({"format":1,"chip":"sm_90","entries":[)" + entries + "]}";
}

std::string errorOf(const std::string &text) {
  auto table = TuningTable::parse(text, "t.json");
  return table ? "" : llvm::toString(table.takeError());
}

TuningKey keyOf(const char *module = "l1") {
  TuningKey key;
  key.module = module;
  key.queryHeads = 32;
  key.kvHeads = 8;
  key.tokens = 32768;
  return key;
}

TEST(TuningTable, GoodOnesAreRead) {
  auto table = TuningTable::parse(
      tableText(entryText(
          R"({"choices":{"fusion":"step","ways":6,"threads":256,"tokens":4,"iterations":2,"engine":"popc"},
          "crossover_tokens":3000,"tried":[{"ways":1}],"device":"any"})")),
      "t.json");
  ASSERT_TRUE(bool(table)) << llvm::toString(table.takeError());
  ASSERT_EQ(table->entries.size(), 1u);
  const TuningEntry &entry = table->entries[0];
  EXPECT_EQ(entry.key.module, "l1");
  EXPECT_EQ(entry.key.elementBits, 16);
  EXPECT_FALSE(entry.key.perKvHead);
  EXPECT_EQ(entry.choices.fusion, Fusion::Step);
  EXPECT_EQ(entry.choices.ways, 6);
  EXPECT_EQ(entry.choices.threads, 256);
  EXPECT_EQ(entry.choices.tokens, 4);
  EXPECT_EQ(entry.choices.iterations, 2);
  EXPECT_EQ(entry.choices.engine, Engine::Popc);
  EXPECT_EQ(entry.microseconds, 12.5);
  EXPECT_EQ(entry.crossover, 3000);
  EXPECT_EQ(llvm::formatv("{0}", llvm::json::Value(entry.choices.toJson())).str(),
            R"({"engine":"popc","fusion":"step","iterations":2,"threads":256,"tokens":4,"ways":6})");
}

TEST(TuningTable, BadOnesAreRefused) {
  const std::pair<std::string, const char *> cases[] = {
      {"{", "tuning table t.json: [1:1, byte=1]: Expected object key"},
      {"[]", "tuning table t.json: expected object when parsing table"},
      {"{}", "missing value at table.format"},
      {R"({"format":2,"chip":"sm_90","entries":[]})",
       "tuning table t.json: expected format 1, but got 2: it was written for a later compiler"},
      {R"({"format":1,"chip":"sm_75","entries":[]})", "tuning table t.json: expects a chip among sm_80, "},
      {R"({"format":1,"chip":"sm_90"})", "missing value at table.entries"},
      {tableText("{}"), "missing value at table.entries[0].module"},
      {tableText(entryText(R"({"module":"l2"})")),
       "expected l1, weighted, two_pass or dense at table.entries[0].module"},
      {tableText(entryText(R"({"policy":"shared"})")),
       "expected per_query_head or per_kv_head at table.entries[0].policy"},
      {tableText(entryText(R"({"dtype":"f64"})")), "expected f16, bf16 or f32 at table.entries[0].dtype"},
      {tableText(entryText(R"({"query_heads":12})")),
       "expected a multiple of kv_heads at table.entries[0].query_heads"},
      {tableText(entryText(R"({"tokens":0})")), "expected an integer from 1 to 2147483647 at table.entries[0].tokens"},
      {tableText(entryText(R"({"batch":"one"})")), "expected integer at table.entries[0].batch"},
      {tableText(entryText(R"({"time_us":0})")), "expected a time above 0 at table.entries[0].time_us"},
      {tableText(entryText(R"({"crossover_tokens":-1})")), "at table.entries[0].crossover_tokens"},
      {tableText(entryText("{}") + "," + entryText(R"({"choices":{"fusion":"all"}})")),
       "expected stages, selection, step or choose at table.entries[1].choices.fusion"},
      {tableText(entryText(R"({"choices":{"engine":"u8"}})")),
       "expected popc, carry_save, b1, s8 or choose at table.entries[0].choices.engine"},
      {tableText(entryText(R"({"choices":{"fusion":"step","ways":9}})")),
       "expected at most 8 ways, the CTAs of a cluster at table.entries[0].choices.ways"},
      {tableText(entryText(R"({"choices":{"ways":-1}})")), "at table.entries[0].choices.ways"},
      {tableText(entryText(R"({"choices":{"threads":48}})")), "expected whole warps of 32 threads"},
      {tableText(entryText(R"({"choices":{"threads":2048}})")), "expected 0 (open) to 1024 threads"},
      {tableText(entryText(R"({"choices":{"tokens":3}})")), "expected 2, 4 or 8 tokens of a thread"},
      {tableText(entryText(R"({"choices":{"iterations":65}})")), "expected 0 (open) to 64 iterations"},
      {tableText(entryText(R"({"choices":{"way":1}})")),
       "expected no member of this name at table.entries[0].choices.way"},
      {tableText(entryText(R"({"choices":[]})")), "expected object at table.entries[0].choices"},
  };
  for (const auto &[text, expected] : cases)
    EXPECT_NE(errorOf(text).find(expected), std::string::npos) << text << "\n" << errorOf(text);
}

TEST(TuningTable, TheNearestEntryServes) {
  auto table = llvm::cantFail(TuningTable::parse(
      tableText(entryText("{}", 1, 8192) + "," + entryText("{}", 1, 32768) + "," + entryText("{}", 8, 32768) + "," +
                entryText("{}", 1, 32768, 512) + "," + entryText(R"({"module":"dense"})")),
      "t.json"));
  auto find = [&](auto change, int64_t sm = 90) -> int64_t {
    TuningKey key = keyOf();
    change(key);
    const TuningEntry *entry = table.find(key, sm);
    return entry ? entry - table.entries.data() : -1;
  };
  using Key = TuningKey &;
  EXPECT_EQ(find([](Key) {}), 1);
  EXPECT_EQ(find([](Key key) { key.tokens = 9000; }), 0);
  EXPECT_EQ(find([](Key key) { key.tokens = 4096; }), 0);
  EXPECT_EQ(find([](Key key) { key.tokens = 4095; }), -1);
  EXPECT_EQ(find([](Key key) { key.tokens = 65536; }), 1);
  EXPECT_EQ(find([](Key key) { key.tokens = 65537; }), -1);
  EXPECT_EQ(find([](Key key) { key.batch = 8; }), 2);
  EXPECT_EQ(find([](Key key) { key.batch = 12; }), 2);
  EXPECT_EQ(find([](Key key) { key.batch = 2; }), -1);
  // As many rows and as large a group: 64 heads on 16 for four sequences.
  EXPECT_EQ(find([](Key key) { key.queryHeads = 64, key.kvHeads = 16, key.batch = 4; }), 2);
  EXPECT_EQ(find([](Key key) { key.budget = 256; }), 1);
  EXPECT_EQ(find([](Key key) { key.budget = 400; }), 3);
  EXPECT_EQ(find([](Key key) { key.budget = 2048; }), -1);
  EXPECT_EQ(find([](Key key) { key.module = "dense", key.budget = 1; }), 4);
  // What must be equal.
  EXPECT_EQ(find([](Key key) { key.module = "weighted"; }), -1);
  EXPECT_EQ(find([](Key key) { key.queryHeads = 16; }), -1);
  EXPECT_EQ(find([](Key key) { key.perKvHead = true; }), -1);
  EXPECT_EQ(find([](Key key) { key.headDim = 64; }), -1);
  EXPECT_EQ(find([](Key key) { key.bits = 4; }), -1);
  EXPECT_EQ(find([](Key key) { key.elementBits = 32; }), -1);
  EXPECT_EQ(find([](Key) {}, 80), -1);
}

TEST(TuningTable, CrossoversServeAllTokens) {
  auto table = llvm::cantFail(
      TuningTable::parse(tableText(entryText(R"({"crossover_tokens":3000})") + "," +
                                   entryText(R"({"crossover_tokens":1500})", 8) + "," + entryText("{}", 1, 64)),
                         "t.json"));
  TuningKey key = keyOf();
  for (int64_t tokens : {64, 1 << 20}) {
    key.tokens = tokens;
    EXPECT_EQ(table.findCrossover(key, 90), 3000);
  }
  key.batch = 6;
  EXPECT_EQ(table.findCrossover(key, 90), 1500);
  EXPECT_EQ(table.findCrossover(key, 80), 0);
  key.batch = 64;
  EXPECT_EQ(table.findCrossover(key, 90), 0);
  // Of two for the same rows the one whose tokens are nearer.
  table = llvm::cantFail(TuningTable::parse(tableText(entryText(R"({"crossover_tokens":900})", 1, 8192) + "," +
                                                      entryText(R"({"crossover_tokens":1100})", 1, 131072)),
                                            "t.json"));
  key.batch = 1;
  key.tokens = 16384;
  EXPECT_EQ(table.findCrossover(key, 90), 900);
  key.tokens = 1 << 20;
  EXPECT_EQ(table.findCrossover(key, 90), 1100);
}

TEST(TuningTable, ThoseThatComeWithTheCompilerAreValid) {
  for (const GpuTarget &target : GpuTarget::all()) {
    auto table = TuningTable::load("", target.chip);
    ASSERT_TRUE(bool(table)) << llvm::toString(table.takeError());
    EXPECT_EQ(!table->chip.empty(), target.sm == 90) << target.chip.str();
    EXPECT_TRUE(llvm::cantFail(TuningTable::load("none", target.chip)).entries.empty());
  }
  auto missing = TuningTable::load("/nowhere/t.json", "sm_90");
  ASSERT_FALSE(bool(missing));
  EXPECT_EQ(llvm::toString(missing.takeError()),
            "tuning table /nowhere/t.json: expected a file, but got No such file or directory");
}

} // namespace
