import { SFNClient } from '@aws-sdk/client-sfn';
import { afterEach, describe, expect, test } from 'vitest';
import { INPUT_BYTES_MAX, SfnDispatcher } from '../../../adapters/aws/dispatcher.ts';
import { SfnTaskTokens } from '../../../adapters/aws/task-tokens.ts';
import { PayloadTooLarge, StoreUnavailable } from '../../../core/errors.ts';
import { type Answer, refusal, serve, type Service } from './service.ts';

let service: Service;
afterEach(() => service.close());

const arn = (name: string) => `arn:aws:states:eu-central-1:123456789012:stateMachine:holdfast-${name}`;
const machines = {
  workflow: arn('workflow'),
  task: arn('task'),
  long: arn('long'),
};

async function dispatcher(answer: Answer = {}) {
  service = await serve(() => answer);
  return new SfnDispatcher({ client: new SFNClient(service.settings), machines });
}

async function tokens(answer: Answer = {}) {
  service = await serve(() => answer);
  return new SfnTaskTokens({ client: new SFNClient(service.settings) });
}

describe('SfnDispatcher', () => {
  test('starts the machine of that name with the input', async () => {
    const started = { executionArn: 'arn', startDate: 1 };
    await (await dispatcher({ body: started })).start('workflow', 'ex_1/a/1', { ref: { taskId: 'a' } });
    expect(service.calls.map(({ operation, body }) => [operation, body])).toEqual([
      [
        'StartExecution',
        {
          stateMachineArn: machines.workflow,
          name: expect.stringMatching(/^ex_1-a-1-[0-9a-f]{32}$/) as string,
          input: '{"ref":{"taskId":"a"}}',
        },
      ],
    ]);
  });

  test('takes a name that was started before as started', async () => {
    const again = await dispatcher(refusal('ExecutionAlreadyExists', 'Execution Already Exists'));
    await expect(again.start('workflow', 'ex_1/1', {})).resolves.toBeUndefined();
  });

  test.each([
    ['ThrottlingException', 400],
    ['ExecutionLimitExceeded', 400],
    ['InternalFailure', 500],
  ])('fails as what the state machines try again when Step Functions says %s', async (name, status) => {
    const start = (await dispatcher(refusal(name, 'Rate exceeded', status))).start('task', 'ex_1/a', {});
    await expect(start).rejects.toThrow(StoreUnavailable);
    await expect(start).rejects.toThrow(new RegExp(`"ex_1/a": ${name}: Rate exceeded`));
  });

  test('fails as that, too, when nobody answers', async () => {
    const unreachable = await dispatcher();
    await service.close();
    await expect(unreachable.start('task', 'ex_1/a', {})).rejects.toThrow(StoreUnavailable);
  });

  test('fails with the error of the service where trying again does not help', async () => {
    const lost = await dispatcher(refusal('StateMachineDoesNotExist', 'State Machine Does Not Exist'));
    await expect(lost.start('task', 'ex_1/a', {})).rejects.toMatchObject({
      name: 'StateMachineDoesNotExist',
    });
  });

  test('refuses an input that Step Functions would not take, counted in bytes', async () => {
    const starter = await dispatcher({ body: { executionArn: 'arn', startDate: 1 } });
    const rest = Buffer.byteLength('{"text":""}');
    const text = 'é'.repeat((INPUT_BYTES_MAX - rest - 1) / 2);
    await starter.start('task', 'ex_1/a', { text: `${text}x` });
    const start = starter.start('task', 'ex_1/a', { text: `${text}xx` });
    await expect(start).rejects.toThrow(PayloadTooLarge);
    await expect(start).rejects.toThrow(/has 262145 bytes; Step Functions takes 262144/);
    expect(service.calls).toHaveLength(1);
  });
});

describe('SfnTaskTokens', () => {
  test('answers with an output or with an error', async () => {
    const answers = await tokens();
    await answers.succeed('token-1', { ok: true });
    await answers.fail('token-2', 'TaskTimeout', 'x'.repeat(40_000));
    expect(service.calls.map(({ operation, body }) => [operation, body])).toEqual([
      ['SendTaskSuccess', { taskToken: 'token-1', output: '{"ok":true}' }],
      ['SendTaskFailure', { taskToken: 'token-2', error: 'TaskTimeout', cause: 'x'.repeat(32_768) }],
    ]);
  });

  test.each(['TaskDoesNotExist', 'TaskTimedOut', 'InvalidToken'])(
    'takes %s for an answer that nobody needs',
    async (name) => {
      const answers = await tokens(refusal(name));
      await expect(answers.succeed('token', null)).resolves.toBeUndefined();
      await expect(answers.fail('token', 'Error', 'why')).resolves.toBeUndefined();
    },
  );

  test('fails as what the state machines try again when it is throttled', async () => {
    const answers = await tokens(refusal('ThrottlingException'));
    await expect(answers.succeed('token', null)).rejects.toThrow(StoreUnavailable);
  });

  test('refuses an output that Step Functions would not take', async () => {
    const answers = await tokens();
    await expect(answers.succeed('token', 'x'.repeat(262_143))).rejects.toThrow(PayloadTooLarge);
    expect(service.calls).toEqual([]);
  });
});
