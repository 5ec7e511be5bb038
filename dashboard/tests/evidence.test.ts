import { describe, expect, it } from 'vitest'
import { evidence } from '@/model/evidence'

describe('evidence', () => {
  it('reads types, samples and advice out of the event', () => {
    const e = evidence({
      finding_info: { data_sources: ['file_scan'] },
      unmapped: { fengsui: { catalog_item: 'R-001', clause: '16b', rule_author: 'a', remediation: { zh: '改', en: 'fix' }, unread: ['x.zip: encrypted'], data: [{ type: 'citizen_id', clear: 5, masked: 1, unclear: 2, confidence: 98, samples: ['110*************2X'], why: ['checksum'] }] } },
    })
    expect(e).toEqual({
      types: [{ type: 'citizen_id', clear: 5, masked: 1, unclear: 2, confidence: 98, samples: ['110*************2X'], why: ['checksum'] }],
      remediation: { zh: '改', en: 'fix' }, author: 'a', clause: '16b', catalogItem: 'R-001', unread: ['x.zip: encrypted'], sensor: 'file_scan',
    })
  })
  it('falls back to the plain advice of OCSF', () => {
    expect(evidence({ remediation: { desc: '改' } }).remediation).toEqual({ zh: '改', en: '' })
  })
  it('shows less, and breaks on nothing, for an event of another shape', () => {
    for (const odd of [{}, { unmapped: null }, { unmapped: { fengsui: [] } }, { unmapped: { fengsui: { data: 'x', unread: 3 } } }, { finding_info: 'x' }]) {
      expect(evidence(odd as Record<string, unknown>)).toMatchObject({ types: [], remediation: null, unread: [] })
    }
  })
})
