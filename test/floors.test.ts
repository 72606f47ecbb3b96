/** The check of the floors, which lint runs on the project itself. */

import assert from 'node:assert/strict';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const ROOT = path.resolve(__dirname, '..');

interface Floors {
  againstFloors(files: string[], floors: string[][], readBy: (file: string) => string[]): string[];
  crowded(files: string[]): string[];
  floorFaults(root: string): string[];
}

describe('the floors', () => {
  let floors: Floors;
  before(async () => {
    floors = await import(pathToFileURL(path.join(ROOT, 'scripts', 'floors.mjs')).href);
  });

  it('hold in the project', () => {
    assert.deepEqual(floors.floorFaults(ROOT), []);
  });

  it('let a file read its own room and those below, and none beside or above it', () => {
    const reads: Record<string, string[]> = {
      'base/a.ts': ['base/b.ts', 'left/a.ts'],
      'left/a.ts': ['base/a.ts', 'right/a.ts', 'elsewhere.ts'],
      'right/a.ts': ['base/a.ts'],
      'attic/a.ts': [],
    };
    const files = [...Object.keys(reads), 'base/b.ts'];
    const faults = floors.againstFloors(files, [['base'], ['left', 'right']], (file) => reads[file] ?? []);
    assert.deepEqual(faults, [
      'base/a.ts reads left/a.ts, which is not below it',
      'left/a.ts reads right/a.ts, which is not below it',
      'attic/a.ts stands on no floor',
    ]);
  });

  it('have at most 16 files in a folder', () => {
    const files = Array.from({ length: 17 }, (_, i) => `network/${i}.ts`);
    assert.deepEqual(floors.crowded(files.slice(1)), []);
    assert.deepEqual(floors.crowded(files), ['src/network has 17 files; 16 at most']);
  });
});
