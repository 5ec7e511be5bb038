#!/usr/bin/env bash
# Holds the evidence against the OpenSSL command line and coreutils: the signature of the attestation, the signatures of the
# checkpoints, the inclusion proof of a seal. They hash and verify; bash, grep and sed only find the bytes.
#   openssl.sh FOLDER POLICY        FOLDER: an unpacked bundle
set -uo pipefail
export LC_ALL=C
folder=$1
policy=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
ok() { echo "  ok    openssl: $1"; }
bad() { echo "  FAIL  openssl: $1"; failed=$((failed + 1)); }
accepts() { local name=$1; shift; if "$@"; then ok "$name"; else bad "$name"; fi; }
refuses() { local name=$1; shift; if "$@"; then bad "accepted $name"; else ok "refuses $name"; fi; }

unhex() { basenc --base16 -d <<<"${1^^}"; }
sha256_of() { openssl dgst -sha256 -r | cut -c1-64; }
public_key() { { unhex 302a300506032b6570032100; base64 -d <<<"$1" | tail -c 32; } >"$2"; }  # base64(type ‖ key) as SubjectPublicKeyInfo
ed25519() { openssl pkeyutl -verify -pubin -keyform DER -inkey "$1" -rawin -in "$2" -sigfile "$3" >/dev/null 2>&1; }  # KEY MESSAGE SIGNATURE
json_text() { grep -o "\"$1\":\"[^\"]*\"" "$2" | head -1 | cut -d'"' -f4; }
turn_line_3() { sed '3y/ABCDEFGHIJKLMNOPQRSTUVWXYZ/BCDEFGHIJKLMNOPQRSTUVWXYZA/' "$1"; }  # other letters of base64
vkey_of() { grep "^$1 " "$policy" | cut -d' ' -f2 | grep "^$2" | head -1; }

# ---- DSSE ---------------------------------------------------------------------------------------------------------
dsse() {  # FILE KEY
  local type
  type=$(json_text payloadType "$1")
  json_text payload "$1" | base64 -d >"$work/payload" 2>/dev/null || return 1
  { printf 'DSSEv1 %d %s %d ' "${#type}" "$type" "$(wc -c <"$work/payload")"; cat "$work/payload"; } >"$work/pae"
  json_text sig "$1" | base64 -d >"$work/sig" 2>/dev/null || return 1
  ed25519 "$2" "$work/pae" "$work/sig"
}
attester=$(vkey_of attester '')
public_key "${attester#*+*+}" "$work/attester"
accepts "the attestation is signed by the attester of the policy" dsse "$folder/attestation.dsse.json" "$work/attester"
accepts "so is the Sigstore bundle's envelope" dsse "$folder/attestation.sigstore.json" "$work/attester"
sed 's/"payload":"eyJfdHlw/"payload":"eyJfdHlx/' "$folder/attestation.dsse.json" >"$work/altered.json"
refuses "an altered statement" dsse "$work/altered.json" "$work/attester"
sed 's/vnd.in-toto+json/vnd.in-toto+jsom/' "$folder/attestation.dsse.json" >"$work/altered.json"
refuses "another payload type" dsse "$work/altered.json" "$work/attester"

# ---- checkpoint ---------------------------------------------------------------------------------------------------
checkpoint() {  # FILE KEY-ID-HEX KEY: three lines of text, an empty one, one signature by that key over the text
  local line
  [[ $(wc -l <"$1") -eq 5 && -z $(sed -n 4p "$1") ]] || return 1
  head -3 "$1" >"$work/text"
  line=$(sed -n 5p "$1")
  [[ ${line% *} == "— $(head -1 "$1")" ]] || return 1
  base64 -d <<<"${line##* }" >"$work/line" 2>/dev/null || return 1
  [[ $(head -c 4 "$work/line" | basenc --base16) == "${2^^}" ]] || return 1
  tail -c +5 "$work/line" >"$work/sig"
  ed25519 "$3" "$work/text" "$work/sig"
}
origin=$(head -1 "$folder/checkpoint")
log=$(vkey_of log "$origin+")
id=${log#*+}; id=${id%%+*}
public_key "${log#*+*+}" "$work/log"
own_id=$({ printf '%s\n' "$origin"; base64 -d <<<"${log#*+*+}"; } | sha256_of | cut -c1-8)
accepts "the log's key id is the digest of its name and key" test "$own_id" = "$id"
accepts "the checkpoint is signed by the log of the policy" checkpoint "$folder/checkpoint" "$id" "$work/log"
good=0; stored=0
for f in "$folder"/checkpoints/*; do
  stored=$((stored + 1))
  checkpoint "$f" "$id" "$work/log" && [[ $(sed -n 2p "$f") == "${f##*/}" ]] && good=$((good + 1))
done
accepts "$good of $stored stored checkpoints are signed by it" test "$good" -gt 0 -a "$good" -eq "$stored"
sed '2s/$/0/' "$folder/checkpoint" >"$work/altered"
refuses "a checkpoint of another size" checkpoint "$work/altered" "$id" "$work/log"
turn_line_3 "$folder/checkpoint" >"$work/altered"
refuses "a checkpoint with another root" checkpoint "$work/altered" "$id" "$work/log"
refuses "the checkpoint under the attester's key" checkpoint "$folder/checkpoint" "$id" "$work/attester"

# ---- inclusion ----------------------------------------------------------------------------------------------------
entry_bundle() {  # INDEX SIZE: the path of the entry bundle that holds the leaf
  local n=$(($1 / 256)) path width
  path=$(printf '%03d' $((n % 1000)))
  width=$(($2 - n * 256))
  while ((n >= 1000)); do n=$((n / 1000)); path=$(printf 'x%03d/%s' $((n % 1000)) "$path"); done
  ((width < 256)) && path+=.p/$width
  echo "tile/entries/$path"
}
leaf_to() {  # INDEX BUNDLE-FILE OUT: two bytes of length before each leaf
  local at=0 left=$(($1 % 256)) high low
  while :; do
    read -r high low < <(od -An -tu1 -j "$at" -N 2 "$2")
    ((left-- == 0)) && break
    at=$((at + 2 + high * 256 + low))
  done
  tail -c +$((at + 3)) "$2" | head -c $((high * 256 + low)) >"$3"
}
node() { { printf '\001'; unhex "$1"; unhex "$2"; } | sha256_of; }
root_from() {  # LEAF-FILE INDEX SIZE HASH…: RFC 9162, 2.1.3.2; prints the root as hex
  local r fn=$2 sn=$(($3 - 1)) p
  r=$({ printf '\000'; cat "$1"; } | sha256_of)
  shift 3
  for p in "$@"; do
    ((sn == 0)) && return 1
    p=$(base64 -d <<<"$p" | basenc --base16 -w 0)
    if ((fn & 1 || fn == sn)); then
      r=$(node "$p" "$r")
      while ((!(fn & 1) && fn != 0)); do fn=$((fn >> 1)); sn=$((sn >> 1)); done
    else
      r=$(node "$r" "$p")
    fi
    fn=$((fn >> 1)); sn=$((sn >> 1))
  done
  ((sn == 0)) && echo "$r"
}
included() {  # PROOF LEAF-FILE: the proof leads from the leaf to the root of a checkpoint signed by the log
  local index size
  [[ $(head -1 "$1") == c2sp.org/tlog-proof@v1 ]] || return 1
  sed '1,/^$/d' "$1" >"$work/proven"
  checkpoint "$work/proven" "$id" "$work/log" || return 1
  index=$(sed -n '2s/^index //p' "$1"); size=$(sed -n 2p "$work/proven")
  mapfile -t hashes < <(sed -n '3,/^$/p' "$1" | head -n -1)
  [[ $(root_from "$2" "$index" "$size" "${hashes[@]}" | tr a-f A-F) == $(sed -n 3p "$work/proven" | base64 -d | basenc --base16 -w 0) ]]
}
for proof in "$folder"/seals/*; do
  day=${proof##*/}; day=${day%.tlog-proof}
  index=$(sed -n '2s/^index //p' "$proof")
  leaf_to "$index" "$folder/$(entry_bundle "$index" "$(sed -n 2p "$folder/checkpoint")")" "$work/leaf"
  accepts "leaf $index is the seal of a day" grep -q '^fengsui-leaf/v1 seal ' "$work/leaf"
  accepts "the proof leads from the seal of $day to the signed root" included "$proof" "$work/leaf"
  sed 's/"gap":0/"gap":1/; s/seal/saal/' "$work/leaf" >"$work/altered"
  refuses "an altered seal" included "$proof" "$work/altered"
  turn_line_3 "$proof" >"$work/altered"
  refuses "a proof with another hash" included "$work/altered" "$work/leaf"
  sed '3d' "$proof" >"$work/altered"
  refuses "a proof with a hash too few" included "$work/altered" "$work/leaf"
  sed "2s/.*/index $((index - 1))/" "$proof" >"$work/altered"
  refuses "a proof for another place" included "$work/altered" "$work/leaf"
  break
done
[[ -f $work/leaf ]] || bad "the bundle holds no proof of a seal"
exit $((failed > 0))
