// adamas-tune: measures how steps are fastest on this GPU and writes it into a table that the compiler reads.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas-tune/Search.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/ToolOutputFile.h"
#include "llvm/Support/WithColor.h"
#include <cmath>

using namespace mlir;
using namespace mlir::adamas;
namespace cl = llvm::cl;
namespace json = llvm::json;

static cl::OptionCategory category("adamas-tune options");
static cl::opt<std::string> output("o", cl::value_desc("file"), cl::cat(category),
                                   cl::desc("Table to write; of one that exists what is not measured anew stays "
                                            "(default: standard output)"));
static cl::list<std::string>
    shapes("shapes", cl::CommaSeparated, cl::cat(category), cl::value_desc("Hq/Hkv/B/N"),
           cl::desc("Query heads, KV heads, sequences, tokens of each (default 32/32/1/32768)"));
static cl::list<std::string> modules("modules", cl::CommaSeparated, cl::cat(category),
                                     cl::desc("l1, weighted, two_pass, dense (default the first three)"));
static cl::opt<std::string> policy("policy", cl::init("per_query_head"), cl::cat(category),
                                   cl::desc("per_query_head (default) or per_kv_head"));
static cl::opt<int64_t> budget("budget", cl::init(128), cl::cat(category), cl::desc("Tokens selected (default 128)"));
static cl::opt<bool> crossover("crossover", cl::init(false), cl::cat(category),
                               cl::desc("Find too from which length on each step is faster than dense attention"));
static cl::opt<bool> trials("trials", cl::init(false), cl::cat(category),
                            cl::desc("Keep in the table every alternative that was tried, with its time"));
static cl::opt<int64_t> replays("replays", cl::init(20), cl::cat(category), cl::desc("Replays timed (default 20)"));
static cl::opt<double> margin("margin", cl::init(1), cl::cat(category),
                              cl::desc("Percent that a choice must win by over the estimate's (default 1)"));
static cl::opt<unsigned> threads("compile-threads", cl::init(0), cl::cat(category),
                                 cl::desc("That compile (default: all that there are)"));
static cl::opt<std::string> commit("commit", cl::cat(category), cl::desc("Of the source, for the record"));
static cl::opt<std::string> date("date", cl::cat(category), cl::desc("Of the run, for the record"));

/// What names an entry, and is compared where a table already has one.
static json::Object describe(const StepDescription &step) {
  return json::Object{{"module", step.module},    {"policy", step.policy}, {"query_heads", step.queryHeads},
                      {"kv_heads", step.kvHeads}, {"head_dim", 128},       {"bits", step.bits()},
                      {"dtype", "f16"},           {"batch", step.batch},   {"tokens", step.tokens},
                      {"budget", step.budget}};
}

/// Nanoseconds are digits enough.
static double rounded(double microseconds) { return std::round(microseconds * 1e3) / 1e3; }

static json::Array describe(const std::vector<Trial> &trials) {
  json::Array all;
  for (const Trial &trial : trials) {
    json::Object object = trial.choices.toJson();
    if (trial.microseconds > 0)
      object["time_us"] = rounded(trial.microseconds);
    else
      object["error"] = trial.error;
    all.push_back(std::move(object));
  }
  return all;
}

/// Takes the place of the entry of `entries` that measured the same, or comes last.
static void replaceEntry(json::Array &entries, json::Object entry, const json::Object &key) {
  for (json::Value &old : entries)
    if (json::Object *object = old.getAsObject(); object && llvm::all_of(key, [&](auto &member) {
                                                    const json::Value *value = object->get(member.first);
                                                    return value && *value == member.second;
                                                  })) {
      old = std::move(entry);
      return;
    }
  entries.push_back(std::move(entry));
}

/// The entries of the table at `output`, if it exists; it must be of the same chip.
static llvm::Error readOld(const std::string &chip, json::Array &entries) {
  if (output.empty() || !llvm::sys::fs::exists(output))
    return llvm::Error::success();
  auto file = llvm::MemoryBuffer::getFile(output);
  if (!file)
    return llvm::createStringError(output + ": " + file.getError().message());
  auto table = TuningTable::parse((*file)->getBuffer(), output);
  if (!table)
    return table.takeError();
  if (table->chip != chip)
    return llvm::createStringError(output + ": expects a table of " + chip + ", but got one of " + table->chip +
                                   ": give another -o");
  json::Value value = llvm::cantFail(json::parse((*file)->getBuffer()));
  entries = std::move(*value.getAsObject()->getArray("entries"));
  return llvm::Error::success();
}

static llvm::Error write(const std::string &chip, json::Array entries) {
  const std::pair<StringRef, std::string> fields[] = {
      {"chip", chip},
      {"license", "SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception"},
      {"provenance", "measured by adamas-tune; each entry says where and how"}};
  std::error_code code;
  llvm::ToolOutputFile file(output.empty() ? "-" : StringRef(output), code, llvm::sys::fs::OF_Text);
  if (code)
    return llvm::createStringError(output + ": " + code.message());
  file.os() << "{\n";
  for (const auto &[name, value] : fields)
    file.os() << llvm::formatv("  {0}: {1},\n", json::Value(name), json::Value(value));
  file.os() << "  \"entries\": [";
  for (const json::Value &entry : entries) // a line each, as what changes is entries
    file.os() << llvm::formatv("{0}\n    {1}", &entry == entries.data() ? "" : ",", entry);
  file.os() << "\n  ],\n  \"format\": 1\n}\n";
  file.keep();
  return llvm::Error::success();
}

static std::string text(const TuningChoices &choices) { return llvm::formatv("{0}", json::Value(choices.toJson())); }

static llvm::Error tune(int argc, char **argv) {
  auto device = Device::open();
  if (!device)
    return llvm::createStringError("expects a GPU, but got " + llvm::toString(device.takeError()));
  auto cuda = Cuda::open();
  if (!cuda)
    return cuda.takeError();
  auto stream = cuda->createStream();
  if (!stream)
    return stream.takeError();
  auto target = GpuTarget::get(device->info().chip);
  if (!target)
    return target.takeError();
  std::string chip = "sm_" + std::to_string(target->sm);
  json::Array entries;
  if (llvm::Error error = readOld(chip, entries))
    return error;
  std::vector<std::string> words(argv + 1, argv + argc);
  json::Object common{{"device", std::string(device->info().name)},
                      {"driver", device->info().driver_version},
                      {"commit", std::string(commit)},
                      {"date", std::string(date)},
                      {"command", "adamas-tune " + llvm::join(words, " ")}};
  auto blocks = RandomBlocks::make(*device);
  if (!blocks)
    return blocks.takeError();
  Bench bench{*device, *cuda, *stream, *blocks, replays};
  llvm::DefaultThreadPool pool(llvm::hardware_concurrency(threads));
  for (const std::string &shape : shapes) {
    StepDescription step;
    step.policy = policy;
    step.budget = budget;
    if (llvm::Error error = step.parseShape(shape, "--shapes"))
      return error;
    for (const std::string &module : modules) {
      step.module = module;
      auto explain = [&](llvm::Error error) {
        return llvm::createStringError(shape + " " + module + ": " + llvm::toString(std::move(error)));
      };
      json::Object entry = describe(step);
      {
        Search search(bench, pool, margin / 100, step);
        if (llvm::Error error = search.run())
          return explain(std::move(error));
        entry["choices"] = search.best.choices.toJson();
        entry["time_us"] = rounded(search.best.microseconds);
        entry["estimated"] = search.estimated.choices.toJson();
        entry["estimated_us"] = rounded(search.estimated.microseconds);
        if (trials)
          entry["tried"] = describe(search.tried);
        llvm::errs() << llvm::formatv("{0,-18} {1,-9} {2,8:f2} us {3}; estimate's {4:f2} us {5}\n", shape, module,
                                      search.best.microseconds, text(search.best.choices),
                                      search.estimated.microseconds, text(search.estimated.choices));
        if (crossover && step.selects()) {
          auto tokens = findCrossover(bench, step, search.best.choices);
          if (!tokens)
            return explain(tokens.takeError());
          entry["crossover_tokens"] = *tokens;
          llvm::errs() << llvm::formatv("{0,-18} {1,-9} faster than dense attention from {2} tokens on\n", shape,
                                        module, *tokens);
        }
      }
      json::Object key = describe(step);
      for (const auto &[name, value] : common)
        entry.try_emplace(name, value);
      replaceEntry(entries, std::move(entry), key);
      // After each, so that what was measured is kept if a later one fails.
      if (!output.empty())
        if (llvm::Error error = write(chip, entries))
          return error;
    }
  }
  return output.empty() ? write(chip, std::move(entries)) : llvm::Error::success();
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv, "adamas-tune: measures how decode steps are fastest on this GPU\n");
  if (shapes.empty())
    shapes.push_back("32/32/1/32768");
  if (modules.empty())
    for (const char *name : {"l1", "weighted", "two_pass"})
      modules.push_back(name);
  auto fail = [](const llvm::Twine &message) {
    llvm::WithColor::error(llvm::errs(), "adamas-tune") << message << "\n";
    return 1;
  };
  for (const std::string &module : modules)
    if (!llvm::is_contained({"l1", "weighted", "two_pass", "dense"}, module))
      return fail("--modules expects l1, weighted, two_pass or dense, but got '" + module + "'");
  if (policy != "per_query_head" && policy != "per_kv_head")
    return fail("--policy expects per_query_head or per_kv_head, but got '" + policy + "'");
  if (replays < 1)
    return fail("--replays expects 1 or more, but got " + llvm::Twine(replays));
  if (!(margin >= 0 && margin < 100))
    return fail("--margin expects 0 to below 100 percent");
  if (llvm::Error error = tune(argc, argv))
    return fail(llvm::toString(std::move(error)));
  return 0;
}
