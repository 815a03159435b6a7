import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { Alarms } from './alarms.ts';
import { Dashboard } from './dashboard.ts';
import { measure, type Measured } from './measures.ts';

export interface WatchProps extends Measured {
  /** Begins the names of the alarms, and is that of the dashboard. */
  prefix: string;
  /** Encrypts what the alarms' topic holds. */
  key: kms.IKey;
  /**
   * Told when an alarm rings, and when it stops.
   * @default a topic of its own, which nobody is subscribed to yet
   */
  topic?: sns.ITopic;
}

/** Alarms, each with its heading in docs/runbook.md, and a dashboard that shows the same numbers. */
export class Watch extends Construct {
  /** Told when an alarm rings, and when it stops. */
  readonly topic: sns.ITopic;
  /** Where the dashboard is to be seen. */
  readonly dashboardAddress: string;

  constructor(scope: Construct, id: string, { prefix, key, topic, ...measured }: WatchProps) {
    super(scope, id);
    const measures = measure(measured);
    const alarms = new Alarms(this, 'Alarms', { prefix, measures, key, topic });
    this.topic = alarms.topic;
    this.dashboardAddress = new Dashboard(this, 'Dashboard', {
      name: prefix,
      measures,
      alarms: alarms.all,
    }).address;
  }
}
