// convert-adamas-gpu-to-nvvm: memory-level ops to LLVM, NVVM and inline PTX.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Conversion/Passes.h"
#include "adamas_gpu/IR/AdamasGPUOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/TypeSwitch.h"

namespace mlir::adamas {
#define GEN_PASS_DEF_CONVERTADAMASGPUTONVVM
#include "adamas/Conversion/Passes.h.inc"
} // namespace mlir::adamas

using namespace mlir;
using namespace mlir::adamas_gpu;

namespace {
class Lowering {
public:
  Lowering(gpu::GPUModuleOp module) : module(module) {}

  void lower(Operation *op) {
    ImplicitLocOpBuilder b(op->getLoc(), op);
    Value replacement =
        TypeSwitch<Operation *, Value>(op)
            .Case([&](ParameterOp o) { return lowerParameter(b, o); })
            .Case([&](LoadOp o) { return lowerLoad(b, o); })
            .Case([&](StoreOp o) { return lowerStore(b, o); })
            .Case([&](PolicyOp o) {
              return assembly(b, o.getType(), {}, "createpolicy.fractional.L2::evict_last.b64 $0, 1.0;", "=l", false);
            })
            .Case([&](ReduceAddOp o) { return lowerReduceAdd(b, o); })
            .Case([&](BarrierInitOp o) { return lowerBarrierInit(b, o); })
            .Case([&](BarrierWaitOp o) {
              return assembly(b, Type(), {o.getBarrier()},
                              "{\n.reg .pred done;\nagain:\n"
                              "mbarrier.try_wait.parity.acquire.cluster.shared::cta.b64 done, [$0], 0;\n"
                              "@!done bra again;\n}",
                              "l,~{memory}", true);
            })
            .Case([&](StoreAsyncOp o) { return lowerStoreAsync(b, o); })
            .Case([&](SharedMemoryOp o) { return lowerSharedMemory(b, o); })
            .Case([&](Exp2Op o) { return unary(b, o, "ex2.approx.ftz.f32 $0, $1;"); })
            .Case([&](Log2Op o) { return unary(b, o, "lg2.approx.ftz.f32 $0, $1;"); })
            .Case([&](WaitGridOp) { return gridControl(b, NVVM::GridDepActionKind::wait); })
            .Case([&](LaunchDependentsOp) { return gridControl(b, NVVM::GridDepActionKind::launch_dependents); });
    if (replacement)
      op->getResult(0).replaceAllUsesWith(replacement);
    op->erase();
  }

private:
  /// Inline PTX; the result is null where `type` is.
  Value assembly(ImplicitLocOpBuilder &b, Type type, ValueRange operands, StringRef text, StringRef constraints,
                 bool sideEffects) {
    auto op =
        LLVM::InlineAsmOp::create(b, type ? TypeRange(type) : TypeRange(), operands, text, constraints, sideEffects,
                                  /*is_align_stack=*/false, LLVM::tailcallkind::TailCallKind::None,
                                  /*asm_dialect=*/LLVM::AsmDialectAttr(), /*operand_attrs=*/ArrayAttr());
    return type ? op->getResult(0) : Value();
  }

  template <typename Op> Value unary(ImplicitLocOpBuilder &b, Op op, StringRef text) {
    return assembly(b, b.getF32Type(), {op.getOperand()}, text, "=f,f", false);
  }

  Value gridControl(ImplicitLocOpBuilder &b, NVVM::GridDepActionKind kind) {
    NVVM::GriddepcontrolOp::create(b, kind);
    return Value();
  }

  Value lowerParameter(ImplicitLocOpBuilder &b, ParameterOp op) {
    Value field = LLVM::GEPOp::create(b, op.getBlock().getType(), b.getI8Type(), op.getBlock(),
                                      ArrayRef<LLVM::GEPArg>{int32_t(op.getOffset())});
    return LLVM::LoadOp::create(b, op.getType(), field, 8, /*isVolatile=*/false, /*isNonTemporal=*/false,
                                /*isInvariant=*/true);
  }

  Value lowerLoad(ImplicitLocOpBuilder &b, LoadOp op) {
    auto vector = dyn_cast<VectorType>(op.getType());
    int64_t words = vector ? vector.getDimSize(0) : 1;
    if (op.getCache() == Cache::ReadOnly)
      return LLVM::LoadOp::create(b, op.getType(), op.getPointer(), 4 * words, /*isVolatile=*/false,
                                  /*isNonTemporal=*/false, /*isInvariant=*/true);
    auto i32 = b.getI32Type();
    bool fresh = op.getCache() == Cache::Fresh;
    StringRef hint = fresh ? "ld.global.L1::no_allocate.L2::128B" : "ld.global.nc.L1::no_allocate.L2::128B";
    // Volatile, or LLVM would move it in front of a wait for the kernel before.
    if (words == 1)
      return assembly(b, i32, {op.getPointer()}, (hint + ".b32 $0, [$1];").str(), "=r,l", true);
    SmallVector<Type> types(words, i32);
    auto result = LLVM::LLVMStructType::getLiteral(b.getContext(), types);
    Value loaded =
        words == 2 ? assembly(b, result, {op.getPointer()}, (hint + ".v2.b32 {$0, $1}, [$2];").str(), "=r,=r,l", true)
                   : assembly(b, result, {op.getPointer()}, (hint + ".v4.b32 {$0, $1, $2, $3}, [$4];").str(),
                              "=r,=r,=r,=r,l", true);
    Value value = LLVM::PoisonOp::create(b, vector);
    for (int64_t i = 0; i < words; ++i)
      value = LLVM::InsertElementOp::create(b, value, LLVM::ExtractValueOp::create(b, loaded, i),
                                            LLVM::ConstantOp::create(b, i32, i));
    return value;
  }

  Value lowerStore(ImplicitLocOpBuilder &b, StoreOp op) {
    unsigned bits = op.getValue().getType().getIntOrFloatBitWidth();
    // No register has 8 bits: a store takes the lower ones.
    Value value = bits == 8 ? LLVM::ZExtOp::create(b, b.getI16Type(), op.getValue()).getResult() : op.getValue();
    std::string text = "st.global.L2::cache_hint.b" + std::to_string(bits) + " [$0], $1, $2;";
    return assembly(b, Type(), {op.getPointer(), value, op.getPolicy()}, text, bits < 32 ? "l,h,l" : "l,r,l", true);
  }

  Value lowerReduceAdd(ImplicitLocOpBuilder &b, ReduceAddOp op) {
    unsigned space = cast<LLVM::LLVMPointerType>(op.getPointer().getType()).getAddressSpace();
    StringRef text = space == 3   ? "red.relaxed.cta.shared.add.u32 [$0], $1;"
                     : space == 7 ? "red.relaxed.cluster.shared::cluster.add.u32 [$0], $1;"
                                  : "red.relaxed.gpu.global.add.u32 [$0], $1;";
    return assembly(b, Type(), {op.getPointer(), op.getValue()}, text, "l,r,~{memory}", true);
  }

  Value lowerBarrierInit(ImplicitLocOpBuilder &b, BarrierInitOp op) {
    // Others of the cluster hear of it by its barrier, whose arrival orders nothing.
    std::string text = "mbarrier.init.shared::cta.b64 [$0], 1;\nmbarrier.arrive.expect_tx.shared::cta.b64 _, [$0], " +
                       std::to_string(op.getBytes()) + ";\nfence.mbarrier_init.release.cluster;";
    return assembly(b, Type(), {op.getBarrier()}, text, "l,~{memory}", true);
  }

  Value lowerStoreAsync(ImplicitLocOpBuilder &b, StoreAsyncOp op) {
    std::string text = "st.async.shared::cluster.mbarrier::complete_tx::bytes";
    if (!isa<VectorType>(op.getValue().getType())) {
      bool real = op.getValue().getType().isF32();
      return assembly(b, Type(), {op.getPointer(), op.getValue(), op.getBarrier()},
                      text + (real ? ".f32" : ".b32") + " [$0], $1, [$2];",
                      real ? "l,f,l,~{memory}" : "l,r,l,~{memory}", true);
    }
    SmallVector<Value> operands{op.getPointer()};
    for (int64_t i = 0; i < 4; ++i)
      operands.push_back(
          LLVM::ExtractElementOp::create(b, op.getValue(), LLVM::ConstantOp::create(b, b.getI32Type(), i)));
    operands.push_back(op.getBarrier());
    return assembly(b, Type(), operands, text + ".v4.b32 [$0], {$1, $2, $3, $4}, [$5];", "l,r,r,r,r,l,~{memory}", true);
  }

  Value lowerSharedMemory(ImplicitLocOpBuilder &b, SharedMemoryOp op) {
    static constexpr StringRef name = "adamas_shared";
    if (!module.lookupSymbol(name)) {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(module.getBody());
      LLVM::GlobalOp::create(b, LLVM::LLVMArrayType::get(b.getI8Type(), 0), /*isConstant=*/false,
                             LLVM::Linkage::External, name, Attribute(), /*alignment=*/16, /*addrSpace=*/3);
    }
    Value base = LLVM::AddressOfOp::create(b, op.getType(), name);
    return LLVM::GEPOp::create(b, op.getType(), b.getI8Type(), base, ArrayRef<LLVM::GEPArg>{int32_t(op.getOffset())});
  }

  gpu::GPUModuleOp module;
};

struct ConvertAdamasGPUToNVVM : mlir::adamas::impl::ConvertAdamasGPUToNVVMBase<ConvertAdamasGPUToNVVM> {
  void runOnOperation() override {
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) {
      if (isa<AdamasGPUDialect>(op->getDialect()))
        ops.push_back(op);
    });
    Lowering lowering(getOperation());
    for (Operation *op : ops)
      lowering.lower(op);
  }
};
} // namespace
