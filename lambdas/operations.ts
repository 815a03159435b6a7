import type { Operations } from '../core/api/operations.ts';
import { parseDocument } from '../core/workflow/parse-later.ts';
import { createCancel } from './cancel/cancel.ts';
import { createPause } from './pause/pause.ts';
import { createRedrive, type RedrivePorts } from './redrive/redrive.ts';
import { createRestart, type RestartPorts } from './restart/restart.ts';
import { createResume, type ResumePorts } from './resume/resume.ts';
import { createSchedule, type SchedulePorts } from './schedule/schedule.ts';
import { createSignal, type SignalPorts } from './signal/signal.ts';
import { createStart, type StartPorts } from './start/start.ts';
import { createSubmit, type SubmitPorts } from './submit/submit.ts';

export type OperationPorts = SubmitPorts &
  StartPorts &
  SchedulePorts &
  ResumePorts &
  RedrivePorts &
  RestartPorts &
  SignalPorts;

/** All that can be asked of Holdfast, the same on every host. */
export function createOperations(ports: OperationPorts): Operations {
  return {
    submit: createSubmit(ports),
    validate: ({ document, format, source }) => parseDocument(document, { format, source }),
    start: createStart(ports),
    submitTask: createSchedule(ports),
    cancel: createCancel(ports),
    pause: createPause(ports),
    resume: createResume(ports),
    redrive: createRedrive(ports),
    restart: createRestart(ports),
    signal: createSignal(ports),
  };
}
