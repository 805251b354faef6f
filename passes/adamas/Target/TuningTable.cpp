// What was measured to be fastest: read, checked and looked up.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Target/TuningTable.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"
#include <cmath>

using namespace mlir::adamas;
namespace json = llvm::json;

namespace {
struct Embedded {
  llvm::StringLiteral chip, text;
};
} // namespace

// From the folder `tables`: CMake writes them there as raw strings.
static constexpr Embedded embedded[] = {
#include "TuningTables.inc"
};

std::string TuningKey::describe() const {
  return llvm::formatv("{0}{1} of {2}/{3} heads of {4}, batch {5}, {6} tokens, budget {7}", module,
                       perKvHead ? " per kv head" : "", queryHeads, kvHeads, headDim, batch, tokens, budget);
}

json::Object TuningChoices::toJson() const {
  json::Object object;
  if (fusion != Fusion::Choose)
    object["fusion"] = stringifyFusion(fusion).str();
  if (engine != Engine::Choose)
    object["engine"] = stringifyEngine(engine).str();
  for (auto [name, value] :
       {std::pair("ways", ways), {"threads", threads}, {"tokens", tokens}, {"iterations", iterations}})
    if (value)
      object[name] = value;
  return object;
}

/// Refuses members that nobody reads: a misspelt choice would be left open silently.
static bool hasOnly(const json::Value &value, llvm::ArrayRef<llvm::StringRef> names, json::Path path) {
  const json::Object *object = value.getAsObject();
  if (!object) {
    path.report("expected object");
    return false;
  }
  for (const auto &[name, member] : *object)
    if (!llvm::is_contained(names, llvm::StringRef(name))) {
      path.field(name).report("expected no member of this name");
      return false;
    }
  return true;
}

static bool isBetween(int64_t value, int64_t low, int64_t high, json::Path path, llvm::StringLiteral message) {
  if (value < low || value > high)
    path.report(message);
  return value >= low && value <= high;
}

namespace mlir::adamas {
static bool fromJSON(const json::Value &value, TuningChoices &choices, json::Path path) {
  json::ObjectMapper map(value, path);
  std::string fusion = "choose", engine = "choose";
  if (!hasOnly(value, {"fusion", "ways", "threads", "tokens", "iterations", "engine"}, path) || !map ||
      !map.mapOptional("fusion", fusion) || !map.mapOptional("ways", choices.ways) ||
      !map.mapOptional("threads", choices.threads) || !map.mapOptional("tokens", choices.tokens) ||
      !map.mapOptional("iterations", choices.iterations) || !map.mapOptional("engine", engine))
    return false;
  auto launches = symbolizeFusion(fusion);
  if (!launches) {
    path.field("fusion").report("expected stages, selection, step or choose");
    return false;
  }
  auto measure = symbolizeEngine(engine);
  if (!measure) {
    path.field("engine").report("expected popc, carry_save, b1, s8 or choose");
    return false;
  }
  choices.fusion = *launches;
  choices.engine = *measure;
  // What is placed in a cluster has its parts in it.
  bool clusters = choices.fusion == Fusion::Selection || choices.fusion == Fusion::Step;
  if (clusters && !isBetween(choices.ways, 0, 8, path.field("ways"), "expected at most 8 ways, the CTAs of a cluster"))
    return false;
  if (choices.threads % 32) {
    path.field("threads").report("expected whole warps of 32 threads");
    return false;
  }
  if (choices.tokens && choices.tokens != 2 && choices.tokens != 4 && choices.tokens != 8) {
    path.field("tokens").report("expected 2, 4 or 8 tokens of a thread");
    return false;
  }
  return isBetween(choices.ways, 0, 1 << 20, path.field("ways"), "expected 0 (open) to 1048576 ways") &&
         isBetween(choices.threads, 0, 1024, path.field("threads"), "expected 0 (open) to 1024 threads") &&
         isBetween(choices.iterations, 0, 64, path.field("iterations"), "expected 0 (open) to 64 iterations");
}

static bool fromJSON(const json::Value &value, TuningEntry &entry, json::Path path) {
  TuningKey &key = entry.key;
  std::string dtype, policy = "per_query_head";
  json::ObjectMapper map(value, path);
  if (!map || !map.map("module", key.module) || !map.map("query_heads", key.queryHeads) ||
      !map.map("kv_heads", key.kvHeads) || !map.mapOptional("policy", policy) || !map.map("head_dim", key.headDim) ||
      !map.map("bits", key.bits) || !map.map("dtype", dtype) || !map.map("batch", key.batch) ||
      !map.map("tokens", key.tokens) || !map.map("budget", key.budget) || !map.map("choices", entry.choices) ||
      !map.map("time_us", entry.microseconds) || !map.mapOptional("crossover_tokens", entry.crossover))
    return false;
  if (!llvm::is_contained({"l1", "weighted", "two_pass", "dense"}, key.module)) {
    path.field("module").report("expected l1, weighted, two_pass or dense");
    return false;
  }
  if (policy != "per_query_head" && policy != "per_kv_head") {
    path.field("policy").report("expected per_query_head or per_kv_head");
    return false;
  }
  if (dtype != "f16" && dtype != "bf16" && dtype != "f32") {
    path.field("dtype").report("expected f16, bf16 or f32");
    return false;
  }
  if (!(entry.microseconds > 0)) {
    path.field("time_us").report("expected a time above 0");
    return false;
  }
  key.perKvHead = policy == "per_kv_head" && key.queryHeads != key.kvHeads;
  key.elementBits = dtype == "f32" ? 32 : 16;
  if (key.kvHeads > 0 && key.queryHeads % key.kvHeads) {
    path.field("query_heads").report("expected a multiple of kv_heads");
    return false;
  }
  for (auto [name, size] : {std::pair("query_heads", key.queryHeads),
                            {"kv_heads", key.kvHeads},
                            {"head_dim", key.headDim},
                            {"bits", key.bits},
                            {"batch", key.batch},
                            {"tokens", key.tokens},
                            {"budget", key.budget}})
    if (!isBetween(size, 1, INT32_MAX, path.field(name), "expected an integer from 1 to 2147483647"))
      return false;
  return isBetween(entry.crossover, 0, INT32_MAX, path.field("crossover_tokens"),
                   "expected an integer from 0 to 2147483647");
}
} // namespace mlir::adamas

llvm::Expected<TuningTable> TuningTable::parse(llvm::StringRef text, llvm::StringRef name) {
  auto explain = [&](llvm::Error error) {
    return llvm::createStringError("tuning table " + name + ": " + llvm::toString(std::move(error)));
  };
  llvm::Expected<json::Value> value = json::parse(text);
  if (!value)
    return explain(value.takeError());
  TuningTable table;
  table.source = name.str();
  json::Path::Root root("table");
  json::ObjectMapper map(*value, root);
  int64_t format = 0;
  if (!map || !map.map("format", format))
    return explain(root.getError());
  if (format != 1)
    return explain(llvm::createStringError("expected format 1, but got " + llvm::Twine(format) +
                                           ": it was written for a later compiler"));
  if (!map.map("chip", table.chip) || !map.map("entries", table.entries))
    return explain(root.getError());
  if (llvm::Expected<GpuTarget> target = GpuTarget::get(table.chip); !target)
    return explain(target.takeError());
  return table;
}

/// The tables that come with the compiler, parsed once. A test checks that they are good.
static const std::vector<TuningTable> &embeddedTables() {
  static const std::vector<TuningTable> tables = [] {
    std::vector<TuningTable> all;
    for (const Embedded &table : embedded)
      all.push_back(llvm::cantFail(TuningTable::parse(table.text, ("of " + table.chip).str())));
    return all;
  }();
  return tables;
}

llvm::Expected<TuningTable> TuningTable::load(llvm::StringRef path, llvm::StringRef chip) {
  llvm::Expected<GpuTarget> target = GpuTarget::get(chip);
  if (!target)
    return target.takeError();
  if (path.empty())
    for (const TuningTable &table : embeddedTables())
      if (llvm::cantFail(GpuTarget::get(table.chip)).sm == target->sm)
        return table;
  if (path.empty() || path == "none")
    return TuningTable();
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!file)
    return llvm::createStringError("tuning table " + path + ": expected a file, but got " + file.getError().message());
  return parse((*file)->getBuffer(), path);
}

/// How far apart two sizes are, in doublings.
static double distance(double a, double b) { return std::abs(std::log2(a / b)); }

static bool isSameKind(const TuningKey &a, const TuningKey &b) {
  return a.module == b.module && a.perKvHead == b.perKvHead && a.headDim == b.headDim && a.bits == b.bits &&
         a.elementBits == b.elementBits && a.queryHeads * b.kvHeads == b.queryHeads * a.kvHeads;
}

static double rowDistance(const TuningKey &a, const TuningKey &b) {
  return distance(double(a.batch * a.kvHeads), double(b.batch * b.kvHeads));
}

const TuningEntry *TuningTable::find(const TuningKey &key, int64_t sm) const {
  llvm::Expected<GpuTarget> target = GpuTarget::get(chip);
  if (!target) {
    llvm::consumeError(target.takeError()); // an empty table
    return nullptr;
  }
  const TuningEntry *nearest = nullptr;
  double least = 0;
  for (const TuningEntry &entry : entries) {
    if (target->sm != sm || !isSameKind(key, entry.key))
      continue;
    double rows = rowDistance(key, entry.key), tokens = distance(double(key.tokens), double(entry.key.tokens)),
           budget = key.module == "dense" ? 0 : distance(double(key.budget), double(entry.key.budget));
    if (rows > std::log2(1.5) || tokens > 1 || budget > 1)
      continue;
    // Parts and launches follow from rows more than from lengths.
    double far = 4 * rows + tokens + budget;
    if (!nearest || far < least) {
      nearest = &entry;
      least = far;
    }
  }
  return nearest;
}

int64_t TuningTable::findCrossover(const TuningKey &key, int64_t sm) const {
  llvm::Expected<GpuTarget> target = GpuTarget::get(chip);
  if (!target) {
    llvm::consumeError(target.takeError());
    return 0;
  }
  int64_t found = 0;
  double least = 0;
  for (const TuningEntry &entry : entries) {
    if (target->sm != sm || !entry.crossover || !isSameKind(key, entry.key))
      continue;
    double rows = rowDistance(key, entry.key), budget = distance(double(key.budget), double(entry.key.budget));
    if (rows > 1 || budget > 1)
      continue;
    double far = 4 * rows + budget + distance(double(key.tokens), double(entry.key.tokens)) / 64;
    if (!found || far < least) {
      found = entry.crossover;
      least = far;
    }
  }
  return found;
}
