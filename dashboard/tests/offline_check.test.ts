import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { leafText, offlineCheck, sides } from '@/model/offline_check'

// The test inputs of certificate-transparency implementations (RFC 6962's tree): eight leaves and their root, 2013.
const LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
const b64 = (hex: string) => Buffer.from(hex, 'hex').toString('base64')
const ROOT8 = '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328'
// Audit path of leaf 5 of 8, as published with them.
const PATH5 = ['bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b', 'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0', 'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7']
const proof = { index: 5, size: 8, root: b64(ROOT8), hashes: PATH5.map(b64), checkpoint: '' }
const run = (script: string) => execFileSync('sh', ['-c', script], { encoding: 'utf8' }).trim()

describe('offline check', () => {
  it('accepts a published proof with openssl and coreutils alone', () => {
    expect(run(offlineCheck({ leaf_b64: b64(LEAVES[5] as string), proof }) as string)).toBe('OK 5/8')
  })
  it('refuses another leaf, and a path with one hash changed', () => {
    expect(run(offlineCheck({ leaf_b64: b64('40414244'), proof }) as string)).toBe('FAILED 5/8')
    const hashes = [...proof.hashes]
    hashes[1] = b64(PATH5[0] as string)
    expect(run(offlineCheck({ leaf_b64: b64(LEAVES[5] as string), proof: { ...proof, hashes } }) as string)).toBe('FAILED 5/8')
  })
  it('does not offer a check when the path does not fit, or there is none', () => {
    expect(offlineCheck({ leaf_b64: '', proof: null })).toBeNull()
    expect(offlineCheck({ leaf_b64: '', proof: { ...proof, hashes: proof.hashes.slice(1) } })).toBeNull()
    expect(offlineCheck({ leaf_b64: '', proof: { ...proof, index: 8 } })).toBeNull()
  })
  it('lets nothing but base64 into the shell text', () => {
    expect(offlineCheck({ leaf_b64: "'; rm -rf x; '", proof })).toBeNull()
    expect(offlineCheck({ leaf_b64: 'AAAA', proof: { ...proof, root: '$(id)' } })).toBeNull()
  })
  it('puts siblings on the sides that RFC 9162 gives, in trees that are not full', () => {
    // Tree of 7: leaf 6 is a lone right child; its path is the pair 4-5, then 0-3. Hand-drawn.
    expect(sides({ index: 6, size: 7, hashes: ['', ''] })).toEqual(['left', 'left'])
    expect(sides({ index: 4, size: 7, hashes: ['', '', ''] })).toEqual(['right', 'right', 'left'])
    expect(sides({ index: 0, size: 1, hashes: [] })).toEqual([])
    expect(sides({ index: 0, size: 1, hashes: [''] })).toBeNull()
  })
  it('shows the leaf as text', () => {
    expect(leafText(Buffer.from('— 烽燧\n').toString('base64'))).toBe('— 烽燧\n')
    expect(leafText('%')).toBe('')
  })
})
