// The C++ header: the same calls with owners and exceptions.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "TestSupport.h"
#include "adamas/runtime.hpp"

namespace {

using CppTest = RuntimeTest;

TEST_F(CppTest, ErrorsAreExceptions) {
  try {
    adamas::Context none(7);
    FAIL() << "expected an exception";
  } catch (const adamas::Error &error) {
    EXPECT_EQ(error.status(), ADAMAS_ERROR_NO_DEVICE);
    EXPECT_STREQ(error.what(), "device: expected a number from 0 to 0, but got 7");
  }
  EXPECT_EQ(adamas::deviceCount(), 1);
  EXPECT_STREQ(adamas::deviceProperties(0).chip, "sm_90a");
}

TEST_F(CppTest, OwnersGiveEverythingBack) {
  auto device = std::make_shared<adamas::Context>();
  EXPECT_EQ(device->properties().ordinal, 0);
  adamas_plan_desc desc = adamas::makePlanDesc();
  desc.head_dim = 32;
  desc.query_heads = desc.kv_heads = 1;
  desc.budget = 4;
  desc.max_seq_len = 16;
  desc.operations = ADAMAS_DENSE;
  adamas::Plan made(*device, desc), moved(std::move(made));
  auto extent = adamas::make<adamas_extent>();
  extent.batch = 1;
  adamas::Memory workspace(device, moved.workspaceSize(extent)), values(device, 4096);
  std::vector<float> host = {1, 2, 3};
  values.write(host.data(), 12);
  host.assign(3, 0);
  values.read(host.data(), 12);
  EXPECT_EQ(host, (std::vector<float>{1, 2, 3}));

  auto cache = adamas::make<adamas_cache>();
  cache.tokens = 16;
  cache.key = cache.value = values.data();
  cache.seq_lens = values.data<int32_t>();
  auto args = adamas::make<adamas_dense_args>();
  args.cache = &cache;
  args.batch = 1;
  args.query = args.output = values.data();
  moved.dense(args, workspace.data(), workspace.size());
  device->synchronize();
  EXPECT_EQ(fakeCudaLaunchCount(), 1u);
  EXPECT_THROW(moved.dense(args, workspace.data(), 0), adamas::Error);
  adamas::Memory other = std::move(values);
  EXPECT_EQ(values.data(), nullptr);
  EXPECT_NE(other.data(), nullptr);
}

TEST_F(CppTest, Programs) {
  adamas::Context device;
  std::string bytes = makeBundle(R"({"format": 1, "compiler": "a test", "chip": "sm_90", "image": "ptx", "functions": [
    {"name": "f", "block_bytes": 24, "values": [
      {"name": "x", "role": "argument", "element": "f32", "shape": [-1], "offset": 0}],
     "kernels": [{"name": "k", "grid": [["size", 0, 0], 1, 1], "threads": 1, "shared_bytes": 0, "cluster": 1,
                  "dependent": false}]}]})",
                                 std::string("k\0", 2));
  adamas::Program program(device, bytes.data(), bytes.size());
  EXPECT_EQ(program.functions(), std::vector<std::string>{"f"});
  EXPECT_STREQ(program.values("f").at(0).name, "x");
  std::vector<adamas_tensor> values = {tensor(at(0x1000), {3})};
  EXPECT_EQ(program.workspaceSize("f", values), 0u);
  program.launch("f", values, nullptr, 0);
  EXPECT_EQ(fakeCudaLaunch(0)->grid[0], 3u);
}

} // namespace
