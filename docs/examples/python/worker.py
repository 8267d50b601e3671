#!/usr/bin/env python3
"""A RasPy worker in plain pyzmq. It offers the service `python.greeting`: worker.py [endpoint]"""
import signal
import sys
import time

import zmq

ENDPOINT = sys.argv[1] if len(sys.argv) > 1 else "tcp://127.0.0.1:5514"
SERVICE = b"python.greeting"
INTERVAL, LIVENESS = 3.5, 5  # seconds and a count, the same as the broker's
READY, REQUEST, REPLY, HEARTBEAT, DISCONNECT = (bytes([code]) for code in range(1, 6))


def handle(body):
    """Frames of a request to frames of a reply: the action comes first, the status last."""
    action, *args = body
    if action == b"list_keys" and not args:
        return [b"hello", b"200"]
    if action == b"hello":
        return [b"hello, " + args[0], b"200"] if len(args) == 1 else [b"hello takes one name", b"400"]
    return [b"501"]


def serve(context):
    """One session with the broker: from READY until it is silent for too long or sends us away."""
    socket = context.socket(zmq.DEALER)
    socket.linger = 100  # milliseconds for the last words
    socket.connect(ENDPOINT)

    def tell(command, *frames):
        socket.send_multipart([b"", b"MDPW01", command, *frames])

    try:
        tell(READY, SERVICE)
        heard = told = time.monotonic()
        while time.monotonic() < heard + INTERVAL * LIVENESS:
            if socket.poll(1000 * max(0, told + INTERVAL - time.monotonic())):
                frames = socket.recv_multipart()
                heard = time.monotonic()
                if frames[2:3] == [DISCONNECT]:
                    return
                if frames[2:3] == [REQUEST] and len(frames) > 5:
                    try:
                        reply = handle(frames[5:])
                    except Exception:  # a mistake in one action must not end the service
                        reply = [b"500"]
                    tell(REPLY, frames[3], b"", *reply)
            if time.monotonic() >= told + INTERVAL:
                tell(HEARTBEAT)
                told = time.monotonic()
    except KeyboardInterrupt:
        tell(DISCONNECT)
        raise
    finally:
        socket.close()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with zmq.Context() as context:
            while True:
                serve(context)
                time.sleep(INTERVAL)
    except KeyboardInterrupt:
        pass
