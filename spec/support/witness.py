"""witness.py FOLDER DOOR...: a stranger whom nobody has any business with.

Says what happens to it until the file "end" comes into its folder: files there that are opened or
made, datagrams at its doors, which are sockets of these names in the kernel's namespace and one at
FOLDER/socket, and signals. Then it says "survived".
"""

import ctypes
import os
import select
import signal
import socket
import struct
import sys

IN_OPEN, IN_CREATE, IN_ISDIR = 0x20, 0x100, 0x40000000


def watch(folder):
    libc = ctypes.CDLL(None)
    watch_fd = libc.inotify_init()
    assert libc.inotify_add_watch(watch_fd, os.fsencode(folder), IN_OPEN | IN_CREATE) >= 0
    return watch_fd


def door(address):
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    bound.bind(address)
    return bound


def happenings(watch_fd):
    events = os.read(watch_fd, 65536)
    while events:
        _, mask, _, size = struct.unpack("iIII", events[:16])
        name = events[16 : 16 + size].rstrip(b"\0").decode()
        events = events[16 + size :]
        if name and not mask & IN_ISDIR:
            yield "open" if mask & IN_OPEN else "create", name


def main(folder, names):
    doors = {door(os.path.join(folder, "socket")): "socket"}
    doors.update((door("\0" + name), name) for name in names)
    watch_fd = watch(folder)
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGCONT):
        signal.signal(number, lambda number, _: print("signal", number, flush=True))
    print("ready", flush=True)
    while True:
        readable, _, _ = select.select([watch_fd, *doors], [], [])
        for bound in readable:
            if bound is not watch_fd:
                bound.recv(64)
                print("datagram", doors[bound], flush=True)
        for what, name in happenings(watch_fd) if watch_fd in readable else ():
            if name == "end":
                print("survived")
                return
            print(what, name, flush=True)


main(sys.argv[1], sys.argv[2:])
