import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { STACK_DESCRIPTION, VERSION, VERSION_OUTPUT } from './names.ts';
import { State, type StateProps } from './state.ts';

export interface StateStackProps extends StateProps, Omit<StackProps, 'terminationProtection'> {}

/** What must outlive deployments, in a stack of its own: protected from deletion unless `protect` is false. */
export class StateStack extends Stack {
  readonly state: State;

  constructor(scope: Construct, id: string, props: StateStackProps = {}) {
    const { protect = true, key, retentionDays, ...stack } = props;
    super(scope, id, {
      description: `${STACK_DESCRIPTION} the table, the payloads and their key`,
      ...stack,
      terminationProtection: protect,
    });
    new CfnOutput(this, VERSION_OUTPUT, { value: VERSION });
    this.state = new State(this, 'State', { protect, key, retentionDays });
  }
}
