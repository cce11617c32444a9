#!/usr/bin/env python3
"""lose-commit.py before|after SOCKET TARGET: stand between a client and a PostgreSQL server, both on Unix sockets.

The first connection that sends COMMIT is cut there: before the server gets it, or after the server has answered, whose answer is
then kept back. Every other connection is passed on untouched. Runs until it is ended.
"""
import os
import socket
import sys
import threading

when, listen_path, target_path = sys.argv[1:4]
cut = threading.Event()


def connect():
    upstream = socket.socket(socket.AF_UNIX)
    upstream.connect(target_path)
    return upstream


def close(*ends):
    for end in ends:
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def upwards(client, server, holding):
    while data := client.recv(65536):
        if b"COMMIT" in data and not cut.is_set():
            cut.set()
            if when == "before":
                break
            holding.set()
        server.sendall(data)
    close(client, server)


def downwards(client, server, holding):
    while data := server.recv(65536):
        if holding.is_set():
            break  # the answer to COMMIT: the server is done
        client.sendall(data)
    close(client, server)


def serve(client):
    server, holding = connect(), threading.Event()
    for work in (upwards, downwards):
        threading.Thread(target=work, args=(client, server, holding), daemon=True).start()


listener = socket.socket(socket.AF_UNIX)
listener.bind(listen_path)
os.chmod(listen_path, 0o777)
listener.listen()
print("ready", flush=True)
while True:
    serve(listener.accept()[0])
