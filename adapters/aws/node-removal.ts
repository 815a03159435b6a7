import { StoreUnavailable } from '../../core/errors.ts';
import { isNamed } from './failures.ts';
import type { IotControl } from './iot-control.ts';
import { pause, type Pauses, TRIES_MAX } from './retry.ts';

export interface NodeRemovalOptions extends Pauses {
  iot: Pick<IotControl, 'send'>;
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
      const { certificateDescription } = await this.#options.iot.send<{
        certificateDescription?: { status?: string };
      }>('GET', `/certificates/${certificateId(arn)}`);
      status = certificateDescription?.status;
    });
    return status;
  }

  /** Every certificate of the thing; each lets nobody in any more before anything else is done to it. */
  async removeCertificates(thingName: string): Promise<void> {
    const { iot, policyName } = this.#options;
    const attached = `/things/${thingName}/principals`;
    const { principals = [] } = await iot.send<{ principals?: string[] }>('GET', attached);
    for (const arn of principals) {
      const certificate = `/certificates/${certificateId(arn)}`;
      await gone(() => iot.send('PUT', certificate, { query: { newStatus: 'INACTIVE' } }));
      await gone(() => iot.send('POST', `/target-policies/${policyName}`, { body: { target: arn } }));
      await gone(() => iot.send('DELETE', attached, { principal: arn }));
      await this.#onceDetached(() => iot.send('DELETE', certificate));
    }
  }

  async removeThing(thingName: string): Promise<void> {
    await this.#onceDetached(() => this.#options.iot.send('DELETE', `/things/${thingName}`));
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
