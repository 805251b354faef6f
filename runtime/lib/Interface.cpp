// The C interface: handles, sizes of structs, and no exception beyond it.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Environment.h"
#include "Plan.h"
#include "Program.h"
#include "Request.h"
#include <algorithm>
#include <cstring>

using namespace adamas::impl;

template <typename Pointer> static Pointer required(Pointer pointer, const char *name) {
  if (!pointer)
    fail(ADAMAS_ERROR_INVALID_ARGUMENT, "%s: expected a pointer, but got null", name);
  return pointer;
}

/// A copy of the caller's struct. One of a later version will do if it sets nothing that is unknown here.
template <typename Struct> static Struct adopt(const Struct *given, const char *name) {
  size_t size = required(given, name)->struct_size;
  if (size < sizeof(Struct))
    fail(ADAMAS_ERROR_INVALID_ARGUMENT, "%s.struct_size: expected at least %zu, but got %zu: set it to sizeof", name,
         sizeof(Struct), size);
  const char *bytes = reinterpret_cast<const char *>(given);
  if (std::any_of(bytes + sizeof(Struct), bytes + size, [](char byte) { return byte != 0; }))
    fail(ADAMAS_ERROR_UNSUPPORTED, "%s: expected the members of version %s, but later ones are set: update the runtime",
         name, adamas_version());
  return *given;
}

template <typename Struct> static void give(Struct *goal, Struct value, const char *name) {
  size_t size = required(goal, name)->struct_size;
  if (size < sizeof(Struct))
    fail(ADAMAS_ERROR_INVALID_ARGUMENT, "%s.struct_size: expected at least %zu, but got %zu: set it to sizeof", name,
         sizeof(Struct), size);
  value.struct_size = size;
  *goal = value;
}

/// One launch of `plan`, with what every operation's arguments share.
template <typename Args>
static adamas_status launch(void (Plan::*operation)(const Args &, const adamas_cache &, void *, size_t, void *) const,
                            const adamas_plan *plan, const Args *args, void *workspace, size_t workspace_size,
                            void *stream) {
  return guarded([&] {
    Args copy = adopt(args, "args");
    const Plan &to = *required(plan, "plan")->plan;
    (to.*operation)(copy, adopt(copy.cache, "args.cache"), workspace, workspace_size, stream);
  });
}

extern "C" {

const char *adamas_status_name(int32_t status) {
  switch (status) {
#define ADAMAS_CASE(name)                                                                                              \
  case name:                                                                                                           \
    return #name;
    ADAMAS_CASE(ADAMAS_OK)
    ADAMAS_CASE(ADAMAS_ERROR_INVALID_ARGUMENT)
    ADAMAS_CASE(ADAMAS_ERROR_UNSUPPORTED)
    ADAMAS_CASE(ADAMAS_ERROR_NO_DRIVER)
    ADAMAS_CASE(ADAMAS_ERROR_OLD_DRIVER)
    ADAMAS_CASE(ADAMAS_ERROR_NO_DEVICE)
    ADAMAS_CASE(ADAMAS_ERROR_DRIVER)
    ADAMAS_CASE(ADAMAS_ERROR_OUT_OF_MEMORY)
    ADAMAS_CASE(ADAMAS_ERROR_WORKSPACE_TOO_SMALL)
    ADAMAS_CASE(ADAMAS_ERROR_CORRUPT)
    ADAMAS_CASE(ADAMAS_ERROR_CACHE)
    ADAMAS_CASE(ADAMAS_ERROR_COMPILER)
    ADAMAS_CASE(ADAMAS_ERROR_COMPILE)
    ADAMAS_CASE(ADAMAS_ERROR_VALIDATION)
#undef ADAMAS_CASE
  default:
    return "unknown status";
  }
}

const char *adamas_last_error(void) { return lastError(); }
const char *adamas_version(void) { return ADAMAS_VERSION_TEXT; }
int adamas_abi_version(void) { return ADAMAS_ABI_VERSION; }
const char *adamas_environment_help(void) { return environmentHelp(); }

// ---- Devices
// ----------------------------------------------------------------------------------------------------------

adamas_status adamas_device_count(int32_t *count) {
  return guarded([&] {
    required(count, "count");
    *count = deviceCount();
  });
}

adamas_status adamas_device_info(int32_t ordinal, adamas_device_properties *properties) {
  return guarded([&] { give(required(properties, "properties"), deviceProperties(ordinal), "properties"); });
}

adamas_status adamas_context_create(int32_t ordinal, adamas_context **context) {
  return guarded([&] {
    required(context, "context");
    *context = new adamas_context{std::make_shared<GpuContext>(ordinal)};
  });
}

adamas_status adamas_context_create_cpu(int32_t threads, adamas_context **context) {
  return guarded([&] {
    required(context, "context");
    *context = new adamas_context{std::make_shared<CpuContext>(threads)};
  });
}

adamas_status adamas_context_info(const adamas_context *context, adamas_device_properties *properties) {
  return guarded([&] { give(properties, required(context, "context")->context->properties, "properties"); });
}

void adamas_context_destroy(adamas_context *context) { delete context; }

adamas_status adamas_memory_allocate(adamas_context *context, size_t size, void **memory) {
  return guarded([&] {
    const Context &device = *required(context, "context")->context;
    *required(memory, "memory") = device.allocate(size);
  });
}

adamas_status adamas_memory_free(adamas_context *context, void *memory) {
  return guarded([&] {
    const Context &device = *required(context, "context")->context;
    if (memory)
      device.free(memory);
  });
}

adamas_status adamas_memory_write(adamas_context *context, void *memory, const void *host, size_t size, void *stream) {
  return guarded([&] {
    const Context &device = *required(context, "context")->context;
    if (size != 0)
      device.write(required(memory, "memory"), required(host, "host"), size, stream);
  });
}

adamas_status adamas_memory_read(adamas_context *context, void *host, const void *memory, size_t size, void *stream) {
  return guarded([&] {
    const Context &device = *required(context, "context")->context;
    if (size != 0)
      device.read(required(host, "host"), required(memory, "memory"), size, stream);
  });
}

adamas_status adamas_stream_synchronize(adamas_context *context, void *stream) {
  return guarded([&] { required(context, "context")->context->synchronize(stream); });
}

// ---- Programs
// ---------------------------------------------------------------------------------------------------------

adamas_status adamas_program_load(adamas_context *context, const void *bytes, size_t size, adamas_program **program) {
  return guarded([&] {
    required(program, "program");
    auto bundle = std::make_shared<const Bundle>(Bundle::parse(required(bytes, "bytes"), size));
    auto gpu = std::dynamic_pointer_cast<const GpuContext>(required(context, "context")->context);
    if (!gpu)
      fail(ADAMAS_ERROR_UNSUPPORTED,
           "context: expected a GPU, since bundles hold its code, but got the CPU: use a plan");
    *program = new adamas_program{std::make_shared<Program>(std::move(gpu), bundle)};
  });
}

void adamas_program_destroy(adamas_program *program) { delete program; }

adamas_status adamas_program_function_count(const adamas_program *program, size_t *count) {
  return guarded([&] { *required(count, "count") = required(program, "program")->program->bundle().functions.size(); });
}

adamas_status adamas_program_function_name(const adamas_program *program, size_t index, const char **name) {
  return guarded([&] {
    const std::vector<FunctionInfo> &functions = required(program, "program")->program->bundle().functions;
    if (index >= functions.size())
      fail(ADAMAS_ERROR_INVALID_ARGUMENT, "index: expected below %zu, but got %zu", functions.size(), index);
    *required(name, "name") = functions[index].name.c_str();
  });
}

static const FunctionInfo &functionOf(const adamas_program *program, const char *function) {
  const Program &loaded = *required(program, "program")->program;
  return loaded.bundle().functions[loaded.find(required(function, "function"))];
}

adamas_status adamas_program_value_count(const adamas_program *program, const char *function, size_t *count) {
  return guarded([&] { *required(count, "count") = functionOf(program, function).visible.size(); });
}

adamas_status adamas_program_value_info(const adamas_program *program, const char *function, size_t index,
                                        adamas_value_info *info) {
  return guarded([&] {
    const FunctionInfo &chosen = functionOf(program, function);
    if (index >= chosen.visible.size())
      fail(ADAMAS_ERROR_INVALID_ARGUMENT, "index: expected below %zu, but got %zu", chosen.visible.size(), index);
    const Value &value = chosen.values[chosen.visible[index]];
    adamas_value_info result = {};
    result.name = value.name.c_str();
    result.role = value.role == Role::Result ? ADAMAS_RESULT : ADAMAS_ARGUMENT;
    result.element = value.element;
    result.rank = value.rank;
    std::copy(value.sizes, value.sizes + value.rank, result.sizes);
    result.dense_axes = value.denseAxes;
    result.alignment = value.alignment;
    give(info, result, "info");
  });
}

adamas_status adamas_program_workspace_size(const adamas_program *program, const char *function,
                                            const adamas_tensor *values, size_t count, size_t *size) {
  return guarded([&] {
    const Program &loaded = *required(program, "program")->program;
    required(size, "size");
    *size = loaded.workspaceSize(loaded.find(required(function, "function")), values, count);
  });
}

adamas_status adamas_program_launch(const adamas_program *program, const char *function, const adamas_tensor *values,
                                    size_t count, void *workspace, size_t workspace_size, void *stream) {
  return guarded([&] {
    const Program &loaded = *required(program, "program")->program;
    loaded.launch(loaded.find(required(function, "function")), values, count, workspace, workspace_size,
                  static_cast<cuda::Stream>(stream));
  });
}

// ---- Plans
// ------------------------------------------------------------------------------------------------------------

void adamas_plan_desc_init(adamas_plan_desc *desc) {
  if (desc)
    *desc = defaultDescription();
}

adamas_status adamas_plan_request(const adamas_plan_desc *desc, uint32_t operation, const char *chip, char *text,
                                  size_t *size) {
  return guarded([&] {
    required(size, "size");
    // A wrong name would only be found when the bundle is loaded, on another machine.
    if (!isChipName(required(chip, "chip")))
      fail(ADAMAS_ERROR_INVALID_ARGUMENT, "chip: expected a name like sm_90a, but got '%s'", chip);
    std::string request = requestText(checkDescription(adopt(desc, "desc")), operation, chip);
    size_t capacity = *size;
    if (text && capacity < request.size() + 1)
      fail(ADAMAS_ERROR_INVALID_ARGUMENT, "size: expected at least %zu bytes, but got %zu", request.size() + 1,
           capacity);
    if (text)
      memcpy(text, request.c_str(), request.size() + 1);
    *size = request.size();
  });
}

adamas_status adamas_request_key(const char *request, size_t size, char key[33]) {
  return guarded([&] {
    std::string digits = hashHex(std::string(required(request, "request"), size));
    memcpy(required(key, "key"), digits.c_str(), 33);
  });
}

adamas_status adamas_plan_create(adamas_context *context, const adamas_plan_desc *desc, adamas_plan **plan) {
  return guarded([&] {
    required(plan, "plan");
    const std::shared_ptr<Context> &device = required(context, "context")->context;
    *plan = new adamas_plan{std::make_unique<Plan>(device, adopt(desc, "desc"))};
  });
}

void adamas_plan_destroy(adamas_plan *plan) { delete plan; }

adamas_status adamas_plan_crossover(const adamas_plan *plan, int64_t *tokens) {
  return guarded([&] { *required(tokens, "tokens") = required(plan, "plan")->plan->crossover(); });
}

adamas_status adamas_plan_workspace_size(const adamas_plan *plan, const adamas_extent *extent, size_t *size) {
  return guarded([&] {
    required(size, "size");
    *size = required(plan, "plan")->plan->workspaceSize(adopt(extent, "extent"));
  });
}

adamas_status adamas_plan_run(const adamas_plan *plan, const adamas_decode_args *args, void *workspace,
                              size_t workspace_size, void *stream) {
  return launch(&Plan::run, plan, args, workspace, workspace_size, stream);
}

adamas_status adamas_plan_select(const adamas_plan *plan, const adamas_select_args *args, void *workspace,
                                 size_t workspace_size, void *stream) {
  return launch(&Plan::select, plan, args, workspace, workspace_size, stream);
}

adamas_status adamas_plan_dense(const adamas_plan *plan, const adamas_dense_args *args, void *workspace,
                                size_t workspace_size, void *stream) {
  return launch(&Plan::dense, plan, args, workspace, workspace_size, stream);
}

adamas_status adamas_plan_append(const adamas_plan *plan, const adamas_append_args *args, void *workspace,
                                 size_t workspace_size, void *stream) {
  return launch(&Plan::append, plan, args, workspace, workspace_size, stream);
}

adamas_status adamas_plan_step(const adamas_plan *plan, const adamas_append_args *tokens,
                               const adamas_decode_args *args, void *workspace, size_t workspace_size, void *stream) {
  return guarded([&] {
    const Plan &made = *required(plan, "plan")->plan;
    adamas_append_args added = adopt(tokens, "tokens");
    adamas_decode_args copy = adopt(args, "args");
    if (added.cache != copy.cache)
      fail(ADAMAS_ERROR_INVALID_ARGUMENT, "tokens.cache: expected the cache of args, but got another");
    made.step(added, copy, adopt(copy.cache, "args.cache"), workspace, workspace_size, stream);
  });
}

adamas_status adamas_plan_validate(const adamas_plan *plan, const adamas_cache *cache, int64_t batch, void *stream) {
  return guarded([&] { required(plan, "plan")->plan->validate(adopt(cache, "cache"), batch, stream); });
}

adamas_status adamas_plan_validate_append(const adamas_plan *plan, const adamas_append_args *args, void *stream) {
  return guarded([&] {
    adamas_append_args copy = adopt(args, "args");
    required(plan, "plan")->plan->validateAppend(copy, adopt(copy.cache, "args.cache"), stream);
  });
}

adamas_status adamas_plan_read_errors(const adamas_plan *plan, void *stream) {
  return guarded([&] { required(plan, "plan")->plan->readErrors(stream); });
}

} // extern "C"
