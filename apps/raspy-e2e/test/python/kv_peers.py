"""Clone peers in raw frames on pyzmq: they share no code with RasPy. Frames are printed, and given, in hex: 2f61|00.

usage: kv_peers.py join SNAPSHOT PUBLISHER SUBTREE     the manual's join, then every message of the subscriber
       kv_peers.py push COLLECTOR MESSAGE...           sends them all
       kv_peers.py ask SNAPSHOT MESSAGE...             sends them all; prints what comes until KTHXBAI
       kv_peers.py garbage SEED COUNT DEALER,DEALER PUSH,PUSH XSUB,XSUB
"""
import os
import random
import sys
import zmq

PATIENCE_MS = 10_000


def told(word, frames):
    print(word, "|".join(frame.hex() for frame in frames), flush=True)


def message(text):
    return [bytes.fromhex(frame) for frame in text.split("|")]


def connected(context, kind, endpoint):
    socket = context.socket(kind)
    socket.linger = PATIENCE_MS
    socket.rcvtimeo = PATIENCE_MS
    socket.connect(endpoint)
    return socket


def join(context, snapshot, publisher, subtree):
    updates = connected(context, zmq.SUB, publisher)
    updates.subscribe(subtree.encode())
    updates.subscribe(b"HUGZ")
    first = updates.recv_multipart()
    assert first[0] == b"HUGZ", first
    asking = connected(context, zmq.DEALER, snapshot)
    asking.send_multipart([b"ICANHAZ?", subtree.encode()])
    while True:
        frames = asking.recv_multipart()
        told("snapshot", frames)
        if frames[0] == b"KTHXBAI":
            break
    print("joined", flush=True)
    while True:
        told("update", updates.recv_multipart())


def push(context, collector, texts):
    socket = connected(context, zmq.PUSH, collector)
    for text in texts:
        socket.send_multipart(message(text))
    socket.close()
    context.term()


def ask(context, snapshot, texts):
    socket = connected(context, zmq.DEALER, snapshot)
    for text in texts:
        socket.send_multipart(message(text))
    while True:
        frames = socket.recv_multipart()
        told("snapshot", frames)
        if frames[0] == b"KTHXBAI":
            break


def garbage(context, seed, count, dealers, pushes, xsubs):
    dice = random.Random(seed)
    words = [b"", b"ICANHAZ?", b"KTHXBAI", b"HUGZ", b"STATE?", b"COUNT?", b"SETIF?", b"icanhaz?", b"HELLO", b"/", b"/a",
             bytes(8), bytes(4), bytes(16), b"ttl=1\n", b"\x01", b"\x00", b"\x01/", b"\xff\xfe"]
    kinds = [(zmq.DEALER, dealers), (zmq.PUSH, pushes), (zmq.XSUB, xsubs)]
    sockets = [connected(context, kind, endpoint) for kind, ends in kinds for endpoint in ends.split(",")]
    for socket in sockets:
        socket.sndtimeo = PATIENCE_MS
    sent = 0
    for _ in range(count):
        frames = [dice.choice(words) if dice.random() < 0.7 else dice.randbytes(dice.randrange(64))
                  for _ in range(1 + dice.randrange(7))]
        socket = dice.choice(sockets)
        try:
            socket.send_multipart(frames)
            sent += 1
        except zmq.ZMQError as error:
            # libzmq's own XSUB refuses some of what is no subscription; the wire never sees it.
            assert socket.type == zmq.XSUB, error
        # What is answered is read, or a router would keep it.
        for reader in sockets:
            while reader.type != zmq.PUSH and reader.poll(0):
                reader.recv_multipart()
    for socket in sockets:
        socket.close()
    context.term()
    print("sent", sent, flush=True)


def main():
    role, *rest = sys.argv[1:]
    context = zmq.Context()
    if role == "join":
        join(context, *rest)
    elif role == "push":
        push(context, rest[0], rest[1:])
    elif role == "ask":
        ask(context, rest[0], rest[1:])
    else:
        garbage(context, int(rest[0]), int(rest[1]), *rest[2:])
    # Nothing waits to be sent any more, and a broker that has gone must not hold this process.
    sys.stdout.flush()
    os._exit(0)


main()
