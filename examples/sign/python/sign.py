#!/usr/bin/env python3
"""Signs requests of Gillie's for `authbench sign bench --exec`: one JSON object a line in, one out."""
import hashlib
import json
import sys

for line in sys.stdin.buffer:
    request = json.loads(line)
    text = request["private_key"] + request["public_key"] + request["salt"]
    digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
    print(json.dumps({"id": request["id"], "hash": digest}), flush=True)  # who has asked waits for it
