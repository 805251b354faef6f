// Where bundles come from: shipped ones, the disk cache under every trouble, the compiler; threads and processes.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "TestSupport.h"
#include <cstdio>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace {

/// A process that makes a plan, under an environment of its own.
struct Probe {
  explicit Probe(const std::string &command) : pipe(popen((command + " 2>&1").c_str(), "r")) {}
  /// Its output; the exit status is that of the plan.
  std::string wait() {
    std::string text;
    char buffer[256];
    while (size_t got = fread(buffer, 1, sizeof(buffer), pipe))
      text.append(buffer, got);
    int result = pclose(pipe);
    status = WIFEXITED(result) ? WEXITSTATUS(result) : -1;
    return text;
  }
  FILE *pipe;
  int status = -1;
};

class CacheTest : public RuntimeTest {
protected:
  adamas_status create(adamas_plan **made = nullptr) {
    if (!context) {
      EXPECT_OK(adamas_context_create(0, &context));
    }
    adamas_plan_desc desc;
    adamas_plan_desc_init(&desc);
    desc.operations = ADAMAS_DECODE;
    adamas_plan *created = nullptr;
    adamas_status status = adamas_plan_create(context, &desc, &created);
    if (made)
      *made = created;
    else
      adamas_plan_destroy(created);
    return status;
  }
  void overwrite(const std::filesystem::path &path, const std::string &bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
  }
};

TEST_F(CacheTest, TheSecondPlanNeedsNoCompiler) {
  ASSERT_OK(create());
  EXPECT_EQ(fakeCompilerCalls(), 1);
  ASSERT_EQ(cacheFiles().size(), 1u); // And no temporary file.
  setenv("FAKE_COMPILER", "fail", 1);
  setenv("ADAMAS_DISABLE_JIT", "1", 1);
  ASSERT_OK(create());
  EXPECT_EQ(fakeCompilerCalls(), 0);
}

TEST_F(CacheTest, AnotherCompilerMeansAnotherEntry) {
  ASSERT_OK(create());
  std::filesystem::path copy = folder / "libadamas_compiler.so";
  std::filesystem::copy_file(FAKE_COMPILER_PATH, copy);
  setenv("ADAMAS_COMPILER", copy.c_str(), 1);
  ASSERT_OK(create()); // The copy is as long, but was written at another time.
  EXPECT_EQ(cacheFiles().size(), 2u);
}

TEST_F(CacheTest, AnotherTuningTableMeansAnotherEntry) {
  ASSERT_OK(create());
  std::string path = (folder / "table.json").string();
  setenv("ADAMAS_TUNING_TABLE", path.c_str(), 1);
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, create(), "ADAMAS_TUNING_TABLE: expected a file or none, but got");
  for (const char *text : {"{}", "{ }", "{}"}) {
    overwrite(path, text);
    ASSERT_OK(create());
  }
  EXPECT_EQ(cacheFiles().size(), 3u);
  setenv("ADAMAS_TUNING_TABLE", "none", 1);
  ASSERT_OK(create());
  EXPECT_EQ(cacheFiles().size(), 4u);
  unsetenv("ADAMAS_TUNING_TABLE");
}

TEST_F(CacheTest, DamagedEntriesAreMadeAgain) {
  ASSERT_OK(create());
  std::filesystem::path entry = cacheFiles().at(0);
  std::string good = readAll(entry), flipped = good;
  flipped[good.size() / 2] ^= 1;
  fakeCompilerCalls();
  setenv("ADAMAS_LOG", "warning", 1);
  for (const std::string &bad : {std::string(), good.substr(0, 20), good.substr(0, good.size() - 1), flipped}) {
    overwrite(entry, bad);
    testing::internal::CaptureStderr();
    EXPECT_OK(create());
    std::string said = testing::internal::GetCapturedStderr();
    EXPECT_NE(said.find("dropped from the cache and made again: bundle: expected"), std::string::npos) << said;
    EXPECT_EQ(fakeCompilerCalls(), 1);
    EXPECT_EQ(readAll(entry), good);
  }
}

TEST_F(CacheTest, ADamagedEntryWithoutCompilerIsAnError) {
  ASSERT_OK(create());
  std::filesystem::path entry = cacheFiles().at(0);
  overwrite(entry, "ADAMASK1");
  setenv("ADAMAS_DISABLE_JIT", "1", 1);
  EXPECT_STATUS(ADAMAS_ERROR_COMPILER, create(), "ADAMAS_DISABLE_JIT forbids to compile");
  EXPECT_FALSE(std::filesystem::exists(entry));
}

TEST_F(CacheTest, FoldersThatCannotBeWritten) {
  setenv("ADAMAS_LOG", "warning", 1);
  // A file where the folder should be; a folder that cannot exist, whoever asks.
  overwrite(folder / "file", "x");
  for (std::string path : {(folder / "file").string(), std::string("/proc/adamas/cache")}) {
    setenv("ADAMAS_CACHE_DIR", path.c_str(), 1);
    testing::internal::CaptureStderr();
    EXPECT_OK(create());
    std::string said = testing::internal::GetCapturedStderr();
    EXPECT_NE(said.find("a compiled bundle was not written"), std::string::npos) << said;
  }
  // One without permission, unless the tests run as root, whom nothing stops.
  std::filesystem::create_directory(folder / "closed");
  std::filesystem::permissions(folder / "closed",
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  setenv("ADAMAS_CACHE_DIR", (folder / "closed").c_str(), 1);
  testing::internal::CaptureStderr();
  EXPECT_OK(create());
  std::string said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(said.find("expected a folder that can be written") == std::string::npos, geteuid() == 0) << said;
  std::filesystem::permissions(folder / "closed", std::filesystem::perms::owner_all);
}

TEST_F(CacheTest, AFullDisk) {
  setenv("ADAMAS_LOG", "warning", 1);
  Probe probe(std::string(PROBE_PATH) + " 100");
  std::string said = probe.wait();
  EXPECT_EQ(probe.status, ADAMAS_OK) << said;
  EXPECT_NE(said.find("a compiled bundle was not written"), std::string::npos) << said;
  EXPECT_TRUE(cacheFiles().empty()) << "expected no part of a file";
}

TEST_F(CacheTest, ManyThreadsOneKey) {
  setenv("FAKE_COMPILER_DELAY", "50", 1);
  createContext();
  std::vector<adamas_plan *> plans(8);
  std::vector<adamas_status> statuses(8);
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] { statuses[i] = create(&plans[i]); });
  for (std::thread &thread : threads)
    thread.join();
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(statuses[i], ADAMAS_OK);
    adamas_plan_destroy(plans[i]);
  }
  EXPECT_EQ(fakeCompilerCalls(), 1);
  EXPECT_EQ(cacheFiles().size(), 1u);
}

TEST_F(CacheTest, ManyThreadsOneFailure) {
  setenv("FAKE_COMPILER_DELAY", "50", 1);
  setenv("FAKE_COMPILER", "fail", 1);
  createContext();
  std::vector<adamas_status> statuses(4);
  std::vector<std::string> errors(4);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      statuses[i] = create();
      errors[i] = adamas_last_error(); // Each thread has its own.
    });
  for (std::thread &thread : threads)
    thread.join();
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(statuses[i], ADAMAS_ERROR_COMPILE);
    EXPECT_EQ(errors[i].find("compiler: budget: expected less, but got more; the request was {"), 0u) << errors[i];
  }
  // A failure is not kept.
  setenv("FAKE_COMPILER", "ok", 1);
  EXPECT_OK(create());
}

TEST_F(CacheTest, ProcessesOneKey) {
  setenv("FAKE_COMPILER_DELAY", "200", 1);
  setenv("FAKE_COMPILER_CALLS", (folder / "calls").c_str(), 1);
  std::vector<Probe> probes;
  for (int i = 0; i < 4; ++i)
    probes.emplace_back(PROBE_PATH);
  for (Probe &probe : probes) {
    std::string said = probe.wait();
    EXPECT_EQ(probe.status, ADAMAS_OK) << said;
  }
  // All may have compiled both operations, but whole files are left, one each.
  EXPECT_EQ(cacheFiles().size(), 2u);
  size_t before = readAll(folder / "calls").size();
  EXPECT_GE(before, 2u);
  Probe last(PROBE_PATH);
  last.wait();
  EXPECT_EQ(last.status, ADAMAS_OK);
  EXPECT_EQ(readAll(folder / "calls").size(), before);
}

TEST_F(CacheTest, ShippedBundlesComeFirst) {
  setenv("ADAMAS_DUMP_DIR", (folder / "dump").c_str(), 1);
  ASSERT_OK(create());
  // A dump is what a folder of shipped bundles is made of.
  std::filesystem::path bundle;
  size_t files = 0;
  for (auto &entry : std::filesystem::directory_iterator(folder / "dump")) {
    ++files;
    if (entry.path().extension() == ".adamas")
      bundle = entry.path();
  }
  EXPECT_EQ(files, 4u); // Bundle, request, manifest, image.
  ASSERT_FALSE(bundle.empty());
  std::string stem = (folder / "dump" / bundle.stem()).string(), request = readAll(stem + ".request.json");
  char key[33];
  ASSERT_OK(adamas_request_key(request.data(), request.size(), key));
  EXPECT_EQ(bundle.stem(), key);
  EXPECT_EQ(readAll(bundle), makeBundle(readAll(stem + ".manifest.json"), readAll(stem + ".cubin")));

  std::filesystem::remove_all(folder / "cache");
  fakeCompilerCalls();
  setenv("ADAMAS_BUNDLE_DIR", (folder / "dump").c_str(), 1);
  setenv("ADAMAS_DISABLE_JIT", "1", 1);
  setenv("ADAMAS_COMPILER", "/nonexistent", 1);
  ASSERT_OK(create());
  EXPECT_EQ(fakeCompilerCalls(), 0);
  EXPECT_TRUE(cacheFiles().empty());

  // A damaged one is an error that names the file, whatever the cache has.
  overwrite(bundle, "ADAMASK2");
  EXPECT_STATUS(ADAMAS_ERROR_CORRUPT, create(), bundle.filename().string() + ": bundle: expected at least 40 bytes");
  std::filesystem::remove(bundle);
  std::filesystem::create_directory(bundle);
  EXPECT_STATUS(ADAMAS_ERROR_CACHE, create(), "expected a file that can be read");
  setenv("ADAMAS_BUNDLE_DIR", "/nonexistent", 1);
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, create(),
                "ADAMAS_BUNDLE_DIR: expected a folder, but got '/nonexistent'");
}

} // namespace
