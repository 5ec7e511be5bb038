// node check.mjs FENGSUI-VERIFY PAGE-FOLDER BUNDLES: see run.
import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'

const [program, page_folder, folder] = process.argv.slice(2)
const cases = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8'))
const CODES = { verified: 0, failed: 1, revoked: 1, incomplete: 3 }
let passed = 0
let failed = 0
function that(name, wrong) {
  if (wrong === '') ++passed
  else {
    ++failed
    console.log(`  FAIL  ${name}: ${wrong}`)
  }
}
const file = (name) => join(folder, name)

// What both must agree about: the verdict, and of every step its state and position. Words are each verifier's own.
const essence = (r) => JSON.stringify({ verdict: r.verdict, level: r.level, outcome: r.outcome, leaves: r.leaves, broken: r.firstBroken, assumptions: r.assumptions, notes: r.notes, steps: r.steps.map((s) => [s.step, s.state, s.leaf ?? -1, s.day ?? '']) })

function expected(c, r) {
  const s = r.steps[c.step]
  const state = { verified: 'passed', incomplete: 'incomplete' }[c.verdict] ?? 'failed'
  if (r.verdict !== c.verdict) return `verdict ${r.verdict}, not ${c.verdict}`
  if (s.state !== state || (s.leaf ?? -1) !== c.leaf || (s.day ?? '') !== c.day) return `${s.step} ${s.state} at ${s.leaf ?? -1} ${s.day ?? ''}, not ${state} at ${c.leaf} ${c.day}`
  if (c.leaf >= 0 && (r.firstBroken?.leaf !== c.leaf || r.firstBroken?.day !== c.day)) return `first broken ${JSON.stringify(r.firstBroken)}, not ${c.leaf} ${c.day}`
  return ''
}

function byProgram(c) {
  const asked = [['--unit', c.unit], ['--from', c.from], ['--to', c.to], ['--last-seen', c.lastSeen && file(c.lastSeen)], ['--revocations', c.revocations && file(c.revocations)]]
  const run = spawnSync(program, [file(c.bundle), '--policy', file(c.policy), '--json', ...asked.filter(([, v]) => v).flat()], { encoding: 'utf8', maxBuffer: 64 << 20 })
  const result = JSON.parse(run.stdout)
  if (run.status !== CODES[result.verdict]) throw new Error(`exit ${run.status} with verdict ${result.verdict}`)
  return result
}

const yesterday = (day) => new Date(Date.parse(day) - 86400000).toISOString().slice(0, 10)
async function byPage(page, c) {
  await page.goto('about:blank')
  await page.goto(address)
  await page.setInputFiles('#file-bundle', file(c.bundle))
  await page.setInputFiles('#file-policy', file(c.policy))
  if (c.unit || c.from || c.lastSeen || c.revocations) await page.click('summary')
  if (c.lastSeen) await page.setInputFiles('#file-lastSeen', file(c.lastSeen))
  if (c.revocations) await page.setInputFiles('#file-revocations', file(c.revocations))
  if (c.unit) await page.fill('#asked-unit', c.unit)
  if (c.from) await page.fill('#asked-from', c.from)
  if (c.to) await page.fill('#asked-to', yesterday(c.to))
  await page.click('#verify')
  await page.waitForSelector('#verdict, #trouble', { timeout: 60000 })
  if (await page.locator('#trouble').count()) throw new Error(await page.locator('#trouble').innerText())
  const shown = await page.locator('#verdict').getAttribute('data-verdict')
  const result = JSON.parse(await page.locator('#result').textContent())
  if (shown !== result.verdict) throw new Error(`the page shows ${shown} for ${result.verdict}`)
  for (const s of result.steps) {
    const state = await page.locator(`#steps [data-step=${s.step}]`).getAttribute('data-state')
    if (state !== s.state) throw new Error(`the page shows ${s.step} as ${state}, not ${s.state}`)
  }
  if (result.firstBroken && Number(await page.locator('#broken').getAttribute('data-leaf')) !== result.firstBroken.leaf) throw new Error('the page shows another position')
  return result
}

async function compare(name, c, other, ask) {
  try {
    const r = await ask()
    that(`${c.name}, ${name}`, expected(c, r) || (essence(r) === essence(other) ? '' : `differs from fengsui-verify\n    ${essence(other)}\n    ${essence(r)}`))
  } catch (e) {
    that(`${c.name}, ${name}`, e.message)
  }
}

// Signatures one at a time are slow: the honest bundle and every eighth of the others.
const plain = cases.filter((c, i) => i % 8 === 0 && !c.unit && !c.from && !c.lastSeen && !c.revocations)
const node = new Map()
for (const policy of new Set(plain.map((c) => readFileSync(file(c.policy), 'utf8')))) {
  const same = plain.filter((c) => readFileSync(file(c.policy), 'utf8') === policy)
  const out = execFileSync(process.execPath, [join(page_folder, 'verify.node.mjs'), ...same.map((c) => file(c.bundle)), file(same[0].policy), '--no-webcrypto'], { encoding: 'utf8', maxBuffer: 256 << 20 })
  out.trimEnd().split('\n').forEach((line, i) => node.set(same[i].name, JSON.parse(line)))
}

// Random logs: both must come to the same, whatever it is, and with WebCrypto.
const random = readdirSync(folder).filter((f) => f.startsWith('random-'))
const honest = cases.find((c) => c.name === 'honest')
const read = execFileSync(process.execPath, [join(page_folder, 'verify.node.mjs'), ...random.map(file), file(honest.policy)], { encoding: 'utf8', maxBuffer: 256 << 20 })
read.trimEnd().split('\n').forEach((line, i) => {
  const own = byProgram({ ...honest, bundle: random[i] })
  const other = JSON.parse(line)
  that(`${random[i]}, both verifiers`, own.verdict !== 'verified' ? `fengsui-verify says ${own.verdict}` : essence(own) === essence(other) ? '' : `${essence(own)}\n    ${essence(other)}`)
})

// Logs of two years, from both or from the state that the second carries over.
const years = readdirSync(folder).filter((f) => /^year-.*\.zip$/.test(f))
for (const bundle of years) {
  const c = { ...honest, bundle, policy: bundle.replace('.zip', '.policy') }
  const own = byProgram(c)
  const other = JSON.parse(execFileSync(process.execPath, [join(page_folder, 'verify.node.mjs'), file(bundle), file(c.policy)], { encoding: 'utf8', maxBuffer: 64 << 20 }))
  that(`${bundle}, both verifiers`, own.verdict !== 'verified' ? `fengsui-verify says ${own.verdict}` : essence(own) === essence(other) ? '' : `${essence(own)}\n    ${essence(other)}`)
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
})
const page = await browser.newPage({ locale: 'zh-CN' })
const complaints = []
page.on('console', (m) => complaints.push(`${m.type()}: ${m.text()}`))
page.on('pageerror', (e) => complaints.push(String(e)))
page.on('request', (r) => {
  if (!/^(file|blob|data):/.test(r.url())) complaints.push(`request ${r.url()}`)
})
const address = pathToFileURL(join(page_folder, 'verify.html')).href
for (const c of cases) {
  let own
  try {
    own = byProgram(c)
    that(`${c.name}, fengsui-verify`, expected(c, own))
  } catch (e) {
    that(`${c.name}, fengsui-verify`, e.message)
    continue
  }
  await compare('verify.html', c, own, () => byPage(page, c))
  if (node.has(c.name)) await compare('without WebCrypto', c, own, async () => node.get(c.name))
}
that('the page makes no connection and has nothing to complain of', complaints.join('\n    '))
await page.click('#language')
that('the page speaks the other language', (await page.getAttribute('html', 'lang')) === 'en' ? '' : 'it does not')
await browser.close()
console.log(`${cases.length} bundles, ${cases.length - 2} of them tampered; ${random.length} random logs; ${years.length} over New Year`)
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 && passed > 0 ? 0 : 1)
