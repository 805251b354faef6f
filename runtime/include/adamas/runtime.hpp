// The C interface for C++17: handles that destroy themselves, errors as exceptions.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_RUNTIME_HPP
#define ADAMAS_RUNTIME_HPP

#include "adamas/runtime.h"
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace adamas {

/// Thrown for every status but ADAMAS_OK; what() is the text of adamas_last_error().
class Error : public std::runtime_error {
public:
  Error(adamas_status status, const std::string &text) : std::runtime_error(text), code(status) {}
  adamas_status status() const { return code; }

private:
  adamas_status code;
};

inline void check(adamas_status status) {
  if (status != ADAMAS_OK)
    throw Error(status, adamas_last_error());
}

/// A struct of the C interface with its size set and all else zero.
template <typename Struct> Struct make() {
  Struct result = {};
  result.struct_size = sizeof(Struct);
  return result;
}

inline adamas_plan_desc makePlanDesc() {
  adamas_plan_desc desc;
  adamas_plan_desc_init(&desc);
  return desc;
}

inline int deviceCount() {
  int32_t count = 0;
  check(adamas_device_count(&count));
  return count;
}

inline adamas_device_properties deviceProperties(int ordinal) {
  auto properties = make<adamas_device_properties>();
  check(adamas_device_info(ordinal, &properties));
  return properties;
}

namespace detail {
template <typename Handle, void (*destroy)(Handle *)> struct Deleter {
  void operator()(Handle *handle) const { destroy(handle); }
};
template <typename Handle, void (*destroy)(Handle *)> using Owner = std::unique_ptr<Handle, Deleter<Handle, destroy>>;
} // namespace detail

class Context {
public:
  explicit Context(int ordinal = 0) {
    adamas_context *created = nullptr;
    check(adamas_context_create(ordinal, &created));
    handle.reset(created);
  }

  /// The CPU of this process; `threads` 0: all that the process may use.
  static Context cpu(int threads = 0) {
    adamas_context *created = nullptr;
    check(adamas_context_create_cpu(threads, &created));
    return Context(created);
  }

  adamas_device_properties properties() const {
    auto result = make<adamas_device_properties>();
    check(adamas_context_info(get(), &result));
    return result;
  }

  void synchronize(void *stream = nullptr) const { check(adamas_stream_synchronize(get(), stream)); }
  adamas_context *get() const { return handle.get(); }

private:
  explicit Context(adamas_context *owned) : handle(owned) {}

  detail::Owner<adamas_context, adamas_context_destroy> handle;
};

/// Device memory; it shares the context, so that it can be freed.
class Memory {
public:
  Memory(std::shared_ptr<Context> context, size_t size) : context(std::move(context)), bytes(size) {
    check(adamas_memory_allocate(this->context->get(), size, &pointer));
  }
  ~Memory() {
    if (pointer)
      adamas_memory_free(context->get(), pointer);
  }
  Memory(Memory &&other) noexcept
      : context(std::move(other.context)), pointer(std::exchange(other.pointer, nullptr)), bytes(other.bytes) {}
  Memory &operator=(Memory &&other) noexcept {
    std::swap(context, other.context);
    std::swap(pointer, other.pointer);
    std::swap(bytes, other.bytes);
    return *this;
  }

  void write(const void *host, size_t size, void *stream = nullptr) {
    check(adamas_memory_write(context->get(), pointer, host, size, stream));
  }
  void read(void *host, size_t size, void *stream = nullptr) const {
    check(adamas_memory_read(context->get(), host, pointer, size, stream));
  }
  template <typename T = void> T *data() const { return static_cast<T *>(pointer); }
  size_t size() const { return bytes; }

private:
  std::shared_ptr<Context> context;
  void *pointer = nullptr;
  size_t bytes = 0;
};

class Program {
public:
  Program(const Context &context, const void *bytes, size_t size) {
    adamas_program *created = nullptr;
    check(adamas_program_load(context.get(), bytes, size, &created));
    handle.reset(created);
  }

  std::vector<std::string> functions() const {
    size_t count = 0;
    check(adamas_program_function_count(get(), &count));
    std::vector<std::string> names;
    for (size_t i = 0; i < count; ++i) {
      const char *name = nullptr;
      check(adamas_program_function_name(get(), i, &name));
      names.emplace_back(name);
    }
    return names;
  }

  /// Arguments, then results.
  std::vector<adamas_value_info> values(const std::string &function) const {
    size_t count = 0;
    check(adamas_program_value_count(get(), function.c_str(), &count));
    std::vector<adamas_value_info> infos(count, make<adamas_value_info>());
    for (size_t i = 0; i < count; ++i)
      check(adamas_program_value_info(get(), function.c_str(), i, &infos[i]));
    return infos;
  }

  size_t workspaceSize(const std::string &function, const std::vector<adamas_tensor> &values) const {
    size_t size = 0;
    check(adamas_program_workspace_size(get(), function.c_str(), values.data(), values.size(), &size));
    return size;
  }

  void launch(const std::string &function, const std::vector<adamas_tensor> &values, void *workspace,
              size_t workspaceSize, void *stream = nullptr) const {
    check(
        adamas_program_launch(get(), function.c_str(), values.data(), values.size(), workspace, workspaceSize, stream));
  }

  adamas_program *get() const { return handle.get(); }

private:
  detail::Owner<adamas_program, adamas_program_destroy> handle;
};

class Plan {
public:
  Plan(const Context &context, const adamas_plan_desc &desc) {
    adamas_plan *created = nullptr;
    check(adamas_plan_create(context.get(), &desc, &created));
    handle.reset(created);
  }

  size_t workspaceSize(const adamas_extent &extent) const {
    size_t size = 0;
    check(adamas_plan_workspace_size(get(), &extent, &size));
    return size;
  }

  int64_t crossover() const {
    int64_t tokens = 0;
    check(adamas_plan_crossover(get(), &tokens));
    return tokens;
  }

  void run(const adamas_decode_args &args, void *workspace, size_t size, void *stream = nullptr) const {
    check(adamas_plan_run(get(), &args, workspace, size, stream));
  }
  void select(const adamas_select_args &args, void *workspace, size_t size, void *stream = nullptr) const {
    check(adamas_plan_select(get(), &args, workspace, size, stream));
  }
  void dense(const adamas_dense_args &args, void *workspace, size_t size, void *stream = nullptr) const {
    check(adamas_plan_dense(get(), &args, workspace, size, stream));
  }
  void append(const adamas_append_args &args, void *workspace, size_t size, void *stream = nullptr) const {
    check(adamas_plan_append(get(), &args, workspace, size, stream));
  }
  void validate(const adamas_cache &cache, int64_t batch, void *stream = nullptr) const {
    check(adamas_plan_validate(get(), &cache, batch, stream));
  }
  void step(const adamas_append_args &tokens, const adamas_decode_args &args, void *workspace, size_t size,
            void *stream = nullptr) const {
    check(adamas_plan_step(get(), &tokens, &args, workspace, size, stream));
  }
  void validateAppend(const adamas_append_args &args, void *stream = nullptr) const {
    check(adamas_plan_validate_append(get(), &args, stream));
  }
  void readErrors(void *stream = nullptr) const { check(adamas_plan_read_errors(get(), stream)); }

  adamas_plan *get() const { return handle.get(); }

private:
  detail::Owner<adamas_plan, adamas_plan_destroy> handle;
};

} // namespace adamas

#endif // ADAMAS_RUNTIME_HPP
