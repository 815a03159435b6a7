import {
  CreateEventBusCommand,
  DeleteEventBusCommand,
  DeleteRuleCommand,
  EventBridgeClient,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import { EVENT_SOURCE, EventBridgeBus } from '../../adapters/aws/event-bus.ts';
import { SystemClock } from '../../adapters/system/clock.ts';
import { SystemRandom } from '../../adapters/system/random.ts';
import type { HoldfastEvent } from '../../core/event/event.ts';
import { eventBusSuite } from '../ports/event-bus.suite.ts';
import { describeServices, openInbox, settings } from './services.ts';

interface Told {
  source: string;
  'detail-type': string;
  detail: HoldfastEvent;
}

describeServices('On EventBridge', () => {
  eventBusSuite('EventBridgeBus', async () => {
    const client = new EventBridgeClient(settings);
    const inbox = await openInbox();
    const busName = `bus-${process.pid}`;
    const rule = { Name: 'everything', EventBusName: busName };
    await client.send(new CreateEventBusCommand({ Name: busName }));
    await client.send(
      new PutRuleCommand({ ...rule, EventPattern: JSON.stringify({ source: [EVENT_SOURCE] }) }),
    );
    const Targets = [{ Id: 'inbox', Arn: inbox.arn }];
    await client.send(new PutTargetsCommand({ Rule: rule.Name, EventBusName: busName, Targets }));
    return {
      bus: new EventBridgeBus({ client, busName, clock: new SystemClock(), random: new SystemRandom() }),
      async heard(executionId, count) {
        const told = await inbox.until<Told>(
          (one) => one.detail.executionId === executionId && one['detail-type'] === one.detail.type,
          count,
        );
        return told.map(({ detail }) => detail);
      },
      async close() {
        await client.send(
          new RemoveTargetsCommand({ Rule: rule.Name, EventBusName: busName, Ids: ['inbox'] }),
        );
        await client.send(new DeleteRuleCommand(rule));
        await client.send(new DeleteEventBusCommand({ Name: busName }));
        await inbox.close();
      },
    };
  });
});
