// Which signatures a replay will ask about: found by following the chains on trust, so that WebCrypto can check them in bulk before.
// Nothing is decided here. What is not foreseen is checked when it is asked.
import { attempt, refused } from './bytes'
import type { SignatureClaim } from './ed25519'
import { text } from './json'
import { parseLeaf } from './leaf'
import { claimOf, parseVkey, type Note, type Vkey } from './note'
import type { Policy } from './policy'

export class Scout {
  private readonly identities = new Map<string, Vkey>()
  private readonly epochs = new Map<string, Vkey>()
  claims: SignatureClaim[] = []

  constructor(
    private readonly policy: Policy,
    known: Map<string, { identity: Vkey; epoch: Vkey | undefined }>,
  ) {
    for (const [agent, { identity, epoch }] of known) {
      this.identities.set(agent, identity)
      if (epoch) this.epochs.set(agent, epoch)
    }
  }

  private expect(note: Note, keys: (Vkey | undefined)[]): void {
    for (const key of keys)
      for (const line of note.lines) {
        if (!key || line.name !== key.name || line.id !== key.id) continue
        const claim = claimOf(note, line, key)
        if (claim) this.claims.push({ key: key.key, message: claim.message, signature: claim.signature })
      }
  }

  add(bytes: Uint8Array): void {
    const leaf = attempt(() => parseLeaf(bytes))
    if (refused(leaf) || !leaf.known || !leaf.record) return
    const { body, note } = leaf.record
    const agent = text(body, 'ag')
    const announce = (to: Map<string, Vkey>, key: string): void => {
      const vkey = attempt(() => parseVkey(text(body, key)))
      if (!refused(vkey) && to.size < 100_000) to.set(agent, vkey)
    }
    if (leaf.kind === 'boot') {
      this.expect(note, [this.identities.get(agent)])
      announce(this.epochs, 'e0')
    } else if (leaf.kind === 'hb' || leaf.kind === 'find') {
      this.expect(note, [this.epochs.get(agent)])
      if (leaf.kind === 'hb') announce(this.epochs, 'nx')
    } else {
      this.expect(note, [...this.policy.operators, ...this.policy.collectors])
      if (leaf.kind === 'enrol') announce(this.identities, 'ik')
    }
  }
}
