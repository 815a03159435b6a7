/** Holdfast in your own CDK app: docs/aws.md. */
export { bundle, type Bundles, type BundleOptions } from './bundle.ts';
export { DataKey, type DataKeyProps } from './data-key.ts';
export type { ScheduleProps } from './events.ts';
export type { JwtProps, ThrottleProps } from './http-door.ts';
export { LinkQueue, type LinkQueueProps } from './link-queue.ts';
export { Orchestrator, type OrchestratorProps } from './orchestrator.ts';
export { ServiceStack, type ServiceStackProps } from './service-stack.ts';
export { State, type StateProps } from './state.ts';
export { StateStack, type StateStackProps } from './state-stack.ts';
export type { TaskTypeProps } from './task-types.ts';
