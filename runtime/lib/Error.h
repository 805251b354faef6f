// How the runtime fails: an exception inside, a status and a thread's text at the C boundary; and its log.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_RUNTIME_LIB_ERROR_H
#define ADAMAS_RUNTIME_LIB_ERROR_H

#include "adamas/runtime.h"
#include <exception>
#include <new>
#include <string>

namespace adamas::impl {

/// What every function of the library throws; the C boundary turns it into a status and a text.
class Failure : public std::exception {
public:
  Failure(adamas_status status, std::string text) : status(status), text(std::move(text)) {}
  const char *what() const noexcept override { return text.c_str(); }

  adamas_status status;
  std::string text;
};

std::string format(const char *pattern, ...) __attribute__((format(printf, 1, 2)));
[[noreturn]] void fail(adamas_status status, const char *pattern, ...) __attribute__((format(printf, 2, 3)));

enum class LogLevel { Off, Error, Warning, Info, Debug };
/// Writes one line to stderr if ADAMAS_LOG asks for this level.
void log(LogLevel level, const char *pattern, ...) __attribute__((format(printf, 2, 3)));

void setLastError(const char *text) noexcept;
const char *lastError() noexcept;

/// Runs a function of the C interface: no exception may reach C.
template <typename Function> adamas_status guarded(Function &&function) noexcept {
  try {
    function();
    return ADAMAS_OK;
  } catch (const Failure &failure) {
    setLastError(failure.what());
    return failure.status;
  } catch (const std::bad_alloc &) {
    setLastError("host memory: expected enough for this call, but the allocation failed");
    return ADAMAS_ERROR_OUT_OF_MEMORY;
  } catch (const std::exception &error) {
    setLastError(error.what());
    return ADAMAS_ERROR_INVALID_ARGUMENT;
  }
}

} // namespace adamas::impl

#endif // ADAMAS_RUNTIME_LIB_ERROR_H
