"""Files of a Debian package: a folder becomes the same bytes wherever and whenever it is packed."""

import gzip
import hashlib
import io
import lzma
import os
import platform
import tarfile

# Calls in machine code name their target by its distance. As addresses they repeat, from one program to the next,
# and a dictionary that holds all of the package finds them: a quarter less to download than without.
_CALLS = {"x86_64": [{"id": lzma.FILTER_X86}]}


def _packer(compression, file):
    if compression == "none":
        return "", file
    calls = _CALLS.get(platform.machine(), [])
    preset = 9 | lzma.PRESET_EXTREME
    filters = calls + [{"id": lzma.FILTER_LZMA2, "preset": preset}]
    return ".xz", lzma.LZMAFile(file, "w", check=lzma.CHECK_CRC64, filters=filters)


def tar(folder, compression, when):
    """(ending of the name, bytes): the whole folder, owned by root, sorted, at one time."""
    out = io.BytesIO()
    ending, stream = _packer(compression, out)

    def plain(entry):
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = "root"
        entry.mtime = when
        return entry

    with tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as made:
        names = ["."]
        for at, folders, files in os.walk(folder):
            names += [os.path.relpath(os.path.join(at, name), folder) for name in folders + files]
        for name in sorted(names):
            made.add(os.path.join(folder, name), "./" + name if name != "." else ".", recursive=False, filter=plain)
    if stream is not out:
        stream.close()
    return ending, out.getvalue()


def ar(members, when):
    """The container of a .deb: (name, bytes) one after the other."""
    out = [b"!<arch>\n"]
    for name, content in members:
        out.append(f"{name:<16}{when:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n".encode())
        out.append(content + b"\n" * (len(content) % 2))
    return b"".join(out)


def deb(path, control, data, compression, when):
    """Writes the .deb of a folder with control files and a folder that is the root."""
    with open(os.path.join(control, "md5sums"), "w", encoding="utf-8") as sums:
        for at, _, files in sorted(os.walk(data)):
            for name in sorted(files):
                file = os.path.join(at, name)
                if not os.path.islink(file):
                    with open(file, "rb") as content:
                        digest = hashlib.file_digest(content, "md5").hexdigest()
                    sums.write(f"{digest}  {os.path.relpath(file, data)}\n")
    os.chmod(os.path.join(control, "md5sums"), 0o644)
    members = [("debian-binary", b"2.0\n")]
    for name, folder in (("control", control), ("data", data)):
        ending, content = tar(folder, compression, when)
        members.append((f"{name}.tar{ending}", content))
    with open(path + ".part", "wb") as file:
        file.write(ar(members, when))
    os.replace(path + ".part", path)


def gzipped(text, when):
    return gzip.compress(text.encode(), 9, mtime=0)
