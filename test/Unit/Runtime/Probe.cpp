// Creates a plan in a process of its own and says how that went; the environment commands it.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/runtime.h"
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <sys/resource.h>

/// With an argument: no file may grow beyond so many bytes, which is what a full disk looks like.
int main(int count, char **arguments) {
  if (count > 1) {
    rlimit limit = {static_cast<rlim_t>(atol(arguments[1])), RLIM_INFINITY};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  adamas_context *context = nullptr;
  adamas_plan *plan = nullptr;
  adamas_plan_desc desc;
  adamas_plan_desc_init(&desc);
  adamas_status status = adamas_context_create(0, &context);
  if (status == ADAMAS_OK)
    status = adamas_plan_create(context, &desc, &plan);
  printf("%s %s\n", adamas_status_name(status), status == ADAMAS_OK ? "" : adamas_last_error());
  adamas_plan_destroy(plan);
  adamas_context_destroy(context);
  return status;
}
