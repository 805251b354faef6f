// Finds, compiles, caches and dumps bundles.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "BundleSource.h"
#include "Compiler.h"
#include "Environment.h"
#include "Files.h"
#include <future>
#include <map>
#include <mutex>
#include <sys/stat.h>
#include <unistd.h>

using namespace adamas::impl;

/// A bundle of ADAMAS_BUNDLE_DIR. A damaged one is an error: who ships bundles wants to know.
static std::optional<std::string> readShipped(const std::string &requestKey) {
  std::string folder = environmentText(Variable::BundleDir);
  if (folder.empty())
    return std::nullopt;
  struct stat status;
  if (stat(folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode))
    fail(ADAMAS_ERROR_INVALID_ARGUMENT, "%s: expected a folder, but got '%s': correct it or unset it",
         variableName(Variable::BundleDir), folder.c_str());
  return readFile(folder + "/" + requestKey + ".adamas");
}

/// Whatever is wrong with the cache, the compiler can make the bundle again: warnings only.
static std::shared_ptr<const Bundle> readCached(const std::string &path, std::string &bytes) {
  try {
    if (std::optional<std::string> found = readFile(path)) {
      bytes = std::move(*found);
      auto bundle = std::make_shared<const Bundle>(Bundle::parse(bytes.data(), bytes.size()));
      log(LogLevel::Info, "%s: taken from the cache", path.c_str());
      return bundle;
    }
  } catch (const Failure &failure) {
    log(LogLevel::Warning, "%s: dropped from the cache and made again: %s", path.c_str(), failure.what());
    if (failure.status == ADAMAS_ERROR_CORRUPT)
      unlink(path.c_str());
  }
  return nullptr;
}

static void writeOrWarn(const char *what, const std::string &path, const std::string &bytes) {
  try {
    writeFile(path, bytes);
  } catch (const Failure &failure) {
    log(LogLevel::Warning, "%s was not written: %s", what, failure.what());
  }
}

static void dump(const std::string &key, const std::string &request, const Bundle &bundle, const std::string &bytes) {
  std::string folder = environmentText(Variable::DumpDir);
  if (folder.empty())
    return;
  std::string stem = folder + "/" + key;
  writeOrWarn("dump", stem + ".request.json", request);
  writeOrWarn("dump", stem + ".manifest.json", bundle.manifest);
  writeOrWarn("dump", stem + (bundle.ptx ? ".ptx" : ".cubin"),
              bundle.ptx ? bundle.image.substr(0, bundle.image.find('\0')) : bundle.image);
  writeOrWarn("dump", stem + ".adamas", bytes);
}

/// What the compiler will read beside the request: a bundle must not outlive the table that it was made by.
static std::string tuningTable() {
  std::string path = environmentText(Variable::TuningTable);
  if (path.empty() || path == "none")
    return path;
  std::optional<std::string> text = readFile(path);
  if (!text)
    fail(ADAMAS_ERROR_INVALID_ARGUMENT, "%s: expected a file or none, but got '%s': correct it or unset it",
         variableName(Variable::TuningTable), path.c_str());
  return *text;
}

static std::shared_ptr<const Bundle> obtainAlone(const std::string &request, const std::string &requestKey,
                                                 const std::string &cacheKey, const CompilerLibrary &compiler) {
  if (std::optional<std::string> bytes = readShipped(requestKey)) {
    try {
      auto bundle = std::make_shared<const Bundle>(Bundle::parse(bytes->data(), bytes->size()));
      dump(requestKey, request, *bundle, *bytes);
      return bundle;
    } catch (const Failure &failure) {
      fail(failure.status, "%s/%s.adamas: %s", environmentText(Variable::BundleDir).c_str(), requestKey.c_str(),
           failure.what());
    }
  }
  std::string folder = cacheDirectory(), path = folder + "/" + cacheKey + ".adamas", bytes;
  if (folder.empty())
    log(LogLevel::Warning, "there is no cache: set %s or HOME", variableName(Variable::CacheDir));
  else if (std::shared_ptr<const Bundle> bundle = readCached(path, bytes)) {
    dump(requestKey, request, *bundle, bytes);
    return bundle;
  }
  bytes = compile(compiler, request);
  std::shared_ptr<const Bundle> bundle;
  try {
    bundle = std::make_shared<const Bundle>(Bundle::parse(bytes.data(), bytes.size()));
  } catch (const Failure &failure) {
    fail(failure.status, "%s delivered a bundle that is none: %s", compiler.path.c_str(), failure.what());
  }
  if (!folder.empty())
    writeOrWarn("a compiled bundle", path, bytes);
  dump(requestKey, request, *bundle, bytes);
  return bundle;
}

namespace {

using Shared = std::shared_ptr<const Bundle>;

/// What everybody gets who waits for one request. A copy of the failure rather than the exception: each thread then
/// throws an object of its own.
struct Outcome {
  Shared bundle;
  std::shared_ptr<const Failure> failure;

  Shared get() const {
    if (failure)
      throw Failure(*failure);
    return bundle;
  }
};

} // namespace

std::shared_ptr<const Bundle> adamas::impl::obtainBundle(const std::string &request) {
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<const Bundle>> known;
  static std::map<std::string, std::shared_future<Outcome>> underWay;

  CompilerLibrary compiler = findCompiler();
  std::string requestKey = hashHex(request);
  std::string cacheKey = hashHex(request + "\n" + adamas_version() + "\n" + compiler.identity + "\n" + tuningTable());
  // The folders too: a program may set them between two plans.
  std::string name = cacheKey + "\n" + environmentText(Variable::BundleDir) + "\n" + cacheDirectory();

  std::promise<Outcome> promise;
  {
    std::unique_lock<std::mutex> lock(mutex);
    if (Shared bundle = known[name].lock())
      return bundle;
    auto found = underWay.find(name);
    if (found != underWay.end()) {
      std::shared_future<Outcome> future = found->second;
      lock.unlock();
      return future.get().get();
    }
    underWay.emplace(name, promise.get_future().share());
  }
  Outcome outcome;
  try {
    outcome.bundle = obtainAlone(request, requestKey, cacheKey, compiler);
  } catch (const Failure &failure) {
    outcome.failure = std::make_shared<const Failure>(failure);
  } catch (const std::exception &error) {
    outcome.failure = std::make_shared<const Failure>(ADAMAS_ERROR_OUT_OF_MEMORY, format("bundle: %s", error.what()));
  }
  promise.set_value(outcome);
  std::lock_guard<std::mutex> lock(mutex);
  underWay.erase(name); // A failure is not kept: the next plan tries again.
  if (outcome.bundle)
    known[name] = outcome.bundle;
  return outcome.get();
}
