// The kernels of the dense switch are text that nobody compiles before a device does: an assembler, where there is one,
// judges it.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "DenseSwitch.h"
#include "TableCheck.h"
#include "gtest/gtest.h"
#include <cstdlib>
#include <fstream>
#include <unistd.h>

namespace {

TEST(OwnKernels, TextsAssemble) {
  if (system("ptxas --version >/dev/null 2>&1") != 0 &&
      system("/usr/local/cuda/bin/ptxas --version >/dev/null 2>&1") != 0)
    GTEST_SKIP() << "no ptxas";
  std::string path = testing::TempDir() + "adamas-own-kernels-" + std::to_string(getpid()) + ".ptx";
  for (const char *text : {adamas::impl::denseSwitchPtx, adamas::impl::tableCheckPtx}) {
    std::ofstream(path) << text;
    for (const char *chip : {"sm_80", "sm_90a", "sm_120"}) {
      std::string command = "PATH=$PATH:/usr/local/cuda/bin ptxas -arch=";
      EXPECT_EQ(system((command + chip + " -o /dev/null " + path).c_str()), 0) << chip << "\n" << text;
    }
  }
  std::remove(path.c_str());
}

} // namespace
