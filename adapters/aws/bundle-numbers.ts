/** Where numbers of bundles go, loaded when there are any. */
import type { BundleMetrics } from '../../core/ports/bundle-metrics.ts';
import { lazily } from './lazily.ts';

export const bundleMetrics = lazily(async (): Promise<BundleMetrics> => {
  const { EmfBundleMetrics } = await import('./bundle-metrics.ts');
  return new EmfBundleMetrics();
});
