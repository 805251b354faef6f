// The table of environment variables, what their values mean, and that the documentation lists the same.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Environment.h"
#include "Context.h"
#include "gtest/gtest.h"
#include <cstdlib>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

using namespace adamas::impl;

namespace {

std::set<std::string> namesIn(const std::string &text) {
  std::set<std::string> names;
  std::regex pattern("ADAMAS_[A-Z_]+");
  for (std::sregex_iterator i(text.begin(), text.end(), pattern), end; i != end; ++i)
    names.insert(i->str());
  return names;
}

TEST(Environment, HelpAndReadmeHaveEveryVariable) {
  std::set<std::string> expected;
  size_t count = 0;
  const VariableInfo *table = environmentTable(count);
  for (size_t i = 0; i < count; ++i) {
    EXPECT_EQ(static_cast<size_t>(table[i].variable), i);
    expected.insert(table[i].name);
  }
  EXPECT_EQ(namesIn(environmentHelp()), expected);

  std::ifstream file(RUNTIME_README);
  std::stringstream text;
  text << file.rdbuf();
  std::string readme = text.str();
  size_t begin = readme.find("## Environment variables"), end = readme.find("\n## ", begin + 1);
  ASSERT_NE(begin, std::string::npos);
  EXPECT_EQ(namesIn(readme.substr(begin, end - begin)), expected);
}

TEST(Environment, Switches) {
  for (const char *value : {"", "0", "off", "false", "no", "1", "on", "true", "yes"}) {
    setenv("ADAMAS_VALIDATE", value, 1);
    EXPECT_EQ(environmentSwitch(Variable::Validate),
              std::string("1 on true yes").find(value) != std::string::npos && *value)
        << value;
  }
  setenv("ADAMAS_VALIDATE", "maybe", 1);
  try {
    environmentSwitch(Variable::Validate);
    FAIL() << "expected an error";
  } catch (const Failure &failure) {
    EXPECT_STREQ(failure.what(), "ADAMAS_VALIDATE: expected 0 or 1, but got 'maybe': correct it or unset it");
  }
  unsetenv("ADAMAS_VALIDATE");
  EXPECT_FALSE(environmentSwitch(Variable::Validate));
}

TEST(Environment, LogLevels) {
  setenv("ADAMAS_LOG", "debug", 1);
  EXPECT_EQ(logLevel(), LogLevel::Debug);
  testing::internal::CaptureStderr();
  log(LogLevel::Info, "%d words", 2);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "adamas: info: 2 words\n");
  setenv("ADAMAS_LOG", "off", 1);
  testing::internal::CaptureStderr();
  log(LogLevel::Error, "nothing");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  setenv("ADAMAS_LOG", "loud", 1);
  testing::internal::CaptureStderr();
  EXPECT_EQ(logLevel(), LogLevel::Warning);
  EXPECT_EQ(logLevel(), LogLevel::Warning); // Said once.
  EXPECT_EQ(
      testing::internal::GetCapturedStderr(),
      "adamas: warning: ADAMAS_LOG: expected off, error, warning, info, debug, but got 'loud': warning is used\n");
  unsetenv("ADAMAS_LOG");
  EXPECT_EQ(logLevel(), LogLevel::Warning);
}

TEST(Environment, CacheFolder) {
  const char *home = getenv("HOME");
  std::string saved = home ? home : "";
  setenv("ADAMAS_CACHE_DIR", "/a", 1);
  setenv("XDG_CACHE_HOME", "/b", 1);
  setenv("HOME", "/c", 1);
  EXPECT_EQ(cacheDirectory(), "/a");
  unsetenv("ADAMAS_CACHE_DIR");
  EXPECT_EQ(cacheDirectory(), "/b/adamas");
  setenv("XDG_CACHE_HOME", "relative", 1);
  EXPECT_EQ(cacheDirectory(), "/c/.cache/adamas");
  unsetenv("XDG_CACHE_HOME");
  unsetenv("HOME");
  EXPECT_EQ(cacheDirectory(), "");
  setenv("HOME", saved.c_str(), 1);
}

bool runs(const char *chip, bool ptx, int major, int minor) {
  try {
    checkChip(chip, ptx, major, minor);
    return true;
  } catch (const Failure &failure) {
    EXPECT_EQ(failure.status, ADAMAS_ERROR_UNSUPPORTED);
    return false;
  }
}

TEST(Chip, WhatRunsWhere) {
  EXPECT_EQ(chipName(8, 6), "sm_86");
  EXPECT_EQ(chipName(9, 0), "sm_90a");
  EXPECT_EQ(chipName(12, 0), "sm_120a");
  EXPECT_TRUE(runs("sm_80", false, 8, 6));
  EXPECT_FALSE(runs("sm_86", false, 8, 0));
  EXPECT_FALSE(runs("sm_80", false, 9, 0));
  EXPECT_TRUE(runs("sm_80", true, 9, 0));
  EXPECT_FALSE(runs("sm_90", true, 8, 9));
  EXPECT_TRUE(runs("sm_90a", false, 9, 0));
  EXPECT_FALSE(runs("sm_90a", true, 10, 0)); // Architecture-specific code runs there and nowhere else.
  EXPECT_FALSE(runs("sm_100a", false, 10, 3));
  EXPECT_TRUE(runs("sm_100f", false, 10, 3));
  EXPECT_FALSE(runs("sm_100f", true, 12, 0));
  for (const char *name : {"", "sm_", "sm_9", "90a", "sm_90b", "sm_ 90", "sm_-90", "gfx90a", "sm_99999"}) {
    EXPECT_FALSE(isChipName(name)) << name;
    EXPECT_THROW(checkChip(name, false, 9, 0), Failure) << name;
  }
}

} // namespace
