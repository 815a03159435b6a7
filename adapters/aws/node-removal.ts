import {
  DeleteCertificateCommand,
  DeleteThingCommand,
  DescribeCertificateCommand,
  DetachPolicyCommand,
  DetachThingPrincipalCommand,
  type IoTClient,
  ListThingPrincipalsCommand,
  UpdateCertificateCommand,
} from './clients/iot.ts';
import { StoreUnavailable } from '../../core/errors.ts';
import { isNamed } from './failures.ts';
import { pause, type Pauses, TRIES_MAX } from './retry.ts';

export interface NodeRemovalOptions extends Pauses {
  client: Pick<IoTClient, 'send'>;
  policyName: string;
}

/** `arn:…:cert/<id>` */
export const certificateId = (arn: string): string => arn.split('/').at(-1)!;

/** Takes away what a node was given. Each step can be repeated: what is gone already is no error. */
export class NodeRemoval {
  readonly #options: NodeRemovalOptions;

  constructor(options: NodeRemovalOptions) {
    this.#options = options;
  }

  /** Undefined when it is gone. */
  async statusOf(arn: string): Promise<string | undefined> {
    let status: string | undefined;
    await gone(async () => {
      const describe = new DescribeCertificateCommand({ certificateId: certificateId(arn) });
      status = (await this.#options.client.send(describe)).certificateDescription?.status;
    });
    return status;
  }

  /** Every certificate of the thing; each lets nobody in any more before anything else is done to it. */
  async removeCertificates(thingName: string): Promise<void> {
    const { client, policyName } = this.#options;
    const { principals = [] } = await client.send(new ListThingPrincipalsCommand({ thingName }));
    for (const arn of principals) {
      const id = certificateId(arn);
      await gone(() =>
        client.send(new UpdateCertificateCommand({ certificateId: id, newStatus: 'INACTIVE' })),
      );
      await gone(() => client.send(new DetachPolicyCommand({ policyName, target: arn })));
      await gone(() => client.send(new DetachThingPrincipalCommand({ thingName, principal: arn })));
      await this.#onceDetached(() => client.send(new DeleteCertificateCommand({ certificateId: id })));
    }
  }

  async removeThing(thingName: string): Promise<void> {
    await this.#onceDetached(() => this.#options.client.send(new DeleteThingCommand({ thingName })));
  }

  /** A detachment takes seconds to be known everywhere; what was attached is refused until then. */
  async #onceDetached(remove: () => Promise<unknown>): Promise<void> {
    for (let tried = 1; ; tried++) {
      try {
        return await gone(remove);
      } catch (error) {
        const attached = isNamed(error, 'DeleteConflictException', 'InvalidRequestException');
        if (!attached) throw error;
        if (tried === TRIES_MAX) {
          throw new StoreUnavailable(
            `IoT Core still counts what was detached as attached: ${(error as Error).message}`,
            'Nobody is let in by it any more. Repeat this in a few seconds.',
            { cause: error },
          );
        }
        await pause(tried, this.#options);
      }
    }
  }
}

async function gone(remove: () => Promise<unknown>): Promise<void> {
  try {
    await remove();
  } catch (error) {
    if (!isNamed(error, 'ResourceNotFoundException')) throw error;
  }
}
