/** Which network addresses a task may reach: public unicast ones, and those the operator allows. */
import ipaddr from 'ipaddr.js';

/** Azure's host endpoint: inside public space, and answers only with the machine's own secrets. */
const METADATA = ['168.63.129.16'];
/** All that IANA has assigned as global unicast. */
const GLOBAL_V6 = ipaddr.IPv6.parseCIDR('2000::/3');

export interface AllowList {
  hosts: ReadonlySet<string>;
  networks: ReadonlyArray<[ipaddr.IPv4 | ipaddr.IPv6, number]>;
}

/**
 * Reads `HOLDFAST_HTTP_ALLOW`: hosts, addresses and networks (`10.0.0.0/8`) between commas or blanks.
 * Errors: a plain error naming the entry that is none of these.
 */
export function parseAllowList(text: string): AllowList {
  const hosts = new Set<string>();
  const networks: Array<[ipaddr.IPv4 | ipaddr.IPv6, number]> = [];
  for (const entry of text.split(/[\s,]+/).filter(Boolean)) {
    const bare = entry.replace(/^\[(.*)\]$/, '$1');
    if (ipaddr.isValidCIDR(bare)) networks.push(ipaddr.parseCIDR(bare));
    else if (ipaddr.isValid(bare)) networks.push(wholeAddress(bare));
    else if (/^[\w.-]+$/.test(bare)) hosts.add(normalHost(bare));
    else
      throw new Error(
        `HOLDFAST_HTTP_ALLOW has "${entry}", which is no host name, address or network. Write for example "api.local, 10.1.0.0/16".`,
      );
  }
  return { hosts, networks };
}

function wholeAddress(text: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  const address = ipaddr.parse(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

export function normalHost(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
}

/**
 * Why `text` may not be reached, or undefined when it may. Everything but public unicast is refused: private, loopback,
 * link-local, multicast and reserved ranges, and each way to write an IPv4 address inside an IPv6 one
 * (IPv4-mapped, NAT64, 6to4, Teredo). Ranges: IANA special-purpose address registries.
 */
export function addressRefusal(text: string, allowed: AllowList): string | undefined {
  if (!ipaddr.isValid(text)) return 'is not an address';
  const address = ipaddr.parse(text);
  if (allowed.networks.some(([network, bits]) => matches(address, network, bits))) return undefined;
  if (METADATA.includes(address.toString())) return 'is a metadata address';
  const range = address.range();
  if (range !== 'unicast') return `is ${RANGE_WORDS[range] ?? 'a reserved address'}`;
  if (address.kind() === 'ipv6' && !(address as ipaddr.IPv6).match(GLOBAL_V6)) return 'is a reserved address';
  return undefined;
}

const RANGE_WORDS: Record<string, string> = {
  private: 'a private address',
  uniqueLocal: 'a private address',
  loopback: 'a loopback address',
  unspecified: 'the unspecified address',
  linkLocal: 'a link-local address, where clouds serve machine metadata',
  multicast: 'a multicast address',
  broadcast: 'a broadcast address',
  carrierGradeNat: 'a carrier-private address',
  ipv4Mapped: 'an IPv4 address written as IPv6',
  rfc6052: 'an IPv4 address behind NAT64',
  '6to4': 'an IPv4 address inside a 6to4 one',
  teredo: 'an IPv4 address inside a Teredo one',
};

function matches(
  address: ipaddr.IPv4 | ipaddr.IPv6,
  network: ipaddr.IPv4 | ipaddr.IPv6,
  bits: number,
): boolean {
  return address.kind() === network.kind() && address.match([network, bits] as [ipaddr.IPv4, number]);
}
