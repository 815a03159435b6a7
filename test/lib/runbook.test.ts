import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { WATCHED } from '../../lib/alarms.ts';
import { ofType, synthesise } from './app.ts';

const runbook = readFileSync(join(import.meta.dirname, '../../docs/runbook.md'), 'utf8');
const headings = [...runbook.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading!);
const alarms = ofType(synthesise().service, 'AWS::CloudWatch::Alarm').map(([, alarm]) => alarm);

test('every alarm has a heading of its name in the runbook, and every heading its alarm', () => {
  const names = alarms.map(({ AlarmName }) => String(AlarmName).replace(/^holdfast-/, ''));
  expect(names.toSorted()).toEqual(headings.toSorted());
  expect(names.toSorted()).toEqual(Object.keys(WATCHED).toSorted());
});

test('every alarm says what it means, and where it says what to do', () => {
  for (const { AlarmName, AlarmDescription } of alarms) {
    const heading = String(AlarmName).replace(/^holdfast-/, '');
    expect(AlarmDescription).toMatch(/^[A-Z].+\. What to do: /);
    expect(AlarmDescription).toContain(`docs/runbook.md#${heading}`);
  }
});

test('every heading says how to look and what to do', () => {
  const sections = runbook.split(/^## /m).slice(1);
  for (const section of sections) {
    expect(section, section.split('\n')[0]).toMatch(/\*\*Look\*\*/);
    expect(section, section.split('\n')[0]).toMatch(/\*\*Do\*\*/);
  }
});
