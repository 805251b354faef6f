# Tests of what tools/quickstart and test/run say and do about packages and options, with stand-ins for apt and sudo.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
COMMANDS = (os.path.join(ROOT, "tools", "quickstart"), os.path.join(ROOT, "test", "run"))
DEBIAN = 'ID=debian\nVERSION_ID="12"\n'
KNOWN = 'printf "  Candidate: 1.0\\n"'
# A package is installed once apt-get wrote its name into the file `installed`; everything is, where `all` exists.
DPKG = 'here=$(dirname "$0"); for last; do :; done\n[ -e "$here/all" ] || grep -qx "$last" "$here/installed" || exit 1\nprintf installed'
APT = (
    'here=$(dirname "$0"); echo "apt-get $*" >>"$here/calls"\n'
    'case "$*" in *install*) for word; do echo "$word" >>"$here/installed"; done ;; esac'
)


class SetupTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.bin = folder.name
        for tool in ("bash", "dirname", "basename", "sed", "env", "grep", "cat"):
            os.symlink(shutil.which(tool), os.path.join(self.bin, tool))
        self.stub("id", "echo 0")
        self.stub("dpkg-query", DPKG)
        self.stub("apt-get", APT)
        self.stub("apt-cache", KNOWN)
        self.write("installed", "")
        self.write("os-release", DEBIAN)

    def write(self, name, text):
        with open(os.path.join(self.bin, name), "w", encoding="utf-8") as file:
            file.write(text)

    def stub(self, name, body):
        self.write(name, f"#!/usr/bin/env bash\n{body}\n")
        os.chmod(os.path.join(self.bin, name), 0o755)

    def calls(self):
        try:
            with open(os.path.join(self.bin, "calls"), encoding="utf-8") as file:
                return file.read().splitlines()
        except FileNotFoundError:
            return []

    def call(self, command, *arguments, **environment):
        environment = {"PATH": self.bin, "ADAMAS_OS_RELEASE": os.path.join(self.bin, "os-release"), **environment}
        return subprocess.run(
            [command, *arguments], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )

    def fails_with(self, *texts, arguments=("--packages-only",)):
        for command in COMMANDS:
            result = self.call(command, *arguments)
            self.assertNotEqual(result.returncode, 0, result.stdout)
            for text in texts:
                self.assertIn(text, result.stderr)

    def test_installs_what_is_missing_once(self):
        for command in COMMANDS:
            result = self.call(command, "--packages-only")
            self.assertEqual(result.returncode, 0, result.stderr)
        update, install = self.calls()
        self.assertIn("update", update)
        self.assertIn("--no-install-recommends libmlir-22-dev", install)

    def test_asks_nothing_where_all_is_installed(self):
        self.write("all", "")
        self.write("os-release", "ID=ubuntu\nVERSION_ID=24.04\n")
        for command in COMMANDS:
            result = self.call(command, "--packages-only")
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn("are installed", result.stdout)
        self.assertEqual(self.calls(), [])

    def test_uses_sudo_where_not_root(self):
        self.stub("id", "echo 1000")
        self.stub("sudo", 'if [ "$1" = -n ]; then exit 0; fi\necho sudo >>"$(dirname "$0")/calls"; exec "$@"')
        self.assertEqual(self.call(COMMANDS[0], "--packages-only").returncode, 0)
        self.assertEqual(self.calls()[::2], ["sudo", "sudo"])

    def test_neither_root_nor_sudo(self):
        self.stub("id", "echo 1000")
        self.fails_with("expected to be root or to find sudo", "apt-get install --no-install-recommends libmlir-22-dev")

    def test_sudo_that_would_ask_without_a_terminal(self):
        self.stub("id", "echo 1000")
        self.stub("sudo", "exit 1")
        self.fails_with("expected sudo to work without a password")

    def test_another_system(self):
        self.write("os-release", "ID=ubuntu\nVERSION_ID=24.04\n")
        self.fails_with("expected Debian 12 with apt, but this system is 'ubuntu 24.04'", "22.1", "debian:12")

    def test_no_apt(self):
        for tool in ("apt-get", "dpkg-query"):
            os.remove(os.path.join(self.bin, tool))
        os.remove(os.path.join(self.bin, "os-release"))
        self.fails_with("expected Debian 12 with apt, but this system is 'unknown'")

    def test_security_suite_missing(self):
        self.stub("apt-cache", 'case "$*" in *-22*) printf "  Candidate: (none)\\n" ;; *) ' + KNOWN + " ;; esac")
        self.fails_with("apt knows no libmlir-22-dev", "deb http://deb.debian.org/debian-security bookworm-security main")

    def test_main_archive_missing(self):
        self.stub("apt-cache", 'case "$*" in *ninja*) : ;; *) ' + KNOWN + " ;; esac")
        self.fails_with("apt knows no ninja-build", "bookworm-updates")

    def test_apt_fails(self):
        self.stub("apt-get", "exit 100")
        self.fails_with("apt-get update: failed")

    def test_gcc_needs_its_package(self):
        for arguments, environment in ((["--gcc"], {}), ([], {"CXX": "g++-12"})):
            self.write("installed", "")
            self.write("calls", "")
            result = self.call(COMMANDS[0], "--packages-only", *arguments, **environment)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn("g++-12", self.calls()[1])

    def test_torch_needs_a_package(self):
        result = self.call(COMMANDS[1], "--packages-only", "--torch")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("python3-venv", self.calls()[1])

    def test_compilers_that_contradict(self):
        result = self.call(COMMANDS[1], "--packages-only", "--sanitize", CXX="g++-12")
        self.assertIn("--sanitize: expected clang", result.stderr)
        result = self.call(COMMANDS[1], "--packages-only", "--gcc", CXX="clang++-22")
        self.assertIn("--gcc: expected CXX to be unset", result.stderr)

    def test_bad_options(self):
        self.fails_with("expected an option", arguments=("--none",))
        self.fails_with("--jobs: expected a number", arguments=("--jobs", "0"))
        self.fails_with("--jobs: expected a number", arguments=("--jobs",))

    def test_help(self):
        for command in COMMANDS:
            result = self.call(command, "--help")
            self.assertEqual(result.returncode, 0)
            self.assertIn("--packages-only", result.stdout)


if __name__ == "__main__":
    unittest.main()
