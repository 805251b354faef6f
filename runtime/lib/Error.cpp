// Texts of errors and lines of the log.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Error.h"
#include "Environment.h"
#include <cstdarg>
#include <cstdio>

using namespace adamas::impl;

static std::string formatList(const char *pattern, va_list arguments) {
  va_list again;
  va_copy(again, arguments);
  int length = vsnprintf(nullptr, 0, pattern, again);
  va_end(again);
  std::string text(length < 0 ? 0 : length, '\0');
  if (length > 0)
    vsnprintf(text.data(), text.size() + 1, pattern, arguments);
  return text;
}

std::string adamas::impl::format(const char *pattern, ...) {
  va_list arguments;
  va_start(arguments, pattern);
  std::string text = formatList(pattern, arguments);
  va_end(arguments);
  return text;
}

void adamas::impl::fail(adamas_status status, const char *pattern, ...) {
  va_list arguments;
  va_start(arguments, pattern);
  std::string text = formatList(pattern, arguments);
  va_end(arguments);
  throw Failure(status, std::move(text));
}

void adamas::impl::log(LogLevel level, const char *pattern, ...) {
  static const char *const names[] = {"", "error", "warning", "info", "debug"};
  if (level > logLevel())
    return;
  va_list arguments;
  va_start(arguments, pattern);
  std::string text = formatList(pattern, arguments);
  va_end(arguments);
  // One call a line, so that lines of several threads do not mix.
  fprintf(stderr, "adamas: %s: %s\n", names[static_cast<int>(level)], text.c_str());
}

// A fixed buffer rather than a string: setting it cannot fail, and a thread's end frees nothing that C still points to.
static thread_local char lastErrorText[2048];

void adamas::impl::setLastError(const char *text) noexcept {
  snprintf(lastErrorText, sizeof(lastErrorText), "%s", text);
}

const char *adamas::impl::lastError() noexcept { return lastErrorText; }
