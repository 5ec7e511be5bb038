// What the evaluator trusts: C2SP tlog-policy and four words of ours. Never taken from a bundle.
import { byteLength, refuse, Refusal } from './bytes'
import { parseVkey, TYPE_COSIGNATURE, TYPE_ED25519, type Vkey } from './note'

export interface Policy {
  logs: Vkey[]
  witnesses: { name: string; key: Vkey }[]
  groups: { name: string; needed: number; members: string[] }[]
  quorum: string
  attesters: Vkey[]
  operators: Vkey[]
  collectors: Vkey[]
  evaluators: Vkey[]
}

class PolicyParser {
  readonly policy: Policy = { logs: [], witnesses: [], groups: [], quorum: 'none', attesters: [], operators: [], collectors: [], evaluators: [] }
  private hasQuorum = false

  line(text: string): void {
    const words = text.split(/[ \t]+/).filter((w) => w !== '')
    const [first] = words
    if (first === undefined || first.startsWith('#')) return
    if (first === 'log') this.key(words, this.policy.logs, 3)
    else if (first === 'attester') this.key(words, this.policy.attesters, 2)
    else if (first === 'operator') this.key(words, this.policy.operators, 2)
    else if (first === 'collector') this.key(words, this.policy.collectors, 2)
    else if (first === 'evaluator') this.key(words, this.policy.evaluators, 2)
    else if (first === 'witness') this.witness(words)
    else if (first === 'group') this.group(words)
    else if (first === 'quorum') this.quorum(words)
    else refuse(`unknown word '${first.slice(0, 32)}'; expected log, witness, group, quorum, attester, operator, collector or evaluator`)
  }
  private key(words: string[], to: Vkey[], max: number): void {
    if (words.length < 2 || words.length > max) refuse(`${words[0]} wants one vkey`)
    const vkey = parseVkey(words[1]!)
    if (vkey.type !== TYPE_ED25519) refuse(`${words[0]} wants a key of type 1`)
    to.push(vkey)
  }
  private defined(name: string): boolean {
    return this.policy.witnesses.some((w) => w.name === name) || this.policy.groups.some((g) => g.name === name)
  }
  private fresh(name: string): void {
    if (name === 'none' || this.defined(name)) refuse('a name that is reserved or used twice')
  }
  private witness(words: string[]): void {
    if (words.length < 3 || words.length > 4) refuse('witness wants a name, a vkey and perhaps an address')
    this.fresh(words[1]!)
    const key = parseVkey(words[2]!)
    if (key.type !== TYPE_COSIGNATURE) refuse('witness wants a key of type 4')
    this.policy.witnesses.push({ name: words[1]!, key })
  }
  private group(words: string[]): void {
    if (words.length < 4) refuse('group wants a name, any|all|number and members')
    this.fresh(words[1]!)
    const members = words.slice(3)
    members.forEach((m, i) => {
      if (!this.defined(m)) refuse('a group member that is not defined before it')
      if (members.indexOf(m) !== i) refuse('a group member named twice')
    })
    const word = words[2]!
    const needed = word === 'any' ? 1 : word === 'all' ? members.length : /^[0-9]{1,9}$/.test(word) ? Number(word) : refuse('group wants any, all or a number')
    if (needed < 1 || needed > members.length) refuse('a group that needs more members than it has, or none')
    this.policy.groups.push({ name: words[1]!, needed, members })
  }
  private quorum(words: string[]): void {
    if (words.length !== 2 || this.hasQuorum) refuse('quorum wants one name, once')
    if (words[1] !== 'none' && !this.defined(words[1]!)) refuse('a quorum that is not defined before it')
    this.policy.quorum = words[1]!
    this.hasQuorum = true
  }
}

export function parsePolicy(text: string): Policy {
  if (byteLength(text) > 65_536) return refuse('policy above 65536 bytes')
  const parser = new PolicyParser()
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  lines.forEach((line, i) => {
    if (i >= 512) refuse('policy of more than 512 lines')
    try {
      parser.line(line.endsWith('\r') ? line.slice(0, -1) : line)
    } catch (e) {
      if (e instanceof Refusal) refuse(`policy, line ${i + 1}: ${e.message}`)
      throw e
    }
  })
  if (parser.policy.logs.length === 0) return refuse('policy: no log line')
  return parser.policy
}

export function quorumMet(policy: Policy, signedBy: Set<string>): boolean {
  const met = (name: string): boolean => {
    const group = policy.groups.find((g) => g.name === name)
    return group ? group.members.filter(met).length >= group.needed : signedBy.has(name)
  }
  return policy.quorum === 'none' || met(policy.quorum)
}
