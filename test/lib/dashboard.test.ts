import { expect, test } from 'vitest';
import { EmfBundleMetrics } from '../../adapters/aws/bundle-metrics.ts';
import { METRICS_NAMESPACE, METRICS_SERVICE } from '../../adapters/aws/env.ts';
import { noTotals } from '../../core/custody/totals.ts';
import { ofType, synthesise } from './app.ts';
import { captureEmf } from '../emf-lines.ts';

interface Logged {
  _aws: { CloudWatchMetrics: { Metrics: { Name: string }[] }[] };
}

const logged = captureEmf();

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
