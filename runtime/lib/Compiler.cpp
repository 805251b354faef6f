// Opens libadamas_compiler and passes requests to it.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Compiler.h"
#include "Environment.h"
#include <dlfcn.h>
#include <link.h>
#include <sys/stat.h>

using namespace adamas::impl;

static constexpr const char *fileName = "libadamas_compiler.so";

static std::string identityOf(const std::string &path) {
  struct stat status;
  if (path.empty() || stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode))
    return "";
  return format("%lld bytes, %lld.%09ld", static_cast<long long>(status.st_size),
                static_cast<long long>(status.st_mtim.tv_sec), static_cast<long>(status.st_mtim.tv_nsec));
}

static std::string folderOfThisLibrary() {
  Dl_info info;
  if (!dladdr(reinterpret_cast<const void *>(&adamas_version), &info) || !info.dli_fname)
    return "";
  std::string path = info.dli_fname;
  size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

CompilerLibrary adamas::impl::findCompiler() {
  std::string chosen = environmentText(Variable::Compiler);
  if (!chosen.empty())
    return {chosen, identityOf(chosen)};
  std::string beside = folderOfThisLibrary() + fileName;
  std::string identity = identityOf(beside);
  if (!identity.empty())
    return {beside, identity};
  // Which file the loader would take is known only when it has taken it.
  if (environmentSwitch(Variable::DisableJit))
    return {};
  void *handle = dlopen(fileName, RTLD_NOW | RTLD_LOCAL);
  link_map *map = nullptr;
  if (!handle || dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0 || !map)
    return {};
  return {map->l_name, identityOf(map->l_name)};
}

namespace {

/// What the compiler's two callbacks collect. They are called from C: no exception may leave them.
struct Delivery {
  std::string bundle, message;
  int bundles = 0;
  bool outOfMemory = false;

  static void deliver(void *user, const char *bytes, size_t size) {
    auto *self = static_cast<Delivery *>(user);
    ++self->bundles;
    self->take(self->bundle, bytes, size);
  }
  static void refuse(void *user, const char *bytes, size_t size) {
    auto *self = static_cast<Delivery *>(user);
    self->take(self->message, bytes, size);
  }
  void take(std::string &goal, const char *bytes, size_t size) {
    try {
      goal.assign(bytes, size);
    } catch (...) {
      outOfMemory = true;
    }
  }
};

} // namespace

/// dlopen's handle, never closed: LLVM does not survive being unloaded.
static void *openLibrary(const CompilerLibrary &library, const char *instead) {
  const char *variable = variableName(Variable::Compiler);
  if (library.path.empty())
    fail(ADAMAS_ERROR_COMPILER,
         "%s: expected it beside libadamas_runtime or in the loader's path, but it is in neither: set %s%s", fileName,
         variable, instead);
  void *handle = dlopen(library.path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    const char *reason = dlerror();
    fail(ADAMAS_ERROR_COMPILER, "%s: expected the compiler library, but it cannot be opened (%s): see %s",
         library.path.c_str(), reason ? reason : "no reason given", variable);
  }
  return handle;
}

template <typename Function>
static Function findFunction(void *handle, const char *name, const CompilerLibrary &library) {
  void *found = dlsym(handle, name);
  if (!found)
    fail(ADAMAS_ERROR_COMPILER, "%s: expected the compiler library, but it has no %s: see %s", library.path.c_str(),
         name, variableName(Variable::Compiler));
  return reinterpret_cast<Function>(found);
}

[[noreturn]] static void failToCompile(const Delivery &delivery, const std::string &request) {
  fail(ADAMAS_ERROR_COMPILE, "compiler: %s; the request was %s",
       delivery.message.empty() ? "it failed without a message" : delivery.message.c_str(), request.c_str());
}

#define ADAMAS_FIND(name) findFunction<decltype(&name)>(handle, #name, library)

std::string adamas::impl::compile(const CompilerLibrary &library, const std::string &request) {
  if (environmentSwitch(Variable::DisableJit))
    fail(ADAMAS_ERROR_COMPILER,
         "bundle: expected it in the cache or in %s, but it is in neither, and %s forbids to compile",
         variableName(Variable::BundleDir), variableName(Variable::DisableJit));
  void *handle = openLibrary(library, format(", or give bundles in %s", variableName(Variable::BundleDir)).c_str());
  auto run = ADAMAS_FIND(adamas_compiler_compile);
  auto version = ADAMAS_FIND(adamas_compiler_version);

  log(LogLevel::Info, "compiling with %s (%s): %s", library.path.c_str(), version(), request.c_str());
  Delivery delivery;
  int failed = run(request.data(), request.size(), Delivery::deliver, Delivery::refuse, &delivery);
  if (delivery.outOfMemory)
    throw std::bad_alloc();
  if (failed)
    failToCompile(delivery, request);
  if (delivery.bundles != 1)
    fail(ADAMAS_ERROR_COMPILER, "%s: expected one bundle of a call, but got %d", library.path.c_str(),
         delivery.bundles);
  return std::move(delivery.bundle);
}

HostFunction::HostFunction(const CompilerLibrary &library, const std::string &request, int threads) {
  if (environmentSwitch(Variable::DisableJit))
    fail(ADAMAS_ERROR_COMPILER,
         "plan: expected a compiler, since code for a CPU is made in the process, but %s forbids it",
         variableName(Variable::DisableJit));
  void *handle = openLibrary(library, "");
  auto load = ADAMAS_FIND(adamas_compiler_load);
  auto name = ADAMAS_FIND(adamas_compiler_value_name);
  auto version = ADAMAS_FIND(adamas_compiler_version);
  run = ADAMAS_FIND(adamas_compiler_call);
  unload = ADAMAS_FIND(adamas_compiler_unload);

  log(LogLevel::Info, "compiling with %s (%s): %s", library.path.c_str(), version(), request.c_str());
  Delivery delivery;
  int failed = load(request.data(), request.size(), threads, &function, Delivery::refuse, &delivery);
  if (delivery.outOfMemory)
    throw std::bad_alloc();
  if (failed)
    failToCompile(delivery, request);
  try {
    for (size_t i = 0; const char *text = name(function, i); ++i)
      values.push_back(text);
  } catch (...) {
    unload(function);
    throw;
  }
}

HostFunction::~HostFunction() { unload(function); }

void HostFunction::call(const adamas_tensor *tensors) const {
  Delivery delivery;
  int failed = run(function, tensors, values.size(), Delivery::refuse, &delivery);
  if (delivery.outOfMemory)
    throw std::bad_alloc();
  if (failed)
    fail(ADAMAS_ERROR_VALIDATION, "%s", delivery.message.c_str());
}
