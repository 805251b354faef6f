// Fuzzes parser, verifiers, printers and the first passes: text that verifies must print, parse again and open.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/IR/AdamasOps.h"
#include "adamas/Transforms/Passes.h"
#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/ADT/StringExtras.h"
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

using namespace mlir;

extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t maxSize);

// Allocators of LLVM are compiled into this binary and into the packaged library. Only here do they poison memory.
extern "C" const char *__asan_default_options() { return "allow_user_poisoning=0"; }

/// Ends the process unless `holds`, in every build type.
static void require(bool holds, llvm::StringRef what, llvm::StringRef text) {
  if (holds)
    return;
  llvm::errs() << "ParserFuzzer: expects " << what << ", but got none of\n" << text << "\n";
  std::abort();
}

/// A context lives for a while: making one takes longer than most inputs do, and types never leave it.
static MLIRContext &getContext() {
  static std::unique_ptr<MLIRContext> context;
  static unsigned uses = 0;
  if (!context || ++uses % 512 == 0) {
    DialectRegistry registry;
    registry.insert<adamas::AdamasDialect, arith::ArithDialect, func::FuncDialect>();
    context = std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
    context->loadAllAvailableDialects();
  }
  return *context;
}

/// Errors are counted, not printed.
struct CountErrors : ScopedDiagnosticHandler {
  CountErrors(MLIRContext &context) : ScopedDiagnosticHandler(&context) {
    setHandler([this](Diagnostic &diagnostic) {
      if (diagnostic.getSeverity() == DiagnosticSeverity::Error) {
        ++count;
        last = diagnostic.str();
      }
      return success();
    });
  }
  unsigned count = 0;
  std::string last;
};

static std::string print(ModuleOp module, bool generic) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  OpPrintingFlags flags;
  if (generic)
    flags.printGenericOpForm();
  module->print(stream, flags);
  return text;
}

/// Upstream's parser recurses with the depth of its text, allocates as many values as a result number asks for, and
/// asks for the width of `index` in `array<index: 1>`.
static bool strainsUpstream(llvm::StringRef text) {
  int depth = 0, deepest = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    depth += llvm::StringRef("([{<").contains(text[i]) ? 1 : llvm::StringRef(")]}>").contains(text[i]) ? -1 : 0;
    deepest = std::max(deepest, depth);
    if (text[i] == '#' && text.drop_front(i + 1).take_while(llvm::isDigit).size() > 3)
      return true;
  }
  for (size_t at = text.find("array"); at != llvm::StringRef::npos; at = text.find("array", at + 1)) {
    llvm::StringRef element = text.drop_front(at + 5).ltrim();
    if (element.consume_front("<") && element.ltrim().starts_with("index"))
      return true;
  }
  // Bytecode is upstream's alone.
  return deepest > 64 || text.starts_with("ML\xefR");
}

static void checkRoundTrip(ModuleOp module, llvm::StringRef input) {
  MLIRContext *context = module.getContext();
  // The generic form takes an empty symbol, the printed form does not.
  if (module.walk([](SymbolOpInterface op) { return WalkResult(failure(op.getName().empty())); }).wasInterrupted())
    return;
  std::string text = print(module, /*generic=*/false);
  for (bool generic : {false, true}) {
    OwningOpRef<ModuleOp> copy = parseSourceString<ModuleOp>(print(module, generic), context);
    require(bool(copy), generic ? "the generic form to parse" : "the printed form to parse", input);
    require(print(*copy, false) == text, generic ? "the generic form to round trip" : "the printed form to round trip",
            input);
  }
  std::string bytecode;
  llvm::raw_string_ostream stream(bytecode);
  require(succeeded(writeBytecodeToFile(module, stream)), "bytecode", input);
  OwningOpRef<ModuleOp> copy = parseSourceString<ModuleOp>(bytecode, context);
  require(copy && print(*copy, false) == text, "bytecode to round trip", input);
}

/// A pass may refuse a module with an error; what it accepts must verify. Only where a value that is divided leaves the
/// staged ops is it the verifier that refuses.
static void checkPasses(ModuleOp module, llvm::StringRef input, const CountErrors &errors) {
  adamas::AdamasSplitTokensOptions split;
  split.ways = 3;
  auto attempt = [&](std::unique_ptr<Pass> pass, bool mayFail = false) {
    std::string name = pass->getArgument().str();
    unsigned before = errors.count;
    PassManager manager(module.getContext());
    manager.enableVerifier(false);
    manager.addPass(std::move(pass));
    if (failed(manager.run(module))) {
      require(errors.count > before, "an error from " + name, input);
      return false;
    }
    bool holds = succeeded(verify(module));
    require(holds || mayFail, "a module that verifies after " + name + " (" + errors.last + ")", input);
    return holds;
  };
  (void)(attempt(createCanonicalizerPass()) && attempt(adamas::createAdamasOpenTopK()) &&
         attempt(adamas::createAdamasOpenAttention()) &&
         attempt(adamas::createAdamasSplitTokens(split), /*mayFail=*/true) && attempt(createCSEPass()));
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  std::string input(reinterpret_cast<const char *>(data), size);
  if (strainsUpstream(input))
    return 0;
  MLIRContext &context = getContext();
  CountErrors errors(context);
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(input, &context);
  require(module || errors.count, "an error", input);
  if (!module)
    return 0;
  checkRoundTrip(*module, input);
  checkPasses(*module, input, errors);
  return 0;
}

//===----------------------------------------------------------------------===//
// Mutations that keep most of a program intact
//===----------------------------------------------------------------------===//

using Tokens = std::vector<std::string>;

/// Words, numbers (with `x` apart, as in `4x?x64xf16`), single signs; blanks stay with what precedes them.
static Tokens tokenize(llvm::StringRef text) {
  Tokens tokens;
  while (!text.empty()) {
    size_t length = 1;
    if (llvm::isDigit(text[0]))
      length = text.take_while(llvm::isDigit).size();
    else if (llvm::isAlpha(text[0]) &&
             !(text[0] == 'x' && text.size() > 1 && (llvm::isDigit(text[1]) || text[1] == '?')))
      length = text.take_while([](char c) { return llvm::isAlnum(c) || c == '_' || c == '.'; }).size();
    length += text.drop_front(length).take_while(llvm::isSpace).size();
    tokens.push_back(text.take_front(length).str());
    text = text.drop_front(length);
  }
  return tokens;
}

static constexpr llvm::StringLiteral numbers =
    "0 1 2 3 4 7 8 9 16 31 32 63 64 96 128 1024 2048 32768 65536 2147483646 2147483647 2147483648 4294967296 "
    "4611686018427387904 9223372036854775807 -1 -9223372036854775808 ? *";
static constexpr llvm::StringLiteral words =
    "f16 bf16 f32 f64 i1 i8 i32 i64 index none unit true %0 %1 %arg0 tensor<i32> tensor<*xf32> tensor<?xi32> "
    "!adamas.codes<64,2> vector<4xf32> memref<4xf32> registers global per_kv_head token_major lse planes seq_lens "
    "candidates parts budget sink recent bound 0x7FC00000 array<i32:1,1> dense<0> \"a\" [] {} () , : < >";

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t maxSize, unsigned seed) {
  std::minstd_rand random(seed);
  auto below = [&](size_t n) { return n ? random() % n : 0; };
  auto pick = [&](llvm::StringRef list) {
    llvm::SmallVector<llvm::StringRef> items;
    list.split(items, ' ');
    return items[below(items.size())].str();
  };
  llvm::StringRef input(reinterpret_cast<const char *>(data), size);
  unsigned kind = below(16);
  if (kind == 0 || size == 0)
    return LLVMFuzzerMutate(data, size, maxSize);
  std::string result;
  if (kind == 1 && !strainsUpstream(input)) {
    // The generic form, whose attributes and types have no grammar of their own.
    MLIRContext &context = getContext();
    CountErrors errors(context);
    if (OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(input, &context))
      result = print(*module, /*generic=*/true);
  }
  if (result.empty()) {
    Tokens tokens = tokenize(input);
    for (size_t left = 1 + below(3); left && !tokens.empty(); --left) {
      size_t at = below(tokens.size()), other = below(tokens.size());
      bool number = llvm::isDigit(tokens[at][0]) || tokens[at][0] == '?';
      for (size_t tries = 8; kind < 10 && !number && tries; --tries) {
        at = below(tokens.size());
        number = llvm::isDigit(tokens[at][0]) || tokens[at][0] == '?';
      }
      if (number && kind < 10)
        tokens[at] = pick(numbers);
      else if (kind < 12)
        tokens[at] = pick(words) + " ";
      else if (kind == 12)
        tokens.erase(tokens.begin() + at, tokens.begin() + std::min(tokens.size(), at + 1 + below(12)));
      else if (kind == 13)
        tokens.insert(tokens.begin() + at, tokens[other]);
      else
        std::swap(tokens[at], tokens[other]);
    }
    result = llvm::join(tokens, "");
  }
  size_t length = std::min(result.size(), maxSize);
  std::memcpy(data, result.data(), length);
  return length;
}
