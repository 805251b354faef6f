// convert-adamas-launch-to-llvm: launches to calls of the host's parallel loop, and entries that C can call.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Conversion/Passes.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::adamas {
#define GEN_PASS_DEF_CONVERTADAMASLAUNCHTOLLVM
#include "adamas/Conversion/Passes.h.inc"
} // namespace mlir::adamas

using namespace mlir;
using namespace mlir::adamas;

static constexpr llvm::StringLiteral parallelFor = "adamas_parallel_for", entryPrefix = "_adamas_";

namespace {
struct LaunchToLLVM : mlir::adamas::impl::ConvertAdamasLaunchToLLVMBase<LaunchToLLVM> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    SmallVector<LaunchOp> launches;
    module.walk([&](LaunchOp op) { launches.push_back(op); });
    LLVMTypeConverter converter(&getContext());
    for (func::FuncOp function : llvm::to_vector(module.getOps<func::FuncOp>()))
      if (function.isPublic() && !function.isExternal()) {
        for (Type type : function.getArgumentTypes())
          if (!converter.convertType(type)) {
            function.emitError() << "expects arguments that have an LLVM form, but got " << type
                                 << "; run 'convert-adamas-to-vector' first";
            return signalPassFailure();
          }
        makeEntry(module, function, converter);
      }
    for (LaunchOp launch : launches)
      lower(module, launch, converter);
  }

  /// A pointer to where `value` lies as its LLVM form.
  static Value toStack(ImplicitLocOpBuilder &b, Value value, const LLVMTypeConverter &converter) {
    Type type = converter.convertType(value.getType());
    Value converted = type == value.getType() ? value : UnrealizedConversionCastOp::create(b, type, value).getResult(0);
    auto pointer = LLVM::LLVMPointerType::get(b.getContext());
    Value slot = LLVM::AllocaOp::create(b, pointer, type, LLVM::ConstantOp::create(b, b.getI64IntegerAttr(1)));
    LLVM::StoreOp::create(b, converted, slot);
    return slot;
  }

  /// The value of type `type` that pointer `i` of the table `pointers` leads to.
  static Value fromTable(ImplicitLocOpBuilder &b, Value pointers, unsigned i, Type type,
                         const LLVMTypeConverter &converter) {
    auto pointer = LLVM::LLVMPointerType::get(b.getContext());
    Value slot = LLVM::GEPOp::create(b, pointer, pointer, pointers, ArrayRef<LLVM::GEPArg>{int32_t(i)});
    Type lowered = converter.convertType(type);
    Value value = LLVM::LoadOp::create(b, lowered, LLVM::LoadOp::create(b, pointer, slot));
    return lowered == type ? value : UnrealizedConversionCastOp::create(b, type, value).getResult(0);
  }

  /// `void _adamas_name(void **arguments)`: each entry of the table points to a memref descriptor.
  static void makeEntry(ModuleOp module, func::FuncOp function, const LLVMTypeConverter &converter) {
    ImplicitLocOpBuilder b(function.getLoc(), OpBuilder::atBlockEnd(module.getBody()));
    auto pointer = LLVM::LLVMPointerType::get(b.getContext());
    auto entry =
        LLVM::LLVMFuncOp::create(b, (entryPrefix + function.getName()).str(),
                                 LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(b.getContext()), {pointer}));
    b.setInsertionPointToStart(entry.addEntryBlock(b));
    SmallVector<Value> arguments;
    for (auto [i, type] : llvm::enumerate(function.getArgumentTypes()))
      arguments.push_back(fromTable(b, entry.getArgument(0), i, type, converter));
    func::CallOp::create(b, function, arguments);
    LLVM::ReturnOp::create(b, ValueRange());
    function.setPrivate();
  }

  /// `void kernel_item(void *context, i64 batch, i64 head, i64 block)`.
  static LLVM::LLVMFuncOp makeItem(ModuleOp module, LaunchOp launch, const LLVMTypeConverter &converter) {
    std::string name = (launch.getKernel() + "_item").str();
    if (auto existing = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
      return existing;
    ImplicitLocOpBuilder b(launch.getLoc(), OpBuilder::atBlockEnd(module.getBody()));
    auto pointer = LLVM::LLVMPointerType::get(b.getContext());
    auto i64 = b.getI64Type();
    auto item = LLVM::LLVMFuncOp::create(
        b, name, LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(b.getContext()), {pointer, i64, i64, i64}),
        LLVM::Linkage::Internal);
    b.setInsertionPointToStart(item.addEntryBlock(b));
    SmallVector<Value> arguments;
    for (unsigned i = 1; i <= 3; ++i)
      arguments.push_back(
          UnrealizedConversionCastOp::create(b, b.getIndexType(), Value(item.getArgument(i))).getResult(0));
    for (auto [i, type] : llvm::enumerate(launch.getArguments().getTypes()))
      arguments.push_back(fromTable(b, item.getArgument(0), i, type, converter));
    func::CallOp::create(b, launch.getKernel(), TypeRange(), arguments);
    LLVM::ReturnOp::create(b, ValueRange());
    return item;
  }

  static void lower(ModuleOp module, LaunchOp launch, const LLVMTypeConverter &converter) {
    ImplicitLocOpBuilder b(launch.getLoc(), launch);
    auto pointer = LLVM::LLVMPointerType::get(b.getContext());
    auto i64 = b.getI64Type();
    auto loop = module.lookupSymbol<LLVM::LLVMFuncOp>(parallelFor);
    if (!loop) {
      OpBuilder top = OpBuilder::atBlockBegin(module.getBody());
      loop = LLVM::LLVMFuncOp::create(
          top, launch.getLoc(), parallelFor,
          LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(b.getContext()), {pointer, pointer, i64, i64, i64}));
    }
    LLVM::LLVMFuncOp item = makeItem(module, launch, converter);
    Value count = LLVM::ConstantOp::create(b, b.getI64IntegerAttr(launch.getArguments().size()));
    Value table = LLVM::AllocaOp::create(b, pointer, pointer, count);
    for (auto [i, argument] : llvm::enumerate(launch.getArguments())) {
      Value slot = LLVM::GEPOp::create(b, pointer, pointer, table, ArrayRef<LLVM::GEPArg>{int32_t(i)});
      LLVM::StoreOp::create(b, toStack(b, argument, converter), slot);
    }
    auto toI64 = [&](Value value) { return UnrealizedConversionCastOp::create(b, i64, value).getResult(0); };
    Value body = LLVM::AddressOfOp::create(b, item);
    LLVM::CallOp::create(
        b, loop, ValueRange{body, table, toI64(launch.getBatch()), toI64(launch.getHead()), toI64(launch.getBlock())});
    launch.erase();
  }
};
} // namespace
