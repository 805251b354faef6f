/* The interface of libadamas_compiler, which the runtime opens with dlopen when no bundle for a request exists yet, and
 * for every plan on a CPU.
 *
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

#ifndef ADAMAS_COMPILER_H
#define ADAMAS_COMPILER_H

#include "adamas/runtime.h"
#include <stddef.h>
#include <stdint.h>

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

/* ---- The CPU that the process runs on
 * --------------------------------------------------------------------------------
 */

typedef struct adamas_compiler_function adamas_compiler_function; /* machine code in memory */

/* Compiles a request whose chip is "x86". Its operation append asks for the codes of new keys alone: `new_key`
 * [B, Hkv, T, D] to `codes`. `threads` 0: all that the process may use; functions of equally many threads share them.
 * Returns as adamas_compiler_compile does; `function` is written on success. */
ADAMAS_COMPILER_EXPORT int adamas_compiler_load(const char *request, size_t request_size, int32_t threads,
                                                adamas_compiler_function **function, adamas_compiler_sink fail,
                                                void *user);

/* Names of what a call takes, arguments first, then results, as in bundles; null behind the last. */
ADAMAS_COMPILER_EXPORT const char *adamas_compiler_value_name(const adamas_compiler_function *function, size_t index);

/* Runs it on host memory, one view for each name, and returns when it is done. Key codes are
 * [B, Hkv, bits, ceil(tokens / 16), D / 32, 16] u32, the inner three axes dense: the same word of 16 tokens lies
 * together. A set of thresholds that all heads share has rank 1. Lengths are checked. Threads may call one function at
 * once. */
ADAMAS_COMPILER_EXPORT int adamas_compiler_call(const adamas_compiler_function *function, const adamas_tensor *values,
                                                size_t count, adamas_compiler_sink fail, void *user);

ADAMAS_COMPILER_EXPORT void adamas_compiler_unload(adamas_compiler_function *function);

/* For example "adamas 0.1.0, llvm 22.1.8"; valid for the life of the process. */
ADAMAS_COMPILER_EXPORT const char *adamas_compiler_version(void);

#ifdef __cplusplus
}
#endif

#endif /* ADAMAS_COMPILER_H */
