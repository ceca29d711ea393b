"""Lets programs reach the host's proxy: listens on PORT of the box's own loopback and passes all bytes
on to the unix socket SOCKET. What may be reached is settled on the host alone."""
import os
import socket
import threading


def pass_on(source, target):
    try:
        while True:
            part = source.recv(65536)
            if not part:
                break
            target.sendall(part)
    except OSError:
        pass
    for end in ((target, socket.SHUT_WR), (source, socket.SHUT_RD)):
        try:
            end[0].shutdown(end[1])
        except OSError:
            pass


def serve(client):
    host = socket.socket(socket.AF_UNIX)
    try:
        host.connect(SOCKET)
    except OSError:
        client.close()
        return
    back = threading.Thread(target=pass_on, args=(host, client), daemon=True)
    back.start()
    pass_on(client, host)
    back.join()
    client.close()
    host.close()


def run_bridge():
    """Starts the process; returns when it listens."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(('127.0.0.1', PORT))
    listener.listen(64)
    child = os.fork()
    if child:
        listener.close()
        return child
    os.closerange(3, listener.fileno())
    os.closerange(listener.fileno() + 1, 256)
    while True:
        client, _ = listener.accept()
        threading.Thread(target=serve, args=(client,), daemon=True).start()
