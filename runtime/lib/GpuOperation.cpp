// An operation of a plan on a GPU: a function of a bundle.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "BundleSource.h"
#include "Operation.h"
#include "Program.h"
#include "Request.h"
#include <algorithm>

using namespace adamas::impl;

// Before it, there are neither bf16 nor asynchronous copies.
static constexpr int minimumMajor = 8;

namespace {

class GpuOperation : public Operation {
public:
  GpuOperation(std::shared_ptr<const GpuContext> context, uint32_t operation, const adamas_plan_desc &desc)
      : desc(desc), program(context, obtainBundle(requestText(desc, operation, context->properties.chip))) {
    const std::vector<FunctionInfo> &functions = program.bundle().functions;
    const char *name = operationName(operation);
    auto found =
        std::find_if(functions.begin(), functions.end(), [&](auto &function) { return function.name == name; });
    if (found == functions.end())
      fail(ADAMAS_ERROR_CORRUPT, "bundle: expected a function %s, but there is none", name);
    function = found - functions.begin();
    names = bindFunction(*found, operation, desc);
  }

  size_t workspaceSize(const Dimensions &dimensions) const override {
    adamas_tensor tensors[nameCount] = {};
    for (size_t i = 0; i < names.size(); ++i)
      setShape(tensors[i], names[i], desc, dimensions);
    return program.workspaceSize(function, tensors, names.size());
  }

  int64_t crossover() const override { return program.bundle().functions[function].crossover; }

  void launch(const Arguments &arguments, void *workspace, size_t size, void *stream, bool validate) const override {
    adamas_tensor tensors[nameCount];
    for (size_t i = 0; i < names.size(); ++i)
      tensors[i] = arguments[names[i]];
    program.launch(function, tensors, names.size(), workspace, size, static_cast<cuda::Stream>(stream), validate);
  }

private:
  adamas_plan_desc desc;
  Program program;
  size_t function = 0;
  std::vector<Name> names;
};

} // namespace

void GpuContext::checkPlan(const adamas_plan_desc &) const {
  if (properties.compute_major < minimumMajor)
    fail(ADAMAS_ERROR_UNSUPPORTED, "device %d: expected sm_80 or later, but %s is %s", properties.ordinal,
         properties.name, properties.chip);
}

std::unique_ptr<Operation> GpuContext::load(uint32_t operation, const adamas_plan_desc &desc) const {
  return std::make_unique<GpuOperation>(shared_from_this(), operation, desc);
}
