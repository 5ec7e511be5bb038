// Verification of an evidence bundle, step by step (V0 to V16). No network, no clock, no key from the bundle.
import { attempt, encode, hex, refused, Refusal, same, utf8 } from './bytes'
import { noTotals, sameAmendments, sameCounts, sameTotals, succeeds, yearOf, type Amendment } from './body'
import { countFindings, decide, derived, percentText, type Decision, type Period } from './attest'
import { atFault, Canaries, FAULTS } from './canary'
import { account } from './coverage'
import { parseEnvelope, PAYLOAD_TYPE, rekorEntry, sigstoreBundle, verifyEnvelope, type Envelope, type Revoked } from './dsse'
import { Signatures, webCryptoWorks } from './ed25519'
import { digestText, parseDigest, payloadDigest, sha256Large, type Digest } from './hash'
import { equal, find, flag, list, number, parseJson, STATEMENT, text, type Json } from './json'
import { isWord, parseLeaf } from './leaf'
import { BundleLog, readBundleLog } from './log'
import { leafHash, TileNodes, verifyInclusion } from './merkle'
import { keyId, openCheckpoint, parseCheckpointText, parseNoteBytes, verifyNote, type Checkpoint, type Vkey } from './note'
import { quorumMet, type Policy } from './policy'
import { Replay } from './replay'
import { DISCLAIMER, newResult, type Result, type Step, type StepState } from './result'
import { Scout } from './scout'
import { amendmentsOf } from './seal'
import { parseScoreInputs, parseScorePolicy, scoreJson } from './score'
import { dayOf, dayText, DAY_MS, startOf } from './time'
import { readZip, type Files, ZIP_LIMITS, type ZipLimits } from './zip'

const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1'
const PREDICATE_TYPE = 'https://fengsui.dev/attestation/incident-free/v1'
// What no evidence can prove, and every statement must say.
const ASSUMED = ['host-root-not-compromised', 'scope-complete', 'sensor-sees-traffic', 'operators-told-the-truth']
const ALONE = 'collector-shows-everybody-the-same-log'
const UNTESTED = 'detection-untested'
const TOLD_APART = 'canaries-not-told-apart'
const MAX_SHARDS = 64
const SCOUTED = 4096 // signatures looked up at a time

export interface Options {
  limits?: ZipLimits
  dept?: string // what was asked for; "" = whatever the statement says
  from?: number
  to?: number
  lastSeen?: Checkpoint
  revoked?: Revoked[]
  webCrypto?: boolean // false: not even where it works
  // Called often; may await, so that a page stays responsive. `part` is 0..1 of the phase.
  progress?: (phase: 'files' | 'leaves' | 'signatures' | 'replay', part: number) => Promise<void> | void
}

class Verifier {
  private readonly out: Result = newResult()
  private readonly signatures = new Signatures()
  private readonly logs: BundleLog[] = [] // oldest first; the last is the newest
  private readonly shards: Checkpoint[] = [] // logs that ended before the newest, as the statement names them
  private asOf = 0 // size of the newest log that the statement speaks of
  private envelope: Envelope | undefined
  private payload = ''
  private statement: Json = null
  private haveStatement = false
  private haveLog = false
  private period: Period = { dept: '', from: 0, to: 0, asOf: 0, minCoveredPpm: 0, minCanaryPpm: 0 }
  private origin = ''
  private attester: Vkey | undefined
  private logKey: Vkey | undefined
  private at: Checkpoint | undefined
  private stated: Checkpoint | undefined
  private readonly witnessTimes: number[] = []
  private replayed: Replay | undefined
  private decision: Decision | undefined
  private derived: Json = null
  private bound = -1
  private boundDay = ''

  constructor(
    private readonly files: Files,
    private readonly policy: Policy,
    private readonly options: Options,
  ) {}

  async run(): Promise<Result> {
    await this.step0()
    this.step1()
    this.step3()
    await this.readLogs()
    if (this.haveStatement && this.haveLog) await this.replay()
    this.step2()
    this.step4()
    this.step5()
    if (this.haveStatement && this.haveLog) {
      this.stepsFromReplay()
      this.step11()
      this.steps12and13()
      this.step15()
    }
    if (this.haveStatement) this.step14()
    return this.finish()
  }

  refuseBundle(error: Refusal): Result {
    this.fail(0, '证据包无法读取：' + error.message, 'the bundle cannot be read: ' + error.message)
    return this.finish()
  }

  private step(n: number): Step {
    return this.out.steps[n]!
  }
  private set(n: number, state: StepState, zh: string, en: string): void {
    const s = this.step(n)
    if (s.state === 'failed') return
    s.state = state
    s.detail = { zh, en }
  }
  private pass(n: number, zh = '', en = ''): void {
    this.set(n, 'passed', zh, en)
  }
  // The first failure of a step is the one that is shown; the first broken position is the smallest of all.
  private fail(n: number, zh: string, en: string, leaf = -1, day = ''): void {
    const s = this.step(n)
    if (s.state !== 'failed' || (leaf >= 0 && (s.leaf < 0 || leaf < s.leaf))) Object.assign(s, { state: 'failed', detail: { zh, en }, leaf, day })
    if (leaf >= 0 && (this.out.firstBroken < 0 || leaf < this.out.firstBroken)) {
      this.out.firstBroken = leaf
      this.out.firstBrokenDay = day
    }
  }
  private text(path: string): string {
    const f = this.files.get(path)
    const t = f ? attempt(() => utf8(f)) : ''
    return refused(t) ? '\0' : t // not text: nothing reads it as anything
  }
  private async progress(phase: 'files' | 'leaves' | 'signatures' | 'replay', part: number): Promise<void> {
    await this.options.progress?.(phase, part)
  }

  private async step0(): Promise<void> {
    const manifest = attempt(() => parseJson(this.text('manifest.json'), STATEMENT))
    if (refused(manifest)) return this.fail(0, '缺少清单或清单有误', 'manifest.json is missing or wrong: ' + manifest.message)
    const files = find(manifest, 'files')
    if (!(files instanceof Map)) return this.fail(0, '清单没有文件表', 'manifest.json lists no files')
    let seen = 0
    for (const [path, digest] of files) {
      const f = this.files.get(path)
      if (!f) return this.fail(0, '缺少文件 ' + path, 'a listed file is missing: ' + path)
      if (digest !== hex(await sha256Large(f))) return this.fail(0, '文件与清单不符：' + path, 'a file differs from the manifest: ' + path)
      await this.progress('files', ++seen / files.size)
    }
    for (const path of this.files.keys())
      if (path !== 'manifest.json' && !files.has(path)) return this.fail(0, '清单之外的文件 ' + path, 'a file that the manifest does not list: ' + path)
    this.pass(0, `${this.files.size} 个文件`, `${this.files.size} files`)
  }

  private step1(): void {
    const envelope = attempt(() => parseEnvelope(this.files.get('attestation.dsse.json') ?? new Uint8Array()))
    if (refused(envelope)) return this.fail(1, '证明缺失或不合格式', 'attestation.dsse.json: ' + envelope.message)
    const payload = attempt(() => utf8(envelope.payload))
    if (refused(payload)) return this.fail(1, '证明内容不合格式', 'the statement: ' + payload.message)
    for (const key of this.policy.attesters) if (verifyEnvelope(envelope, payload, key.key, this.signatures)) this.attester = key
    if (!this.attester) return this.fail(1, '不是策略所列证明人的签名', 'not signed by an attester of the policy')
    if (envelope.signatures.length !== 1) return this.fail(1, '签名不止一个', 'more than one signature')
    if (envelope.payloadType !== PAYLOAD_TYPE) return this.fail(1, '载荷类型不符', 'another payload type')
    const statement = attempt(() => parseJson(payload, STATEMENT))
    if (refused(statement)) return this.fail(1, '证明内容不合格式', 'the statement: ' + statement.message)
    if (text(statement, '_type') !== STATEMENT_TYPE || text(statement, 'predicateType') !== PREDICATE_TYPE)
      return this.fail(1, '证明类型不符', 'another statement or predicate type')
    const predicate = find(statement, 'predicate')
    const scope = find(predicate, 'scope')
    const log = find(predicate, 'log')
    const decision = find(predicate, 'decision')
    if (scope === undefined || log === undefined || decision === undefined) return this.fail(1, '证明缺少范围、日志或结论', 'the statement lacks scope, log or decision')
    if (!statesLimits(predicate)) return this.fail(1, '证明没有写明其假设或适用范围', 'the statement leaves out an assumption or the sentence about its scope')
    const p = this.period
    p.dept = text(scope, 'department')
    p.from = number(scope, 'from', -1)
    p.to = number(scope, 'to', -1)
    p.asOf = Math.max(0, number(log, 'asOf', 0))
    p.minCoveredPpm = Math.max(0, number(decision, 'minCoveredPpm', 0))
    p.minCanaryPpm = Math.max(0, number(decision, 'minCanaryPpm', 0))
    this.origin = text(log, 'origin')
    this.asOf = p.asOf
    const first = this.readShards(log)
    if (first === undefined) return this.fail(1, '证明中的历年日志有误', 'the logs of earlier years in the statement are wrong')
    p.asOf += first
    if (!isWord(p.dept) || p.from < 0 || p.to <= p.from || p.from % 1000 !== 0 || p.to % 1000 !== 0 || p.to - p.from > 400 * DAY_MS)
      return this.fail(1, '时段或单位不合格式', 'a unit or period that is not one (at most 400 days)')
    const { options } = this
    if (options.dept && options.dept !== p.dept) this.fail(1, '是另一个单位的证明', 'a statement about another unit')
    if (options.from !== undefined && options.from !== p.from) this.fail(1, '是另一个时段的证明', 'a statement about another period')
    if (options.to !== undefined && options.to !== p.to) this.fail(1, '是另一个时段的证明', 'a statement about another period')
    if (!this.origin.includes(`/${p.dept}/`)) this.fail(1, '日志不属于该单位', "the log's origin does not name the unit")
    this.statement = statement
    this.payload = payload
    this.envelope = envelope
    this.haveStatement = true
    this.readClaims()
    this.pass(1, '证明人 ' + this.attester.name, 'attester ' + this.attester.name)
  }

  // The number of the newest log's first leaf; undefined when the logs named do not succeed each other.
  private readShards(log: Json): number | undefined {
    const first = Math.max(0, number(log, 'first', 0))
    let sum = 0
    for (const item of list(log, 'shards')) {
      const root = attempt(() => parseDigest(text(item, 'root')))
      const size = number(item, 'size', -1)
      const origin = text(item, 'origin')
      const last = this.shards.at(-1)
      if (refused(root) || size <= 0 || this.shards.length === MAX_SHARDS || (last && !succeeds(last.origin, origin)) || !succeeds(origin, this.origin)) return undefined
      this.shards.push({ origin, size, root })
      sum += size
    }
    return sum === first ? first : undefined
  }

  // A log's key goes on under the name of later years.
  private keyOf(origin: string): Vkey | undefined {
    const own = this.policy.logs.find((k) => k.name === origin)
    const pinned = own ?? this.policy.logs.find((k) => succeeds(k.name, origin))
    return own ?? (pinned && { ...pinned, name: origin, id: keyId(origin, pinned.type, pinned.key) })
  }

  private part(key: string): Json {
    return find(find(this.statement, 'predicate'), key) ?? null
  }

  private readClaims(): void {
    const { out, period } = this
    out.dept = period.dept
    out.from = period.from
    out.to = period.to
    out.asOf = period.asOf
    out.outcome = text(this.part('decision'), 'outcome')
    out.provisional = flag(find(this.statement, 'predicate'), 'provisional')
    out.incidentFree = flag(this.part('incidents'), 'incidentFree')
    for (const a of list(find(this.statement, 'predicate'), 'assumptions')) if (typeof a === 'string' && out.assumptions.length < 64) out.assumptions.push(a)
    out.shown.origin = this.origin
    out.shown.payload = payloadDigest(this.payload)
  }

  private step3(): void {
    const bytes = this.files.get('checkpoint') ?? new Uint8Array()
    const note = attempt(() => parseNoteBytes(bytes))
    if (refused(note)) return this.fail(3, '检查点缺失或不合格式', 'checkpoint: ' + note.message)
    const plain = attempt(() => parseCheckpointText(note.text))
    if (refused(plain)) return this.fail(3, '检查点不合格式', plain.message)
    const logKey = this.keyOf(this.haveStatement ? this.origin : plain.origin)
    if (!logKey) return this.fail(3, '策略中没有这个日志的密钥', 'the policy has no key for this log')
    this.logKey = logKey
    const opened = attempt(() => openCheckpoint(this.text('checkpoint'), logKey, this.signatures))
    if (refused(opened)) return this.fail(3, '检查点签名错误', opened.message)
    this.at = opened
    const good = new Set<string>()
    for (const w of this.policy.witnesses) {
      const v = verifyNote(note, w.key, this.signatures)
      if (v.state === 'bad') return this.fail(3, '见证签名错误：' + w.name, 'a wrong signature of witness ' + w.name)
      if (v.state === 'good') {
        good.add(w.name)
        this.witnessTimes.push(v.seconds)
      }
    }
    if (!quorumMet(this.policy, good)) return this.fail(3, '见证数量不足', "the witnesses' quorum is not met")
    if (this.haveStatement) {
      const own = attempt(() => openCheckpoint(text(this.part('log'), 'checkpoint'), logKey, this.signatures))
      const subjects = list(this.statement, 'subject')
      const digest = subjects.length === 1 ? find(subjects[0], 'digest') : undefined
      if (refused(own) || own.size !== this.asOf) return this.fail(3, '证明内的检查点有误', 'the checkpoint inside the statement is wrong')
      if (digest === undefined || text(digest, 'sha256') !== hex(own.root) || text(subjects[0], 'name') !== `${this.origin}@${own.size}`)
        return this.fail(3, '证明主体与检查点不符', "the statement's subject is another tree than its checkpoint")
      if (own.size >= opened.size) return this.fail(3, '检查点没有超过证明', 'the checkpoint is not newer than the statement')
      this.stated = own
    }
    const none = this.policy.quorum === 'none'
    this.pass(3, `${opened.size} 条${none ? '；策略不要求见证' : ''}`, `${opened.size} leaves${none ? '; the policy asks for no witness' : ''}`)
  }

  private get newest(): BundleLog {
    return this.logs.at(-1)!
  }
  private brokenIn(n: number, log: BundleLog, index: number, zh: string, en: string): void {
    this.fail(n, zh, en, log.first + index, log.dayOf(index))
  }
  private broken(n: number, leaf: number, zh: string, en: string): void {
    const log = this.logs.find((l) => leaf >= l.first && leaf - l.first < l.at.size)
    if (log) this.brokenIn(n, log, leaf - log.first, zh, en)
    else this.fail(n, zh, en, leaf)
  }

  // Which logs are read: all that the statement names, or those that follow the state of the log before them.
  private plan(): boolean {
    let first = 0
    for (const shard of this.shards) {
      this.logs.push(new BundleLog(`shards/${yearOf(shard.origin)}/`, shard, first))
      first += shard.size
    }
    this.logs.push(new BundleLog('', this.at!, first))
    const [keepFrom, keepTo] = this.window
    if (!this.files.has('state.json')) {
      this.replayed = new Replay(this.policy, this.period.dept, this.logs[0]!.tree, this.signatures, keepFrom, keepTo)
      return true
    }
    const carried = attempt(() => Replay.carriedOver(this.policy, this.text('state.json'), this.newest.tree, this.signatures, keepFrom, keepTo))
    if (refused(carried)) {
      this.fail(5, '交接状态有误', 'state.json: ' + carried.message)
      return false
    }
    return this.startAt(carried)
  }
  private startAt(reader: Replay): boolean {
    const { facts } = reader
    if (this.haveStatement && reader.cut > this.period.from) {
      this.set(5, 'incomplete', '状态只适用于更晚的时段', 'the state speaks for later periods only')
      return false
    }
    if (this.haveStatement && facts.leaves > this.period.asOf) {
      this.set(5, 'incomplete', '状态晚于本证明', 'the state is newer than this statement')
      return false
    }
    if (facts.logs.some((l, i) => !sameCheckpoint(l, this.shards[i]))) {
      this.fail(5, '历年日志与状态不符', 'the logs of earlier years are others than in the state')
      return false
    }
    const at = this.logs.findIndex((l) => l.first === facts.first)
    if (at < 0) {
      this.fail(5, '日志没有接上上次所见', 'the log does not continue where the state ends')
      return false
    }
    const before = this.logs[at - 1]
    if (before) reader.giveNodes(new TileNodes((path) => this.files.get(before.folder + path), before.at.size))
    this.logs.splice(0, at)
    reader.begin(this.logs[0]!.tree)
    this.replayed = reader
    this.out.notes.push({ zh: '从历年交接时由汇聚端签名的状态开始核验，更早的日志不在包内', en: 'read from the state that the collector signed at the hand-over; the logs before are not in the bundle' })
    return true
  }

  private get window(): [number, number] {
    return [this.period.from - 40 * DAY_MS, this.period.to + 400 * DAY_MS]
  }

  // V6.
  private async readLogs(): Promise<void> {
    if (!this.at || !this.plan()) return
    let read = 0
    for (const log of this.logs) {
      if (log !== this.newest && !this.checkEnded(log)) return
      const fault = (index: number, zh: string, en: string): void => (index >= 0 ? this.brokenIn(6, log, index, zh, en) : this.fail(6, zh, en))
      if (!(await readBundleLog(this.files, log, fault, (part) => this.progress('leaves', part)))) this.locate(log)
      ++read
      this.out.leaves = log.first + log.leaves.length
      if (log.leaves.length !== log.at.size) break
    }
    this.logs.length = read
    this.haveLog = this.logs.length > 0 && this.newest.folder === ''
    if (this.step(6).state === 'skipped') this.pass(6, `${this.out.leaves} 条`, `${this.out.leaves} leaves`)
  }

  // A log that ended: signed by the log's key, and the one that the statement names.
  private checkEnded(log: BundleLog): boolean {
    const key = this.keyOf(log.at.origin)
    if (!key) this.fail(3, '策略中没有这个日志的密钥', 'the policy has no key for the log ' + log.at.origin)
    if (!key) return false
    const opened = attempt(() => openCheckpoint(this.text(log.folder + 'checkpoint'), key, this.signatures))
    if (refused(opened)) this.fail(3, '历年日志的检查点有误', `${log.folder}checkpoint: ${opened.message}`)
    else if (!sameCheckpoint(opened, log.at)) this.fail(3, '历年日志与证明所述不符', `the log ${log.at.origin} is another than the statement names`)
    else return true
    return false
  }

  // The root is wrong though the tiles fit: the stored checkpoints say up to where the log was still as it was.
  private locate(log: BundleLog): void {
    let good = 0
    for (const { size, root } of log.folder === '' ? this.older() : []) {
      if (size > log.leaves.length || size <= good) continue
      const own = log.tree.root(size)
      if (own && same(own, root)) good = size
    }
    const { firstBroken, firstBrokenDay } = this.out
    this.brokenIn(6, log, Math.min(good, log.at.size - 1), '根不符；此前的检查点仍然一致', `the root is another; checkpoints up to ${good} still hold`)
    // Only a lower bound: a record that is itself broken says it better.
    this.bound = this.out.firstBroken
    this.boundDay = this.out.firstBrokenDay
    this.out.firstBroken = firstBroken
    this.out.firstBrokenDay = firstBrokenDay
  }

  private older(): Checkpoint[] {
    const out: Checkpoint[] = []
    const { logKey } = this
    if (!logKey) return out
    for (const path of this.files.keys()) {
      if (!path.startsWith('checkpoints/')) continue
      const c = attempt(() => openCheckpoint(this.text(path), logKey, this.signatures))
      if (refused(c)) this.fail(5, '旧检查点签名错误', `${path}: ${c.message}`)
      else out.push(c)
    }
    return out
  }

  private step2(): void {
    if (!this.haveStatement || !this.haveLog) return
    const { at, envelope, attester } = this
    const { leaves, tree } = this.newest
    const entry = rekorEntry(envelope!, attester!.key)
    const want = encode(entry)
    let index = this.asOf
    while (index < leaves.length && !same(leaves[index]!, want)) ++index
    if (index >= leaves.length) return this.fail(2, '日志中没有这份证明', 'the log does not hold this statement after its checkpoint')
    const proof = tree.inclusion(index, Math.min(at!.size, tree.size))
    if (!proof) return this.fail(2, '无法求得包含证明', 'no inclusion proof')
    if (!verifyInclusion(index, at!.size, leafHash(want), proof, at!.root)) return this.fail(2, '证明不在检查点之内', 'the checkpoint does not hold the statement')
    const bundle = sigstoreBundle(envelope!, attester!.key, entry, index, proof, at!, this.text('checkpoint'), this.logKey!)
    if (this.text('attestation.sigstore.json') !== bundle) return this.fail(2, 'Sigstore 包与证明不符', 'attestation.sigstore.json does not say the same')
    this.pass(2, `第 ${index} 条`, `leaf ${index}`)
  }

  private step4(): void {
    if (!this.at) return
    if (this.witnessTimes.length === 0) {
      if (this.policy.quorum === 'none') return this.set(4, 'not_required', '没有见证或时间戳；策略不要求', 'no witness or timestamp; the policy asks for none')
      return this.fail(4, '没有见证时间', 'no witness time')
    }
    for (const t of this.witnessTimes)
      if (this.haveStatement && t * 1000 < this.period.to) return this.fail(4, '见证时间早于时段结束', 'a witness signed before the period ended')
    this.pass(4)
  }

  private step5(): void {
    if (!this.haveLog) return
    const holds = (c: { size: number; root: Digest }, log = this.newest): boolean => {
      const own = log.tree.root(c.size)
      return own !== undefined && same(own, c.root)
    }
    const older = this.older()
    for (const c of older) if (!holds(c)) this.fail(5, `检查点 ${c.size} 与日志不一致`, `checkpoint ${c.size} is not a prefix of the log`)
    if (this.haveStatement && this.step(3).state === 'passed' && !holds(this.stated!))
      this.fail(5, '证明时的检查点与日志不一致', "the statement's checkpoint is not a prefix of the log")
    const seen = this.options.lastSeen
    const seenLog = this.logs.find((l) => l.at.origin === seen?.origin)
    if (seen && (!seenLog || !holds(seen, seenLog))) this.fail(5, '与上次所见的检查点不一致', 'the log does not continue the checkpoint seen before')
    this.checkSealProofs()
    if (this.step(5).state === 'skipped') this.pass(5, `${older.length} 个旧检查点`, `${older.length} older checkpoints`)
  }

  private checkSealProofs(): void {
    const checkpoint = this.text('checkpoint')
    const { tree, leaves } = this.newest
    for (const path of this.files.keys()) {
      if (!path.startsWith('seals/')) continue
      const stored = this.text(path)
      const index = Number(/\nindex ([0-9]{1,9})/.exec(stored)?.[1] ?? 0)
      const proof = tree.inclusion(index, Math.min(this.at!.size, tree.size))
      const leaf = index < leaves.length ? attempt(() => parseLeaf(leaves[index]!)) : undefined
      const good = proof && leaf && !refused(leaf) && leaf.kind === 'seal'
      const own = good ? `c2sp.org/tlog-proof@v1\nindex ${index}\n${proof.map((h) => digestText(h) + '\n').join('')}\n${checkpoint}` : ''
      if (!good || own !== stored) this.fail(5, '封存证明有误：' + path, "a seal's proof is wrong: " + path)
    }
  }

  private async checkSignatures(): Promise<void> {
    if (this.options.webCrypto === false || !(await webCryptoWorks())) return
    const scout = new Scout(this.policy, this.replayed!.agentKeys)
    for (const { leaves, first } of this.logs) {
      for (let i = 0; i < leaves.length; ++i) {
        scout.add(leaves[i]!)
        if (scout.claims.length < SCOUTED && i + 1 < leaves.length) continue
        await this.signatures.prepare(scout.claims)
        scout.claims = []
        await this.progress('signatures', (first + i + 1) / this.out.leaves)
      }
    }
  }

  private async replay(): Promise<void> {
    await this.checkSignatures()
    const replay = this.replayed!
    for (const [k, log] of this.logs.entries()) {
      const next = this.logs[k + 1]
      const n = next ? log.leaves.length : Math.min(this.asOf, log.leaves.length)
      for (let i = 0; i < log.leaves.length; ++i) {
        if (!next && i === n) this.judge()
        replay.add(log.leaves[i]!)
        if (i % 64 === 0) await this.progress('replay', (log.first + i) / this.out.leaves)
      }
      if (next) replay.nextLog(log.at, log.tree, next.tree)
      else if (n === log.leaves.length) this.judge()
    }
    this.laterLeaves()
  }

  // After the leaves that the statement is about.
  private judge(): void {
    const { facts, problemCount } = this.replayed!
    this.decision = decide(facts, this.period, problemCount)
    this.derived = derived(facts, this.period, this.decision)
    this.checkSeals()
    this.show()
  }

  // V12, the half about seals: each says what the log held for its day.
  private checkSeals(): void {
    const { facts } = this.replayed!
    for (const [i, s] of facts.seals.entries()) {
      const { from, to, n, day } = s.body
      if (to <= this.period.from || from >= this.period.to) continue
      if (!sameCounts(countFindings(facts, from, to, n), s.body.counts))
        this.broken(13, s.leaf, '封存的发现数与日志不符', `the seal of ${dayText(day)} counts other findings than the log`)
      if (!sameTotals(account(facts, from, to, n).totals, s.body.coverage))
        this.broken(12, s.leaf, '封存的覆盖与日志不符', `the seal of ${dayText(day)} states another coverage than the log`)
      this.checkAmends(i)
    }
  }

  // Late records of days sealed before: which, and what they change. Days whose records were not read here are passed over.
  private checkAmends(i: number): void {
    const replay = this.replayed!
    if (i === 0 && replay.cut !== 0) return
    const { leaf, body } = replay.facts.seals[i]!
    const readable = (a: Amendment): boolean => startOf(a.day) >= Math.max(replay.cut, this.window[0])
    if (!sameAmendments(amendmentsOf(replay.facts, body.day, i, body.n).filter(readable), body.amends.filter(readable)))
      this.broken(12, leaf, '封存所列补录与日志不符', `the seal of ${dayText(body.day)} lists other late records than the log`)
  }

  // What the bundle holds beyond the statement may already speak against it.
  private laterLeaves(): void {
    const { facts } = this.replayed!
    const now = decide(facts, { ...this.period, asOf: facts.leaves }, 0)
    if (this.decision!.outcome !== 'refused' && now.outcome === 'refused')
      this.out.notes.push({ zh: '证明之后的记录与其结论相悖，应当撤销', en: 'leaves after the statement speak against it; it should be revoked' })
  }

  private stepsFromReplay(): void {
    const replay = this.replayed!
    for (const p of replay.problems) this.fail(p.step, p.what.zh, p.what.en, p.leaf, p.day)
    for (const n of [7, 8, 9, 10]) if (this.step(n).state === 'skipped') this.pass(n)
    const { unknown } = replay.facts
    if (unknown > 0) this.set(8, 'incomplete', `${unknown} 条记录的类型本版本不认识`, `${unknown} leaves are of kinds that this page does not know`)
  }

  // From the statement's own numbers: the states tile the period.
  private step11(): void {
    const c = this.part('coverage')
    const n = (key: string): number => number(c, key, -1)
    const listed = { gap: 0, planned: 0, degraded: 0 }
    for (const i of list(c, 'intervals')) {
      const seconds = Math.trunc((number(i, 'to') - number(i, 'from')) / 1000)
      const state = text(i, 'state')
      if ((state !== 'gap' && state !== 'planned' && state !== 'degraded') || seconds <= 0 || text(i, 'cause') === '')
        return this.fail(11, '区间没有状态或原因', 'an interval without state or cause')
      listed[state] += seconds
    }
    if (n('required') < 0 || n('required') !== n('covered') + n('degraded') + n('planned') + n('gap'))
      return this.fail(11, '各状态之和不等于应监测时长', 'the states do not add up to what is required')
    if (n('unlisted') !== 0) return this.set(11, 'incomplete', '有未列出的区间', 'some intervals are not listed')
    if (listed.gap !== n('gap') || listed.planned !== n('planned') || listed.degraded !== n('degraded'))
      return this.fail(11, '区间与合计不符', 'the intervals do not add up to the totals')
    this.pass(11, `${n('required')} 秒`, `${n('required')} seconds`)
  }

  private same(n: number, key: string, zh: string): boolean {
    const own = find(this.derived, key)
    if (own !== undefined && equal(own, this.part(key))) return true
    this.fail(n, '与日志重算不符：' + zh, 'the log says otherwise: ' + key)
    return false
  }
  private steps12and13(): void {
    if (this.same(12, 'coverage', '覆盖')) this.pass(12)
    this.same(12, 'seals', '封存')
    const parts: [string, string][] = [
      ['scope', '监测范围'], ['findings', '发现'], ['incidents', '事件'], ['rules', '规则'], ['agents', '监测代理'], ['amendments', '补录'], ['provisional', '是否暂定'], ['decision', '结论'],
    ]
    if (parts.filter(([key, zh]) => !this.same(13, key, zh)).length === 0) this.pass(13)
  }

  private step14(): void {
    if (!this.replayed || !this.haveLog) return
    const { from, to, asOf } = this.period
    const canaries = new Canaries(this.replayed.facts, from, to, asOf)
    const { tests, things } = canaries
    // Whatever the statement says of it: what was not tested is assumed, and so is that a test cannot be told from the real thing.
    const assumed = things.length === 0 ? UNTESTED : TOLD_APART
    if (!this.out.assumptions.includes(assumed)) this.out.assumptions.push(assumed)
    for (const t of tests) {
      const fault = FAULTS[t.why]
      if (t.state === 'broken' && fault) this.broken(14, atFault(t), `诱饵检验 ${t.cid}：${fault.zh}`, `canary test ${t.cid}: ${fault.en}`)
    }
    const none = (): void => this.set(14, 'not_present', '日志中没有诱饵；探测能力未经检验', 'the log holds no canaries; detection itself is untested')
    if (this.part('canaries') === null && tests.length === 0) return none()
    if (!this.same(14, 'canaries', '诱饵检验') || this.step(14).state === 'failed') return
    if (tests.length === 0) return none()
    const open = tests.filter((t) => t.state === 'open').length
    const [laterZh, laterEn] = open === 0 ? ['', ''] : [`；另有 ${open} 项检验尚未揭示`, `; tests not revealed yet: ${open}`]
    if (things.length === 0) return this.set(14, 'not_present', '时段内没有已揭示的诱饵' + laterZh, 'no canary of the period is revealed' + laterEn)
    const found = canaries.count('found')
    const bound = percentText(canaries.lowerBound())
    this.pass(14, `按期发现 ${found}/${things.length}，发现率下限 ${bound}（95%）${laterZh}`, `${found} of ${things.length} found in time, lower bound of the rate ${bound} (95 %)${laterEn}`)
  }

  private step15(): void {
    const stated = this.part('score')
    if (stated === null) return this.set(15, 'not_present', '证明不含评分', 'the statement holds no score')
    // Only the file that the signed statement names is parsed at all.
    const file = this.text('score-policy.toml')
    const named = text(find(stated, 'policy'), 'digest') === payloadDigest(file)
    const policy = named ? attempt(() => parseScorePolicy(file)) : new Refusal('another file')
    if (refused(policy)) return this.fail(15, '评分规则缺失或摘要不符', 'the score policy is missing or another than named')
    const inputs = attempt(() => parseScoreInputs(find(stated, 'inputs') ?? null))
    if (refused(inputs) || !equal(scoreJson(policy, inputs), stated)) return this.fail(15, '评分与重算不符', 'the score does not follow from its inputs')
    this.out.shown.score = { low: number(stated, 'low'), high: number(stated, 'high') }
    this.pass(15)
  }

  // For the eye: what the log itself says of each day of the period.
  private show(): void {
    const { facts } = this.replayed!
    const { from, to, asOf } = this.period
    const { coverage, refusals, notes } = this.decision!
    const first = dayOf(from)
    const days = Array.from({ length: dayOf(to - 1) - first + 1 }, (_, i) => ({ day: first + i, totals: noTotals(), findings: 0, sealed: false, supplemented: false }))
    const spread = (a: number, b: number, take: (day: (typeof days)[number], seconds: number) => void): void => {
      for (let t = a; t < b; ) {
        const day = dayOf(t)
        const end = Math.min(b, startOf(day + 1))
        const one = days[day - first]
        if (one) take(one, (end - t) / 1000)
        t = end
      }
    }
    for (const r of coverage.required) spread(r.from, r.to, (d, s) => (d.totals.required += s * r.sources))
    for (const i of coverage.intervals) spread(i.from, i.to, (d, s) => (d.totals[i.state] += s))
    for (const d of days) d.totals.covered = d.totals.required - d.totals.degraded - d.totals.planned - d.totals.gap
    for (const f of facts.finds) {
      const d = f.leaf < asOf && f.body.t >= from && f.body.t < to ? days[dayOf(f.body.t) - first] : undefined
      if (d) ++d.findings
    }
    for (const s of facts.seals) {
      if (s.leaf >= asOf) continue
      const own = days[s.body.day - first]
      if (own) own.sealed = true
      for (const a of s.body.amends) {
        const d = days[a.day - first]
        if (d) d.supplemented = true
      }
    }
    Object.assign(this.out.shown, { calendar: days, intervals: coverage.intervals.slice(0, 1000), totals: coverage.totals, refusals: refusals.map((r) => r.text), reasons: notes.map((r) => r.text) })
  }

  private finish(): Result {
    const { out } = this
    const ok = (n: number): boolean => ['passed', 'not_present', 'not_required'].includes(this.step(n).state)
    const through = (last: number): boolean => out.steps.slice(0, last + 1).every((_, n) => ok(n))
    const failed = out.steps.some((s) => s.state === 'failed')
    if (this.haveStatement) {
      // Whatever the statement says of witnesses: those of the policy count.
      if (this.witnessTimes.length === 0 && !out.assumptions.includes(ALONE)) out.assumptions.push(ALONE)
      const digest = payloadDigest(this.payload)
      for (const r of this.options.revoked ?? [])
        if (r.payload === digest) {
          out.revoked = true
          out.revokedReason = r.reason
        }
    }
    if (out.firstBroken < 0 && this.bound >= 0) {
      out.firstBroken = this.bound
      out.firstBrokenDay = this.boundDay
    }
    out.level = through(15) ? 3 : through(5) ? 2 : through(4) ? 1 : 0
    out.incomplete = !failed && out.level < 3
    out.verified = out.level === 3 && !out.revoked
    const last = this.step(16)
    last.state = failed || out.revoked ? 'failed' : out.incomplete ? 'incomplete' : 'passed'
    if (out.revoked) last.detail = { zh: '证明已被撤销：' + out.revokedReason, en: 'the attestation was revoked: ' + out.revokedReason }
    out.shown.signatures = { bulk: this.signatures.bulk, single: this.signatures.single }
    return out
  }
}

function statesLimits(predicate: Json | undefined): boolean {
  const stated = list(predicate, 'assumptions')
  const sentence = find(predicate, 'disclaimer')
  return ASSUMED.every((a) => stated.includes(a)) && text(sentence, 'zh') === DISCLAIMER.zh && text(sentence, 'en') === DISCLAIMER.en
}

const sameCheckpoint = (a: Checkpoint, b: Checkpoint | undefined): boolean => b !== undefined && a.origin === b.origin && a.size === b.size && same(a.root, b.root)

export async function verifyFiles(files: Files, policy: Policy, options: Options = {}): Promise<Result> {
  return new Verifier(files, policy, options).run()
}
export async function verifyBundle(zip: Uint8Array, policy: Policy, options: Options = {}): Promise<Result> {
  let files: Files
  try {
    files = await readZip(zip, options.limits ?? ZIP_LIMITS, async () => options.progress?.('files', 0))
  } catch (e) {
    if (e instanceof Refusal) return new Verifier(new Map(), policy, options).refuseBundle(e)
    throw e
  }
  return verifyFiles(files, policy, options)
}
