// One question, progress, one answer: the same in a worker and, where a browser gives none, on the page itself.
import { attempt, hex, refused, Refusal, utf8 } from './bytes'
import { openRevocations, type Revoked } from './dsse'
import { Signatures } from './ed25519'
import { sha256Large } from './hash'
import { dump } from './json'
import { openCheckpoint, type Checkpoint } from './note'
import { parsePolicy, type Policy } from './policy'
import { resultJson, type Result } from './result'
import { verifyBundle } from './verify'

export interface Question {
  bundle: Uint8Array
  policy: Uint8Array
  revocations?: Uint8Array | undefined
  lastSeen?: Uint8Array | undefined
  dept?: string
  from?: number | undefined
  to?: number | undefined
  webCrypto?: boolean
}
export type Phase = 'files' | 'leaves' | 'signatures' | 'replay'
// `input`: one of the evaluator's own files is not what it must be, so nothing was examined. `fault`: this program or browser failed.
export type Message =
  | { kind: 'progress'; phase: Phase; part: number }
  | { kind: 'result'; result: Result; json: string; digest: string; size: number; ms: number }
  | { kind: 'input'; file: 'policy' | 'revocations' | 'lastSeen'; what: string }
  | { kind: 'fault'; what: string }

const PAUSE_MS = 40

class WrongInput extends Error {
  constructor(
    readonly file: 'policy' | 'revocations' | 'lastSeen',
    readonly what: string,
  ) {
    super(what)
  }
}
function input<T>(file: 'policy' | 'revocations' | 'lastSeen', read: () => T): T {
  const out = attempt(read)
  if (refused(out)) throw new WrongInput(file, out.message)
  return out
}

function seenBefore(text: string, policy: Policy, signatures: Signatures): Checkpoint {
  for (const log of policy.logs) {
    const c = attempt(() => openCheckpoint(text, log, signatures))
    if (!refused(c)) return c
  }
  throw new Refusal('not a checkpoint of a log of the policy')
}

export async function answer(q: Question, post: (m: Message) => void): Promise<void> {
  try {
    const started = performance.now()
    const policy = input('policy', () => {
      const p = parsePolicy(utf8(q.policy))
      if (p.attesters.length === 0) throw new Refusal('the policy names no attester')
      return p
    })
    const signatures = new Signatures()
    const revoked: Revoked[] = q.revocations ? input('revocations', () => openRevocations(q.revocations!, policy.attesters, signatures)) : []
    const lastSeen = q.lastSeen ? input('lastSeen', () => seenBefore(utf8(q.lastSeen!), policy, signatures)) : undefined
    let told = 0
    const result = await verifyBundle(q.bundle, policy, {
      revoked,
      ...(lastSeen ? { lastSeen } : {}),
      ...(q.dept ? { dept: q.dept } : {}),
      ...(q.from !== undefined ? { from: q.from } : {}),
      ...(q.to !== undefined ? { to: q.to } : {}),
      webCrypto: q.webCrypto ?? true,
      progress: (phase, part) => {
        const now = performance.now()
        if (now - told < PAUSE_MS) return
        told = now
        post({ kind: 'progress', phase, part })
        return new Promise((resolve) => setTimeout(resolve, 0))
      },
    })
    const digest = hex(await sha256Large(q.bundle))
    post({ kind: 'result', result, json: dump(resultJson(result)), digest, size: q.bundle.length, ms: Math.round(performance.now() - started) })
  } catch (e) {
    if (e instanceof WrongInput) post({ kind: 'input', file: e.file, what: e.what })
    else post({ kind: 'fault', what: e instanceof Error ? `${e.name}: ${e.message}` : String(e) })
  }
}
