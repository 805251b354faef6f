// The smallest program that calls the runtime from C++.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <adamas/runtime.hpp>
#include <cstdio>

int main() {
  try {
    std::printf("%d GPUs\n", adamas::deviceCount());
  } catch (const adamas::Error &error) {
    std::printf("%s: %s\n", adamas_status_name(error.status()), error.what());
  }
}
