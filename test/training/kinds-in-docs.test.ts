/** The tables of optimisers and losses in the documentation have what the code has, in its order. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { CLASS_LOSSES, type Loss, unitOf, VALUE_LOSSES } from '../../src/native/losses';
import { OPTIMIZER_KINDS, OPTIMIZERS } from '../../src/training/options/optimizers';

const PAGE = readFileSync(path.join(__dirname, '..', '..', 'docs', 'concepts', 'training.md'), 'utf8');

/** The cells of the first table under a heading, without its head. */
function tableUnder(heading: string): string[][] {
  const [, section = ''] = PAGE.split(`\n### ${heading}\n`);
  const [, table = ''] = /^((?:\|.*\n)+)/m.exec(section) ?? [];
  const rows = table.trim().split('\n').slice(2);
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** The words of a cell that are code. */
function codeIn(cell: string | undefined): string[] {
  return [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);
}

/** A number as the documentation writes it. */
function shown(value: number): string {
  return value !== 0 && value < 1e-4 ? value.toExponential() : String(value);
}

describe('the documentation of trainings', () => {
  it('has every optimiser, with its defaults', () => {
    const rows = tableUnder('Optimisers');
    assert.deepEqual(
      rows.map(([kind]) => kind),
      OPTIMIZER_KINDS.map((kind) => `\`${kind}\``),
    );
    let othersBefore = '';
    for (const [index, [name, rate, decay, others = '']] of rows.entries()) {
      const { learningRate, weightDecay, ...more } = OPTIMIZERS[OPTIMIZER_KINDS[index] as 'sgd'].defaults;
      assert.equal(rate, shown(learningRate as number), name);
      assert.equal(decay, weightDecay === 0 ? 'off' : shown(weightDecay as number), name);
      const told = others === 'the same' ? othersBefore : others;
      const figures = Object.entries(more).map(([key, value]) => `\`${key}\` ${shown(value)}`);
      assert.deepEqual(told.split(', ').sort(), figures.sort(), name);
      othersBefore = told;
    }
    const option = PAGE.split('\n').find((line) => line.startsWith('| `optimizer` |'));
    assert.deepEqual(codeIn(option).slice(1, -2), OPTIMIZER_KINDS);
  });

  it('has every loss, with what it is of and its unit', () => {
    const rows = tableUnder('Losses');
    const losses = [...new Set<Loss>([...CLASS_LOSSES, ...VALUE_LOSSES])];
    assert.deepEqual(rows.map(([name]) => codeIn(name)[0]).sort(), losses.sort());
    for (const [name, of, , unit] of rows) {
      const loss = codeIn(name)[0] as Loss;
      const kinds = [
        ...((CLASS_LOSSES as readonly Loss[]).includes(loss) ? ['classes'] : []),
        ...((VALUE_LOSSES as readonly Loss[]).includes(loss) ? ['values'] : []),
      ];
      assert.equal(of, kinds.join(', '), loss);
      assert.equal(codeIn(unit)[0] ?? unit, unitOf(loss), loss);
    }
  });
});
