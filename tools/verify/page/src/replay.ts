// Reading a log from its first leaf: who signed what, in which order, and what it says.
import { attempt, fromBase64, refused, same } from './bytes'
import {
  parseEnrol, parseGap, parseGapExplained, parseIncident, parseMaintenance, parseRevoke, parseRules, parseScope, parseSeal,
  type Find, type Gap, type GapExplained, type Heartbeat, type IncidentStep, type Maintenance, type Scope, type Seal,
} from './body'
import { ChainReader } from './chain'
import type { Signatures } from './ed25519'
import { parseDigest } from './hash'
import { find, text, type Json } from './json'
import { parseLeaf, type ParsedLeaf } from './leaf'
import type { Tree } from './merkle'
import { parseVkey, TYPE_ED25519, verifyNote, type Note, type Vkey } from './note'
import type { Policy } from './policy'
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
  leaves: number
  lastRx: number
  scopes: At<Scope>[]
  maintenance: At<Maintenance>[]
  incidents: At<IncidentStep>[]
  gaps: At<Gap>[]
  explanations: At<GapExplained>[]
  finds: At<Find>[]
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
    leaves: 0, lastRx: 0, scopes: [], maintenance: [], incidents: [], gaps: [], explanations: [], finds: [], seals: [], beats: new Map(), agents: new Map(), unknown: 0,
  }
  readonly problems: Problem[] = []
  problemCount = 0
  private readonly chains = new Map<string, ChainReader>()
  private readonly memory = new Map<string, { bootT: number; lastT1: number; lost: number }>()
  private readonly receipts: number[] = []

  // Keeps heartbeats and finds that touch [keepFrom, keepTo); everything else always.
  constructor(
    private readonly policy: Policy,
    private readonly dept: string,
    private readonly tree: Tree,
    private readonly signatures: Signatures,
    private readonly keepFrom: number,
    private readonly keepTo: number,
  ) {}

  private problem(step: number, zh: string, en: string): void {
    ++this.problemCount
    if (this.problems.length < MAX_PROBLEMS) this.problems.push({ step, leaf: this.facts.leaves, day: dayText(dayOf(this.facts.lastRx)), what: { zh, en } })
  }

  add(bytes: Uint8Array): void {
    const { facts } = this
    const leaf = attempt(() => parseLeaf(bytes))
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
      case 'seal': case 'gap': case 'rules': case 'shard':
        return this.collectorRecord(leaf)
      case 'canary-commit': case 'canary-reveal':
        return // the evaluator's own; read by the canary step
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

  private beaconHolds(beacon: { size: number; root: string }): boolean {
    const root = attempt(() => parseDigest(beacon.root))
    if (refused(root) || beacon.size > this.facts.leaves) return false
    const own = this.tree.root(beacon.size)
    return own !== undefined && same(own, root)
  }
  private beat(body: Heartbeat): void {
    const name = body.link.agent
    const memory = this.remembered(name)
    const beaconOk = this.beaconHolds(body.beacon)
    if (!beaconOk) this.problem(10, '心跳引用的检查点不属于本日志', 'the heartbeat names a checkpoint that this log never had')
    const beat: Beat = {
      leaf: this.facts.leaves,
      rx: this.facts.lastRx,
      body,
      follows: memory.lastT1 >= 0 && memory.lastT1 === body.t0,
      beaconOk,
      beaconRx: beaconOk && body.beacon.size > 0 ? this.receipts[body.beacon.size - 1]! : 0,
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
    if (seal.n > leaves) return this.problem(5, '封存的条数超过日志', 'a seal of more leaves than the log holds')
    const root = this.tree.root(seal.n)
    if (!root || !same(root, seal.root)) this.problem(5, '封存的根与日志不符', `the seal of ${dayText(seal.day)} holds another root than the log`)
  }

  private entry(leaf: ParsedLeaf): void {
    const hash = find(find(find(leaf.entry, 'spec'), 'dsseV002'), 'payloadHash')
    const digest = hash === undefined ? undefined : attempt(() => fromBase64(text(hash, 'digest')))
    if (text(leaf.entry, 'kind') !== 'dsse' || digest === undefined || refused(digest) || digest.length !== 32) ++this.facts.unknown
  }
}
