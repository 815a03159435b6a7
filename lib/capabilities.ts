/** Each function of the engine: what it is for, and what it needs to run. */

export interface CapabilityShape {
  description: string;
  memoryMb: number;
  timeoutSeconds: number;
  /** Stands on the whole engine, and is told where all of its machines are. */
  engine?: true;
}

/** Spends its time waiting for DynamoDB: more memory buys CPU that nothing uses. */
const STATE = { memoryMb: 256, timeoutSeconds: 60, engine: true } as const;

export const CAPABILITIES = {
  api: { description: 'the HTTP API', memoryMb: 512, timeoutSeconds: 29, engine: true },
  authorize: { description: 'checks the tickets of sockets', memoryMb: 256, timeoutSeconds: 10 },
  socket: { description: 'the event socket', memoryMb: 512, timeoutSeconds: 29 },
  receive: { description: 'takes work from the intake queue', ...STATE },
  admit: { description: 'state Admit of workflow', ...STATE },
  // Writes an item a task.
  seed: { description: 'state Seed of workflow', memoryMb: 1024, timeoutSeconds: 600, engine: true },
  await: { description: 'state Await of workflow', ...STATE },
  mend: { description: 'state Mend of workflow', memoryMb: 512, timeoutSeconds: 300, engine: true },
  // Reads the outputs of all tasks.
  settle: { description: 'state Settle of workflow', memoryMb: 1024, timeoutSeconds: 300, engine: true },
  route: { description: 'state Route of task', ...STATE },
  complete: { description: 'state Complete of task', ...STATE },
  heal: { description: 'state Heal of task', ...STATE },
  park: { description: 'state Park of task', ...STATE },
  // Its messages come again after six times this.
  remind: { description: 'takes up tasks whose time has come', ...STATE, timeoutSeconds: 20 },
  // Their queues hide messages for six times this.
  arrive: { description: 'takes what nodes say', memoryMb: 512, timeoutSeconds: 60 },
  // Works out the contacts of satellites.
  forward: { description: 'moves bundles on', memoryMb: 1024, timeoutSeconds: 60, engine: true },
  contact: { description: 'sends what a contact carries', memoryMb: 1024, timeoutSeconds: 100 },
  dispatch: {
    description: 'starts what a crash left ready, deletes what is left of old executions',
    ...STATE,
  },
  report: { description: 'tells of events: log, sockets, bus', memoryMb: 512, timeoutSeconds: 60 },
  sweep: {
    description: 'takes up what a crash left in the queue',
    memoryMb: 256,
    timeoutSeconds: 300,
    engine: true,
  },
  offer: {
    description: 'keeps the task types that are deployed',
    memoryMb: 256,
    timeoutSeconds: 60,
    engine: true,
  },
} as const satisfies Record<string, CapabilityShape>;

export type CapabilityName = keyof typeof CAPABILITIES;
