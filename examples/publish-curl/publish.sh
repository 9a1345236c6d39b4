#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Sends one event, signed as a Standard Webhook: publish.sh ID JSON
set -euo pipefail
id=$1 body=$2 timestamp=$(date +%s)

# A secret is "whsec_" and base64, or any other text whose bytes are the key.
if [[ $NERVUS_SECRET == whsec_* ]]; then
  key=$(printf %s "${NERVUS_SECRET#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
else
  key=$(printf %s "$NERVUS_SECRET" | od -An -v -tx1 | tr -d ' \n')
fi
signature=$(printf %s "$id.$timestamp.$body" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | openssl base64 -A)

curl --silent --show-error --fail-with-body --max-time 60 --retry 5 "$NERVUS_URL" \
  --header 'content-type: application/json' \
  --header "webhook-id: $id" --header "webhook-timestamp: $timestamp" --header "webhook-signature: v1,$signature" \
  --data-binary "$body"
echo
