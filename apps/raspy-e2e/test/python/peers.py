"""MDP peers in raw frames on pyzmq: they share no code with RasPy.

usage: peers.py worker ENDPOINT SERVICE VERSION    echoes each body in upper case, until DISCONNECT or SIGTERM
       peers.py req ENDPOINT SERVICE TEXT...       one REQ socket, the texts one after the other
       peers.py correlate ENDPOINT SERVICE TEXT... the same with ZMQ_REQ_CORRELATE
       peers.py client2 ENDPOINT SERVICE TEXT      one 0.2 request; prints every partial, then the final
       peers.py silent ENDPOINT SERVICE            READY, then takes one request and never answers
"""
import os
import sys
import zmq


def dealer(context, endpoint):
    socket = context.socket(zmq.DEALER)
    socket.linger = 200
    socket.connect(endpoint)
    return socket


def worker(context, endpoint, service, version):
    socket = dealer(context, endpoint)
    old = version == "1"
    head = [b"", b"MDPW01"] if old else [b"MDPW02"]
    heartbeat, disconnect = (b"\x04", b"\x05") if old else (b"\x05", b"\x06")
    socket.send_multipart(head + [b"\x01", service.encode()])
    print("ready", flush=True)
    while True:
        if not socket.poll(500):
            socket.send_multipart(head + [heartbeat])
            continue
        frames = socket.recv_multipart()
        assert frames[: len(head)] == head, frames
        command, rest = frames[len(head)], frames[len(head) + 1 :]
        if command == b"\x02":
            address, empty, body = rest[0], rest[1], rest[2:]
            assert empty == b"", frames
            if old:
                socket.send_multipart(head + [b"\x03", address, b""] + [part.upper() for part in body])
            else:
                for part in body:
                    socket.send_multipart(head + [b"\x03", address, b"", part.upper()])
                socket.send_multipart(head + [b"\x04", address, b"", b"200"])
        elif command == disconnect:
            print("disconnected", flush=True)
            return
        else:
            assert command == heartbeat, frames


def silent(context, endpoint, service):
    socket = dealer(context, endpoint)
    socket.send_multipart([b"", b"MDPW01", b"\x01", service.encode()])
    print("ready", flush=True)
    while socket.recv_multipart()[2] != b"\x02":
        pass
    print("took it", flush=True)
    sys.stdin.read()


def req(context, endpoint, service, texts, correlate):
    socket = context.socket(zmq.REQ)
    socket.linger = 0
    if correlate:
        socket.setsockopt(zmq.REQ_CORRELATE, 1)
    socket.rcvtimeo = 5000
    socket.connect(endpoint)
    for text in texts:
        socket.send_multipart([b"MDPC01", service.encode(), text.encode()])
        reply = socket.recv_multipart()
        assert reply[:2] == [b"MDPC01", service.encode()], reply
        print("|".join(part.decode() for part in reply[2:]), flush=True)


def client2(context, endpoint, service, text):
    socket = dealer(context, endpoint)
    socket.rcvtimeo = 5000
    socket.send_multipart([b"MDPC02", b"\x01", service.encode(), *[part.encode() for part in text.split("|")]])
    while True:
        header, command, name, *body = socket.recv_multipart()
        assert (header, name) == (b"MDPC02", service.encode())
        print({b"\x02": "partial", b"\x03": "final"}[command], "|".join(part.decode() for part in body), flush=True)
        if command == b"\x03":
            return


def main():
    role, endpoint, service, *rest = sys.argv[1:]
    context = zmq.Context()
    if role == "worker":
        worker(context, endpoint, service, rest[0])
    elif role == "silent":
        silent(context, endpoint, service)
    elif role == "client2":
        client2(context, endpoint, service, rest[0])
    else:
        req(context, endpoint, service, rest, role == "correlate")
    # Nothing waits to be sent any more, and a broker that has gone must not hold this process.
    sys.stdout.flush()
    os._exit(0)


main()
