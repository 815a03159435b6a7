import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../../../core/errors.ts';
import { checkPolicy, type FailoverPolicy, policyOf } from '../../../core/failover/policy.ts';
import { CHANNELS } from '../../../core/node/node.ts';

describe('a policy', () => {
  it('is primary, secondary, satellite, mesh for everything unless it says otherwise', () => {
    const policy = checkPolicy({});
    expect(policy.orders.routine).toEqual(CHANNELS);
    expect(policy.copies['flash-override']).toBe(1);
    expect(policy).toMatchObject({
      isRevertive: true,
      returnAfterMs: 30_000,
      floods: ['flash-override', 'flash'],
      triesDown: ['flash-override', 'flash'],
    });
  });

  it('is that of the mission, else the default one', () => {
    const policies = { default: { order: ['mesh'] }, convoy: { order: ['satellite'] } } as const;
    expect(policyOf(policies, 'convoy').orders.flash).toEqual(['satellite']);
    expect(policyOf(policies, 'other').orders.flash).toEqual(['mesh']);
    expect(policyOf({}, 'constructor').orders.flash).toEqual(CHANNELS);
  });

  it('is refused with the field that is wrong', () => {
    const wrong: [unknown, string][] = [
      [{ order: [] }, 'order is []'],
      [{ order: ['primary', 'primary'] }, 'order is ["primary","primary"]'],
      [{ orders: { flash: ['radio'] } }, 'orders.flash is ["radio"]'],
      [{ orders: { urgent: ['mesh'] } }, 'orders has "urgent"'],
      [{ copies: { flash: 5 } }, 'copies.flash is 5'],
      [{ copies: { flash: NaN } }, 'copies.flash is NaN'],
      [{ returnAfterMs: -1 }, 'returnAfterMs is -1'],
      [{ isRevertive: 'yes' }, 'isRevertive is yes'],
      [{ floods: ['urgent'] }, 'floods is ["urgent"]'],
      [{ triesDown: 'flash' }, 'triesDown is "flash"'],
      [{ dwell: 5 }, 'The policy has "dwell"'],
      [[], 'The policy is []'],
      [null, 'The policy is null'],
    ];
    for (const [policy, message] of wrong) {
      expect(() => checkPolicy(policy as FailoverPolicy)).toThrow(InvalidInput);
      expect(() => checkPolicy(policy as FailoverPolicy)).toThrow(message);
    }
  });
});
