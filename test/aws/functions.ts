/** The functions of the deployment, and new ones for task types that tests bring. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CreateFunctionCommand,
  DeleteFunctionCommand,
  type FunctionConfiguration,
  InvokeCommand,
  LambdaClient,
  paginateListFunctions,
  waitUntilFunctionActiveV2,
} from '@aws-sdk/client-lambda';
import { bundle } from '../../lib/bundle.ts';
import { CAPABILITIES, type CapabilityName } from '../../lib/capabilities.ts';
import type { Deployment } from './setup.ts';

export class DeployedFunctions {
  readonly #deployment: Deployment;
  readonly #client: LambdaClient;
  readonly #all: Promise<FunctionConfiguration[]>;

  constructor(deployment: Deployment) {
    this.#deployment = deployment;
    this.#client = new LambdaClient(clientConfig(deployment));
    this.#all = this.#list();
  }

  async #list(): Promise<FunctionConfiguration[]> {
    const all: FunctionConfiguration[] = [];
    for await (const { Functions = [] } of paginateListFunctions({ client: this.#client }, {}))
      all.push(...Functions);
    return all;
  }

  all = () => this.#all;
  capability = (name: CapabilityName) => this.#described(CAPABILITIES[name].description);
  task = (type: string) => this.#described(`attempts of ${type}`);

  async #described(what: string): Promise<FunctionConfiguration> {
    const found = (await this.#all).find(({ Description }) => Description === `Holdfast: ${what}`);
    if (found === undefined) throw new Error(`the deployment has no function for ${what}`);
    return found;
  }

  /** What the function answers. Rejects with what it throws. */
  async invoke(name: string, event: object): Promise<unknown> {
    const { FunctionError, Payload } = await this.#client.send(
      new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event) }),
    );
    const text = Buffer.from(Payload!).toString();
    if (FunctionError !== undefined) throw new Error(`${name} failed: ${text}`);
    return JSON.parse(text || 'null');
  }

  /** A function like that of the type `like`, of the source of a task file. Returns its ARN. */
  async create(type: string, source: string, like: string): Promise<string> {
    const { Role, Environment, Runtime, Handler, Architectures } = await this.task(like);
    const { FunctionArn } = await this.#client.send(
      new CreateFunctionCommand({
        FunctionName: `${this.#deployment.prefix}-offered-${type}`,
        Role,
        Environment: { Variables: Environment?.Variables },
        Runtime,
        Handler,
        Architectures,
        Timeout: 240,
        Code: { ZipFile: this.#zip(type, source) },
      }),
    );
    await waitUntilFunctionActiveV2(
      { client: this.#client, maxWaitTime: 30 },
      { FunctionName: FunctionArn! },
    );
    return FunctionArn!;
  }

  async delete(arn: string): Promise<void> {
    await this.#client.send(new DeleteFunctionCommand({ FunctionName: arn }));
  }

  #zip(type: string, source: string): Buffer {
    const work = mkdtempSync(join(this.#deployment.dir, `${type}-`));
    writeFileSync(join(work, `${type}.ts`), source);
    const { tasks } = bundle([work], { outDir: join(work, 'bundles') });
    return readFileSync(tasks.find((task) => task.type === type)!.archive);
  }
}

/** For clients of the SDK: the account's root at the emulator. */
export const clientConfig = ({ emulatorUrl, env }: Deployment) => ({
  endpoint: emulatorUrl,
  region: env.AWS_REGION!,
  credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID!, secretAccessKey: env.AWS_SECRET_ACCESS_KEY! },
});
