/* The C interface of libadamas_runtime: sparse-attention decode steps on NVIDIA GPUs and on this CPU, without MLIR and
 * LLVM of its own.
 *
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * The library opens libcuda.so.1 by itself when it is first needed: it links and answers on machines without a GPU.
 * Every function returns ADAMAS_OK or an error, whose text adamas_last_error() has. Output parameters are written on
 * success only. All functions may be called from any thread; two calls may use one handle at once unless one of them
 * destroys it. Handles may be destroyed in any order: what a plan needs of its context lives as long as the plan.
 *
 * Pointers to tensors are device addresses; on a CPU they are host addresses. Sizes and strides count elements, never
 * bytes. A struct begins with its own size (set it to sizeof, the rest to zero), so that a later library can serve an
 * earlier caller. */

#ifndef ADAMAS_RUNTIME_H
#define ADAMAS_RUNTIME_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Rises when something that callers use changes its meaning; functions may be added without. */
#define ADAMAS_ABI_VERSION 1
#define ADAMAS_API __attribute__((visibility("default")))

typedef enum adamas_status {
  ADAMAS_OK = 0,
  ADAMAS_ERROR_INVALID_ARGUMENT = 1,    /* the caller's mistake; the text says what was expected */
  ADAMAS_ERROR_UNSUPPORTED = 2,         /* legal, but not on this GPU or not in this version */
  ADAMAS_ERROR_NO_DRIVER = 3,           /* libcuda.so.1 cannot be opened */
  ADAMAS_ERROR_OLD_DRIVER = 4,          /* the driver is older than CUDA 12.0 */
  ADAMAS_ERROR_NO_DEVICE = 5,           /* there is no GPU, or none of that number */
  ADAMAS_ERROR_DRIVER = 6,              /* a CUDA call failed; the text has CUDA's name for it */
  ADAMAS_ERROR_OUT_OF_MEMORY = 7,       /* on the device or on the host */
  ADAMAS_ERROR_WORKSPACE_TOO_SMALL = 8, /* ask adamas_plan_workspace_size */
  ADAMAS_ERROR_CORRUPT = 9,             /* a bundle is damaged or contradicts itself */
  ADAMAS_ERROR_CACHE = 10,              /* a bundle file cannot be read; a cache that cannot be written is a warning */
  ADAMAS_ERROR_COMPILER = 11,           /* libadamas_compiler is needed, but not found, not loadable or disabled */
  ADAMAS_ERROR_COMPILE = 12,            /* the compiler refused the request */
  ADAMAS_ERROR_VALIDATION = 13          /* validation found lengths, page tables or pointers that are out of range */
} adamas_status;

/* Types of elements. Codes are u32 words; see spec pak-1. */
typedef enum adamas_element {
  ADAMAS_F16 = 0,
  ADAMAS_BF16 = 1,
  ADAMAS_F32 = 2,
  ADAMAS_I8 = 3,
  ADAMAS_I32 = 4,
  ADAMAS_U32 = 5,
  ADAMAS_U16 = 6
} adamas_element;

typedef struct adamas_context adamas_context; /* one GPU, or the CPU */
typedef struct adamas_program adamas_program; /* one loaded bundle */
typedef struct adamas_plan adamas_plan;       /* the operations of one attention shape */

/* "ADAMAS_ERROR_CORRUPT" and so on; "unknown status" for other numbers. */
ADAMAS_API const char *adamas_status_name(int32_t status);
/* The text of this thread's latest error, "" if there was none; valid until this thread's next error. */
ADAMAS_API const char *adamas_last_error(void);
/* "0.1.0". */
ADAMAS_API const char *adamas_version(void);
/* ADAMAS_ABI_VERSION of the library that is loaded. */
ADAMAS_API int adamas_abi_version(void);
/* The environment variables that the library reads, one paragraph each. */
ADAMAS_API const char *adamas_environment_help(void);

/* ---- Devices ------------------------------------------------------------------------------------------------------
 */

typedef struct adamas_device_properties {
  size_t struct_size;
  int32_t ordinal; /* -1: the CPU, for which what only GPUs have is 0 */
  int32_t compute_major, compute_minor;
  int32_t multiprocessors; /* of the CPU: threads */
  int32_t driver_version;  /* 1000 major + 10 minor: 12040 is CUDA 12.4 */
  int64_t l2_bytes;
  int64_t shared_bytes_per_block; /* the most that a kernel may opt into */
  int64_t memory_bytes;
  char name[128];
  char chip[16]; /* what the compiler is asked for: "sm_80", "sm_90a", "x86" */
} adamas_device_properties;

/* NO_DRIVER and OLD_DRIVER are errors; a driver without any GPU is a count of 0. */
ADAMAS_API adamas_status adamas_device_count(int32_t *count);
ADAMAS_API adamas_status adamas_device_info(int32_t ordinal, adamas_device_properties *properties);

/* Retains the device's primary context, the one that the CUDA run time and PyTorch use. */
ADAMAS_API adamas_status adamas_context_create(int32_t ordinal, adamas_context **context);
/* The CPU of this process (x86-64). `threads`: that a call shares its work with, its own included; 0: all that the
 * process may use. Plans are compiled by libadamas_compiler in this process, for want of bundles: COMPILER where it is
 * missing. What differs from a GPU:
 * - `stream` is null everywhere, and a call returns when its work is done;
 * - caches are contiguous: a plan with a page_size is UNSUPPORTED;
 * - codes lie in tiles of 16 tokens, [batch, Hkv, bits, tokens / 16 rounded up, D / 32, 16], so a cache has memory for
 *   whole tiles; strides of codes are page, head, 0, plane;
 * - lengths and slots are checked in every call, VALIDATION, so adamas_plan_read_errors has nothing to add;
 * - no crossover length is known: a plan with dense_below_crossover is UNSUPPORTED;
 * - adamas_program_load is UNSUPPORTED. */
ADAMAS_API adamas_status adamas_context_create_cpu(int32_t threads, adamas_context **context);
ADAMAS_API adamas_status adamas_context_info(const adamas_context *context, adamas_device_properties *properties);
ADAMAS_API void adamas_context_destroy(adamas_context *context);

/* Device memory for callers without another CUDA library. Sizes in bytes; copies synchronise the stream. */
ADAMAS_API adamas_status adamas_memory_allocate(adamas_context *context, size_t size, void **memory);
ADAMAS_API adamas_status adamas_memory_free(adamas_context *context, void *memory);
ADAMAS_API adamas_status adamas_memory_write(adamas_context *context, void *memory, const void *host, size_t size,
                                             void *stream);
ADAMAS_API adamas_status adamas_memory_read(adamas_context *context, void *host, const void *memory, size_t size,
                                            void *stream);
ADAMAS_API adamas_status adamas_stream_synchronize(adamas_context *context, void *stream);

/* ---- Programs: any bundle, by function name ------------------------------------------------------------------------
 */

#define ADAMAS_MAX_RANK 6

/* A view of device memory: element (i, j, ...) lies at data + (i strides[0] + j strides[1] + ...) elements. It is
 * passed in arrays and therefore never grows. A size of 0 is legal, and `data` may then be null. */
typedef struct adamas_tensor {
  void *data;
  int32_t rank;
  int64_t sizes[ADAMAS_MAX_RANK];
  int64_t strides[ADAMAS_MAX_RANK];
} adamas_tensor;

typedef enum adamas_role { ADAMAS_ARGUMENT = 0, ADAMAS_RESULT = 1 } adamas_role;

typedef struct adamas_value_info {
  size_t struct_size;
  const char *name; /* valid as long as the program */
  int32_t role;     /* adamas_role */
  int32_t element;  /* adamas_element */
  int32_t rank;
  int64_t sizes[ADAMAS_MAX_RANK]; /* -1: dynamic */
  int32_t dense_axes;             /* so many innermost axes are contiguous, row-major */
  /* Bytes; a power of two that the pointer is a multiple of. So are strides outside the dense axes, but for what a
   * dense row does not have itself: rows of 8 bytes need not lie 16 apart. */
  int64_t alignment;
} adamas_value_info;

/* Loads a bundle from memory; the bytes may be freed afterwards. CORRUPT, UNSUPPORTED (built for another chip). */
ADAMAS_API adamas_status adamas_program_load(adamas_context *context, const void *bytes, size_t size,
                                             adamas_program **program);
ADAMAS_API void adamas_program_destroy(adamas_program *program);
ADAMAS_API adamas_status adamas_program_function_count(const adamas_program *program, size_t *count);
ADAMAS_API adamas_status adamas_program_function_name(const adamas_program *program, size_t index, const char **name);
/* Values are counted without workspace: arguments first, then results, each in the bundle's order. */
ADAMAS_API adamas_status adamas_program_value_count(const adamas_program *program, const char *function, size_t *count);
ADAMAS_API adamas_status adamas_program_value_info(const adamas_program *program, const char *function, size_t index,
                                                   adamas_value_info *info);
/* Bytes of workspace for values of these sizes. Only ranks and sizes are read. */
ADAMAS_API adamas_status adamas_program_workspace_size(const adamas_program *program, const char *function,
                                                       const adamas_tensor *values, size_t count, size_t *size);
/* Checks the values and launches the function's kernels on `stream` (a CUstream, null: the default stream). It neither
 * allocates nor synchronises, so it may be captured in a CUDA graph. The workspace is device memory, aligned to 256
 * bytes, that nothing else uses until the kernels are done. */
ADAMAS_API adamas_status adamas_program_launch(const adamas_program *program, const char *function,
                                               const adamas_tensor *values, size_t count, void *workspace,
                                               size_t workspace_size, void *stream);

/* ---- Plans ---------------------------------------------------------------------------------------------------------
 */

typedef enum adamas_metric { ADAMAS_L1 = 0, ADAMAS_WEIGHTED = 1, ADAMAS_TWO_PASS = 2 } adamas_metric;
typedef enum adamas_policy { ADAMAS_PER_QUERY_HEAD = 0, ADAMAS_PER_KV_HEAD = 1 } adamas_policy;
/* Bits of adamas_plan_desc.operations. */
typedef enum adamas_operation {
  ADAMAS_DECODE = 1, /* select and attend */
  ADAMAS_SELECT = 2, /* the lists of tokens alone */
  ADAMAS_DENSE = 4,  /* attention over all tokens */
  ADAMAS_APPEND = 8, /* write new keys, values and codes into the cache */
  ADAMAS_STEP = 16   /* append, then decode: one launch where that is fastest */
} adamas_operation;

typedef struct adamas_plan_desc {
  size_t struct_size;
  int32_t dtype;                  /* adamas_element of query, key, value, output: F16, BF16 or F32 */
  int32_t head_dim;               /* D: a power of two, 32 to 1024 */
  int32_t bits;                   /* of a code: 1 to 4 */
  int32_t query_heads;            /* Hq: a multiple of kv_heads */
  int32_t kv_heads;               /* Hkv */
  int32_t query_tokens;           /* Nq: 1 to 8 tokens of a sequence in one step */
  int32_t metric;                 /* adamas_metric; init: weighted */
  int32_t policy;                 /* adamas_policy: one list for each query head, or for each KV head */
  int32_t budget;                 /* k: tokens that a list holds, the forced ones included */
  int32_t candidates;             /* of the first pass of ADAMAS_TWO_PASS, at least budget; 0: 8 k. Else 0 */
  int32_t sink;                   /* first tokens that are always selected */
  int32_t recent;                 /* last tokens that are always selected, at least 1; sink + recent <= budget */
  int32_t page_size;              /* tokens of a page of the cache; 0: contiguous, a page is a sequence */
  int32_t max_batch;              /* sequences of one call */
  int64_t max_seq_len;            /* tokens of a sequence, below 2^31 */
  int64_t max_pages_per_sequence; /* columns of the page table; 0: what max_seq_len needs. Contiguous: 0 */
  float scale;                    /* of the scores; 0: 1/sqrt(D) */
  int32_t weight_range;           /* W of spec wgt-2, 1 to 32768; 0: 2 D */
  int32_t weight_cap;             /* C of spec wgt-2, 1 to 127; 0: 7 */
  int32_t threshold_sets;         /* rows of the thresholds: 1 or kv_heads; 0: kv_heads */
  int32_t key_offset;             /* 1: rotated keys have an offset subtracted (spec buk-5) */
  int32_t return_lse;             /* 1: decode and dense give log-sum-exp too */
  int32_t return_indices;         /* 1: decode gives indices and lengths too */
  int32_t validate;               /* 1: as the environment's ADAMAS_VALIDATE=1 */
  uint32_t operations;            /* which of adamas_operation the plan must serve */
  /* 1: decode takes dense attention for sequences below the crossover length, decided on the device (spec dns-1), and
   * the plan serves dense too. Not with return_indices: the lists would have to hold all tokens. */
  int32_t dense_below_crossover;
} adamas_plan_desc;

/* Sets the size and defaults: f16, D 128, 2 bits, 32 and 8 heads, weighted, per query head, budget 128, recent 1,
 * contiguous, one sequence of up to 131072 tokens, decode and append. */
ADAMAS_API void adamas_plan_desc_init(adamas_plan_desc *desc);

/* What the compiler is asked for one operation on one chip ("sm_90a"): the way to make bundles ahead of time, needing
 * no GPU. `*size` holds the capacity of `text` and becomes the length without the NUL; with text null only that. */
ADAMAS_API adamas_status adamas_plan_request(const adamas_plan_desc *desc, uint32_t operation, const char *chip,
                                             char *text, size_t *size);
/* The name of a request in ADAMAS_BUNDLE_DIR, without ".adamas": 32 hexadecimal digits and a NUL. */
ADAMAS_API adamas_status adamas_request_key(const char *request, size_t size, char key[33]);

/* Checks the descriptor and loads a bundle for each operation: from ADAMAS_BUNDLE_DIR, from the disk cache, or from the
 * compiler. Slow (seconds) where something must be compiled. */
ADAMAS_API adamas_status adamas_plan_create(adamas_context *context, const adamas_plan_desc *desc, adamas_plan **plan);
ADAMAS_API void adamas_plan_destroy(adamas_plan *plan);

/* Tokens of a sequence from which on decode is faster than dense attention, as the compiler knows from measurements or
 * by estimate; 0: not known, and dense_below_crossover changes nothing. */
ADAMAS_API adamas_status adamas_plan_crossover(const adamas_plan *plan, int64_t *tokens);

/* The cache of one layer (spec kv-1). All-zero strides mean dense row-major in the order of the shape. The head
 * dimension and the words of a code plane are contiguous. */
typedef struct adamas_cache {
  size_t struct_size;
  void *key, *value;      /* dtype [pages, Hkv, page_size, D]; contiguous: [batch, Hkv, tokens, D] */
  void *codes;            /* u32 [pages, Hkv, page_size, bits, D / 32]; contiguous: [batch, Hkv, tokens, ...]; on a CPU
                             in tiles, see adamas_context_create_cpu */
  int64_t key_strides[3]; /* page, head, token */
  int64_t value_strides[3];  /* page, head, token */
  int64_t codes_strides[4];  /* page, head, token, plane */
  int64_t pages;             /* pages in the cache. Contiguous: sequences in it; 0 means the batch */
  int64_t tokens;            /* contiguous: capacity of a sequence. Paged: 0 or page_size */
  const int32_t *page_table; /* [batch, max_pages]: physical pages. Contiguous: null */
  int64_t max_pages;         /* columns of the page table, at most the plan's */
  int64_t page_table_stride; /* from row to row; 0: max_pages */
  const int32_t *seq_lens;   /* [batch]: tokens of each sequence, this step's included; read on the device */
} adamas_cache;

typedef struct adamas_decode_args {
  size_t struct_size;
  const adamas_cache *cache;
  int64_t batch;             /* B, at most max_batch */
  const void *query;         /* dtype [B, Nq, Hq, D], after RoPE */
  int64_t query_strides[3];  /* sequence, query token, head; all zero: dense */
  const float *thresholds;   /* [threshold_sets, 2^bits - 1], of the queries; only ADAMAS_L1 needs them */
  void *output;              /* dtype [B, Nq, Hq, D] */
  int64_t output_strides[3]; /* sequence, query token, head; all zero: dense */
  float *lse;                /* [B, Nq, Hq], natural log; with return_lse */
  int32_t *indices;          /* [B, Nq, S, budget]: ascending positions, -1 padded; S = Hq or, per KV head, Hkv */
  int32_t *lengths;          /* [B, Nq, S]; with return_indices, as indices */
} adamas_decode_args;

typedef struct adamas_select_args {
  size_t struct_size;
  const adamas_cache *cache;
  int64_t batch;
  const void *query;
  int64_t query_strides[3];
  const float *thresholds;
  int32_t *indices;
  int32_t *lengths;
} adamas_select_args;

typedef struct adamas_dense_args {
  size_t struct_size;
  const adamas_cache *cache;
  int64_t batch;
  const void *query;
  int64_t query_strides[3];
  void *output;
  int64_t output_strides[3];
  float *lse;
} adamas_dense_args;

typedef struct adamas_append_args {
  size_t struct_size;
  const adamas_cache *cache;
  int64_t batch;              /* contiguous cache with pages 0: its number of sequences; else not read */
  int64_t tokens;             /* T, any number */
  const void *new_key;        /* dtype [T, Hkv, D], after RoPE; it and new_value may be the very rows of the cache that
                                 the slots name: then codes alone are new */
  const void *new_value;      /* dtype [T, Hkv, D] */
  int64_t new_key_strides[2]; /* token, head; all zero: dense */
  int64_t new_value_strides[2]; /* token, head; all zero: dense */
  const int32_t *slots;         /* [T]: page * page_size + place in the page (contiguous: sequence * tokens + position);
                                   -1: the token is skipped; no slot twice */
  const float *thresholds;      /* [threshold_sets, 2^bits - 1], of the keys */
  const float *offset;          /* [Hkv, D]; with key_offset */
} adamas_append_args;

/* Sizes that the workspace depends on; give the largest that will be used. */
typedef struct adamas_extent {
  size_t struct_size;
  int64_t batch;
  int64_t tokens;        /* contiguous: capacity of a sequence; 0: max_seq_len */
  int64_t pages;         /* paged: pages in the cache */
  int64_t max_pages;     /* paged: columns of the page table; 0: the plan's */
  int64_t append_tokens; /* of one adamas_plan_append or adamas_plan_step */
} adamas_extent;

/* Bytes that serve every operation of the plan at these sizes. With dense_below_crossover decode needs another output
 * of the batch there. */
ADAMAS_API adamas_status adamas_plan_workspace_size(const adamas_plan *plan, const adamas_extent *extent, size_t *size);

/* These check the arguments and launch: no allocation, no synchronisation, no read of device memory. */
ADAMAS_API adamas_status adamas_plan_run(const adamas_plan *plan, const adamas_decode_args *args, void *workspace,
                                         size_t workspace_size, void *stream);
ADAMAS_API adamas_status adamas_plan_select(const adamas_plan *plan, const adamas_select_args *args, void *workspace,
                                            size_t workspace_size, void *stream);
ADAMAS_API adamas_status adamas_plan_dense(const adamas_plan *plan, const adamas_dense_args *args, void *workspace,
                                           size_t workspace_size, void *stream);
ADAMAS_API adamas_status adamas_plan_append(const adamas_plan *plan, const adamas_append_args *args, void *workspace,
                                            size_t workspace_size, void *stream);
/* What an append and then a run do, for a plan with ADAMAS_STEP. Both name the same cache. On a CPU, and with
 * dense_below_crossover, it is those two. */
ADAMAS_API adamas_status adamas_plan_step(const adamas_plan *plan, const adamas_append_args *tokens,
                                          const adamas_decode_args *args, void *workspace, size_t workspace_size,
                                          void *stream);

/* Copies lengths and page table back, waiting for the stream, and looks for what kernels cannot report (spec kv-5,
 * nq-1): VALIDATION names the first sequence and entry that is out of range. The other checks slots in the same way. */
ADAMAS_API adamas_status adamas_plan_validate(const adamas_plan *plan, const adamas_cache *cache, int64_t batch,
                                              void *stream);
ADAMAS_API adamas_status adamas_plan_validate_append(const adamas_plan *plan, const adamas_append_args *args,
                                                     void *stream);

/* What run, select and dense of a plan that validates found on the device since the last call (spec kv-5): sequences
 * whose length or page table is out of range ran as empty ones, so no such entry was read. Waits for the stream, clears
 * the record and gives VALIDATION, which names the least sequence and entry; OK if all were in order. */
ADAMAS_API adamas_status adamas_plan_read_errors(const adamas_plan *plan, void *stream);

#ifdef __cplusplus
}
#endif

#endif /* ADAMAS_RUNTIME_H */
