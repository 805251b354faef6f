// Modules compiled in memory for the host and called on buffers of the caller.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Execution/Executable.h"
#include "adamas/Execution/JIT.h"
#include "adamas/Execution/Signature.h"
#include "adamas/Execution/ThreadPool.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/StringMap.h"
#include <chrono>

using namespace mlir;
using namespace mlir::adamas;

BufferView BufferView::of(Tensor &tensor) {
  BufferView view{tensor.raw(), SmallVector<int64_t>(tensor.shape()), {}};
  view.strides.resize(view.shape.size(), 1);
  for (size_t i = view.shape.size(); i-- > 1;)
    view.strides[i - 1] = view.strides[i] * view.shape[i];
  return view;
}

BufferView BufferView::broadcastBatch(int64_t batch) const {
  BufferView view = *this;
  view.shape[0] = batch;
  view.strides[0] = 0;
  return view;
}

namespace {
/// A memref descriptor in memory: pointer twice, offset, lengths, strides.
SmallVector<int64_t> makeDescriptor(const BufferView &view) {
  auto pointer = reinterpret_cast<int64_t>(view.data);
  SmallVector<int64_t> words{pointer, pointer, 0};
  llvm::append_range(words, view.shape);
  llvm::append_range(words, view.strides);
  return words;
}

class HostExecutable : public Executable {
public:
  HostExecutable(const HostOptions &options)
      : own(options.pool ? nullptr : std::make_unique<ThreadPool>(options.threads)),
        pool(options.pool ? *options.pool : *own) {}

  llvm::Error load(ModuleOp module, const HostOptions &options) {
    auto target = HostTarget::get(options.cpu);
    if (!target)
      return target.takeError();
    for (auto function : module.getOps<func::FuncOp>()) {
      if (function.isExternal() || function.isPrivate())
        continue;
      for (Type type : llvm::concat<const Type>(function.getArgumentTypes(), function.getResultTypes()))
        if (!isa<RankedTensorType>(type))
          return llvm::createStringError("expects ranked tensors for arguments and results of '%s'",
                                         function.getName().str().c_str());
      functions[function.getName()].signature = Signature::of(function);
    }
    auto start = std::chrono::steady_clock::now();
    OwningOpRef<ModuleOp> clone = module.clone();
    PassManager passes(module.getContext());
    X86PipelineOptions pipeline;
    pipeline.ways = options.ways;
    buildToX86Pipeline(passes, target->configure(pipeline));
    if (failed(passes.run(*clone)))
      return llvm::createStringError("cannot compile the module for this CPU");
    stages.passes = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    auto loaded = loadForHost(*clone, *target, stages);
    if (!loaded)
      return loaded.takeError();
    jit = std::move(*loaded);
    for (auto &entry : functions) {
      auto address = jit->lookup(("_adamas_" + entry.getKey()).str());
      if (!address)
        return address.takeError();
      entry.getValue().entry = address->toPtr<void (*)(void **)>();
    }
    return llvm::Error::success();
  }

  llvm::Error run(StringRef name, ArrayRef<BufferView> arguments, ArrayRef<BufferView> results) override {
    auto found = functions.find(name);
    if (found == functions.end())
      return llvm::createStringError("expects a function of the module, but got '%s'", name.str().c_str());
    SmallVector<BufferView> checked(arguments);
    if (llvm::Error error = found->getValue().signature.check(name, checked, results))
      return error;
    checked.append(results.begin(), results.end());
    SmallVector<SmallVector<int64_t>> descriptors;
    for (const BufferView &view : checked)
      descriptors.push_back(makeDescriptor(view));
    SmallVector<void *> table;
    for (SmallVector<int64_t> &descriptor : descriptors)
      table.push_back(descriptor.data());
    ThreadPoolScope scope(pool);
    found->getValue().entry(table.data());
    return llvm::Error::success();
  }

  const CompileTimes &times() const override { return stages; }
  unsigned threads() const override { return pool.size(); }

private:
  struct Function {
    Signature signature;
    void (*entry)(void **) = nullptr;
  };
  std::unique_ptr<ThreadPool> own;
  ThreadPool &pool;
  CompileTimes stages;
  std::unique_ptr<llvm::orc::LLJIT> jit;
  llvm::StringMap<Function> functions;
};
} // namespace

llvm::Expected<std::unique_ptr<Executable>> Executable::compile(ModuleOp module, const HostOptions &options) {
  auto executable = std::make_unique<HostExecutable>(options);
  if (llvm::Error error = executable->load(module, options))
    return error;
  return executable;
}
