import { execFile } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { VERSION } from '../../embedded/version.ts';
import type { Montage, MontageMemory } from './montage.ts';
import type { SocketLatency } from './socket.ts';
import { benchThroughput, type Throughput } from './throughput.ts';
import { benchMakespans, type Makespans } from './wfcommons.ts';

export interface EngineBench {
  version: string;
  machine: string;
  quick: boolean;
  /** Holdfast ÷ the best durable peer. */
  ratios: Throughput['ratios'];
  throughput?: Throughput;
  wfcommons?: Makespans | { skipped: string };
  montage?: (Montage & MontageMemory) | { skipped: string };
  socket?: SocketLatency;
}

export async function benchEngine(options: {
  quick: boolean;
  peers: boolean;
  only?: string[];
  say: (line: string) => void;
}): Promise<EngineBench> {
  const { quick, peers, only, say } = options;
  const wanted = (part: string) => only === undefined || only.includes(part);
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}, Node ${process.versions.node}`;
  const result: EngineBench = { version: VERSION, machine, quick, ratios: {} };
  if (wanted('throughput')) {
    result.throughput = await benchThroughput({
      rounds: quick ? 1 : 5,
      warmUps: quick ? 0 : 2,
      passes: quick ? 1 : undefined,
      peers,
      say,
    });
    result.ratios = result.throughput.ratios;
  }
  if (wanted('montage')) {
    const times = await inChild<Montage>('montage.ts', quick ? 1 : 7, say);
    result.montage = { ...times, ...(await inChild<MontageMemory>('montage.ts', 'memory', say)) };
  }
  if (wanted('socket')) result.socket = await inChild<SocketLatency>('socket.ts', quick ? 2 : 20, say);
  if (wanted('wfcommons')) {
    const size = quick
      ? { criticalPathMs: 500, filesMax: 3 }
      : { criticalPathMs: 10_000, filesMax: Infinity };
    result.wfcommons = await benchMakespans({ ...size, say });
  }
  return result;
}

async function inChild<T>(file: string, size: number | string, say: (line: string) => void): Promise<T> {
  const args = [fileURLToPath(new URL(file, import.meta.url)), String(size)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  say(`${file.replace('.ts', '')}: ${stdout.trim()}`);
  return JSON.parse(stdout) as T;
}
