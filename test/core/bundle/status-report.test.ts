import { decode } from 'cborg';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BUNDLE_FLAGS } from '../../../core/bundle/bundle.ts';
import { decodeBundle } from '../../../core/bundle/decode.ts';
import { encodeBundle } from '../../../core/bundle/encode.ts';
import { fragmentBundle } from '../../../core/bundle/fragment.ts';
import {
  decodeStatusReport,
  encodeStatusReport,
  type Happened,
  reportOn,
  STATUS_REASONS,
  STATUSES,
  type StatusReport,
  statusReportIn,
} from '../../../core/bundle/status-report.ts';
import { eids, NOW_DTN_MS, sample, unhex } from './samples.ts';

const times = fc
  .option(fc.maxSafeNat(), { nil: undefined })
  .map((dtnMs) => (dtnMs === undefined ? {} : { dtnMs }));
const reports: fc.Arbitrary<StatusReport> = fc.record(
  {
    statuses: fc.record(
      Object.fromEntries(STATUSES.map((status) => [status, times])) as Record<
        (typeof STATUSES)[number],
        typeof times
      >,
      { requiredKeys: [] },
    ),
    reason: fc.nat(300),
    source: eids,
    creation: fc.record({ dtnMs: fc.maxSafeNat(), sequence: fc.maxSafeNat() }),
    fragment: fc.record({ offset: fc.maxSafeNat(), payloadBytes: fc.maxSafeNat() }),
  },
  { requiredKeys: ['statuses', 'reason', 'source', 'creation'] },
);

const HAPPENED: Happened = {
  status: 'deleted',
  dtnMs: NOW_DTN_MS,
  reason: STATUS_REASONS.trafficPared,
  node: 'ipn:9.0',
  creation: { dtnMs: NOW_DTN_MS, sequence: 1 },
  lifetimeMs: 1000,
};
const asking = (flags: number) => sample({ flags: BUNDLE_FLAGS.reportDeletion | flags });

describe('a status report', () => {
  it('is the same after encoding and decoding', () => {
    fc.assert(
      fc.property(reports, (report) => {
        expect(decodeStatusReport(encodeStatusReport(report))).toEqual(report);
      }),
    );
  });

  it('has the elements of RFC 9171', () => {
    const report: StatusReport = {
      statuses: { received: {}, deleted: { dtnMs: 5 } },
      reason: STATUS_REASONS.lifetimeExpired,
      source: 'ipn:1.7',
      creation: { dtnMs: 8, sequence: 2 },
      fragment: { offset: 100, payloadBytes: 50 },
    };
    const times = [[true], [false], [false], [true, 5]];
    expect(decode(encodeStatusReport(report))).toEqual([1, [times, 1, [2, [1, 7]], [8, 2], 100, 50]]);
  });

  it('goes to whom the bundle names, with the time if it asks for it', () => {
    const report = reportOn(asking(BUNDLE_FLAGS.statusTimeRequested), HAPPENED)!;
    expect(report.primary).toMatchObject({
      destination: 'ipn:1.0',
      source: 'ipn:9.0',
      flags: BUNDLE_FLAGS.isAdministrative,
    });
    expect(statusReportIn(decodeBundle(encodeBundle(report)))).toEqual({
      statuses: { deleted: { dtnMs: NOW_DTN_MS } },
      reason: 10,
      source: 'ipn:1.7',
      creation: { dtnMs: NOW_DTN_MS - 1000, sequence: 4 },
    });
    expect(statusReportIn(reportOn(asking(0), HAPPENED)!).statuses).toEqual({ deleted: {} });
  });

  it('says which fragment it is about', () => {
    const [, second] = fragmentBundle(asking(0), 80);
    const { fragment } = statusReportIn(reportOn(second!, HAPPENED)!);
    expect(fragment).toEqual({
      offset: second!.primary.fragment!.offset,
      payloadBytes: second!.blocks.at(-1)!.data.length,
    });
  });

  it('is not made about what did not ask, has nobody to tell, or is a report itself', () => {
    expect(reportOn(sample(), HAPPENED)).toBeUndefined();
    expect(reportOn(asking(0), { ...HAPPENED, status: 'delivered' })).toBeUndefined();
    expect(
      reportOn(sample({ flags: BUNDLE_FLAGS.reportDeletion, reportTo: 'dtn:none' }), HAPPENED),
    ).toBeUndefined();
    expect(reportOn(asking(BUNDLE_FLAGS.isAdministrative), HAPPENED)).toBeUndefined();
  });

  it.each([
    ['no record', '', /bytes end/],
    ['another record', '820301', /type 3/],
    ['five elements', '820185', /5 elements/],
    ['three statuses', '82018483', /3 elements, not 4/],
    ['a time for what did not happen', '8201848482f405', /2 elements/],
    ['a status that is a number', '820184848101', /neither true nor false/],
    ['more bytes after it', '8201848481f481f481f481f401820100820000 00'.replace(' ', ''), /1 more byte/],
  ])('refuses %s', (_, text, message) => expect(() => decodeStatusReport(unhex(text))).toThrow(message));

  it('refuses to be read out of other bundles', () => {
    expect(() => statusReportIn(sample())).toThrow(/no administrative record/);
  });
});
