"""A Titanic client and a worker in raw frames on pyzmq: they share no code with RasPy, and check every frame.

usage: titanic_peers.py ENDPOINT    prints "served" when all was as RFC 9 and the protocol's vectors have it
"""
import re
import sys
import time
import zmq

endpoint = sys.argv[1]
context = zmq.Context()
client = context.socket(zmq.DEALER)
client.linger = 200
client.connect(endpoint)


def ask(service, *body):
    client.send_multipart([b"", b"MDPC01", service, *body])
    assert client.poll(10000), (service, body, "no reply")
    reply = client.recv_multipart()
    assert reply[:3] == [b"", b"MDPC01", service], reply
    return reply[3:]


def expect(found, *wanted):
    assert found == list(wanted), (found, wanted)


# V18, V19
expect(ask(b"mmi.service", b"titanic.request"), b"200")
names = ask(b"mmi.discovery", rb"titanic\..*")
assert names == sorted(names[:-1]) + [b"200"], names
assert {b"titanic.close", b"titanic.reply", b"titanic.request", b"titanic.store"} <= set(names), names

# V22, V23, V24 pending
status, uuid = ask(b"titanic.request", b"localhost.test.long", b"wait", b"\x00\xff")
assert status == b"200" and re.fullmatch(rb"[0-9a-f]{32}", uuid), (status, uuid)
expect(ask(b"titanic.reply", uuid), b"300")

# The service wakes: it is sent the body as it was, and says 200.
worker = context.socket(zmq.DEALER)
worker.linger = 200
worker.connect(endpoint)
worker.send_multipart([b"", b"MDPW01", b"\x01", b"localhost.test.long"])
while True:
    assert worker.poll(10000), "no request came"
    frames = worker.recv_multipart()
    assert frames[:2] == [b"", b"MDPW01"], frames
    if frames[2] == b"\x02":
        break
    assert frames[2] == b"\x04", frames
address, empty, body = frames[3], frames[4], frames[5:]
expect(body, b"wait", b"\x00\xff")
worker.send_multipart([b"", b"MDPW01", b"\x03", address, empty, b"200"])

# V24 done: Titanic's status, then the worker's
end = time.monotonic() + 10
while (reply := ask(b"titanic.reply", uuid)) == [b"300"]:
    assert time.monotonic() < end, "no reply was stored"
    time.sleep(0.01)
expect(reply, b"200", b"200")
expect(ask(b"titanic.reply", uuid.upper()), b"200", b"200")
expect(ask(b"titanic.close", uuid), b"200")
expect(ask(b"titanic.reply", uuid), b"400")

# V25, and what is no uuid
for bad in (b"0" * 32, b"0" * 31, b"0" * 33, b"../../etc/passwd", b"g" * 32, b"", b"\xff" * 32, uuid + b"\n"):
    expect(ask(b"titanic.reply", bad), b"400")
    expect(ask(b"titanic.close", bad), b"200")
for target in (b"titanic.request", b"titanic.reply", b"titanic.close", b"mmi.service", b""):
    expect(ask(b"titanic.request", target, b"x"), b"400")
expect(ask(b"titanic.request", b"only.target"), b"400")

# V26 to V28, and the rest of the store's table
store = b"titanic.store"
expect(ask(store, b"set", b"svc", b"sec", b"key", b"val"), b"svc", b"sec", b"key", b"200")
expect(ask(store, b"get", b"svc", b"sec", b"key"), b"svc", b"sec", b"key", b"val", b"200")
expect(ask(store, b"get", b"svc", b"sec", b"KEY"), b"svc", b"sec", b"KEY", b"404")
expect(ask(store, b"get", b"svc", b"sec", b"nokey"), b"svc", b"sec", b"nokey", b"404")
expect(ask(store, b"get", b"svc", b"sec"), b"500")
expect(ask(store, b"set", b"svc", b"sec", b"key"), b"500")
expect(ask(store, b"delete", b"svc", b"nosec", b"key"), b"svc", b"nosec", b"500")
expect(ask(store, b"delete", b"svc", b"sec", b"nokey"), b"svc", b"sec", b"nokey", b"200")
expect(ask(store, b"delete", b"svc", b"sec", b"key"), b"svc", b"sec", b"key", b"200")
expect(ask(store, b"delete", b"svc", b"sec"), b"svc", b"sec", b"200")
expect(ask(store, b"delete", b"svc"), b"svc", b"200")
expect(ask(store, b"delete"), b"500")
expect(ask(store, b"nonsense", b"svc"), b"501")
expect(ask(store, b"nonsense"), b"500")
strange = (b"../x", b"DEFAULT", b"\x00\n%\xff")
expect(ask(store, b"set", *strange, b"100%\r\n\x00"), *strange, b"200")
expect(ask(store, b"get", *strange), *strange, b"100%\r\n\x00", b"200")
expect(ask(store, b"set", b"s" * 256, b"sec", b"key", b"val"), b"s" * 256, b"500")
expect(ask(store, b"delete", b"../x"), b"../x", b"200")

worker.send_multipart([b"", b"MDPW01", b"\x05"])
print("served", flush=True)
