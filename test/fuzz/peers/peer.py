"""Python's json5 in the form of reader.c."""
import struct
import sys

import json5


def put(v):
    if v is None:
        return "n"
    if isinstance(v, bool):
        return "t" if v else "f"
    if isinstance(v, (int, float)):
        v = float(v)
        return "#nan" if v != v else "#" + struct.pack(">d", v).hex()
    if isinstance(v, str):
        return '"' + v.encode("utf-16", "surrogatepass").decode(
            "utf-16", "replace").encode().hex()
    if isinstance(v, list):
        return "[" + ",".join(map(put, v)) + "]"
    members = sorted((k.encode("utf-8", "replace").hex(), put(x))
                     for k, x in v.items())
    return "{" + ",".join(k + ":" + x for k, x in members) + "}"


data = sys.stdin.buffer.read()
at = 0
while at < len(data):
    n = struct.unpack_from("<I", data, at)[0]
    text = data[at + 4:at + 4 + n].decode("utf-8", "replace")
    at += 4 + n
    try:
        print(put(json5.loads(text)))
    except Exception as e:
        print("! " + str(e).split("\n")[0])
