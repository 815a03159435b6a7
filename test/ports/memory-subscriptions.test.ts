import { MemorySubscriptions } from './memory-subscriptions.ts';
import { subscriptionsSuite } from './subscriptions.suite.ts';

subscriptionsSuite('The model', (clock) => new MemorySubscriptions(clock));
