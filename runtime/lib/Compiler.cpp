// Opens libadamas_compiler and passes requests to it.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Compiler.h"
#include "Environment.h"
#include "adamas/compiler.h"
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

std::string adamas::impl::compile(const CompilerLibrary &library, const std::string &request) {
  const char *variable = variableName(Variable::Compiler);
  if (environmentSwitch(Variable::DisableJit))
    fail(ADAMAS_ERROR_COMPILER,
         "bundle: expected it in the cache or in %s, but it is in neither, and %s forbids to compile",
         variableName(Variable::BundleDir), variableName(Variable::DisableJit));
  if (library.path.empty())
    fail(ADAMAS_ERROR_COMPILER,
         "%s: expected it beside libadamas_runtime or in the loader's path, but it is in neither: set %s, or give "
         "bundles "
         "in %s",
         fileName, variable, variableName(Variable::BundleDir));
  // Never closed: LLVM does not survive being unloaded.
  void *handle = dlopen(library.path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    const char *reason = dlerror();
    fail(ADAMAS_ERROR_COMPILER, "%s: expected the compiler library, but it cannot be opened (%s): see %s",
         library.path.c_str(), reason ? reason : "no reason given", variable);
  }
  auto run = reinterpret_cast<decltype(&adamas_compiler_compile)>(dlsym(handle, "adamas_compiler_compile"));
  auto version = reinterpret_cast<decltype(&adamas_compiler_version)>(dlsym(handle, "adamas_compiler_version"));
  if (!run || !version)
    fail(ADAMAS_ERROR_COMPILER, "%s: expected the compiler library, but it has no %s: see %s", library.path.c_str(),
         run ? "adamas_compiler_version" : "adamas_compiler_compile", variable);

  log(LogLevel::Info, "compiling with %s (%s): %s", library.path.c_str(), version(), request.c_str());
  Delivery delivery;
  int failed = run(request.data(), request.size(), Delivery::deliver, Delivery::refuse, &delivery);
  if (delivery.outOfMemory)
    throw std::bad_alloc();
  if (failed)
    fail(ADAMAS_ERROR_COMPILE, "compiler: %s; the request was %s",
         delivery.message.empty() ? "it failed without a message" : delivery.message.c_str(), request.c_str());
  if (delivery.bundles != 1)
    fail(ADAMAS_ERROR_COMPILER, "%s: expected one bundle of a call, but got %d", library.path.c_str(),
         delivery.bundles);
  return std::move(delivery.bundle);
}
