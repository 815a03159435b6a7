import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readSettings, SETTINGS, type SettingName, variableOf } from '../../lib/settings.ts';

const read = (context: Partial<Record<SettingName, unknown>>, environment: Record<string, string> = {}) =>
  readSettings((name) => context[name], environment);

const NAMES = Object.keys(SETTINGS) as SettingName[];

describe('settings', () => {
  test('need not be given', () => {
    expect(read({})).toEqual({
      prefix: 'holdfast',
      jwt: undefined,
      allowedOrigins: [],
      taskDirs: [],
      allowExec: false,
      taskEnvironment: {},
      maxWorkflows: undefined,
      maxTasks: undefined,
      retentionDays: undefined,
      logRetention: 30,
      alarmEmail: undefined,
      protect: true,
      socketAccessLog: false,
      tracing: false,
    });
  });

  test('come from the context, which wins, or from the environment', () => {
    const environment = { HOLDFAST_PREFIX: 'env', HOLDFAST_MAX_TASKS: '9' };
    expect(read({ prefix: 'context' }, environment)).toMatchObject({ prefix: 'context', maxTasks: 9 });
  });

  test('hand task functions their variables under the names that they read', () => {
    expect(read({ httpAllow: '10.0.0.0/8' }).taskEnvironment).toEqual({ HOLDFAST_HTTP_ALLOW: '10.0.0.0/8' });
  });

  test('take lists as text and as JSON', () => {
    const both = ['https://a.example', 'https://b.example:8443'];
    expect(read({ allowedOrigins: both.join(', ') }).allowedOrigins).toEqual(both);
    expect(read({ allowedOrigins: both }).allowedOrigins).toEqual(both);
  });

  test('name the issuer of tokens and whom they are for', () => {
    const jwt = { jwtIssuer: 'https://login.example.org', jwtAudience: 'ops,ci' };
    expect(read(jwt).jwt).toEqual({ issuer: 'https://login.example.org', audience: ['ops', 'ci'] });
  });

  test.each<[Partial<Record<SettingName, string>>, RegExp, RegExp]>([
    [{ prefix: 'a_b' }, /prefix \(HOLDFAST_PREFIX\) is "a_b"/, /letters, digits and hyphens/],
    [{ maxTasks: '0' }, /maxTasks.*is "0"/, /above 0/],
    [{ maxWorkflows: 'many' }, /maxWorkflows.*is "many"/, /whole number/],
    [{ logRetentionDays: '31' }, /logRetentionDays.*is "31"/, /30, 60/],
    [{ protect: 'no' }, /protect.*is "no"/, /true or false/],
    [{ allowedOrigins: '*' }, /allowedOrigins.*is "\*"/, /https:\/\/ops/],
    [{ jwtIssuer: 'http://login.example.org' }, /jwtIssuer/, /https:/],
    [{ jwtIssuer: 'https://login.example.org' }, /jwtIssuer/, /jwtAudience/],
    [{ jwtAudience: 'ops' }, /jwtAudience/, /jwtIssuer/],
  ])('refuse %o, saying which and what to give', (given, message, fix) => {
    expect(() => read(given)).toThrow(message);
    expect(() => read(given)).toThrow(expect.objectContaining({ fix: expect.stringMatching(fix) }));
  });

  test('are all in docs/aws.md, with their variables', () => {
    const text = readFileSync(join(import.meta.dirname, '../../docs/aws.md'), 'utf8');
    for (const name of NAMES) expect(text).toContain(`| \`${name}\` | \`${variableOf(name)}\` |`);
  });
});
