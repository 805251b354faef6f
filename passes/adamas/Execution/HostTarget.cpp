// What the compiler knows of a CPU.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Execution/HostTarget.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/X86TargetParser.h"

using namespace mlir::adamas;

llvm::Expected<HostTarget> HostTarget::get(llvm::StringRef cpu) {
  static const bool initialized = [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    llvm::InitializeNativeTargetAsmParser();
    return true;
  }();
  (void)initialized;
  auto host = llvm::orc::JITTargetMachineBuilder::detectHost();
  if (!host)
    return host.takeError();
  HostTarget target{std::move(*host), 4, Popcount::Bytes};
  if (cpu != "host" && !cpu.empty()) {
    target.builder = llvm::orc::JITTargetMachineBuilder(target.builder.getTargetTriple());
    target.builder.setCPU(cpu.str());
  }
  target.builder.setCodeGenOptLevel(llvm::CodeGenOptLevel::Aggressive);
  // Asked before a target machine is made, which would print its own remarks.
  if (cpu != "host" && !cpu.empty() && llvm::X86::parseArchX86(target.builder.getCPU()) == llvm::X86::CK_None)
    return llvm::createStringError("expects 'host' or a CPU that LLVM knows, such as 'haswell', but got '%s'",
                                   cpu.str().c_str());
  auto machine = target.builder.createTargetMachine();
  if (!machine)
    return machine.takeError();
  const llvm::MCSubtargetInfo *subtarget = (*machine)->getMCSubtargetInfo();
  auto has = [&](llvm::StringRef feature) { return subtarget->checkFeatures(("+" + feature).str()); };
  if (has("avx512f") && has("avx512bw") && has("avx512vl"))
    target.lanes = 16;
  else if (has("avx2"))
    target.lanes = 8;
  if (target.lanes == 16 && has("avx512vpopcntdq"))
    target.popcount = Popcount::Words;
  return target;
}

X86PipelineOptions &HostTarget::configure(X86PipelineOptions &options) const {
  options.lanes = lanes;
  options.popcount = popcount;
  return options;
}
