import type { SimulationReport } from '../core/simulator/report.ts';
import type { Scenario } from '../core/simulator/scenario.ts';
import type { DeniedRun } from './denied/state.ts';
import type { Colors } from 'picocolors/types.js';
import type { Position } from '../core/network/network.ts';
import type { Channel } from '../core/node/node.ts';

/** Where text goes. */
export interface Output {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
  rows?: number;
}

export interface OpenHostOptions {
  dataDir: string;
  /** 0 takes any free port. */
  port: number;
  /** @default '127.0.0.1' */
  host?: string;
  token?: string;
  allowedOrigins?: string[];
  allowedHosts?: string[];
  /** Folders of the user's own task files. */
  taskDirs: string[];
  allowExec: boolean;
  /** What placed tasks may ask for. */
  capabilities?: string[];
  maxWorkflows?: number;
  maxTasks?: number;
  /** Lets nodes connect by plain MQTT; 0 takes any free port. */
  mqttPort?: number;
  logLevel?: 'debug' | 'info' | 'warn' | 'error';
}

export interface OpenedHost {
  url: string;
  token?: string;
  mqttPort?: number;
  close(): Promise<void>;
}

export interface OpenEdgeOptions
  extends Pick<OpenHostOptions, 'dataDir' | 'taskDirs' | 'allowExec' | 'maxTasks' | 'logLevel'> {
  /** @default the host that it joined */
  hubUrl?: string;
  /** Lets it join. */
  token?: string;
  /** @default the one that it joined with; to join, the machine's name */
  nodeId?: string;
  /** @default as it was told before */
  capabilities?: string[];
  position?: Position;
  /** @default as it joined */
  channels?: { channel: Channel; url?: string }[];
  /** A channel leads to the host from now on, or no more. */
  onChannel(channel: Channel, isUp: boolean): void;
}

export interface OpenedEdge {
  nodeId: string;
  /** The host's own node. */
  hub: string;
  hubUrl: string;
  /** It has joined just now. */
  isNew: boolean;
  brokerUrls: Partial<Record<Channel, string>>;
  capabilities: string[];
  taskTypes: string[];
  close(): Promise<void>;
}

/** What the command line needs of the process around it. */
export interface CliDeps {
  /** Opens the embedded host in this process. */
  openHost(options: OpenHostOptions): Promise<OpenedHost>;
  /** Runs a node in this process. */
  openEdge(options: OpenEdgeOptions): Promise<OpenedEdge>;
  /** Opens the hosts of the demonstration of jammed links in this process, and starts its workflow. */
  openDenied(options: { factor: number }): Promise<DeniedRun>;
  /** Runs a scenario in virtual time; `files` are the texts of those that it names. */
  simulate(request: {
    scenario: Scenario;
    files: Readonly<Record<string, string>>;
    seed: number;
  }): Promise<SimulationReport>;
  version: string;
  /** The folder with the bundled examples. */
  examplesDir: string;
  cwd: string;
  env: Record<string, string | undefined>;
  stdout: Output;
  stderr: Output;
  readStdin(): Promise<string>;
  /** Calls `stop` on Ctrl-C and on a polite kill; returns how to stop listening. */
  onInterrupt(stop: () => void): () => void;
}

/** A mistake of the caller: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly fix: string;

  constructor(message: string, fix: string, options?: ErrorOptions) {
    super(message, options);
    this.fix = fix;
  }
}

/** Follows https://no-color.org. */
export function wantsColor(output: Output, env: CliDeps['env']): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR && env.FORCE_COLOR !== '0') return true;
  return output.isTTY === true && env.TERM !== 'dumb';
}

/** A screen that can be drawn over; a build log is none, whatever it says of itself. */
export function isInteractive(output: Output, env: CliDeps['env']): boolean {
  return output.isTTY === true && !env.CI && env.TERM !== 'dumb';
}

export type { Colors };
