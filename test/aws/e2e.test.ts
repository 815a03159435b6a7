import { beforeEach } from 'vitest';
import { endToEndSuite } from '../e2e/suite.ts';
import { deployedHost } from './host.ts';
import { onDeployment } from './on-deployment.ts';
import { SKIPS } from './skips.ts';

onDeployment('end to end', (deployment) => {
  beforeEach(({ task, skip }) => {
    const gap = SKIPS[task.name];
    if (gap !== undefined) skip(`docs/emulator-gaps.md, "${gap}"`);
  });
  endToEndSuite('the AWS host', deployedHost(deployment));
});
