/* The interface of libadamas_compiler, which the runtime opens with dlopen when no bundle for a request exists yet.
 *
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

#ifndef ADAMAS_COMPILER_H
#define ADAMAS_COMPILER_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ADAMAS_COMPILER_EXPORT __attribute__((visibility("default")))

/* Takes `size` bytes that are valid during the call only. */
typedef void (*adamas_compiler_sink)(void *user, const char *bytes, size_t size);

/* Compiles one operation of one plan for one chip.
 *
 * `request` is canonical JSON of request_size bytes without a NUL: sorted keys, no blanks; see runtime/README.md.
 * 0: the bundle was given to `deliver`, once. Anything else: a message for people (UTF-8, no NUL, lower-case, what was
 * expected and what was got) was given to `fail`. Both are called on the calling thread, before the return.
 * Calls may come from several threads at once. No C++ exception may leave. */
ADAMAS_COMPILER_EXPORT int adamas_compiler_compile(const char *request, size_t request_size,
                                                   adamas_compiler_sink deliver, adamas_compiler_sink fail, void *user);

/* For example "adamas 0.1.0, llvm 22.1.8"; valid for the life of the process. */
ADAMAS_COMPILER_EXPORT const char *adamas_compiler_version(void);

#ifdef __cplusplus
}
#endif

#endif /* ADAMAS_COMPILER_H */
