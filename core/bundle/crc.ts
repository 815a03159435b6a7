/** CRC types of RFC 9171, section 4.2.1; a name's place is its code. */
export const CRC_TYPES = ['none', 'crc16', 'crc32c'] as const;
export type CrcType = (typeof CRC_TYPES)[number];

/** Bytes of the value, by type code. */
export const CRC_WIDTHS = [0, 2, 4] as const;

/** Of a reflected polynomial, for a byte at a time. */
function tableOf(polynomial: number): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? polynomial : 0);
    return crc;
  });
}

const CRC16_TABLE = tableOf(0x8408);
/** Slicing by four: table k gives what a byte contributes k bytes later. */
const CRC32C_TABLES = [tableOf(0x82f63b78)];
for (let slice = 1; slice < 4; slice++) {
  const [first, before] = [CRC32C_TABLES[0]!, CRC32C_TABLES[slice - 1]!];
  CRC32C_TABLES.push(before.map((crc) => (crc >>> 8) ^ first[crc & 0xff]!));
}
const [T0, T1, T2, T3] = CRC32C_TABLES as [Uint32Array, Uint32Array, Uint32Array, Uint32Array];

/** CRC-16/X-25 (ITU-T X.25) of `bytes[start, end)` and then `zeros` bytes of 0. */
export function crc16X25(bytes: Uint8Array, start = 0, end = bytes.length, zeros = 0): number {
  let crc = 0xffff;
  for (let at = start; at < end; at++) crc = (crc >>> 8) ^ CRC16_TABLE[(crc ^ bytes[at]!) & 0xff]!;
  for (let left = zeros; left > 0; left--) crc = (crc >>> 8) ^ CRC16_TABLE[crc & 0xff]!;
  return crc ^ 0xffff;
}

/** CRC-32C (Castagnoli, RFC 4960 appendix B) of `bytes[start, end)` and then `zeros` bytes of 0. */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length, zeros = 0): number {
  let crc = -1;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    crc = T3[crc & 0xff]! ^ T2[(crc >>> 8) & 0xff]! ^ T1[(crc >>> 16) & 0xff]! ^ T0[crc >>> 24]!;
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ T0[(crc ^ bytes[at]!) & 0xff]!;
  for (let left = zeros; left > 0; left--) crc = (crc >>> 8) ^ T0[crc & 0xff]!;
  return ~crc >>> 0;
}

/**
 * The CRC of a block whose value field, of `width` zeros as RFC 9171, section 4.2.2 demands, would start at `end`.
 */
export const blockCrc = (width: number, bytes: Uint8Array, start: number, end: number): number =>
  width === 2 ? crc16X25(bytes, start, end, 2) : crc32c(bytes, start, end, 4);
