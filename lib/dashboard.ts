import { Duration, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { Measures } from './measures.ts';

export interface DashboardProps {
  /** Its name. */
  name: string;
  measures: Measures;
  alarms: readonly cloudwatch.IAlarm[];
}

/** What goes on, at a glance: alarms first, then the walk from request to report. */
export class Dashboard extends Construct {
  /** Where it is to be seen, in the console. */
  readonly address: string;

  constructor(scope: Construct, id: string, { name, measures, alarms }: DashboardProps) {
    super(scope, id);
    const graph = (title: string, left: cloudwatch.IMetric[], right: cloudwatch.IMetric[] = []) =>
      new cloudwatch.GraphWidget({ title, left, right, width: 8, height: 6 });
    new cloudwatch.Dashboard(this, 'Dashboard', {
      dashboardName: name,
      defaultInterval: Duration.hours(3),
      widgets: [
        [new cloudwatch.AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: 24, height: 3 })],
        [
          graph('Requests', [measures.requests, measures.refusals, measures.faults], [measures.latency]),
          graph('State machines started', measures.started),
          graph('State machines that failed', [measures.workflowFailures, measures.taskFailures]),
        ],
        [
          graph('States', [measures.stateErrors]),
          graph('Stream: how far behind, ms', [measures.reportAge, measures.dispatchAge]),
          graph('Event socket', [measures.socketErrors]),
        ],
        [
          graph('Throttled', [
            measures.throttledMachines,
            measures.throttledFunctions,
            measures.throttledTable,
          ]),
          graph('Functions running', [measures.concurrency]),
          graph(
            'Queues',
            [measures.intakeCount, measures.timerCount, measures.deadLetterCount],
            [measures.intakeAge, measures.timerAge, measures.errandAge],
          ),
        ],
        [
          graph('Bundles in custody', measures.custody),
          graph('Bundles for satellites', measures.satelliteDepth),
          graph('Switches of channels', measures.switches),
        ],
      ],
    });
    const { region } = Stack.of(this);
    this.address = `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards/dashboard/${name}`;
  }
}
