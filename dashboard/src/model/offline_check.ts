// A shell text that recomputes the tree's root from a leaf and its audit path with openssl and coreutils alone: what the
// desk shows can be checked on a machine that has never seen Fengsui. Source: RFC 9162, 2.1.1 and 2.1.3.2.
import type { FindingDetail, InclusionProof } from '@/api/types'

export type Side = 'left' | 'right' // of the running hash

// On which side each hash of the path goes; null when the path does not fit the index and size.
export function sides(proof: Pick<InclusionProof, 'index' | 'size' | 'hashes'>): Side[] | null {
  if (proof.index >= proof.size) return null
  let fn = BigInt(proof.index)
  let sn = BigInt(proof.size - 1)
  const out: Side[] = []
  for (let i = 0; i < proof.hashes.length; i++) {
    if (sn === 0n) return null
    if ((fn & 1n) === 1n || fn === sn) {
      out.push('left')
      while ((fn & 1n) === 0n && fn !== 0n) {
        fn >>= 1n
        sn >>= 1n
      }
    } else {
      out.push('right')
    }
    fn >>= 1n
    sn >>= 1n
  }
  return sn === 0n ? out : null
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

// null when there is no proof yet, or when it does not fit. Nothing but base64 reaches the text.
export function offlineCheck(finding: Pick<FindingDetail, 'leaf_b64' | 'proof'>): string | null {
  const proof = finding.proof
  if (proof === null) return null
  const order = sides(proof)
  if (order === null || ![finding.leaf_b64, proof.root, ...proof.hashes].every((s) => BASE64.test(s))) return null
  const sha = 'openssl dgst -sha256 -binary'
  const lines = [
    'd=$(mktemp -d) && cd "$d"',
    `{ printf '\\000'; echo '${finding.leaf_b64}' | base64 -d; } | ${sha} > h`,
  ]
  proof.hashes.forEach((hash, i) => {
    const sibling = `echo '${hash}' | base64 -d`
    const pair = order[i] === 'left' ? `${sibling}; cat h` : `cat h; ${sibling}`
    lines.push(`{ printf '\\001'; ${pair}; } | ${sha} > n && mv n h`)
  })
  lines.push(`[ "$(base64 < h)" = '${proof.root}' ] && echo 'OK ${proof.index}/${proof.size}' || echo 'FAILED ${proof.index}/${proof.size}'`)
  return lines.join('\n')
}

export function leafText(leafB64: string): string {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(leafB64), (c) => c.charCodeAt(0)))
  } catch {
    return ''
  }
}
