import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressRefusal, parseAllowList } from '../../tasks/lib/addresses.ts';

const none = parseAllowList('');

test.each([
  '0.0.0.0',
  '10.0.0.1',
  '100.64.0.1',
  '100.100.100.200',
  '127.0.0.1',
  '127.255.255.254',
  '168.63.129.16',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.192',
  '192.0.2.1',
  '192.88.99.1',
  '192.168.1.1',
  '198.18.0.1',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::7f00:1',
  '::127.0.0.1',
  '::ffff:127.0.0.1',
  '::ffff:8.8.8.8',
  '::ffff:0:127.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b::808:808',
  '64:ff9b:1::1',
  '100::1',
  '2001::1',
  '2001:db8::1',
  '2001:10::1',
  '2002:7f00:1::',
  '3fff::1',
  '5f00::1',
  'fc00::1',
  'fd00:ec2::254',
  'fe80::1',
  'fe80::1%eth0',
  'fec0::1',
  'ff02::1',
  '4000::1',
  'no address',
])('refuses %s', (address) => {
  expect(addressRefusal(address, none)).toBeTypeOf('string');
});

test.each(['8.8.8.8', '1.1.1.1', '172.32.0.1', '192.167.255.255', '2606:4700::1111', '2a00:1450:4001::1'])(
  'allows %s',
  (address) => {
    expect(addressRefusal(address, none)).toBeUndefined();
  },
);

test('refuses every private IPv4 address in every IPv6 form of it', () => {
  const octet = fc.integer({ min: 0, max: 255 });
  const inside = fc.oneof(
    fc.tuple(fc.constant(10), octet, octet, octet),
    fc.tuple(fc.constant(127), octet, octet, octet),
    fc.tuple(fc.constant(192), fc.constant(168), octet, octet),
    fc.tuple(fc.constant(169), fc.constant(254), octet, octet),
  );
  const hex = (high: number, low: number) => ((high << 8) | low).toString(16);
  fc.assert(
    fc.property(inside, ([a, b, c, d]) => {
      const tail = `${hex(a, b)}:${hex(c, d)}`;
      for (const form of [
        `${a}.${b}.${c}.${d}`,
        `::ffff:${tail}`,
        `64:ff9b::${tail}`,
        `2002:${tail}::`,
        `::${tail}`,
      ])
        expect(addressRefusal(form, none)).toBeTypeOf('string');
    }),
  );
});

test('an operator allows hosts, addresses and networks', () => {
  const allowed = parseAllowList('api.local, 10.1.0.0/16 192.168.7.7,[::1], fd00::/8');
  expect([...allowed.hosts]).toEqual(['api.local']);
  for (const address of ['10.1.2.3', '192.168.7.7', '::1', 'fd12::1'])
    expect(addressRefusal(address, allowed)).toBeUndefined();
  for (const address of ['10.2.0.1', '192.168.7.8', '127.0.0.1', 'fe80::1', '::ffff:10.1.2.3'])
    expect(addressRefusal(address, allowed)).toBeTypeOf('string');
});

test('refuses an allow-list entry that is nothing of the kind', () => {
  expect(() => parseAllowList('10.0.0.0/8, http://x/')).toThrow('HOLDFAST_HTTP_ALLOW has "http://x/"');
});
