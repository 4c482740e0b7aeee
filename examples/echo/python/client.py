#!/usr/bin/env python3
# A client without libreeve: connect, one frame out, one frame in.
import socket, struct

ECHO = 0x79f6afbbd548b988  # example/Echo.Echo
FLAGS, MAGIC = 2, 1  # version 2 of the wire format

with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as echo:
    echo.connect("/svc/example.Echo")
    echo.send(struct.pack("<IBxxBQ", 1, FLAGS, MAGIC, ECHO) + b"hello from Python")
    print(echo.recv(65536)[16:].decode(), flush=True)
