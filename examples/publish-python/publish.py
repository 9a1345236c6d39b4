# SPDX-License-Identifier: Apache-2.0
"""Sends one event, signed as a Standard Webhook: publish.py ID JSON"""
import base64
import hashlib
import hmac
import json
import os
import random
import sys
import time
import urllib.error
import urllib.request

event_id, body = sys.argv[1], sys.argv[2].encode()
url, secret = os.environ["NERVUS_URL"], os.environ["NERVUS_SECRET"]
# A secret is "whsec_" and base64, or any other text whose bytes are the key.
key = base64.b64decode(secret[len("whsec_"):]) if secret.startswith("whsec_") else secret.encode()


def send():
    """Signed anew at each attempt, since a signature is good for five minutes; always with the same id."""
    timestamp = str(int(time.time()))
    signed = f"{event_id}.{timestamp}.".encode() + body
    signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    headers = {"content-type": "application/json", "webhook-id": event_id, "webhook-timestamp": timestamp, "webhook-signature": f"v1,{signature}"}
    return urllib.request.urlopen(urllib.request.Request(url, data=body, headers=headers), timeout=15)


for attempt in range(1, 7):
    try:
        with send() as response:
            answer = json.load(response)
        print(f"{'known already' if answer['duplicate'] else 'accepted'} as {answer['id']}")
        break
    except urllib.error.HTTPError as error:
        may_help = error.code in (408, 429) or error.code >= 500
        pause = float(error.headers.get("retry-after") or 2**attempt * random.random())
        reason = error.read().decode(errors="replace")
    except (urllib.error.URLError, TimeoutError) as error:
        may_help, pause, reason = True, 2**attempt * random.random(), str(error)
    if not may_help or attempt == 6:
        sys.exit(f"refused: {reason}")
    time.sleep(pause)
