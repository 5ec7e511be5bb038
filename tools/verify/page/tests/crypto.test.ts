import { generateKeyPairSync, sign } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { attempt, encode, fromHex, hex, refused, utf8 } from '../src/bytes'
import { pae } from '../src/dsse'
import { Signatures, webCryptoWorks } from '../src/ed25519'
import { sha256 } from '../src/hash'
import { leafHash, nodeHash, Tree, verifyInclusion } from '../src/merkle'
import { openCheckpoint, parseNote, parseVkey, verifyNote } from '../src/note'
import { Refusal } from '../src/bytes'
import { crc32, isBundlePath, readZip, ZIP_LIMITS } from '../src/zip'

// RFC 8032, section 7.1, tests 1 to 3.
const RFC8032: [string, string, string][] = [
  ['d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', '', 'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b'],
  ['3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c', '72', '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00'],
]

async function both(key: Uint8Array, message: string, signature: Uint8Array): Promise<[boolean, boolean]> {
  const bulk = new Signatures()
  await bulk.prepare([{ key, message, signature }])
  return [bulk.verify(key, message, signature), new Signatures().verify(key, message, signature)]
}

test('Ed25519 of RFC 8032, by WebCrypto and without it', async () => {
  expect(await webCryptoWorks()).toBe(true)
  for (const [key, message, signature] of RFC8032) {
    expect(await both(fromHex(key), utf8(fromHex(message)), fromHex(signature))).toEqual([true, true])
    expect(await both(fromHex(key), utf8(fromHex(message)) + 'x', fromHex(signature))).toEqual([false, false])
    for (const at of [0, 31, 32, 63]) {
      const wrong = fromHex(signature)
      wrong[at]! ^= 1
      expect(await both(fromHex(key), utf8(fromHex(message)), wrong)).toEqual([false, false])
    }
  }
})

test('Ed25519 signatures of another program', async () => {
  for (let i = 0; i < 20; ++i) {
    const pair = generateKeyPairSync('ed25519')
    const key = new Uint8Array(pair.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32))
    const message = `烽燧 ${i}`.repeat(i)
    expect(await both(key, message, new Uint8Array(sign(null, encode(message), pair.privateKey)))).toEqual([true, true])
  }
})

test('keys and signatures that more than one message fits are refused', async () => {
  // The identity as key and R, S = 0: a signature of everything where nobody looks.
  const identity = fromHex('01' + '00'.repeat(31))
  const all = new Uint8Array(64)
  all[0] = 1
  expect(await both(identity, 'anything', all)).toEqual([false, false])
  // S + L is the same number to who does not look.
  const [key, message, signature] = RFC8032[1]!
  const order = 2n ** 252n + 27742317777372353535851937790883648493n
  let s = BigInt('0x' + hex(fromHex(signature).slice(32).reverse())) + order
  const moved = fromHex(signature)
  for (let i = 32; i < 64; ++i, s >>= 8n) moved[i] = Number(s & 255n)
  expect(await both(fromHex(key), utf8(fromHex(message)), moved)).toEqual([false, false])
  // y = p, which is 0 again.
  expect(await both(fromHex('ed' + 'ff'.repeat(30) + '7f'), 'x', fromHex(signature))).toEqual([false, false])
})

test('an answer belongs to its message, not only to key and signature', async () => {
  const [key, message, signature] = RFC8032[1]!
  const s = new Signatures()
  await s.prepare([{ key: fromHex(key), message: utf8(fromHex(message)), signature: fromHex(signature) }])
  expect(s.verify(fromHex(key), 'other', fromHex(signature))).toBe(false)
  expect(s.verify(fromHex(key), 'r', fromHex(signature))).toBe(true)
})

// C2SP signed-note, section "Example".
const NOTE = 'This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n'
const VKEY = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'

test('the note of the specification opens, and no other', () => {
  const key = parseVkey(VKEY)
  const s = new Signatures()
  expect(verifyNote(parseNote(NOTE), key, s).state).toBe('good')
  expect(verifyNote(parseNote(NOTE.replace('example message', 'exemple message')), key, s).state).toBe('bad')
  expect(verifyNote(parseNote(NOTE), { ...key, name: 'example.com/bar' }, s).state).toBe('absent')
  for (let n = 0; n < NOTE.length; ++n) expect(refused(attempt(() => parseNote(NOTE.slice(0, n)))), String(n)).toBe(true)
  for (const wrong of [NOTE.replace('\n\n', '\n'), NOTE + '\n', NOTE.replace('— ', '- '), NOTE.replace('example.com/foo', 'a+b'), NOTE.replace('.', '\t'), NOTE.replace('aQM=', 'aQN=')])
    expect(refused(attempt(() => parseNote(wrong)))).toBe(true)
  for (const wrong of [VKEY.replace('530d', '530e'), VKEY.slice(0, -4), VKEY.replace('+Ae', '+Be'), '+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'])
    expect(refused(attempt(() => parseVkey(wrong)))).toBe(true)
  expect(refused(attempt(() => openCheckpoint(NOTE, key, s)))).toBe(true)
})

test('the pre-authentication encoding of the specification', () => {
  expect(pae('http://example.com/HelloWorld', 'hello world')).toBe('DSSEv1 29 http://example.com/HelloWorld 11 hello world')
  expect(pae('a', '烽燧')).toBe('DSSEv1 1 a 6 烽燧')
})

test('trees of every small size: root by the definition of RFC 9162, proofs of every leaf', () => {
  const hashes: Uint8Array[] = []
  const tree = new Tree()
  const mth = (from: number, to: number): Uint8Array => {
    if (to - from === 1) return hashes[from]!
    let k = 1
    while (k * 2 < to - from) k *= 2
    return nodeHash(mth(from, from + k), mth(from + k, to))
  }
  expect(hex(tree.root(0)!)).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  for (let n = 1; n <= 70; ++n) {
    hashes.push(leafHash(Uint8Array.of(n)))
    tree.push(hashes[n - 1]!)
    expect(hex(tree.root(n)!)).toBe(hex(mth(0, n)))
  }
  expect(tree.root(71)).toBeUndefined()
  for (const size of [1, 2, 3, 31, 32, 33, 70])
    for (let i = 0; i < size; ++i) {
      const proof = tree.inclusion(i, size)!
      expect(verifyInclusion(i, size, hashes[i]!, proof, tree.root(size)!)).toBe(true)
      if (size > 1) {
        expect(verifyInclusion((i + 1) % size, size, hashes[i]!, proof, tree.root(size)!)).toBe(false)
        expect(verifyInclusion(i, size, hashes[i]!, proof.slice(1), tree.root(size)!)).toBe(false)
      }
    }
})

// A writer of its own, so that every field can be wrong.
function zip(members: { name: string; data: string; method?: number; claim?: number; flags?: number }[]): Uint8Array {
  const out: number[] = []
  const directory: number[] = []
  const le = (v: number, n: number): number[] => Array.from({ length: n }, (_, i) => Math.floor(v / 256 ** i) & 255)
  for (const m of members) {
    const raw = encode(m.data)
    const method = m.method ?? 0
    const packed = method === 8 ? new Uint8Array(deflateRawSync(raw)) : raw
    const name = encode(m.name)
    const shared = [...le(20, 2), ...le(m.flags ?? 0, 2), ...le(method, 2), ...le(0, 2), ...le(0x21, 2), ...le(crc32(raw), 4), ...le(packed.length, 4), ...le(m.claim ?? raw.length, 4), ...le(name.length, 2), ...le(0, 2)]
    directory.push(...le(0x02014b50, 4), ...le(0x314, 2), ...shared, ...le(0, 6), ...le(0x81a40000, 4), ...le(out.length, 4), ...name)
    out.push(...le(0x04034b50, 4), ...shared, ...name, ...packed)
  }
  const before = Uint8Array.from([...out, ...directory])
  const comment = encode('sha256 of all before this record: ' + hex(sha256(before)))
  return Uint8Array.from([...before, ...le(0x06054b50, 4), 0, 0, 0, 0, ...le(members.length, 2), ...le(members.length, 2), ...le(directory.length, 4), ...le(out.length, 4), ...le(comment.length, 2), ...comment])
}
const opens = async (bytes: Uint8Array, limits = ZIP_LIMITS): Promise<boolean> => {
  try {
    await readZip(bytes, limits)
    return true
  } catch (e) {
    if (e instanceof Refusal) return false
    throw e
  }
}

test('a zip has one spelling', async () => {
  const good = zip([{ name: 'a', data: 'one' }, { name: 'b/c', data: 'two'.repeat(1000), method: 8 }])
  const files = await readZip(good)
  expect(utf8(files.get('a')!)).toBe('one')
  expect(utf8(files.get('b/c')!)).toBe('two'.repeat(1000))
  for (let i = 0; i < good.length; ++i) {
    const wrong = good.slice()
    wrong[i]! ^= 1
    expect(await opens(wrong), String(i)).toBe(false)
  }
  for (let n = 0; n < good.length; n += 7) expect(await opens(good.slice(0, n))).toBe(false)
  const bad = [
    [{ name: 'b', data: '' }, { name: 'a', data: '' }],
    [{ name: 'a', data: '' }, { name: 'a', data: '' }],
    [{ name: '../a', data: '' }],
    [{ name: '/a', data: '' }],
    [{ name: 'a\\b', data: '' }],
    [{ name: 'é', data: '' }],
    [{ name: 'a', data: 'x', flags: 1 }],
    [{ name: 'a', data: 'x', method: 12 }],
    [{ name: 'a', data: 'x', claim: 2 }],
    [{ name: 'a', data: '0'.repeat(5000), method: 8, claim: 4999 }],
    [{ name: 'a', data: '0'.repeat(5000), method: 8, claim: 5001 }],
  ]
  for (const members of bad) expect(await opens(zip(members)), JSON.stringify(members)).toBe(false)
  expect(await opens(zip([{ name: 'a', data: '0'.repeat(5000), method: 8 }]), { ...ZIP_LIMITS, maxFile: 4999 })).toBe(false)
  expect(await opens(zip([{ name: 'a', data: 'x' }, { name: 'b', data: 'x' }]), { ...ZIP_LIMITS, maxTotal: 1 })).toBe(false)
  expect(await opens(zip([{ name: 'a', data: 'x' }, { name: 'b', data: 'x' }]), { ...ZIP_LIMITS, maxFiles: 1 })).toBe(false)
})

test('paths of bundles', () => {
  for (const good of ['a', 'tile/0/x001/067.p/12', 'a..b', '...']) expect(isBundlePath(good)).toBe(true)
  for (const bad of ['', '/', 'a/', '/a', 'a//b', '.', '..', 'a/../b', 'a b', 'C:x', 'a'.repeat(201)]) expect(isBundlePath(bad), bad).toBe(false)
})
