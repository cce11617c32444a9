#!/usr/bin/env python3
"""A way to a server that goes silent: after BYTES from one client it goes on to read and passes nothing on, as where a machine has lost its power.

    silent-proxy.py SOCKET BYTES     prints the port of 127.0.0.1 that leads to that Unix socket; ends with its standard input
"""
import os
import socket
import sys
import threading


def pass_on(source, target, limit):
    passed = 0
    while data := source.recv(65536):
        passed += len(data)
        if limit == 0 or passed <= limit:
            target.sendall(data)
    target.shutdown(socket.SHUT_WR)


def serve(client, path, limit):
    server = socket.socket(socket.AF_UNIX)
    server.connect(path)
    for source, target, most in ((client, server, limit), (server, client, 0)):
        threading.Thread(target=quietly, args=(source, target, most), daemon=True).start()


def quietly(*arguments):
    try:
        pass_on(*arguments)
    except OSError:
        pass


def accept(listener, path, limit):
    while True:
        serve(listener.accept()[0], path, limit)


def main():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(20)
    print(listener.getsockname()[1], flush=True)
    threading.Thread(target=accept, args=(listener, sys.argv[1], int(sys.argv[2])), daemon=True).start()
    while os.read(0, 1):
        pass


main()
