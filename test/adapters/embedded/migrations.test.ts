import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { MIGRATIONS, migrate } from '../../../adapters/embedded/migrations.ts';

const tablesOf = (db: DatabaseSync) =>
  db
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    .all()
    .map(({ name }) => name);
const versionOf = (db: DatabaseSync) => db.prepare('PRAGMA user_version').get()!.user_version;

describe('migrations', () => {
  const steps = [
    'CREATE TABLE a (x)',
    'ALTER TABLE a ADD COLUMN y DEFAULT 7',
    'CREATE TABLE b (z); DROP TABLE a',
  ];

  it('run once each, in order, from wherever the file stands', () => {
    const db = new DatabaseSync(':memory:');
    migrate(db, 'x', steps.slice(0, 1));
    db.exec('INSERT INTO a VALUES (1)');
    migrate(db, 'x', steps.slice(0, 2));
    migrate(db, 'x', steps.slice(0, 2));
    expect({ ...db.prepare('SELECT * FROM a').get() }).toEqual({ x: 1, y: 7 });
    migrate(db, 'x', steps);
    expect(tablesOf(db)).toEqual(['b']);
    expect(versionOf(db)).toBe(3);
  });

  it('happen whole or not at all', () => {
    const db = new DatabaseSync(':memory:');
    migrate(db, 'x', steps.slice(0, 1));
    expect(() => migrate(db, 'x', [steps[0]!, 'CREATE TABLE half (z); CREATE TABLE a (again)'])).toThrow(
      /a already/,
    );
    expect(tablesOf(db)).toEqual(['a']);
    expect(versionOf(db)).toBe(1);
  });

  it('refuse a file from a newer program, saying which versions', () => {
    const db = new DatabaseSync(':memory:');
    migrate(db, '/data/holdfast.db', steps);
    expect(() => migrate(db, '/data/holdfast.db', steps.slice(0, 2))).toThrow(
      '/data/holdfast.db has schema version 3; this program knows versions up to 2.',
    );
    expect(versionOf(db)).toBe(3);
  });

  it('make a file that SQLite finds sound, with its events readable by a person', () => {
    const db = new DatabaseSync(':memory:');
    migrate(db, 'x');
    expect(versionOf(db)).toBe(MIGRATIONS.length);
    expect(db.prepare('PRAGMA quick_check').get()).toMatchObject({ quick_check: 'ok' });
    expect(db.prepare('SELECT * FROM events').all()).toEqual([]);
  });
});
