// The root of a bundle's leaves by merkletreejs: node check.mjs FOLDER. Its own proofs are not those of RFC 9162, so only roots are held against
// it; hashing is node:crypto's.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { MerkleTree } from 'merkletreejs'

const [folder] = process.argv.slice(2)
let failed = 0
function say(good, name) {
  console.log(good ? `  ok    merkletreejs: ${name}` : `  FAIL  merkletreejs: ${name}`)
  if (!good) ++failed
}
const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest()
const leafHash = (leaf) => sha256(Buffer.of(0), leaf)
const rootOf = (leaves) => new MerkleTree(leaves, (pair) => sha256(Buffer.of(1), pair), { hashLeaves: false }).getRoot()
const checkpoint = (path) => {
  const [, size, root] = readFileSync(join(folder, path), 'utf8').split('\n')
  return { size: Number(size), root: Buffer.from(root, 'base64') }
}

const hashes = []
for (const entry of readdirSync(join(folder, 'tile/entries'), { recursive: true, withFileTypes: true }).filter((e) => e.isFile()).map((e) => join(e.parentPath ?? e.path, e.name)).sort()) {
  const bytes = readFileSync(entry)
  for (let at = 0; at < bytes.length; ) {
    const n = bytes.readUInt16BE(at)
    hashes.push(leafHash(bytes.subarray(at + 2, at + 2 + n)))
    at += 2 + n
  }
}
const newest = checkpoint('checkpoint')
say(hashes.length === newest.size, `${hashes.length} leaves`)
say(rootOf(hashes).equals(newest.root), 'the newest checkpoint has the root of the leaves')
const older = readdirSync(join(folder, 'checkpoints')).map((name) => checkpoint(join('checkpoints', name)))
say(older.every((c) => rootOf(hashes.slice(0, c.size)).equals(c.root)), `so have all ${older.length} before it`)
const moved = hashes.slice()
;[moved[0], moved[1]] = [moved[1], moved[0]]
say(!rootOf(moved).equals(newest.root), 'two leaves in another order have another root')
process.exit(failed ? 1 : 0)
