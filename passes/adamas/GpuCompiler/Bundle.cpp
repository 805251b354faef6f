// Bundles: what the runtime loads.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/GpuCompiler/Bundle.h"
#include "adamas_gpu/IR/AdamasGPUOps.h"
#include "mlir/IR/AffineExpr.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;
using namespace mlir::adamas;
namespace json = llvm::json;

/// An affine expression as the manifest writes it: a number, or an array of an operator and its operands.
static json::Value toJson(AffineExpr expression, ArrayRef<int64_t> symbols) {
  auto binary = [&](const char *name) {
    auto both = cast<AffineBinaryOpExpr>(expression);
    return json::Array{std::string(name), toJson(both.getLHS(), symbols), toJson(both.getRHS(), symbols)};
  };
  switch (expression.getKind()) {
  case AffineExprKind::Constant:
    return cast<AffineConstantExpr>(expression).getValue();
  case AffineExprKind::SymbolId: {
    unsigned position = cast<AffineSymbolExpr>(expression).getPosition();
    return json::Array{std::string("size"), symbols[2 * position], symbols[2 * position + 1]};
  }
  case AffineExprKind::Add:
    return binary("add");
  case AffineExprKind::Mul:
    return binary("mul");
  case AffineExprKind::CeilDiv:
    return binary("ceildiv");
  default:
    llvm_unreachable("the verifier of 'value' and 'launch' admits sums, products and quotients only");
  }
}

static json::Array toJson(AffineMap map, ArrayRef<int64_t> symbols) {
  json::Array array;
  for (AffineExpr expression : map.getResults())
    array.push_back(toJson(expression, symbols));
  return array;
}

static std::string elementName(Type element) {
  if (element.isF16())
    return "f16";
  if (element.isBF16())
    return "bf16";
  if (element.isF32())
    return "f32";
  unsigned width = element.getIntOrFloatBitWidth();
  bool bits = element.isUnsignedInteger() || width == 16; // distances have no sign
  return (bits ? "u" : "i") + std::to_string(width);
}

static json::Object toJson(adamas_gpu::ValueOp value) {
  json::Object object{{"name", value.getName().str()},
                      {"role", adamas_gpu::stringifyRole(value.getRole()).str()},
                      {"element", elementName(value.getElement())},
                      {"offset", int64_t(value.getOffset())},
                      {"dense_axes", int64_t(value.getDense())},
                      {"alignment", int64_t(value.getAlign())}};
  if (value.getExtent())
    object["shape"] = toJson(*value.getExtent(), *value.getSymbols());
  else
    object["shape"] = json::Array(value.getShape());
  return object;
}

static json::Object toJson(adamas_gpu::LaunchOp launch) {
  return json::Object{{"name", launch.getKernel().getLeafReference().str()},
                      {"grid", toJson(launch.getGrid(), launch.getSymbols())},
                      {"threads", int64_t(launch.getThreads())},
                      {"shared_bytes", int64_t(launch.getSharedBytes())},
                      {"cluster", int64_t(launch.getCluster())},
                      {"dependent", launch.getDependent()}};
}

json::Value mlir::adamas::makeManifest(ModuleOp module, const GpuTarget &target, ImageKind image,
                                       const llvm::StringMap<ImagePlace> &places) {
  json::Array functions;
  for (auto program : module.getOps<adamas_gpu::ProgramOp>()) {
    json::Array values, kernels;
    for (auto value : program.getBody().getOps<adamas_gpu::ValueOp>())
      values.push_back(toJson(value));
    for (auto launch : program.getBody().getOps<adamas_gpu::LaunchOp>()) {
      json::Object kernel = toJson(launch);
      auto place = places.find(launch.getKernel().getLeafReference());
      if (place != places.end())
        kernel["image"] = json::Object{{"offset", place->second.offset}, {"size", place->second.size}};
      kernels.push_back(std::move(kernel));
    }
    functions.push_back(json::Object{{"name", program.getSymName().str()},
                                     {"block_bytes", int64_t(program.getBytes())},
                                     {"values", std::move(values)},
                                     {"kernels", std::move(kernels)}});
  }
  return json::Object{{"format", 1},
                      {"compiler", std::string("adamas " ADAMAS_VERSION ", llvm " LLVM_VERSION_STRING)},
                      {"chip", target.chip.str()},
                      {"image", std::string(image == ImageKind::Cubin ? "cubin" : "ptx")},
                      {"functions", std::move(functions)}};
}

std::string mlir::adamas::makeBundle(const json::Value &manifest, llvm::StringRef image) {
  std::string text;
  llvm::raw_string_ostream(text) << manifest;
  std::string body = text + image.str();
  auto number = [](uint64_t value, llvm::endianness order) {
    char bytes[8];
    llvm::support::endian::write<uint64_t>(bytes, value, order);
    return std::string(bytes, 8);
  };
  // The canonical form of the hash is big-endian, its high half first.
  llvm::XXH128_hash_t hash =
      llvm::xxh3_128bits(llvm::ArrayRef<uint8_t>(reinterpret_cast<const uint8_t *>(body.data()), body.size()));
  return "ADAMASK1" + number(text.size(), llvm::endianness::little) + number(image.size(), llvm::endianness::little) +
         number(hash.high64, llvm::endianness::big) + number(hash.low64, llvm::endianness::big) + body;
}

std::pair<json::Value, llvm::StringRef> mlir::adamas::splitBundle(llvm::StringRef bundle) {
  constexpr size_t header = 40;
  size_t size = llvm::support::endian::read64le(bundle.data() + 8);
  return {llvm::cantFail(json::parse(bundle.substr(header, size))), bundle.substr(header + size)};
}
