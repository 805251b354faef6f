// Files by POSIX calls, since errors must be told apart.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Files.h"
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <system_error>
#include <unistd.h>

using namespace adamas::impl;

/// strerror is not safe among threads.
static std::string reason(int error) { return std::generic_category().message(error); }

std::optional<std::string> adamas::impl::readFile(const std::string &path) {
  int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    if (errno == ENOENT || errno == ENOTDIR)
      return std::nullopt;
    fail(ADAMAS_ERROR_CACHE, "%s: expected a file that can be read, but got: %s", path.c_str(), reason(errno).c_str());
  }
  std::string bytes;
  char buffer[1 << 16];
  ssize_t got;
  while ((got = read(file, buffer, sizeof(buffer))) != 0) {
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0) {
      int error = errno;
      close(file);
      fail(ADAMAS_ERROR_CACHE, "%s: expected a file that can be read, but got: %s", path.c_str(),
           reason(error).c_str());
    }
    bytes.append(buffer, got);
  }
  close(file);
  return bytes;
}

/// The error number, or 0.
static int writeAll(int file, const std::string &bytes) {
  for (size_t done = 0; done < bytes.size();) {
    ssize_t wrote = write(file, bytes.data() + done, bytes.size() - done);
    if (wrote < 0 && errno == EINTR)
      continue;
    if (wrote <= 0)
      return wrote < 0 ? errno : ENOSPC;
    done += wrote;
  }
  return 0;
}

void adamas::impl::writeFile(const std::string &path, const std::string &bytes) {
  std::filesystem::path goal(path);
  std::error_code ignored; // If the folder is not there afterwards, open() says why.
  std::filesystem::create_directories(goal.parent_path(), ignored);

  // Process and count make the name unique among threads and processes of one machine; O_EXCL guards shared file
  // systems.
  static std::atomic<unsigned> count{0};
  std::string temporary =
      (goal.parent_path() / format(".%s.%ld.%u.tmp", goal.filename().c_str(), static_cast<long>(getpid()), count++))
          .string();
  int file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (file < 0)
    fail(ADAMAS_ERROR_CACHE, "%s: expected a folder that can be written, but got: %s", goal.parent_path().c_str(),
         reason(errno).c_str());
  int error = writeAll(file, bytes);
  // Some file systems report a full disk at the close only.
  if (close(file) != 0 && error == 0)
    error = errno;
  if (error == 0 && rename(temporary.c_str(), path.c_str()) != 0)
    error = errno;
  if (error == 0)
    return;
  unlink(temporary.c_str());
  fail(ADAMAS_ERROR_CACHE, "%s: expected to write %zu bytes, but got: %s", path.c_str(), bytes.size(),
       reason(error).c_str());
}
