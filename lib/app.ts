import type { App } from 'aws-cdk-lib';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Bundles } from './bundle.ts';
import { stackNames } from './names.ts';
import { ServiceStack } from './service-stack.ts';
import type { Settings } from './settings.ts';
import { StateStack } from './state-stack.ts';

/** The two stacks of a deployment: what is kept, and what runs. */
export function addStacks(
  app: App,
  settings: Settings,
  bundles?: Bundles,
): { state: StateStack; service: ServiceStack } {
  const { protect, alarmEmail, ...props } = settings;
  const names = stackNames(settings.prefix);
  const state = new StateStack(app, names.state, { protect, retentionDays: settings.retentionDays });
  const service = new ServiceStack(app, names.service, { ...props, state: state.state, bundles });
  if (alarmEmail !== undefined)
    service.orchestrator.watch.topic.addSubscription(new EmailSubscription(alarmEmail));
  return { state, service };
}
