/** The deployed stack, as the end-to-end suite wants a host: one for all, its limits set anew for each. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoSlots } from '../../adapters/aws/slots.ts';
import { SystemClock } from '../../adapters/system/clock.ts';
import { SystemRandom } from '../../adapters/system/random.ts';
import { POOLS } from '../../core/execution/steps.ts';
import type { OpenHost } from '../e2e/host.ts';
import { reach } from './addresses.ts';
import { type Broker, openBroker } from './broker.ts';
import { clientConfig, DeployedFunctions } from './functions.ts';
import { claimsOf, tokenOf } from './issuer.ts';
import type { Deployment } from './setup.ts';

/** As long as functions remember a pool's size. */
const SIZES_KNOWN_MS = 5_000;

export function deployedHost(deployment: Deployment): OpenHost {
  const { emulatorUrl, issuerUrl, issuerKey, outputs } = deployment;
  const functions = new DeployedFunctions(deployment);
  const limits = new Limits(deployment, functions);
  const token = tokenOf(claimsOf(issuerUrl), issuerKey);

  return async ({ maxTasks = Infinity, maxWorkflows = Infinity } = {}) => {
    await limits.set(maxTasks, maxWorkflows);
    const offered: string[] = [];
    const brokers: Broker[] = [];
    return {
      url: reach(emulatorUrl, outputs.HttpAddress),
      pass: () => ({ authorization: `Bearer ${token}` }),
      reach: (address) => reach(emulatorUrl, address),
      async broker() {
        const broker = await openBroker(emulatorUrl);
        brokers.push(broker);
        return { url: broker.url };
      },
      async offer(type, source) {
        const functionName = await functions.create(type, source, 'pass');
        offered.push(functionName);
        const { FunctionName } = await functions.capability('offer');
        await functions.invoke(FunctionName!, { type, functionName });
      },
      async close() {
        for (const arn of offered) await functions.delete(arn);
        for (const broker of brokers) await broker.close();
      },
    };
  };
}

class Limits {
  readonly #slots: Promise<DynamoSlots>;
  #set = '';

  constructor(deployment: Deployment, functions: DeployedFunctions) {
    this.#slots = functions.capability('route').then(
      ({ Environment }) =>
        new DynamoSlots({
          client: new DynamoDBClient(clientConfig(deployment)),
          tableName: Environment!.Variables!.HOLDFAST_TABLE!,
          clock: new SystemClock(),
          random: new SystemRandom(),
        }),
    );
  }

  async set(maxTasks: number, maxWorkflows: number): Promise<void> {
    const wanted = `${maxTasks} ${maxWorkflows}`;
    if (wanted === this.#set) return;
    const slots = await this.#slots;
    await slots.limit(POOLS.tasks, maxTasks);
    await slots.limit(POOLS.workflows, maxWorkflows);
    if (this.#set !== '') await new Promise((resolve) => setTimeout(resolve, SIZES_KNOWN_MS));
    this.#set = wanted;
  }
}
