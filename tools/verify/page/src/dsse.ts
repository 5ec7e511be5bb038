// DSSE envelopes, Rekor's dsse v0.0.2 entries, Sigstore bundles v0.3, revocation lists.
import { attempt, base64, encode, fromBase64, hex, refuse, refused, utf8, byteLength } from './bytes'
import type { Signatures } from './ed25519'
import { digestText, sha256, type Digest } from './hash'
import { dump, Fields, MAX_INTEGER, object, parseJson, STATEMENT, type Json } from './json'
import { fromHex } from './bytes'
import { idText, spki, type Checkpoint, type Vkey } from './note'

export const PAYLOAD_TYPE = 'application/vnd.in-toto+json'
export const REVOCATION_TYPE = 'application/vnd.fengsui.revocations+json'

export interface Envelope {
  payloadType: string
  payload: Uint8Array
  signatures: Uint8Array[]
}

export function parseEnvelope(bytes: Uint8Array): Envelope {
  if (bytes.length > STATEMENT.maxBytes) return refuse(`an envelope of ${bytes.length} bytes`)
  const f = new Fields(parseJson(utf8(bytes), STATEMENT), 'DSSE envelope')
  const decoded = (fields: Fields, key: string, max: number): Uint8Array => {
    const raw = attempt(() => fromBase64(fields.text(key, max)))
    return refused(raw) ? fields.fail(key, 'is not base64') : raw
  }
  const sigs = f.array('signatures', 16)
  if (sigs.length === 0) f.fail('signatures', 'is empty')
  return {
    payloadType: f.text('payloadType', 256),
    payload: decoded(f, 'payload', STATEMENT.maxBytes),
    signatures: sigs.map((item) => {
      const s = new Fields(item, 'DSSE signature')
      s.textOr('keyid', 256)
      return decoded(s, 'sig', 4096)
    }),
  }
}

// PAE: "DSSEv1 " len(type) " " type " " len(body) " " body. The payload must be text, which ours is.
export const pae = (type: string, body: string): string => `DSSEv1 ${byteLength(type)} ${type} ${byteLength(body)} ${body}`

export function verifyEnvelope(e: Envelope, payload: string, key: Uint8Array, signatures: Signatures): boolean {
  const message = pae(e.payloadType, payload)
  return e.signatures.some((s) => signatures.verify(key, message, s))
}

// The log's leaf of an attestation.
export function rekorEntry(e: Envelope, key: Uint8Array): string {
  const verifier = object(['keyDetails', 'PKIX_ED25519'], ['publicKey', object(['rawBytes', base64(spki(key))])])
  const hash = object(['algorithm', 'SHA2_256'], ['digest', digestText(sha256(e.payload))])
  const sigs: Json[] = [object(['content', base64(e.signatures[0]!)], ['verifier', verifier])]
  return dump(object(['apiVersion', '0.0.2'], ['kind', 'dsse'], ['spec', object(['dsseV002', object(['payloadHash', hash], ['signatures', sigs])])]))
}

export function sigstoreBundle(e: Envelope, attester: Uint8Array, entry: string, index: number, proof: Digest[], at: Checkpoint, checkpoint: string, log: Vkey): string {
  const inclusion = object(
    ['logIndex', String(index)], ['rootHash', digestText(at.root)], ['treeSize', String(at.size)], ['hashes', proof.map(digestText)], ['checkpoint', object(['envelope', checkpoint])],
  )
  const tlog = object(
    ['logIndex', String(index)], ['logId', object(['keyId', base64(fromHex(idText(log.id)))])], ['kindVersion', object(['kind', 'dsse'], ['version', '0.0.2'])],
    ['inclusionProof', inclusion], ['canonicalizedBody', base64(encode(entry))],
  )
  return (
    dump(
      object(
        ['mediaType', 'application/vnd.dev.sigstore.bundle.v0.3+json'],
        ['verificationMaterial', object(['publicKey', object(['hint', hex(sha256(spki(attester)))])], ['tlogEntries', [tlog]])],
        ['dsseEnvelope', object(['payload', base64(e.payload)], ['payloadType', e.payloadType], ['signatures', [object(['sig', base64(e.signatures[0]!)])]])],
      ),
    ) + '\n'
  )
}

export interface Revoked {
  payload: string // hex SHA-256 of the statement
  t: number
  reason: string
}
export function openRevocations(bytes: Uint8Array, attesters: Vkey[], signatures: Signatures): Revoked[] {
  const e = parseEnvelope(bytes)
  if (e.payloadType !== REVOCATION_TYPE) return refuse('revocation list: another payload type')
  const payload = utf8(e.payload)
  if (!attesters.some((k) => verifyEnvelope(e, payload, k.key, signatures))) return refuse('revocation list: not signed by an attester of the policy')
  return new Fields(parseJson(payload, STATEMENT), 'revocation list').array('revoked', 1_000_000).map((item) => {
    const f = new Fields(item, 'revocation')
    return { payload: f.text('payload', 64), t: f.integer('t', 0, MAX_INTEGER), reason: f.textOr('reason') }
  })
}
