import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { STACK_DESCRIPTION, VERSION, VERSION_OUTPUT } from './names.ts';
import { Orchestrator, type OrchestratorProps } from './orchestrator.ts';

export interface ServiceStackProps extends OrchestratorProps, StackProps {}

/** Everything but the state: it can be deleted and deployed again. */
export class ServiceStack extends Stack {
  readonly orchestrator: Orchestrator;

  constructor(scope: Construct, id: string, props: ServiceStackProps) {
    super(scope, id, { description: `${STACK_DESCRIPTION} functions, state machines, APIs`, ...props });
    this.orchestrator = new Orchestrator(this, 'Orchestrator', props);
    const { http, socket, watch } = this.orchestrator;
    new CfnOutput(this, VERSION_OUTPUT, { value: VERSION });
    new CfnOutput(this, 'HttpAddress', { value: http.address, description: 'for holdfast --api' });
    new CfnOutput(this, 'SocketAddress', { value: socket.address, description: 'where events are told' });
    new CfnOutput(this, 'DashboardAddress', { value: watch.dashboardAddress });
  }
}
