#!/usr/bin/env bash
# The OpenSSL command line as a time-stamping authority for a sealed day of a running collector.
#   stamp.sh BIN UNIT DAY WORK      FENGSUI_URL and a session as for fengsui; WORK: an empty folder
set -uo pipefail
bin=$1 unit=$2 day=$3 work=$4
failed=0
ok() { echo "  ok    stamp: $1"; }
bad() { echo "  FAIL  stamp: $1"; failed=$((failed + 1)); }
accepts() { local name=$1; shift; if "$@" >/dev/null 2>&1; then ok "$name"; else bad "$name"; fi; }
refuses() { local name=$1; shift; if "$@" >/dev/null 2>&1; then bad "accepted $name"; else ok "refuses $name"; fi; }
mkdir -p "$work" && cd "$work" || exit 1
cat >tsa.cnf <<'END'
[req]
distinguished_name = dn
[dn]
[tsa]
extendedKeyUsage = critical,timeStamping
[ts]
serial = serial
default_policy = 1.2.3.4
digests = sha256
signer_digest = sha256
END
authority() { openssl req -x509 -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.pem" -days 30 -subj "/CN=$1" -config tsa.cnf -extensions tsa 2>/dev/null; }
reply() { openssl ts -reply -config tsa.cnf -section ts -queryfile "$1" -signer tsa.pem -inkey tsa.key -out "$2" 2>/dev/null; }
authority tsa && authority other || exit 1
accepts "the collector asks for a stamp" "$bin/fengsui" stamp request --unit "$unit" --day "$day" --out old.tsq
accepts "and again, with another nonce" "$bin/fengsui" stamp request --unit "$unit" --day "$day" --out day.tsq
accepts "openssl ts reads the question" openssl ts -query -in day.tsq -text
accepts "openssl ts answers it" reply day.tsq day.tsr
accepts "openssl ts answers the one before" reply old.tsq old.tsr
refuses "the answer to a question that was asked before" "$bin/fengsui" stamp accept --unit "$unit" --day "$day" old.tsr
refuses "a question as an answer" "$bin/fengsui" stamp accept --unit "$unit" --day "$day" day.tsq
accepts "the collector takes the answer" "$bin/fengsui" stamp accept --unit "$unit" --day "$day" day.tsr
accepts "openssl ts verifies it against the question" openssl ts -verify -queryfile day.tsq -in day.tsr -CAfile tsa.pem
refuses "it under another authority" openssl ts -verify -queryfile day.tsq -in day.tsr -CAfile other.pem
refuses "it as the answer to the question before" openssl ts -verify -queryfile old.tsq -in day.tsr -CAfile tsa.pem
exit $((failed > 0))
