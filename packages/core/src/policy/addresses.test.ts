import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../errors/configuration-error.ts'
import { createRanges, isGlobalUnicast, normalizePeer } from './addresses.ts'

describe('isGlobalUnicast', () => {
  test.each([
    '84.201.181.26',
    '1.1.1.1',
    '100.63.255.255',
    '100.128.0.0',
    '172.15.0.1',
    '172.32.0.1',
    '223.255.255.255',
    '2a02:6b8::1',
    '2600::1',
  ])('allows %s', (address) => expect(isGlobalUnicast(address)).toBe(true))

  test.each([
    '0.0.0.0', '10.0.0.1', '100.64.0.1', '100.127.255.255', '127.0.0.1', '169.254.169.254', '172.16.0.1', '172.31.255.255',
    '192.0.0.8', '192.0.2.1', '192.88.99.1', '192.168.1.1', '198.18.0.1', '198.19.255.255', '198.51.100.1', '203.0.113.1',
    '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255',
    '::', '::1', '::7f00:1', '::ffff:84.201.181.26', '::ffff:10.0.0.5', '::ffff:0:127.0.0.1', '64:ff9b::7f00:1', '64:ff9b:1::1',
    '100::1', '2001::1', '2001:0:4136:e378::1', '2001:db8::1', '2002:7f00:1::', '3fff::1', '5f00::1', 'fc00::1', 'fd12::1',
    'fe80::1', 'fe80::1%eth0', '2a02:6b8::1%eth0', 'fec0::1', 'ff02::1', '4000::1',
    '', 'localhost', '1.1.1', '01.1.1.1', '1.1.1.1 ', '2130706433', '[2a02:6b8::1]',
  ])('refuses %j', (address) => expect(isGlobalUnicast(address)).toBe(false)) // oxfmt-ignore

  test('no IPv6 form that carries an IPv4 address passes', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.constantFrom('::', '::ffff:', '64:ff9b::', '::ffff:0:'), (address, prefix) => {
        expect(isGlobalUnicast(prefix + address)).toBe(false)
      }),
    )
  })
})

describe('createRanges', () => {
  test('holds its ranges and nothing beside them', () => {
    const ranges = createRanges(['10.20.0.0/16', '127.0.0.1/32', '192.0.2.7', 'fd12:3456::/32'])
    for (const address of ['10.20.0.0', '10.20.255.255', '127.0.0.1', '192.0.2.7', 'fd12:3456:ffff::1']) {
      expect(ranges.has(address)).toBe(true)
    }
    for (const address of ['10.21.0.0', '127.0.0.2', '192.0.2.8', 'fd12:3457::1', 'nonsense', '']) {
      expect(ranges.has(address)).toBe(false)
    }
  })

  test('a range of one family does not hold the other', () => {
    expect(createRanges(['10.0.0.0/8']).has('::ffff:10.0.0.5')).toBe(false)
    expect(createRanges(['0.0.0.0/0']).has('::1')).toBe(false)
    expect(createRanges(['::/0']).has('10.0.0.5')).toBe(false)
  })

  test.each([
    '',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0/8',
    'fd00::/129',
    'fe80::1%eth0/64',
    '10.0.0.0/1e1',
    'host',
  ])('refuses %j', (cidr) => expect(() => createRanges([cidr])).toThrow(ConfigurationError))
})

test('normalizePeer undoes the spelling of dual-stack sockets alone', () => {
  expect(normalizePeer('::ffff:84.201.181.26')).toBe('84.201.181.26')
  expect(normalizePeer('::FFFF:84.201.181.26')).toBe('84.201.181.26')
  expect(normalizePeer('2A02:6B8::1')).toBe('2a02:6b8::1')
  expect(normalizePeer('64:ff9b::84.201.181.26')).toBe('64:ff9b::84.201.181.26')
})
