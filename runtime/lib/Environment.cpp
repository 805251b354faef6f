// The table of environment variables and how their values are read.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Environment.h"
#include <atomic>
#include <cstdio>
#include <cstdlib>

using namespace adamas::impl;

// The only place that names a variable: the help is made of it, and a test compares it with runtime/README.md.
static constexpr VariableInfo table[] = {
    {Variable::CacheDir, "ADAMAS_CACHE_DIR", "folder",
     "where compiled bundles are kept; default: $XDG_CACHE_HOME/adamas, or else ~/.cache/adamas"},
    {Variable::BundleDir, "ADAMAS_BUNDLE_DIR", "folder",
     "bundles made ahead of time, named KEY.adamas; looked into before the cache"},
    {Variable::Compiler, "ADAMAS_COMPILER", "file",
     "libadamas_compiler.so; default: the one beside libadamas_runtime, then the loader's search path"},
    {Variable::LibCuda, "ADAMAS_LIBCUDA", "file", "the CUDA driver library; default: libcuda.so.1"},
    {Variable::Log, "ADAMAS_LOG", "off, error, warning, info, debug",
     "how much is written to stderr; default: warning"},
    {Variable::DumpDir, "ADAMAS_DUMP_DIR", "folder",
     "every bundle that is used is written there, with its request, manifest and image as files of their own"},
    {Variable::Validate, "ADAMAS_VALIDATE", "0, 1",
     "1: each launch of a plan also checks that its pointers are device memory of sufficient size, and, on the device, "
     "lengths and page tables (adamas_plan_read_errors); default: 0"},
    {Variable::DisableJit, "ADAMAS_DISABLE_JIT", "0, 1",
     "1: the compiler is never opened, a missing bundle is an error; default: 0"},
    {Variable::TuningTable, "ADAMAS_TUNING_TABLE", "file, none",
     "what adamas-tune measured, for the compiler; none: its estimates alone; default: the tables that it comes with"},
};

const VariableInfo *adamas::impl::environmentTable(size_t &count) {
  count = sizeof(table) / sizeof(table[0]);
  return table;
}

const char *adamas::impl::variableName(Variable variable) { return table[static_cast<int>(variable)].name; }

std::string adamas::impl::environmentText(Variable variable) {
  const char *value = getenv(variableName(variable));
  return value ? value : "";
}

bool adamas::impl::environmentSwitch(Variable variable) {
  std::string value = environmentText(variable);
  for (const char *word : {"", "0", "off", "false", "no"})
    if (value == word)
      return false;
  for (const char *word : {"1", "on", "true", "yes"})
    if (value == word)
      return true;
  fail(ADAMAS_ERROR_INVALID_ARGUMENT, "%s: expected 0 or 1, but got '%s': correct it or unset it",
       variableName(variable), value.c_str());
}

LogLevel adamas::impl::logLevel() {
  static const char *const names[] = {"off", "error", "warning", "info", "debug"};
  std::string value = environmentText(Variable::Log);
  for (int level = 0; level < 5; ++level)
    if (value == names[level])
      return static_cast<LogLevel>(level);
  static std::atomic<bool> warned{false};
  if (!value.empty() && !warned.exchange(true))
    fprintf(stderr, "adamas: warning: %s: expected %s, but got '%s': warning is used\n", variableName(Variable::Log),
            table[static_cast<int>(Variable::Log)].values, value.c_str());
  return LogLevel::Warning;
}

std::string adamas::impl::cacheDirectory() {
  std::string chosen = environmentText(Variable::CacheDir);
  if (!chosen.empty())
    return chosen;
  // The XDG specification: a relative path is to be ignored.
  const char *base = getenv("XDG_CACHE_HOME");
  if (base && base[0] == '/')
    return std::string(base) + "/adamas";
  const char *home = getenv("HOME");
  return home && home[0] ? std::string(home) + "/.cache/adamas" : "";
}

const char *adamas::impl::environmentHelp() {
  static const std::string text = [] {
    std::string all;
    for (const VariableInfo &info : table)
      all += format("%s (%s)\n    %s\n", info.name, info.values, info.meaning);
    return all;
  }();
  return text.c_str();
}
