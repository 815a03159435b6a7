import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { EmfBundleMetrics } from '../../adapters/aws/bundle-metrics.ts';
import { METRICS_NAMESPACE, METRICS_SERVICE } from '../../adapters/aws/env.ts';
import { noTotals } from '../../core/custody/totals.ts';
import { ofType, synthesise } from './app.ts';

interface Logged {
  _aws: { CloudWatchMetrics: { Metrics: { Name: string }[] }[] };
}

const logged: string[] = [];
beforeEach(() => {
  // Else it has a console of its own.
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
  vi.spyOn(console, 'log').mockImplementation((line: string) => void logged.push(line));
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

test('shows every number of bundles that functions log, and no other', () => {
  const metrics = new EmfBundleMetrics();
  metrics.stand([], noTotals());
  for (const kind of ['failover', 'return'] as const) metrics.switched({ kind, from: 'primary', to: 'mesh' });
  const names = logged.flatMap((line) =>
    (JSON.parse(line) as Logged)._aws.CloudWatchMetrics.flatMap(({ Metrics }) =>
      Metrics.map(({ Name }) => Name),
    ),
  );
  const [[, dashboard]] = ofType(synthesise().service, 'AWS::CloudWatch::Dashboard') as [[string, object]];
  const own = new RegExp(`"${METRICS_NAMESPACE}","([^"]+)","service","${METRICS_SERVICE}"`, 'g');
  const shown = [...JSON.stringify(dashboard).replaceAll('\\', '').matchAll(own)].map(([, name]) => name);
  expect(names).toHaveLength(11);
  expect(new Set(shown)).toEqual(new Set(names));
});
