#!/usr/bin/env python3
"""A RasPy client in plain pyzmq: client.py [endpoint [service frame...]]"""
import sys

import zmq

ENDPOINT = sys.argv[1] if len(sys.argv) > 1 else "tcp://127.0.0.1:5514"


def request(context, service, *body, timeout=5.0):
    """Sends one request and returns the frames of its reply; the last one is the status."""
    # A socket a request: after a timeout a late reply then has no way to the next question.
    socket = context.socket(zmq.REQ)
    socket.linger = 0  # what cannot be sent now must not be sent after we have given up
    socket.req_correlate = 1  # RasPy's broker echoes the number; leave this out for brokers that know no envelope
    socket.connect(ENDPOINT)
    try:
        socket.send_multipart([b"MDPC01", service, *body])
        if not socket.poll(1000 * timeout):
            raise TimeoutError(f"{service.decode()} did not reply; it may still do what was asked")
        header, name, *reply = socket.recv_multipart()
        if header != b"MDPC01" or name != service:
            raise ValueError("not a reply to this request")
        return reply
    finally:
        socket.close()


def show(service, reply):
    *results, status = reply
    print(service.decode(), status.decode(), *(frame.decode(errors="replace") for frame in results))
    return status.startswith(b"200")


if __name__ == "__main__":
    with zmq.Context() as context:
        if len(sys.argv) > 2:
            service, *body = (argument.encode() for argument in sys.argv[2:])
            sys.exit(0 if show(service, request(context, service, *body)) else 1)
        fine = show(b"python.greeting", request(context, b"python.greeting", b"hello", b"world"))
        # Names of all services that have a worker; any pattern will do, `\.devices$` finds the device servers.
        fine &= show(b"mmi.discovery", request(context, b"mmi.discovery", rb"."))
        sys.exit(0 if fine else 1)
