// Composes the page: one HTML file that holds its style and its script, allowed by their digests and nothing else.
// node compose.mjs FOLDER writes FOLDER/verify.html, and FOLDER/verify.node.mjs, the same verifier for tests without a browser.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'

const out = process.argv[2]
const here = import.meta.dirname

async function bundle(entry, format) {
  const result = await build({
    configFile: false,
    root: here,
    logLevel: 'warn',
    build: {
      write: false,
      target: format === 'es' ? 'node20' : ['chrome103', 'firefox113', 'safari16.4'],
      minify: format !== 'es',
      lib: { entry: join(here, 'src', entry), formats: [format], name: 'fengsui' },
      rollupOptions: { external: [/^node:/] },
    },
  })
  const [first] = Array.isArray(result) ? result : [result]
  return first.output[0].code.trim()
}

const digest = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
// Inside <script> only "</" could end it.
const inline = (code) => code.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--')

mkdirSync(out, { recursive: true })
writeFileSync(join(out, 'verify.node.mjs'), (await bundle('cli.ts', 'es')) + '\n')
const script = inline(await bundle('main.ts', 'iife'))
const style = readFileSync(join(here, 'src', 'style.css'), 'utf8').trim()
// The worker is a blob of the same script.
const policy = [
  "default-src 'none'",
  `script-src ${digest(script)} blob:`,
  'worker-src blob:',
  `style-src ${digest(style)}`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')
const parts = { POLICY: policy, STYLE: style, SCRIPT: script }
const html = readFileSync(join(here, 'index.html'), 'utf8').replace(/\{\{(POLICY|STYLE|SCRIPT)\}\}/g, (_, name) => parts[name])
writeFileSync(join(out, 'verify.html'), html)
