// Reading a log from its first leaf: who signed what, in which order, and what it says.
import { attempt, encode, fromBase64, hex, refuse, refused, same } from './bytes'
import {
  parseEnrol, parseGap, parseGapExplained, parseIncident, parseMaintenance, parseRevoke, parseRules, parseScope, parseSeal, parseShard,
  type Find, type Gap, type GapExplained, type Heartbeat, type IncidentStep, type Maintenance, type Scope, type Seal,
} from './body'
import { parseCanaryCommit, parseCanaryReveal, type CanaryCommit, type CanaryReveal } from './canary'
import { ChainReader } from './chain'
import type { Signatures } from './ed25519'
import { parseDigest, sha256 } from './hash'
import { find, text, type Json } from './json'
import { parseLeaf, type ParsedLeaf } from './leaf'
import { hasPrefix, type Nodes, type Tree } from './merkle'
import { parseVkey, TYPE_ED25519, verifyNote, type Checkpoint, type Note, type Vkey } from './note'
import type { Policy } from './policy'
import { readState } from './state'
import { dayOf, dayText } from './time'

export interface Text {
  zh: string
  en: string
}
// A body with its place in the log.
export interface At<T> {
  leaf: number
  rx: number
  body: T
  signers: number
}
// A heartbeat that fits its chain, with what accounting must know of its surroundings.
export interface Beat {
  leaf: number
  rx: number
  body: Heartbeat
  follows: boolean // the record before it of the same boot is a heartbeat that ended where this one begins
  beaconOk: boolean
  beaconRx: number // receipt time of the last leaf of the beacon; 0 for an empty one
  bootT: number
  newlyLost: number
}
export interface AgentFacts {
  asset: string
  enrolLeaf: number
  records: number
  epochs: number
  boots: number
  chainBreaks: number
  revoked: boolean
}
export interface Facts {
  dept: string
  leaves: number // read so far, numbered over all logs of the unit
  first: number // number of the first leaf of the log being read
  logs: Checkpoint[] // that ended before it
  lastRx: number
  scopes: At<Scope>[]
  maintenance: At<Maintenance>[]
  incidents: At<IncidentStep>[]
  gaps: At<Gap>[]
  explanations: At<GapExplained>[]
  finds: At<Find>[]
  canaryCommits: At<CanaryCommit>[]
  canaryReveals: At<CanaryReveal>[]
  seals: At<Seal>[]
  beats: Map<string, Beat[]>
  agents: Map<string, AgentFacts>
  unknown: number
}
// `step` is the number of the verification step that it fails.
export interface Problem {
  step: number
  leaf: number
  day: string
  what: Text
}
const MAX_PROBLEMS = 256

export class Replay {
  readonly facts: Facts = {
    dept: '', leaves: 0, first: 0, logs: [], lastRx: 0, scopes: [], maintenance: [], incidents: [], gaps: [], explanations: [], finds: [], canaryCommits: [], canaryReveals: [], seals: [], beats: new Map(), agents: new Map(), unknown: 0,
  }
  readonly problems: Problem[] = []
  problemCount = 0
  private readonly chains = new Map<string, ChainReader>()
  private readonly memory = new Map<string, { bootT: number; lastT1: number; lost: number }>()
  private receipts: number[] = [] // of the newest leaves
  private receiptsFrom = 0
  private readonly earlier: { at: Checkpoint; nodes: Nodes | undefined }[] = []
  private shardDue = false
  cut = 0 // of the state that it went on from; 0 when it began with the first leaf
  private given = '' // hex SHA-256 of that state

  // Keeps heartbeats and finds that touch [keepFrom, keepTo); everything else always. `tree` is that of the first log that is read.
  constructor(
    private readonly policy: Policy,
    private readonly dept: string,
    private tree: Tree,
    private readonly signatures: Signatures,
    private readonly keepFrom: number,
    private readonly keepTo: number,
  ) {
    this.facts.dept = dept
  }

  // A reader that begins with the log after the one whose state this is (FORMAT.md, "State").
  static carriedOver(policy: Policy, text: string, tree: Tree, signatures: Signatures, keepFrom: number, keepTo: number): Replay {
    const state = readState(text, signatures)
    const out = new Replay(policy, state.dept, tree, signatures, keepFrom, keepTo)
    Object.assign(out.facts, state.facts)
    for (const [name, chain] of state.chains) out.chains.set(name, chain)
    for (const [name, memory] of state.memory) out.memory.set(name, memory)
    out.problemCount = state.problems
    out.receipts = state.receipts
    out.receiptsFrom = out.facts.leaves - state.receipts.length
    out.cut = state.cut
    out.given = hex(sha256(encode(text)))
    for (const at of out.facts.logs) out.earlier.push({ at, nodes: undefined })
    if (out.receiptsFrom < 0 || out.facts.first !== out.facts.leaves) refuse('state: is not that of a log which has ended')
    if (out.facts.logs.reduce((n, l) => n + l.size, 0) !== out.facts.first) refuse('state: the logs that ended hold another number of leaves')
    if (out.facts.first > 0 && out.earlier.length === 0) refuse('state: names no log before the one that follows')
    out.shardDue = out.facts.first > 0
    return out
  }
  // The tree of the newest log before the one being read.
  giveNodes(nodes: Nodes): void {
    const last = this.earlier.at(-1)
    if (last) last.nodes = nodes
  }
  // The tree of the log that is read first.
  begin(tree: Tree): void {
    this.tree = tree
  }
  get agentKeys(): Map<string, { identity: Vkey; epoch: Vkey | undefined }> {
    return new Map([...this.chains].map(([name, chain]) => [name, chain.keys]))
  }

  // What was read until now is the whole of one log; the next leaf is the first of the log that follows.
  nextLog(at: Checkpoint, nodes: Nodes, tree: Tree): void {
    if (at.size !== this.facts.leaves - this.facts.first) this.problem(5, '日志的条数与其最后的检查点不符', 'the log that ended holds another number of leaves than its final checkpoint')
    this.earlier.push({ at, nodes })
    this.facts.logs.push(at)
    this.facts.first = this.facts.leaves
    this.tree = tree
    this.shardDue = true
  }

  private problem(step: number, zh: string, en: string): void {
    ++this.problemCount
    if (this.problems.length < MAX_PROBLEMS) this.problems.push({ step, leaf: this.facts.leaves, day: dayText(dayOf(this.facts.lastRx)), what: { zh, en } })
  }

  add(bytes: Uint8Array): void {
    const { facts } = this
    const leaf = attempt(() => parseLeaf(bytes))
    if (this.shardDue && (refused(leaf) || leaf.kind !== 'shard')) {
      this.problem(5, '新日志没有以交接记录开头', 'the new log does not begin with the hand-over from the log before it')
      this.shardDue = false
    }
    if (refused(leaf)) {
      this.problem(6, '叶子无法解析', `the leaf cannot be parsed: ${leaf.message}`)
    } else {
      if (leaf.rx !== undefined) {
        if (leaf.rx < facts.lastRx) this.problem(7, '接收时间早于前一条', 'received before the leaf in front of it')
        else facts.lastRx = leaf.rx
      }
      if (leaf.rx !== undefined && leaf.dept !== this.dept) this.problem(8, '属于另一个单位', 'belongs to another unit')
      else if (!leaf.known) ++facts.unknown
      else this.take(leaf)
    }
    this.receipts.push(facts.lastRx)
    ++facts.leaves
  }

  private take(leaf: ParsedLeaf): void {
    switch (leaf.kind) {
      case 'boot': case 'hb': case 'find':
        return this.agentRecord(leaf)
      case 'dsse':
        return this.entry(leaf)
      case 'shard':
        return this.shard(leaf)
      case 'seal': case 'gap': case 'rules':
        return this.collectorRecord(leaf)
      case 'canary-commit': case 'canary-reveal':
        return this.evaluatorRecord(leaf)
      default:
        return this.operatorRecord(leaf)
    }
  }

  // The number of different keys that signed it; 0 after a problem.
  private role(leaf: ParsedLeaf, keys: Vkey[], zh: string, en: string): number {
    const note: Note = leaf.record!.note
    const states = keys.map((key) => verifyNote(note, key, this.signatures).state)
    const bad = states.includes('bad')
    const signers = states.filter((s) => s === 'good').length
    if (!bad && signers > 0) return signers
    this.problem(8, (bad ? '签名错误：' : '未由规定角色签名：') + zh, `the ${leaf.kind} leaf ${bad ? 'has a wrong signature of' : 'is not signed by'} ${en}`)
    return 0
  }

  private read<T>(parse: (j: Json) => T, leaf: ParsedLeaf, signers: number, to: At<T>[] | undefined): T | undefined {
    const body = attempt(() => parse(leaf.record!.body))
    if (refused(body)) {
      this.problem(8, '内容不合格式', body.message)
      return undefined
    }
    to?.push({ leaf: this.facts.leaves, rx: this.facts.lastRx, body, signers })
    return body
  }

  private agentRecord(leaf: ParsedLeaf): void {
    const record = leaf.record!
    const name = text(record.body, 'ag')
    const chain = this.chains.get(name)
    if (!chain) return this.problem(9, '监测代理未登记', 'an agent that is not enrolled')
    const agent = this.agent(name)
    if (agent.revoked) return this.problem(9, '监测代理已被撤销', 'a record of an agent after its revocation')
    const accepted = attempt(() => chain.accept(record, leaf.noteText))
    if (refused(accepted)) {
      // After the first break everything of this agent is out of place; one problem says where it began.
      if (agent.chainBreaks++ === 0) this.problem(9, `代理 ${name} 的记录链在此断开`, accepted.message)
      return
    }
    ++agent.records
    agent.boots = chain.boots
    agent.epochs = chain.epochs
    if (accepted.kind === 'boot') {
      const memory = this.remembered(name)
      memory.bootT = accepted.boot.t
      memory.lastT1 = -1
    } else if (accepted.kind === 'find') {
      const { t } = accepted.find
      if (t >= this.keepFrom && t < this.keepTo) this.facts.finds.push({ leaf: this.facts.leaves, rx: this.facts.lastRx, body: accepted.find, signers: 1 })
    } else {
      this.beat(accepted.beat)
    }
  }
  private agent(name: string): AgentFacts {
    let out = this.facts.agents.get(name)
    if (!out) this.facts.agents.set(name, (out = { asset: '', enrolLeaf: 0, records: 0, epochs: 0, boots: 0, chainBreaks: 0, revoked: false }))
    return out
  }
  private remembered(name: string): { bootT: number; lastT1: number; lost: number } {
    let out = this.memory.get(name)
    if (!out) this.memory.set(name, (out = { bootT: 0, lastT1: -1, lost: 0 }))
    return out
  }

  // Number of the first leaf of the log that had this checkpoint; undefined when none had it.
  private beaconOf(beacon: { size: number; root: string }): number | undefined {
    const root = attempt(() => parseDigest(beacon.root))
    if (refused(root)) return undefined
    if (beacon.size <= this.facts.leaves - this.facts.first) {
      const own = this.tree.root(beacon.size)
      if (own !== undefined && same(own, root)) return this.facts.first
    }
    // An agent that was away over New Year still holds a checkpoint of the log before.
    let { first } = this.facts
    for (const { at, nodes } of [...this.earlier].reverse()) {
      first -= at.size
      if (beacon.size > at.size) continue
      if (nodes ? hasPrefix(nodes, at.size, at.root, beacon.size, root) : beacon.size === at.size && same(root, at.root)) return first
    }
    return undefined
  }
  private beat(body: Heartbeat): void {
    const name = body.link.agent
    const memory = this.remembered(name)
    const first = this.beaconOf(body.beacon)
    if (first === undefined) this.problem(10, '心跳引用的检查点不属于本日志', 'the heartbeat names a checkpoint that this log never had')
    const beat: Beat = {
      leaf: this.facts.leaves,
      rx: this.facts.lastRx,
      body,
      follows: memory.lastT1 >= 0 && memory.lastT1 === body.t0,
      beaconOk: first !== undefined,
      beaconRx: first !== undefined && body.beacon.size > 0 ? (this.receipts[first + body.beacon.size - 1 - this.receiptsFrom] ?? 0) : 0,
      bootT: memory.bootT,
      newlyLost: Math.max(0, body.spoolLost - memory.lost),
    }
    memory.lost = body.spoolLost
    memory.lastT1 = body.t1
    if (body.t1 <= this.keepFrom || body.t0 >= this.keepTo) return
    const beats = this.facts.beats.get(name)
    if (beats) beats.push(beat)
    else this.facts.beats.set(name, [beat])
  }

  private operatorRecord(leaf: ParsedLeaf): void {
    const signers = this.role(leaf, this.policy.operators, '操作员', 'an operator')
    if (signers === 0) return
    const { facts } = this
    switch (leaf.kind) {
      case 'scope': {
        const scope = this.read(parseScope, leaf, signers, facts.scopes)
        if (scope && scope.dept !== this.dept) {
          facts.scopes.pop()
          this.problem(8, '监测范围属于另一个单位', 'a scope of another unit')
        }
        return
      }
      case 'enrol': {
        const enrol = this.read(parseEnrol, leaf, signers, undefined)
        if (enrol) this.enrolment(enrol.agent, enrol.asset, enrol.identity)
        return
      }
      case 'revoke': {
        const revoke = this.read(parseRevoke, leaf, signers, undefined)
        if (revoke) this.agent(revoke.agent).revoked = true
        return
      }
      case 'maint':
        this.read(parseMaintenance, leaf, signers, facts.maintenance)
        return
      case 'incident':
        this.read(parseIncident, leaf, signers, facts.incidents)
        return
      case 'gap-explained':
        this.read(parseGapExplained, leaf, signers, facts.explanations)
        return
    }
  }
  private evaluatorRecord(leaf: ParsedLeaf): void {
    const signers = this.role(leaf, this.policy.evaluators, '评估方', 'an evaluator of the policy')
    if (signers === 0) return
    if (leaf.kind === 'canary-commit') this.read(parseCanaryCommit, leaf, signers, this.facts.canaryCommits)
    else this.read(parseCanaryReveal, leaf, signers, this.facts.canaryReveals)
  }
  private enrolment(agent: string, asset: string, vkey: string): void {
    const identity = attempt(() => parseVkey(vkey))
    if (refused(identity) || identity.name !== agent || identity.type !== TYPE_ED25519) return this.problem(8, '登记的密钥不合格式', 'an enrolment whose identity key is not one')
    if (this.chains.has(agent)) return this.problem(8, '监测代理重复登记', 'an agent enrolled twice')
    this.chains.set(agent, new ChainReader(identity, this.signatures))
    const facts = this.agent(agent)
    facts.asset = asset
    facts.enrolLeaf = this.facts.leaves
  }

  private collectorRecord(leaf: ParsedLeaf): void {
    const signers = this.role(leaf, this.policy.collectors, '汇聚端', 'the collector')
    if (signers === 0) return
    if (leaf.kind === 'rules') this.read(parseRules, leaf, signers, undefined)
    else if (leaf.kind === 'gap') this.read(parseGap, leaf, signers, this.facts.gaps)
    else if (leaf.kind === 'seal') {
      const seal = this.read(parseSeal, leaf, signers, this.facts.seals)
      if (seal) this.seal(seal)
    }
  }
  private seal(seal: Seal): void {
    const { seals, leaves } = this.facts
    const previous = seals.length > 1 ? seals[seals.length - 2]!.leaf : -1
    if (seal.prev !== previous) this.problem(5, '封存记录没有接上前一个封存', 'a seal that does not name the seal before it')
    if (seal.first !== this.facts.first) return this.problem(5, '封存记录的起始编号不对', 'a seal whose numbers begin elsewhere than its log')
    if (seal.n > leaves || seal.n < seal.first) return this.problem(5, '封存的条数超过日志', 'a seal of more leaves than the log holds')
    const root = this.tree.root(seal.n - seal.first)
    if (!root || !same(root, seal.root)) this.problem(5, '封存的根与日志不符', `the seal of ${dayText(seal.day)} holds another root than the log`)
  }

  // What the new log says of the old one must be what was read of it.
  private shard(leaf: ParsedLeaf): void {
    const due = this.shardDue
    this.shardDue = false
    if (!due) return this.problem(5, '交接记录不在日志的开头', 'a hand-over that is not the first leaf of a log')
    if (this.role(leaf, this.policy.collectors, '汇聚端', 'the collector') === 0) return
    const shard = attempt(() => parseShard(leaf.record!.body))
    if (refused(shard)) return this.problem(5, '交接记录不合格式', shard.message)
    const old = this.earlier.at(-1)!.at
    if (shard.origin !== old.origin || shard.size !== old.size || !same(shard.root, old.root) || shard.first !== this.facts.first)
      return this.problem(5, '交接记录与前一个日志不符', 'the hand-over names another log, size or root than the one before it')
    const last = this.facts.seals.at(-1)
    if (!last || last.leaf + 1 !== this.facts.leaves || !last.body.final || last.body.to !== shard.cut)
      return this.problem(5, '前一个日志没有以最终封存结束', 'the log before does not end with its final seal')
    if (this.given !== '' && this.given !== shard.state) this.problem(5, '交接记录的状态摘要与重算不符', 'the hand-over carries another state than the one in the bundle')
    this.given = ''
  }

  private entry(leaf: ParsedLeaf): void {
    const hash = find(find(find(leaf.entry, 'spec'), 'dsseV002'), 'payloadHash')
    const digest = hash === undefined ? undefined : attempt(() => fromBase64(text(hash, 'digest')))
    if (text(leaf.entry, 'kind') !== 'dsse' || digest === undefined || refused(digest) || digest.length !== 32) ++this.facts.unknown
  }
}
