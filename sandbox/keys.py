"""Keep the keys that sign the record: made at first use, readable by nobody else, outside the logs.

An agent's process cannot read them: no held process may read the folder of keys, and none is told
of it. An agent that runs in process, or that nothing holds, could; the log says which it was.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sandbox.action import digest_of
from sandbox.errors import InputError, StoreError

MACHINE = "machine"
"""Name of the key that signs what the program itself writes."""

PERSON = "person-"
"""Begins the names of persons' keys, which sign what a person vouches for, never a log."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}")
_SIZE = 32


def key_folder() -> Path:
    """Return the folder of keys: `$OFFSWITCH_KEYS`, else the user's folder of state."""
    if named := os.environ.get("OFFSWITCH_KEYS"):
        return Path(named)
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "offswitch"


def fingerprint(public: bytes) -> str:
    """Return the 16 hexadecimal characters by which people tell keys apart."""
    return digest_of(public)[:16]


def check_signature(public: bytes, signature: bytes, content: bytes) -> bool:
    """Tell whether the owner of `public` (32 bytes) signed exactly `content`."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, content)
    except (InvalidSignature, ValueError):
        return False
    return True


class Signer:
    """Sign in one name."""

    def __init__(self, secret: bytes) -> None:
        """Hold a secret of 32 bytes."""
        self._key = Ed25519PrivateKey.from_private_bytes(secret)
        self.public = self._key.public_key().public_bytes_raw()
        self.fingerprint = fingerprint(self.public)

    def sign(self, content: bytes) -> bytes:
        """Return the signature of `content`, 64 bytes.

        Source: RFC 8032 (Ed25519).
        """
        return self._key.sign(content)

    @classmethod
    def load(cls, name: str = MACHINE, folder: Path | None = None) -> Signer:
        """Return the signer of that name, making its key at first use.

        Raises:
            InputError: when the name cannot be a file's.
            StoreError: when the key cannot be kept, or others may read it.
        """
        if not _NAME.fullmatch(name):
            raise InputError(f"{name!r} cannot name a key: letters, digits, and . _ @ + - only")
        return _load((folder or key_folder()) / f"{name}.key")


@lru_cache(maxsize=64)
def _load(path: Path) -> Signer:
    try:
        prepare(path.parent)
        if not path.exists():
            _make(path)
        secret = _read(path)
    except OSError as error:
        raise StoreError(
            f"{path}: the signing key cannot be kept there: {error.strerror}; name another folder "
            "with OFFSWITCH_KEYS"
        ) from error
    return Signer(secret)


def prepare(folder: Path) -> None:
    """Make the folder of keys, for its owner alone.

    Raises:
        OSError: when it cannot be made.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _make(path: Path) -> None:
    """Write a new key whole or not at all; who comes second finds the first one's."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        secret = Ed25519PrivateKey.generate()
        os.write(descriptor, secret.private_bytes_raw())
        os.fsync(descriptor)
        os.link(fresh, path)
    except FileExistsError:
        return
    finally:
        os.close(descriptor)
        fresh.unlink()
    public = path.with_suffix(".pub")
    public.write_text(secret.public_key().public_bytes_raw().hex() + "\n", encoding="ascii")


def _read(path: Path) -> bytes:
    if path.stat().st_mode & 0o077:
        raise StoreError(f"{path}: others may read this signing key; `chmod 600` it, or remove it")
    secret = path.read_bytes()
    if len(secret) != _SIZE:
        raise StoreError(f"{path}: is no signing key of {_SIZE} bytes; restore it from a backup")
    return secret


def trusted(folder: Path | None = None) -> dict[bytes, str]:
    """Return the public keys that may seal a log here: ours, and every `NAME.pub` laid beside it.

    Raises:
        InputError: naming the file that is no public key.
        StoreError: when our own key cannot be read.
    """
    place = folder or key_folder()
    found = {
        public_key(str(path)): path.stem
        for path in sorted(place.glob("*.pub"))
        if not path.stem.startswith(PERSON)
    }
    if (place / f"{MACHINE}.key").exists():
        found[Signer.load(MACHINE, place).public] = MACHINE
    return found


def public_key(text: str) -> bytes:
    """Return the public key that is named: its 64 hexadecimal characters, or a file of them.

    Raises:
        InputError: when it is neither.
    """
    word = text.strip()
    path = Path(word)
    if len(word) != 2 * _SIZE and path.is_file():
        word = path.read_text(encoding="utf-8", errors="replace").strip()
    try:
        found = bytes.fromhex(word)
    except ValueError:
        found = b""
    if len(found) != _SIZE:
        raise InputError(f"{text.strip()[:80]!r} is no public key: 64 hexadecimal characters")
    return found
