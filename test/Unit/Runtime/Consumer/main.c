/* The smallest program that calls the runtime from C.
 *
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

#include <adamas/compiler.h>
#include <adamas/runtime.h>
#include <stdio.h>

int main(void) {
  int32_t count = 0;
  adamas_status status = adamas_device_count(&count);
  printf("adamas %s: %s, %d GPUs\n", adamas_version(), adamas_status_name(status), count);
  return adamas_abi_version() != ADAMAS_ABI_VERSION;
}
