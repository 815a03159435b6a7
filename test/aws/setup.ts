/** Starts the emulator and deploys to it, once for the whole run; without Python the suites are skipped. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { bootstrap, deploy, type Outputs } from './deploy.ts';
import { checkPolicies, LOG_KEPT, startEmulator } from './emulator.ts';
import { AUDIENCE, openIssuer } from './issuer.ts';
import { emulatorPython, findPython } from './python.ts';
import { type Recording, writeRecordedCalls } from './recorded-calls.ts';

const HERE = import.meta.dirname;
const TASK_DIRS = [join(HERE, '../e2e/tasks'), join(HERE, '../../examples/tasks')];

export interface Deployment {
  emulatorUrl: string;
  emulatorPid: number;
  /** For programs that talk to the emulator as they would to AWS. */
  env: Record<string, string>;
  python: string;
  dir: string;
  prefix: string;
  issuerUrl: string;
  /** A private key in PEM: signs tokens of the issuer. */
  issuerKey: string;
  outputs: Outputs;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Absent where Python is. */
    deployment?: Deployment;
  }
}

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const found = findPython();
  if (found === undefined) {
    console.warn(
      'The suites on AWS are skipped: the emulator needs Python 3.10 or later, with venv and pip.',
    );
    return undefined;
  }
  const python = emulatorPython(found);
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-aws-'));
  const issuer = await openIssuer(python, dir);
  const emulator = await startEmulator({ python, dir, trust: issuer.certificate });
  const close = async () => {
    issuer.close();
    await emulator.close();
  };
  try {
    const prefix = 'holdfast-e2e';
    const settings = { jwtIssuer: issuer.url, jwtAudience: AUDIENCE, taskDirs: TASK_DIRS.join(',') };
    const target = { env: emulator.env, dir };
    await bootstrap(target);
    const outputs = await deploy(target, { prefix, settings });
    await checkPolicies(emulator, true);
    const deployment: Deployment = {
      emulatorUrl: emulator.url,
      emulatorPid: emulator.pid,
      env: emulator.env,
      python,
      dir,
      prefix,
      issuerUrl: issuer.url,
      issuerKey: issuer.key,
      outputs,
    };
    project.provide('deployment', deployment);
    return async () => {
      try {
        const recording = process.env.HOLDFAST_RECORD_CALLS as Recording | undefined;
        if (recording) await writeRecordedCalls(deployment, emulator.calls(), recording);
      } finally {
        await close();
      }
    };
  } catch (error) {
    await close();
    throw new Error(`The deployment failed; the emulator's log is in ${LOG_KEPT}.`, { cause: error });
  }
}
