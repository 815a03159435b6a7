/** Bundles as Wireshark's dissector sees them: a decoder that nobody here wrote. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The version line of the tshark on the path, or undefined without one. */
export function tsharkVersion(): string | undefined {
  const { status, stdout } = spawnSync('tshark', ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout.split('\n')[0] : undefined;
}

/** Link type for private use: its packets go to the dissector that is asked for. */
const LINK_TYPE_USER0 = 147;
const PACKET_BYTES_MAX = 65_535;
const OUTPUT_BYTES_MAX = 1 << 29;

/** A pcap file (draft-ietf-opsawg-pcap) with a bundle a packet. */
function pcapOf(packets: readonly Uint8Array[]): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(PACKET_BYTES_MAX, 16);
  header.writeUInt32LE(LINK_TYPE_USER0, 20);
  const records = packets.flatMap((packet) => {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(packet.length, 8);
    record.writeUInt32LE(packet.length, 12);
    return [record, packet];
  });
  return Buffer.concat([header, ...records]);
}

/** What tshark reads from each bundle: by field, all values in the order of the packet, as text. */
export function dissect<Field extends string>(
  bundles: readonly Uint8Array[],
  fields: readonly Field[],
): Record<Field, string[]>[] {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-tshark-'));
  try {
    const file = join(folder, 'bundles.pcap');
    writeFileSync(file, pcapOf(bundles));
    const options = [
      '-o',
      'uat:user_dlts:"User 0 (DLT=147)","bpv7","0","","0",""',
      '-T',
      'fields',
      '-Eseparator=/t',
      '-Eaggregator=|',
      '-Eoccurrence=a',
      ...fields.flatMap((field) => ['-e', field]),
    ];
    const text = execFileSync('tshark', ['-n', '-r', file, ...options], {
      encoding: 'utf8',
      maxBuffer: OUTPUT_BYTES_MAX,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return text
      .replace(/\n$/, '')
      .split('\n')
      .map((line) => {
        const columns = line.split('\t');
        const values = (place: number) => (columns[place] ? columns[place].split('|') : []);
        return Object.fromEntries(fields.map((field, place) => [field, values(place)])) as Record<
          Field,
          string[]
        >;
      });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
