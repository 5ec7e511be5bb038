// A reader's state as text (lib/evidence/FORMAT.md, "State"): what the log of a new year carries over from the one before.
import { refuse } from './bytes'
import {
  parseEnrol, parseFind, parseGap, parseGapExplained, parseHeartbeat, parseIncident, parseMaintenance, parseRevoke, parseRules, parseScope, parseSeal,
} from './body'
import { parseCanaryCommit, parseCanaryReveal } from './canary'
import { ChainReader } from './chain'
import type { Signatures } from './ed25519'
import { parseDigest } from './hash'
import { Fields, find, flag, MAX_INTEGER, parseJson, type Json } from './json'
import type { AgentFacts, At, Beat, Facts } from './replay'

const LIMITS = { maxBytes: 256 << 20, maxDepth: 32, oneLine: true }
const MAX_ITEMS = 4 << 20
const MAX_LOGS = 64

export interface Memory {
  bootT: number
  lastT1: number
  lost: number
}
export interface State {
  dept: string
  facts: Facts
  cut: number
  problems: number
  receipts: number[]
  chains: Map<string, ChainReader>
  memory: Map<string, Memory>
}

const count = (f: Fields, key: string): number => f.integer(key, 0, MAX_INTEGER)

// `always`: the list is there even when it is empty.
function placed<T>(f: Fields, key: string, parse: (j: Json) => T, always = true): At<T>[] {
  return (always ? f.array(key, MAX_ITEMS) : f.arrayOr(key, MAX_ITEMS)).map((item) => {
    const one = new Fields(item, key)
    return { leaf: count(one, 'leaf'), rx: count(one, 'rx'), signers: one.integer('by', 0, 64), body: parse(one.object('body')) }
  })
}

function beats(f: Fields): Map<string, Beat[]> {
  const out = new Map<string, Beat[]>()
  for (const [agent, list] of f.object('beats')) {
    if (!Array.isArray(list)) return f.fail('beats', 'holds something that is no list')
    out.set(
      agent,
      list.map((item) => {
        const one = new Fields(item, 'beat')
        return {
          leaf: count(one, 'leaf'), rx: count(one, 'rx'), follows: flag(item, 'follows'), beaconOk: flag(item, 'ok'), beaconRx: count(one, 'beacon'), bootT: count(one, 'boot'),
          newlyLost: count(one, 'lost'), body: parseHeartbeat(one.object('body')),
        }
      }),
    )
  }
  return out
}

export function readState(text: string, signatures: Signatures): State {
  const json = parseJson(text, LIMITS)
  const f = new Fields(json, 'state')
  if (f.integer('v', 0, MAX_INTEGER) !== 1) return refuse('state: a version other than 1')
  placed(f, 'enrolments', parseEnrol)
  placed(f, 'revocations', parseRevoke)
  placed(f, 'rules', parseRules)
  f.object('entries')
  const agents = new Map<string, AgentFacts>()
  const chains = new Map<string, ChainReader>()
  const memory = new Map<string, Memory>()
  for (const [name, a] of f.object('agents')) {
    const one = new Fields(a, 'agent')
    agents.set(name, {
      asset: one.text('asset', 128), enrolLeaf: count(one, 'enrol'), records: count(one, 'records'), epochs: count(one, 'epochs'), boots: count(one, 'boots'),
      chainBreaks: count(one, 'breaks'), revoked: flag(a, 'revoked'),
    })
    const chain = one.textOr('chain', 65_536)
    if (chain !== '') chains.set(name, ChainReader.restore(chain, signatures))
    if (find(a, 't1') !== undefined) memory.set(name, { bootT: count(one, 'boot'), lastT1: one.integer('t1', -1, MAX_INTEGER), lost: count(one, 'lost') })
  }
  const logs = f.array('logs', MAX_LOGS).map((t) => {
    const one = new Fields(t, 'log')
    return { origin: one.text('origin', 255), size: count(one, 'size'), root: parseDigest(one.text('root', 44)) }
  })
  const receipts = f.array('receipts', MAX_ITEMS).map((r) => (typeof r === 'number' ? r : f.fail('receipts', 'holds something that is no time')))
  return {
    dept: f.text('dept', 128),
    cut: count(f, 'cut'),
    problems: count(f, 'problems'),
    receipts,
    chains,
    memory,
    facts: {
      dept: f.text('dept', 128),
      leaves: count(f, 'leaves'),
      first: count(f, 'first'),
      logs,
      lastRx: count(f, 'rx'),
      unknown: count(f, 'unknown'),
      scopes: placed(f, 'scopes', parseScope),
      maintenance: placed(f, 'maintenance', parseMaintenance),
      incidents: placed(f, 'incidents', parseIncident),
      gaps: placed(f, 'gaps', parseGap),
      explanations: placed(f, 'explanations', parseGapExplained),
      finds: placed(f, 'finds', parseFind),
      canaryCommits: placed(f, 'canaryCommits', parseCanaryCommit, false),
      canaryReveals: placed(f, 'canaryReveals', parseCanaryReveal, false),
      seals: placed(f, 'seals', parseSeal),
      beats: beats(f),
      agents,
    },
  }
}
