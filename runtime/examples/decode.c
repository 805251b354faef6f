/* One decode step from C: a plan, its workspace, a cache filled by append, and the step. Without a GPU it says so.
 *
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

#include <adamas/runtime.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { TOKENS = 4096, HEADS = 32, KV_HEADS = 8, DIM = 128, BITS = 2 };

static adamas_context *context;
static void *allocated[16];
static int allocations;

/* Ends the program if the call failed. */
static void check(adamas_status status) {
  if (status == ADAMAS_OK)
    return;
  fprintf(stderr, "%s: %s\n", adamas_status_name(status), adamas_last_error());
  exit(1);
}

/* Device memory of so many bytes, with the host's bytes in it if there are any. */
static void *device(size_t size, const void *host) {
  void *memory;
  check(adamas_memory_allocate(context, size, &memory));
  allocated[allocations++] = memory;
  if (host)
    check(adamas_memory_write(context, memory, host, size, NULL));
  return memory;
}

/* So many f32 values on the device, of no meaning but in -1 to 1. */
static void *values(size_t count, unsigned seed) {
  float *host = malloc(count * sizeof(float));
  for (size_t i = 0; i < count; ++i)
    host[i] = sinf((float)(i * 37 % 1009) * 0.73f + (float)seed);
  void *memory = device(count * sizeof(float), host);
  free(host);
  return memory;
}

int main(void) {
  adamas_status status = adamas_context_create(0, &context);
  if (status == ADAMAS_ERROR_NO_DRIVER || status == ADAMAS_ERROR_NO_DEVICE || status == ADAMAS_ERROR_OLD_DRIVER) {
    printf("there is no GPU to run on: %s\n", adamas_last_error());
    return 0;
  }
  check(status);

  adamas_plan_desc desc;
  adamas_plan_desc_init(&desc);
  desc.dtype = ADAMAS_F32;
  desc.max_seq_len = TOKENS;
  desc.return_lse = 1;
  adamas_plan *plan;
  check(adamas_plan_create(context, &desc, &plan));

  adamas_extent extent = {.struct_size = sizeof(extent), .batch = 1, .tokens = TOKENS, .append_tokens = TOKENS};
  size_t size;
  check(adamas_plan_workspace_size(plan, &extent, &size));
  void *workspace = device(size, NULL);

  /* The cache and, since append takes tokens as [T, Hkv, D], all of its tokens at once: slot i is position i. */
  int32_t *slots = malloc(TOKENS * sizeof(int32_t)), length = TOKENS;
  float thresholds[KV_HEADS][3], offset = 0.7f;
  for (int i = 0; i < TOKENS; ++i)
    slots[i] = i;
  for (int head = 0; head < KV_HEADS; ++head)
    for (int i = 0; i < 3; ++i)
      thresholds[head][i] = (float)(i - 1) * offset;
  adamas_cache cache = {.struct_size = sizeof(cache), .tokens = TOKENS, .seq_lens = device(sizeof(length), &length)};
  cache.key = device(sizeof(float) * KV_HEADS * TOKENS * DIM, NULL);
  cache.value = device(sizeof(float) * KV_HEADS * TOKENS * DIM, NULL);
  cache.codes = device((size_t)KV_HEADS * TOKENS * DIM * BITS / 8, NULL);
  adamas_append_args append = {.struct_size = sizeof(append), .cache = &cache, .batch = 1, .tokens = TOKENS};
  append.new_key = values((size_t)TOKENS * KV_HEADS * DIM, 1);
  append.new_value = values((size_t)TOKENS * KV_HEADS * DIM, 2);
  append.slots = device(TOKENS * sizeof(int32_t), slots);
  append.thresholds = device(sizeof(thresholds), thresholds);
  check(adamas_plan_validate_append(plan, &append, NULL));
  check(adamas_plan_append(plan, &append, workspace, size, NULL));

  float output[HEADS * DIM], lse[HEADS];
  adamas_decode_args args = {.struct_size = sizeof(args), .cache = &cache, .batch = 1};
  args.query = values(HEADS * DIM, 3);
  args.output = device(sizeof(output), NULL);
  args.lse = device(sizeof(lse), NULL);
  check(adamas_plan_run(plan, &args, workspace, size, NULL));
  check(adamas_memory_read(context, output, args.output, sizeof(output), NULL));
  check(adamas_memory_read(context, lse, args.lse, sizeof(lse), NULL));
  printf("head 0: output %g %g %g ..., log-sum-exp %g\n", output[0], output[1], output[2], lse[0]);

  free(slots);
  adamas_plan_destroy(plan);
  while (allocations)
    check(adamas_memory_free(context, allocated[--allocations]));
  adamas_context_destroy(context);
  return 0;
}
