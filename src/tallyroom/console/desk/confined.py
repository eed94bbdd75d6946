"""The child process that draws a hostile file: run as a program of its own, with nothing but the standard streams.

    python -I confined.py application/pdf 0 < scan > picture.png

The file is read first.  Then the process gives up what it could do harm with: memory, time and open files are
limited, and the kernel refuses every call that is not on a short list: no file, no network, no other program.
Only then is the file decoded, and drawn anew as PNG: what comes out is a picture of it and holds nothing of it.

Exit code 0 with the picture; 3 where the file cannot be drawn; anything else is the end that the kernel made.
"""

import ctypes
import io
import os
import platform
import resource
import struct
import sys
import warnings
from importlib.util import find_spec

WIDTH = 1400
"""Pixels of the picture's longer side at the most."""
PIXELS = 80_000_000
"""Of an image that is decoded."""
MEMORY = 1500 * 2**20
SECONDS = 15

ARCHITECTURES = {
    "x86_64": (
        0xC000003E,
        # read write fstat lseek mmap mprotect munmap brk rt_sigaction rt_sigprocmask rt_sigreturn mremap madvise
        # getpid exit sigaltstack gettid futex sched_getaffinity clock_gettime exit_group getrandom
        (0, 1, 5, 8, 9, 10, 11, 12, 13, 14, 15, 25, 28, 39, 60, 131, 186, 202, 204, 228, 231, 318),
    ),
    "aarch64": (
        0xC00000B7,
        (63, 64, 80, 62, 222, 226, 215, 214, 134, 135, 139, 216, 233, 172, 93, 132, 178, 98, 123, 113, 94, 278),
    ),
}
"""The kernel's number of the machine and of the calls that are allowed (include/uapi/linux/audit.h, unistd.h)."""

_LOAD, _EQUALS, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000 | 1, 0x80000000
_NO_NEW_PRIVILEGES, _DUMPABLE, _SECCOMP, _FILTER = 38, 4, 22, 2


def installed() -> bool:
    """Whether the parts that draw are installed."""
    return find_spec("PIL") is not None and find_spec("pypdfium2") is not None


def confine() -> None:
    """Give up everything but computing.  Raises OSError where the kernel does not take the filter."""
    for limit, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 0),
    ):
        resource.setrlimit(limit, (most, most))
    library = ctypes.CDLL(None, use_errno=True)
    machine, allowed = ARCHITECTURES[platform.machine()]
    instructions = [(_LOAD, 0, 0, 4), (_EQUALS, 1, 0, machine), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, 0)]
    for number in allowed:
        instructions += [(_EQUALS, 0, 1, number), (_RETURN, 0, 0, _ALLOW)]
    instructions.append((_RETURN, 0, 0, _REFUSE))
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *one) for one in instructions))
    program = struct.pack("HL" if struct.calcsize("L") == 8 else "HI", len(instructions), ctypes.addressof(code))
    for call in ((_NO_NEW_PRIVILEGES, 1), (_DUMPABLE, 0), (_SECCOMP, _FILTER, program)):
        arguments = [ctypes.c_char_p(one) if isinstance(one, bytes) else ctypes.c_ulong(one) for one in call[1:]]
        rest = [ctypes.c_ulong(0)] * (4 - len(arguments))
        if library.prctl(ctypes.c_int(call[0]), *arguments, *rest):
            raise OSError(ctypes.get_errno(), "the kernel does not confine this process")


def drawn(data: bytes, media: str, page: int) -> bytes:
    """The picture of a file: PNG, without anything that the file said of itself."""
    from PIL import Image  # noqa: PLC0415 - loaded before the process is confined

    if media == "application/pdf":
        import pypdfium2  # noqa: PLC0415

        document = pypdfium2.PdfDocument(data)
        sheet = document[page]
        picture = sheet.render(scale=WIDTH / max(*sheet.get_size(), 1)).to_pil()
    elif page:
        raise ValueError("an image has one page")
    else:
        picture = Image.open(io.BytesIO(data), formats=["JPEG", "PNG"])
        picture.draft("RGB", (WIDTH, WIDTH))
    picture = picture.convert("RGB")
    picture.thumbnail((WIDTH, WIDTH))
    clean = Image.new("RGB", picture.size)
    clean.paste(picture)
    out = io.BytesIO()
    clean.save(out, "PNG")
    return out.getvalue()


def _load(media: str) -> None:
    """Load the libraries by drawing something of our own, while files can still be opened."""
    from PIL import Image  # noqa: PLC0415

    Image.MAX_IMAGE_PIXELS = PIXELS // 2  # twice as many are an error
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    for kind in ("JPEG", "PNG"):
        out = io.BytesIO()
        Image.new("RGB", (8, 8)).save(out, kind)
        drawn(out.getvalue(), f"image/{kind.lower()}", 0)
    if media == "application/pdf":
        out = io.BytesIO()
        Image.new("RGB", (8, 8)).save(out, "PDF")
        drawn(out.getvalue(), media, 0)


def main(media: str, page: int) -> int:
    """Draw what comes in."""
    data = sys.stdin.buffer.read()
    try:
        _load(media)
    except ImportError:
        return 4
    confine()
    try:
        picture = drawn(data, media, page)
    except BaseException:  # a hostile file may raise anything, and whatever it is it cannot be drawn
        return 3
    sys.stdout.buffer.write(picture)
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    os._exit(main(sys.argv[1], int(sys.argv[2])))
