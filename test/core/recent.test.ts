import fc from 'fast-check';
import { expect, test } from 'vitest';
import { madeOnce, Recent } from '../../core/recent.ts';

test('keeps those that were used last, as a list does that is sorted by use', () => {
  const step = fc.record({ key: fc.integer({ min: 0, max: 6 }), isSet: fc.boolean() });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(step, { maxLength: 60 }), (most, steps) => {
      const recent = new Recent<number, string>(most);
      let model: [key: number, value: string][] = [];
      for (const [at, { key, isSet }] of steps.entries()) {
        const known = model.find(([other]) => other === key);
        const used = isSet ? ([key, `${at}`] as [number, string]) : known;
        expect(isSet ? recent.set(key, `${at}`) : recent.get(key)).toBe(used?.[1]);
        if (used) model = [used, ...model.filter(([other]) => other !== key)].slice(0, most);
      }
    }),
  );
});

test('makes what is asked for at once only once, and anew what failed', async () => {
  const kept = new Recent<string, Promise<number>>(2);
  let made = 0;
  const make = async () => {
    if (++made === 1) throw new Error('the first fails');
    return made;
  };
  const both = [madeOnce(kept, 'a', make), madeOnce(kept, 'a', make)];
  expect(await Promise.allSettled(both)).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
  expect(await Promise.all([madeOnce(kept, 'a', make), madeOnce(kept, 'a', make)])).toEqual([2, 2]);
  expect(made).toBe(2);
});

test('forgets a failure only while nothing newer is there', async () => {
  const kept = new Recent<string, Promise<number>>(1);
  const failing = madeOnce(kept, 'a', () => Promise.reject(new Error('no')));
  void kept.set('a', Promise.resolve(1));
  await expect(failing).rejects.toThrow('no');
  expect(await kept.get('a')).toBe(1);
});
