"""A wall clock for programs that are started under it: a library in front of the system's, and a file that says how far off."""

import contextlib
import mmap
import os
import shutil
import struct
import subprocess

from box import Failure

JUMPING_CLOCK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>

static volatile long long *offset;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("CLOCK_FILE");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *map = file < 0 ? MAP_FAILED : mmap(0, 8, PROT_READ, MAP_SHARED, file, 0);
    if (map != MAP_FAILED) offset = map;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int failed = real(clock, now);
    if (!failed && offset && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI))
        now->tv_sec += *offset;
    return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec exact;
    if (clock_gettime(CLOCK_REALTIME, &exact)) return -1;
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *into) {
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    if (into) *into = exact.tv_sec;
    return exact.tv_sec;
}
"""


class Clock:
    """The wall clock of the programs that are started under it; it jumps while they run."""

    library = None

    def __init__(self, box, name):
        self.box, self.path = box, os.path.join(box.folder, name + ".clock")
        with open(self.path, "wb") as file:
            file.write(bytes(8))
        with open(self.path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), 8)

    @staticmethod
    def build(box):
        compiler = shutil.which("clang") or shutil.which("cc")
        if not compiler:
            raise Failure("no C compiler: neither clang nor cc")
        source = os.path.join(box.folder, "clock.c")
        with open(source, "w", encoding="ascii") as file:
            file.write(JUMPING_CLOCK)
        Clock.library = os.path.join(box.folder, "clock.so")
        subprocess.run([compiler, "-shared", "-fPIC", "-o", Clock.library, source, "-ldl"], check=True,
                       capture_output=True)

    @property
    def offset(self):
        return struct.unpack("<q", self.map[:])[0]

    @offset.setter
    def offset(self, seconds):
        self.map[:] = struct.pack("<q", int(seconds))

    @property
    def environment(self):
        return {"LD_PRELOAD": Clock.library, "CLOCK_FILE": self.path}

    @contextlib.contextmanager
    def starting(self):
        """Programs started within it live by this clock."""
        self.box.environment = self.environment
        try:
            yield
        finally:
            self.box.environment = {}
