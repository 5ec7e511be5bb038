// The page: takes files, has them verified, shows what came of it. All text enters as text nodes, never as HTML.
import { ask } from './ask'
import { parseDay, startOf } from './time'
import { show } from './show'
import type { Message, Phase, Question } from './serve'
import { WORDS, type Language, type Word } from './words'
import { el } from './dom'

const MAX_POLICY = 65_536
const MAX_BUNDLE = 1 << 30

type Slot = 'bundle' | 'policy' | 'revocations' | 'lastSeen'

const state: {
  language: Language
  files: Partial<Record<Slot, File>>
  asked: { unit: string; from: string; to: string }
  working: { phase: Phase; part: number } | undefined
  message: Message | undefined
  more: boolean
} = {
  language: navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en',
  files: {},
  asked: { unit: '', from: '', to: '' },
  working: undefined,
  message: undefined,
  more: false,
}

const word = (key: Word): string => WORDS[key][state.language]

// A file dropped anywhere: a ZIP is the bundle; the rest is told apart by its beginning.
async function guess(file: File): Promise<Slot> {
  const head = new TextDecoder().decode(new Uint8Array(await file.slice(0, 4096).arrayBuffer()))
  if (head.startsWith('PK')) return 'bundle'
  if (head.trimStart().startsWith('{')) return 'revocations'
  return /^\s*(#|log |witness |group |quorum |attester |operator |collector )/.test(head) ? 'policy' : 'lastSeen'
}
async function give(files: Iterable<File>, slot?: Slot): Promise<void> {
  for (const file of files) state.files[slot ?? (await guess(file))] = file
  state.message = undefined
  render()
}

function fileBox(slot: Slot, label: Word, hint: string): HTMLElement {
  const given = state.files[slot]
  const input = el('input', { type: 'file', id: `file-${slot}` })
  input.addEventListener('change', () => void give(input.files ?? [], slot))
  const box = el('label', { class: given ? 'file given' : 'file', for: `file-${slot}` }, [el('b', {}, [word(label)]), given ? given.name : hint, input])
  box.addEventListener('dragover', (e) => {
    e.preventDefault()
    box.classList.add('over')
  })
  box.addEventListener('dragleave', () => box.classList.remove('over'))
  box.addEventListener('drop', (e) => {
    e.preventDefault()
    e.stopPropagation()
    const files = [...(e.dataTransfer?.files ?? [])]
    // Both at once fall into place by themselves.
    void give(files, files.length === 1 ? slot : undefined)
  })
  return box
}

function askedField(key: 'unit' | 'from' | 'to', label: Word): HTMLElement {
  const input = el('input', { type: key === 'unit' ? 'text' : 'date', id: `asked-${key}`, autocomplete: 'off' })
  input.value = state.asked[key]
  input.addEventListener('input', () => (state.asked[key] = input.value))
  return el('label', { for: `asked-${key}` }, [word(label), input])
}

function forms(): HTMLElement[] {
  const ready = state.files.bundle !== undefined && state.files.policy !== undefined
  const go = el('button', { class: 'primary', type: 'button', id: 'verify' }, [word('verify')])
  go.disabled = !ready || state.working !== undefined
  go.addEventListener('click', () => void run())
  const more = el('details', {}, [
    el('summary', {}, [word('more')]),
    el('div', { class: 'files' }, [fileBox('revocations', 'revocations', word('drop')), fileBox('lastSeen', 'lastSeen', word('drop'))]),
    el('div', { class: 'fields' }, [askedField('unit', 'unit'), askedField('from', 'from'), askedField('to', 'to')]),
  ])
  more.open = state.more
  more.addEventListener('toggle', () => (state.more = more.open))
  return [
    el('div', { class: 'files' }, [fileBox('bundle', 'bundle', `${word('bundleHint')} — ${word('drop')}`), fileBox('policy', 'policy', `${word('policyHint')} — ${word('drop')}`)]),
    more,
    el('p', {}, [go, ready ? '' : el('span', { class: 'soft small' }, [' ' + word('needBoth')])]),
  ]
}

function progress(): HTMLElement[] {
  if (!state.working) return []
  const names: Record<Phase, Word> = { files: 'phaseFiles', leaves: 'phaseLeaves', signatures: 'phaseSignatures', replay: 'phaseReplay' }
  const bar = el('progress', { max: '1', value: String(state.working.part), 'aria-label': word(names[state.working.phase]) })
  return [bar, el('p', { class: 'soft', role: 'status' }, [word(names[state.working.phase]) + '…'])]
}

function trouble(what: string, label: Word): HTMLElement {
  return el('p', { class: 'wrong', role: 'alert', id: 'trouble' }, [`${word(label)}: ${what}`])
}

function body(): (HTMLElement | string)[] {
  const m = state.message
  if (m?.kind === 'result') {
    const again = el('button', { type: 'button', id: 'again' }, [word('again')])
    again.addEventListener('click', () => {
      state.message = undefined
      render()
    })
    return show(m, state.language, again)
  }
  const wrong = m?.kind === 'input' ? [trouble(`${state.files[m.file]?.name ?? m.file}: ${m.what}`, 'inputWrong')] : m?.kind === 'fault' ? [trouble(m.what, 'fault')] : []
  return [...forms(), ...progress(), ...wrong]
}

function render(): void {
  const { language } = state
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
  document.title = word('title')
  const other = el('button', { type: 'button', id: 'language', class: 'noprint' }, [word('other')])
  other.addEventListener('click', () => {
    state.language = language === 'zh' ? 'en' : 'zh'
    render()
  })
  const header = el('header', {}, [el('div', {}, [el('h1', {}, [word('title')]), el('p', { class: 'soft' }, [word('lead')])]), other])
  document.getElementById('main')!.replaceChildren(header, el('p', { class: 'advice' }, [word('ownCopy')]), ...body())
}

async function read(slot: Slot, limit: number): Promise<Uint8Array | undefined> {
  const file = state.files[slot]
  if (!file) return undefined
  if (file.size > limit) throw new Error(`${file.name}: ${file.size} > ${limit}`)
  return new Uint8Array(await file.arrayBuffer())
}

async function run(): Promise<void> {
  state.message = undefined
  state.working = { phase: 'files', part: 0 }
  render()
  try {
    const from = parseDay(state.asked.from)
    const to = parseDay(state.asked.to)
    const question: Question = {
      bundle: (await read('bundle', MAX_BUNDLE))!,
      policy: (await read('policy', MAX_POLICY))!,
      revocations: await read('revocations', 16 << 20),
      lastSeen: await read('lastSeen', MAX_POLICY),
      dept: state.asked.unit.trim(),
      from: from === undefined ? undefined : startOf(from),
      to: to === undefined ? undefined : startOf(to + 1),
    }
    state.message = await ask(question, (phase, part) => {
      state.working = { phase, part }
      render()
    })
  } catch (e) {
    state.message = { kind: 'fault', what: e instanceof Error ? e.message : String(e) }
  }
  state.working = undefined
  render()
}

// Called once, by main.ts.
export function start(): void {
  window.addEventListener('dragover', (e) => e.preventDefault())
  window.addEventListener('drop', (e) => {
    e.preventDefault()
    if (state.message?.kind !== 'result') void give(e.dataTransfer?.files ?? [])
  })
  render()
}
