// The page's verifier without a page, for tests: node verify.node.mjs BUNDLE POLICY [--no-webcrypto] prints one JSON object per bundle.
// Bundles may be several; the policy is the last file.
import { readFileSync } from 'node:fs'
import { utf8 } from './bytes'
import { dump } from './json'
import { parsePolicy } from './policy'
import { resultJson } from './result'
import { verifyBundle } from './verify'

const words = process.argv.slice(2)
const files = words.filter((w) => !w.startsWith('--'))
const policy = parsePolicy(utf8(readFileSync(files.pop()!)))
for (const path of files) {
  const result = await verifyBundle(new Uint8Array(readFileSync(path)), policy, { webCrypto: !words.includes('--no-webcrypto') })
  console.log(dump(resultJson(result)))
}
