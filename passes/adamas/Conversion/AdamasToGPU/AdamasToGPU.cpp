// convert-adamas-to-gpu: kernels to functions over a work item, tensors to memory, functions to programs.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Conversion/AdamasToGPU/ProgramValues.h"
#include "adamas/Conversion/AdamasToGPU/ThreadBuilder.h"
#include "adamas/Conversion/Passes.h"
#include "adamas/Target/GpuTarget.h"
#include "adamas_gpu/IR/AdamasGPUOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "llvm/ADT/TypeSwitch.h"

namespace mlir::adamas {
#define GEN_PASS_DEF_CONVERTADAMASTOGPU
#include "adamas/Conversion/Passes.h.inc"
} // namespace mlir::adamas

using namespace mlir;
using namespace mlir::adamas;

// Threads of a kernel that appends, and the longest parameter block of all chips.
static constexpr int64_t appendThreads = 256, maxBlockBytes = 4096;
// Layers of the grid of a kernel of rows that fills memory for the next one.
static constexpr int64_t fillLayers = 6;

/// The lengths that say what work an item of `kernel` is.
static Value getSeqLens(KernelOp kernel) {
  for (Operation &op : kernel.getBody().front())
    if (Value lengths = TypeSwitch<Operation *, Value>(&op)
                            .Case<HistogramOp, CompactOp, PartialAttentionOp>([](auto o) { return o.getSeqLens(); })
                            .Default([](Operation *) { return Value(); }))
      return lengths;
  return {};
}

/// The values of which a row is one work item at part level.
static Value getSelection(Operation &op) {
  return TypeSwitch<Operation *, Value>(&op)
      .Case([](ThresholdOp o) { return o.getHistogram(); })
      .Case([](CompactOp o) { return o.getDistances(); })
      .Case([](HistogramOp o) { return o.getDistances(); })
      .Case([](JoinOp o) { return o.getIndices(); })
      .Case([](AddPartAxisOp o) { return o.getInput(); })
      .Case([](PartialAttentionOp o) { return o.getIndices(); })
      .Case([](DistanceOpInterface o) { return o->getResult(0); })
      .Default([](Operation *) { return Value(); });
}

namespace {
/// Converts one function.
class FunctionConverter {
public:
  FunctionConverter(func::FuncOp function, gpu::GPUModuleOp module, int64_t kvHeads, int64_t sm, Regime regime)
      : function(function), module(module), kvHeads(kvHeads), regime(regime), b(function.getLoc(), function),
        appendSchedule(GpuAttr::get(function.getContext(), sm, appendThreads, 2, 1, Engine::Popc, 1, 1,
                                    AttentionEngine::Fma, 16, 4, Engine::Choose, 1)) {}

  LogicalResult convert() {
    if (failed(values.place(function)))
      return failure();
    if (globals.bytes() > maxBlockBytes)
      return function.emitError() << "expects a parameter block of at most " << maxBlockBytes << " bytes, but got "
                                  << globals.bytes() << "; the function has too many values";
    program = adamas_gpu::ProgramOp::create(b, function.getName(), globals.bytes());
    b.createBlock(&program.getBody());
    values.describe(b, function.getLoc());
    SmallVector<Operation *> kernels;
    for (Operation &op : function.getBody().front())
      if (isa<KernelOp, AppendOp>(op))
        kernels.push_back(&op);
    // What a kernel adds to must hold its start before: the kernel in front of it sees to that.
    if (!kernels.empty() && !values.getFills(kernels.front()).empty())
      if (failed(buildKernel(nullptr, kernels.front())))
        return failure();
    for (size_t i = 0; i < kernels.size(); ++i)
      if (failed(buildKernel(kernels[i], i + 1 < kernels.size() ? kernels[i + 1] : nullptr)))
        return failure();
    function.erase();
    return success();
  }

private:
  //===--- kernels ---===//

  LogicalResult buildKernel(Operation *op, Operation *next) {
    auto kernel = dyn_cast_or_null<KernelOp>(op);
    GpuAttr schedule = kernel ? dyn_cast<GpuAttr>(kernel.getSchedule()) : appendSchedule;
    if (!schedule)
      return kernel.emitOpError() << "expects a schedule of a GPU, '#adamas.gpu', but got " << kernel.getSchedule()
                                  << "; run 'adamas-form-kernels' for the processor gpu";
    std::string name = (function.getName() + "_kernel" + Twine(numKernels++)).str();
    OpBuilder inside(module.getBody(), module.getBody()->end());
    auto pointer = LLVM::LLVMPointerType::get(b.getContext());
    // A function of the LLVM dialect: what is left of the gpu dialect cannot take a block by value.
    auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(b.getContext()), {pointer});
    auto callee = LLVM::LLVMFuncOp::create(inside, op ? op->getLoc() : next->getLoc(), name, type);
    callee->setAttr(NVVM::NVVMDialect::getKernelFuncAttrName(), b.getUnitAttr());
    callee->setAttr(NVVM::NVVMDialect::getMaxntidAttrName(),
                    b.getDenseI32ArrayAttr({int32_t(schedule.getThreads()), 1, 1}));
    if (schedule.getResident() > 1)
      callee->setAttr(NVVM::NVVMDialect::getMinctasmAttrName(), b.getI32IntegerAttr(schedule.getResident()));
    callee.setArgAttr(0, LLVM::LLVMDialect::getByValAttrName(),
                      TypeAttr::get(LLVM::LLVMArrayType::get(b.getI64Type(), globals.bytes() / 8)));
    callee.setArgAttr(0, LLVM::LLVMDialect::getAlignAttrName(), b.getI64IntegerAttr(8));
    callee.setArgAttr(0, NVVM::NVVMDialect::getGridConstantAttrName(), b.getUnitAttr());
    inside.setInsertionPointToStart(callee.addEntryBlock(inside));
    Level level = kernel ? kernel.getLevel() : Level::Row;
    globals.beginKernel(callee.getArgument(0));
    ThreadBuilder kb(callee.getLoc(), inside, kernel, schedule, level, kvHeads, globals);
    bool dependent = schedule.getSm() >= 90 && regime != Regime::NoPdl;
    // The first kernel lets the next one start when what came before the function is done; so later kernels may read
    // what they are given, though not what is made here, before they wait for the kernel in front of them. Where that
    // leaves alone what is given, the first kernel is like the others.
    bool waitsFirst = numKernels == 1 && regime != Regime::PdlPrefetch;
    kb.readsInputsEarly = dependent && !waitsFirst;
    kb.readsQueriesEarly = regime != Regime::PdlPrefetch;
    kb.waits = dependent && !waitsFirst && (isScan(kernel) || level == Level::Part);
    if (dependent && waitsFirst)
      adamas_gpu::WaitGridOp::create(kb);
    if (dependent)
      adamas_gpu::LaunchDependentsOp::create(kb);
    if (dependent && !waitsFirst && !kb.waits)
      adamas_gpu::WaitGridOp::create(kb);
    SizeExpressions sizes = values.sizes(b.getContext());
    FailureOr<SmallVector<AffineExpr>> grid = buildBody(kb, op, sizes, next);
    if (failed(grid))
      return failure();
    for (auto [value, number] : values.getFills(next))
      fillMemory(kb, value, number, values.isResult(value));
    LLVM::ReturnOp::create(kb, ValueRange());
    if (int64_t most = GpuTarget::sharedBytesOf(schedule.getSm()); kb.sharedBytes > most)
      return (op ? op : next)->emitOpError()
             << "needs " << kb.sharedBytes << " bytes of shared memory, but a CTA of sm_" << schedule.getSm()
             << " has at most " << most << "; take a smaller budget, fewer threads or fewer heads that share a list";
    auto symbol = SymbolRefAttr::get(module.getNameAttr(), {FlatSymbolRefAttr::get(b.getContext(), name)});
    adamas_gpu::LaunchOp::create(b, symbol, sizes.map(*grid), sizes.symbols, schedule.getThreads(), kb.sharedBytes,
                                 schedule.getCluster(), dependent);
    return success();
  }

  /// Whether `kernel` begins with a measure of all tokens: it waits where it must, not at its start. One that also
  /// selects does so only before `pdl_prefetch`, since nothing in front of it is of the same function.
  bool isScan(KernelOp kernel) {
    bool selects = kernel && kernel.getLevel() == Level::Part && regime == Regime::PdlPrefetch;
    return kernel && (kernel.getLevel() == Level::Token || selects) &&
           llvm::any_of(kernel.getBody().front(), [](Operation &op) {
             auto distance = dyn_cast<DistanceOpInterface>(op);
             return distance && !distance.getCandidateList();
           });
  }

  /// Emits the ops of a kernel; gives the grid that runs them.
  FailureOr<SmallVector<AffineExpr>> buildBody(ThreadBuilder &kb, Operation *op, SizeExpressions &sizes,
                                               Operation *next) {
    bool fills = !values.getFills(next).empty();
    auto i32 = kb.getI32Type();
    Value x = NVVM::BlockIdXOp::create(kb, i32), y = NVVM::BlockIdYOp::create(kb, i32);
    AffineExpr one = sizes.constant(1);
    if (!op) // one that only fills
      return SmallVector<AffineExpr>{sizes.constant(64), one, one};
    if (auto append = dyn_cast<AppendOp>(op)) {
      kb.chunk = x;
      if (failed(emitAppend(kb, append)))
        return failure();
      auto shape = append.getNewKey().getType().getShape();
      int64_t groups = kb.threads() / ThreadBuilder::lanesPerRow(shape[2]);
      AffineExpr rows = sizes.size(append.getNewKey(), 0) * shape[1];
      // Also where no token is new it runs if later kernels need what it fills, or that it waits for what is in front.
      if (next && (fills || numKernels == 1))
        rows = rows + 1;
      return SmallVector<AffineExpr>{rows.ceilDiv(groups), one, one};
    }
    auto kernel = cast<KernelOp>(op);
    AffineExpr batch = sizes.size(getBatchSource(kernel), 0);
    switch (kernel.getLevel()) {
    case Level::Row:
      kb.batch = kb.div(x, kb.i32(kvHeads));
      kb.head = kb.rem(x, kb.i32(kvHeads));
      return buildRows(kb, kernel, sizes, batch, y, fills);
    case Level::Part:
      return buildParts(kb, kernel, sizes, batch, x, y);
    case Level::Token:
      return buildTokens(kb, kernel, sizes, batch, x, y);
    }
    return failure();
  }

  Value getBatchSource(KernelOp kernel) {
    // The query's side knows the batch; caches may be shared.
    for (Operation &inner : kernel.getBody().front())
      if (auto distance = dyn_cast<DistanceOpInterface>(inner); distance && globals.has(distance.getQuerySide()))
        return distance.getQuerySide();
    return getBatchValue(kernel);
  }

  FailureOr<SmallVector<AffineExpr>> buildRows(ThreadBuilder &kb, KernelOp kernel, SizeExpressions &sizes,
                                               AffineExpr batch, Value y, bool fills) {
    AffineExpr one = sizes.constant(1);
    LogicalResult emitted = success();
    // Few rows make few CTAs; where the kernel fills memory, the ones in further layers of the grid do only that.
    if (fills)
      kb.ifThen(kb.equal(y, kb.i32(0)), [&] { emitted = emitOps(kb, kernel); });
    else
      emitted = emitOps(kb, kernel);
    if (failed(emitted))
      return failure();
    return SmallVector<AffineExpr>{batch * kvHeads, fills ? sizes.constant(fillLayers) : one, one};
  }

  FailureOr<SmallVector<AffineExpr>> buildParts(ThreadBuilder &kb, KernelOp kernel, SizeExpressions &sizes,
                                                AffineExpr batch, Value x, Value y) {
    std::optional<int64_t> rows;
    std::optional<int64_t> counted;
    for (Operation &inner : kernel.getBody().front()) {
      auto attention = dyn_cast<PartialAttentionOp>(inner);
      std::optional<int64_t> here;
      if (Value selection = getSelection(inner))
        here = kb.countRows(selection);
      else if (attention)
        here = kb.countQueryTokens(attention.getQuery());
      if (here && rows.value_or(*here) != *here)
        return inner.emitOpError() << "expects one number of selections in a kernel, but got " << *rows << " and "
                                   << *here << " for a KV head";
      if (here)
        rows = here;
      int64_t parts = 0;
      if (auto compact = dyn_cast<CompactOp>(inner))
        parts = compact.getLengths().getType().getShape().back();
      if (attention)
        parts = attention.getLse().getType().getShape().back();
      if (parts && counted.value_or(parts) != parts)
        return inner.emitOpError() << "expects one number of parts in a kernel, but got " << *counted << " and "
                                   << parts;
      if (parts)
        counted = parts;
    }
    int64_t ways = counted.value_or(1);
    kb.itemRows = rows.value_or(1);
    bool near = ways > 1 && llvm::any_of(kernel.getBody().front(), [](Operation &inner) {
                  auto staged = dyn_cast<StagedOpInterface>(inner);
                  return staged && staged.getPlacementKind() == Placement::Cluster;
                });
    if ((near || kb.cluster() > 1) && kb.cluster() != ways)
      return kernel.emitOpError() << "expects a cluster of its " << ways << " parts, but got " << kb.cluster();
    if (kb.cluster() > 1) {
      y = kb.rem(x, kb.i32(ways));
      x = kb.div(x, kb.i32(ways));
    }
    kb.row = kb.rem(x, kb.i32(kb.itemRows));
    Value pair = kb.div(x, kb.i32(kb.itemRows));
    kb.batch = kb.div(pair, kb.i32(kvHeads));
    if (Value seqLens = getSeqLens(kernel); seqLens && kb.schedule.getSort() > 1)
      kb.batch = kb.sequenceByLength(seqLens, kb.batch);
    kb.head = kb.rem(pair, kb.i32(kvHeads));
    kb.part = ways == 1 ? kb.i32(0) : y;
    if (kb.readsQueriesEarly || !kb.waits)
      prepareQueries(kb, kernel, [](Value query) { return isa<BlockArgument>(query); });
    if (Value seqLens = getSeqLens(kernel); seqLens && isa<BlockArgument>(seqLens))
      kb.prepareLength(seqLens);
    if (kb.cluster() > 1)
      kb.enterCluster();
    if (!isScan(kernel)) { // that one waits when its first codes are on their way
      kb.waitForKernelBefore();
      prepareQueries(kb, kernel, [](Value) { return true; });
    }
    if (failed(emitOps(kb, kernel)))
      return failure();
    kb.needCluster(); // no thread ends between arriving and waiting
    AffineExpr items = batch * (kvHeads * kb.itemRows), one = sizes.constant(1);
    if (kb.cluster() > 1) // neighbours along the first axis
      return SmallVector<AffineExpr>{items * ways, one, one};
    return SmallVector<AffineExpr>{items, sizes.constant(ways), one};
  }

  /// What an item of parts needs first of queries, if it is `there` and was not asked for before: on its way at once,
  /// before anything waits for any of it, since each trip to memory takes as long as all together.
  void prepareQueries(ThreadBuilder &kb, KernelOp kernel, function_ref<bool(Value)> there) {
    for (Operation &op : kernel.getBody().front()) {
      if (auto attention = dyn_cast<PartialAttentionOp>(op);
          attention && !kb.prepared.count(attention) && there(attention.getQuery()))
        prepareAttention(kb, attention);
      if (!isMadeWhereUsed(kernel, op))
        continue;
      if (auto pack = dyn_cast<BucketizePackOp>(op); pack && !kb.prepared.count(pack))
        prepareBucketizePack(kb, pack);
      else if (auto weigh = dyn_cast<WeighOp>(op))
        prepareRow(kb, weigh.getInput());
    }
  }

  /// Whether `op` makes rows that a kernel of parts or tokens makes for itself: they wait until something else is on
  /// its way.
  static bool isMadeWhereUsed(KernelOp kernel, Operation &op) {
    return kernel.getLevel() != Level::Row && isa<HadamardOp, BucketizePackOp, WeighOp>(op) &&
           cast<StagedOpInterface>(op).getLevel() == Level::Row;
  }

  FailureOr<SmallVector<AffineExpr>> buildTokens(ThreadBuilder &kb, KernelOp kernel, SizeExpressions &sizes,
                                                 AffineExpr batch, Value x, Value y) {
    AffineExpr one = sizes.constant(1);
    DistanceOpInterface distance;
    int64_t ways = 1;
    for (Operation &inner : kernel.getBody().front()) {
      if (auto found = dyn_cast<DistanceOpInterface>(inner)) {
        if (distance)
          return inner.emitOpError() << "expects one distance in a scan, but got a second";
        distance = found;
      }
      if (auto histogram = dyn_cast<HistogramOp>(inner))
        ways = histogram.getResult().getType().getShape().drop_back().back();
    }
    if (!distance && llvm::any_of(kernel.getBody().front(), llvm::IsaPred<HistogramOp>))
      return kernel.emitOpError() << "expects distances of all tokens to be counted where they are measured on this "
                                     "target, but got them from outside; give the codes instead";
    if (!distance) { // codes of keys
      kb.chunk = x;
      kb.batch = kb.div(y, kb.i32(kvHeads));
      kb.head = kb.rem(y, kb.i32(kvHeads));
      if (failed(emitOps(kb, kernel)))
        return failure();
      auto shape = cast<ShapedType>(getCache(kernel).getType()).getShape();
      int64_t groups = kb.threads() / ThreadBuilder::lanesPerRow(shape.back());
      return SmallVector<AffineExpr>{sizes.size(getCache(kernel), 2).ceilDiv(groups), batch * kvHeads, one};
    }
    Value result = distance->getResult(0);
    int64_t queryTokens = kb.countQueryTokens(result);
    // Heads are neighbours: what they share is read at one time.
    kb.head = kb.rem(x, kb.i32(kvHeads));
    Value pair = kb.div(x, kb.i32(kvHeads));
    kb.row = kb.rem(pair, kb.i32(queryTokens));
    kb.batch = kb.div(pair, kb.i32(queryTokens));
    kb.chunk = y;
    kb.part = ways == 1 ? kb.i32(0) : Value(NVVM::BlockIdZOp::create(kb, kb.getI32Type()));
    if (failed(emitOps(kb, kernel)))
      return failure();
    AffineExpr ofPart = sizes.capacity(distance.getKeyCodes()).ceilDiv(ways * unitTokens) * unitTokens;
    int64_t perCta = kb.threads() * kb.schedule.getTokens() * kb.schedule.getIterations();
    return SmallVector<AffineExpr>{batch * (kvHeads * queryTokens), ofPart.ceilDiv(perCta), sizes.constant(ways)};
  }

  LogicalResult emitOps(ThreadBuilder &kb, KernelOp kernel) {
    SmallVector<HistogramOp> histograms;
    for (Operation &op : kernel.getBody().front())
      if (auto histogram = dyn_cast<HistogramOp>(op); histogram && !histogram.getCandidates())
        histograms.push_back(histogram);
    SmallVector<Operation *> rows;
    for (Operation &op : kernel.getBody().front().without_terminator())
      if (isMadeWhereUsed(kernel, op))
        rows.push_back(&op);
    SmallVector<AppendOp> appends(kernel.getBody().front().getOps<AppendOp>());
    std::function<void()> finishAppend;
    if (kernel.getLevel() == Level::Row)
      for (AppendOp append : appends) { // each CTA some of the tokens
        Value sequences = kb.div(NVVM::GridDimXOp::create(kb, kb.getI32Type()), kb.i32(kvHeads));
        finishAppend = beginAppend(kb, append, kb.batch, sequences);
      }
    else if (!rows.empty() || !appends.empty())
      kb.makeRows = [&kb, rows, appends] {
        // New keys and values travel while the query's rows are made.
        SmallVector<std::function<void()>> pending;
        for (AppendOp append : appends) // by every CTA, for itself
          pending.push_back(beginAppend(kb, append, kb.i32(0), kb.i32(1)));
        for (Operation *op : rows)
          if (failed(emitOp(kb, *op, {})))
            return failure();
        for (auto &finish : pending)
          finish();
        return success();
      };
    for (Operation &op : kernel.getBody().front().without_terminator())
      if (isa<StagedOpInterface>(op) && !isMadeWhereUsed(kernel, op) && failed(emitOp(kb, op, histograms)))
        return failure();
    if (finishAppend)
      finishAppend();
    return success();
  }

  func::FuncOp function;
  gpu::GPUModuleOp module;
  int64_t kvHeads;
  Regime regime;
  ImplicitLocOpBuilder b;
  adamas_gpu::ProgramOp program;
  ProgramValues values;
  GlobalViews &globals = values.globals;
  GpuAttr appendSchedule;
  unsigned numKernels = 0;
};

struct ConvertAdamasToGPU : mlir::adamas::impl::ConvertAdamasToGPUBase<ConvertAdamasToGPU> {
  using ConvertAdamasToGPUBase::ConvertAdamasToGPUBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    SmallVector<func::FuncOp> functions(module.getOps<func::FuncOp>());
    OpBuilder b(module.getBody(), module.getBody()->begin());
    auto kernels = gpu::GPUModuleOp::create(b, module.getLoc(), "kernels");
    if (sm < 80) {
      module.emitError() << "expects option 'sm' to be 80 or more, but got " << int64_t(sm);
      return signalPassFailure();
    }
    for (func::FuncOp function : functions) {
      if (function.isDeclaration()) {
        function.emitError() << "expects every function to have a body on this target, but '@" << function.getName()
                             << "' is a declaration";
        return signalPassFailure();
      }
      if (!llvm::hasSingleElement(function.getBody())) {
        function.emitError() << "expects a function of one block on this target";
        return signalPassFailure();
      }
      FailureOr<int64_t> kvHeads = getKvHeads(function);
      if (failed(kvHeads) || failed(FunctionConverter(function, kernels, *kvHeads, sm, regime).convert()))
        return signalPassFailure();
    }
  }
};
} // namespace
